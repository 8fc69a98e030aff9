"""The isolation audit: what the cloud says, what probes see, and a signed report of both."""
