"""OpenStack's own acceptance tests against the cloud, with a configuration made from the cloud."""
