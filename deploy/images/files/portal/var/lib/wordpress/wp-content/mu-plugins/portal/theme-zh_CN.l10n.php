<?php
/* The theme's words on the pages that everybody reads; Debian has no translation of it. */
return [
    'domain' => 'twentytwentyfive',
    'messages' => [
        'Blog' => '最新文章',
        'Written by ' => '作者：',
        'in' => '分类：',
        'More posts' => '更多文章',
    ],
];
