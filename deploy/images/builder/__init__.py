"""Makes guest images from Debian packages; `deploy/images/build` is the command."""
