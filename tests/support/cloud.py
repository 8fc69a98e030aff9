"""A connection to the lab's cloud as its administrator."""

from __future__ import annotations

from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud import connection, errors
from openstack.connection import Connection

from tests.support.access import CloudUnknown
from tests.support.guests import GuestUnusable
from tests.support.lab import Lab, LabUnusable

# What ends a benchmark with a message instead of a traceback.
FAILURES: tuple[type[Exception], ...] = (
    errors.CheckFailed,
    CloudUnknown,
    LabUnusable,
    GuestUnusable,
    *errors.CLOUD_ERRORS,
)


def connect(lab: Lab) -> Connection:
    """Connect with limits in time and retries, as the playbooks do.

    :raises CheckFailed: it cannot.
    :raises CloudUnknown: there are no credentials for it yet.
    """
    return connection.connect(lab.access.clouds_file, lab.access.name)
