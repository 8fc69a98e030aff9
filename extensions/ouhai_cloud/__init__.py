"""What ouhai-cloud adds to OpenStack."""

__version__ = "0.1.0"
