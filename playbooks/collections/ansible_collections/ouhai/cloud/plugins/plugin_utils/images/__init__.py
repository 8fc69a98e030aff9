"""What `ouhai.cloud.glance_images` does."""
