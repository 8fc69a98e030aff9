<?php
/* What everybody sees and Debian's translation, which is older than its WordPress, lacks. */
return [
    'domain' => 'default',
    'messages' => [
        'Username or Email Address' => '用户名或电子邮箱地址',
        "site\4&larr; Go to %s" => '&larr; 返回 %s',
        'Howdy, %s' => '您好，%s',
        'Collapse Menu' => '收起菜单',
        'Collapse Main menu' => '收起主菜单',
        'Published on: %s' => '发布于：%s',
        'Add Post' => '写文章',
        'Add Page' => '新建页面',
        'Add Category' => '添加分类',
        'Add Tag' => '添加标签',
        "Name for the Visual editor tab\4Visual" => '可视化',
        "Name for the Code editor tab (formerly Text)\4Code" => '代码',
    ],
];
