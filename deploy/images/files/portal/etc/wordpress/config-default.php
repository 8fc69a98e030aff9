<?php
/* What differs from Debian's configuration (/usr/share/wordpress/wp-config.php, which reads this first). */

/* The site is where it is asked for: a copy gets another address around the same data. */
$portal_host = $_SERVER['HTTP_HOST'] ?? '';
if (!preg_match('/^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$/D', $portal_host)) {
    http_response_code(400);
    exit("this is no name of a site\n");
}
define('WP_HOME', "https://$portal_host");
define('WP_SITEURL', WP_HOME);

/* MariaDB lets in whom the operating system says it is. */
define('DB_USER', 'www-data');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:/run/mysqld/mysqld.sock');
define('DB_CHARSET', 'utf8mb4');

/* Keys and salts are the data's, so that people stay logged in when the server is replaced. */
require '/srv/data/portal/keys.php';

define('WPLANG', 'zh_CN');

/* There is no way out, and nothing to look for: packages come with the image. */
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISALLOW_FILE_MODS', true);
define('DISALLOW_FILE_EDIT', true);
define('DISABLE_WP_CRON', true);

define('FORCE_SSL_ADMIN', true);
define('WP_DEFAULT_THEME', 'twentytwentyfive');
define('WP_POST_REVISIONS', 20);
define('WP_MEMORY_LIMIT', '128M');
define('WP_DEBUG', false);
