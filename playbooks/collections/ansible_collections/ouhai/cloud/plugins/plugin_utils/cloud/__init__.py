"""A connection to a cloud, for plugins that run on the deploy host."""
