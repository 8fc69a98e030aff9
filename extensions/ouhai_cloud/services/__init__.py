"""What OpenStack's own services on hosts load of ours, by entry points."""
