"""``openstack bureau …``: tenancy on the command line."""
