<?php
/*
Plugin Name: Ouhai portal
Description: A site without a way to the internet, at whatever address it is asked for.
*/

/* The title is the copy's parameter. */
add_filter('pre_option_blogname', fn() => trim(file_get_contents('/etc/wordpress/title')));

/* What is written names no address of the site, so that it stays right at the next one. */
add_filter('content_save_pre', fn($text) => str_replace([WP_HOME . '/', addslashes(WP_HOME) . '/'], '/', $text));

add_filter('login_display_language_dropdown', '__return_false');
add_action('after_setup_theme', function () {
    load_textdomain('default', __DIR__ . '/portal/zh_CN.mo', 'zh_CN');
    load_textdomain('twentytwentyfive', __DIR__ . '/portal/theme-zh_CN.mo', 'zh_CN');
});

/* The theme's own footer shows what it can do, with links that lead nowhere. */
add_action('init', function () {
    unregister_block_pattern('twentytwentyfive/footer');
    register_block_pattern('twentytwentyfive/footer', [
        'title' => '页脚',
        'content' => '<!-- wp:group {"align":"full","layout":{"type":"constrained"}} --><div class="wp-block-group alignfull">'
            . '<!-- wp:site-title {"level":0,"textAlign":"center"} /--></div><!-- /wp:group -->',
    ]);
}, 30);

/* Debian translates what PHP prints, not what the block editor's scripts do: editors write in the classic one, in Chinese. */
add_filter('use_block_editor_for_post', '__return_false');

/* Nothing is fetched from elsewhere, neither by the server nor by who reads the site. */
add_filter('pre_option_show_avatars', '__return_zero');
add_filter('emoji_svg_url', '__return_false');
add_filter('should_load_remote_block_patterns', '__return_false');
add_filter('xmlrpc_enabled', '__return_false');
add_filter('pre_site_transient_update_core', 'portal_nothing_new');
add_filter('pre_site_transient_update_plugins', 'portal_nothing_new');
add_filter('pre_site_transient_update_themes', 'portal_nothing_new');
add_filter('block_editor_settings_all', fn($settings) => ['enableOpenverseMediaCategory' => false] + $settings);
add_action('init', function () {
    remove_action('wp_head', 'print_emoji_detection_script', 7);
    remove_action('admin_print_scripts', 'print_emoji_detection_script');
    remove_action('embed_head', 'print_emoji_detection_script');
    wp_unregister_font_collection('google-fonts');
}, 20);
add_action('admin_init', function () {
    remove_action('admin_init', '_maybe_update_core');
    remove_action('admin_init', '_maybe_update_plugins');
    remove_action('admin_init', '_maybe_update_themes');
}, 1);
add_action('wp_dashboard_setup', function () {
    remove_meta_box('dashboard_primary', 'dashboard', 'side');
    remove_meta_box('dashboard_site_health', 'dashboard', 'normal');
});

function portal_nothing_new()
{
    return (object) ['last_checked' => time(), 'version_checked' => wp_get_wp_version(), 'updates' => [], 'response' => [],
        'translations' => [], 'no_update' => []];
}
