"""A connection to the lab's cloud as its administrator."""

from __future__ import annotations

from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud import connection, errors
from openstack.connection import Connection

from tests.support.guests import GuestUnusable
from tests.support.lab import Lab, LabUnusable

# What ends a benchmark with a message instead of a traceback.
FAILURES: tuple[type[Exception], ...] = (
    errors.CheckFailed,
    LabUnusable,
    GuestUnusable,
    *errors.CLOUD_ERRORS,
)


def connect(lab: Lab) -> Connection:
    """Connect with limits in time and retries, as the playbooks do; CheckFailed when it cannot."""
    clouds_file = lab.inventory / "clouds.yaml"
    return connection.connect(clouds_file, lab.environment["OS_CLOUD"])
