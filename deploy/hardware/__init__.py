"""The district's hardware, played by one machine: what stands behind ``deploy/lab``."""
