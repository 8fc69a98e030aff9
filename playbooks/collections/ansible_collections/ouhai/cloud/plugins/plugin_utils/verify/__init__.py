"""What `ouhai.cloud.verify` does, one short module per topic."""
