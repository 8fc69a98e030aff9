"""What Heat loads of ours: all files of this folder (plugin_dirs); nobody else imports them."""
