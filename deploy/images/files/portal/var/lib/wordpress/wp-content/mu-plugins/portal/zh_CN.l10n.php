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
    ],
];
