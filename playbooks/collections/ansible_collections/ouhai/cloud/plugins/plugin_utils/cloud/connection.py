"""One connection per identity, with a limit in time and retries on every request."""

from __future__ import annotations

from pathlib import Path

from openstack.config.loader import OpenStackConfig
from openstack.connection import Connection

from .errors import CLOUD_ERRORS, CheckFailed, from_cloud

REQUEST_TIMEOUT_SECONDS = 60
# A load balancer that is being reloaded resets connections for a moment.
CONNECT_RETRIES = 4
STATUS_CODE_RETRIES = 3

# Looked up before threads start: openstacksdk builds a service's client at its first use.
SERVICES = ("identity", "image", "compute", "network", "block_storage", "orchestration")


def connect(clouds_file: Path, name: str) -> Connection:
    """Connect as the cloud's administrator and prove it by a token.

    :raises CheckFailed: the file cannot be read, names no such cloud, or Keystone refuses.
    """
    if not clouds_file.is_file():
        raise CheckFailed(
            "No credentials for the cloud",
            where=str(clouds_file),
            why="The file does not exist.",
            remedy="Run site.yml first: it writes this file.",
        )
    try:
        loader = OpenStackConfig(
            config_files=[str(clouds_file)], secure_files=[], vendor_files=[], load_envvars=False
        )
        region = loader.get_one(
            cloud=name,
            api_timeout=REQUEST_TIMEOUT_SECONDS,
            connect_retries=CONNECT_RETRIES,
            status_code_retries=STATUS_CODE_RETRIES,
        )
        return _ready(Connection(config=region))
    except CLOUD_ERRORS as error:
        raise from_cloud(error, f"Logging in to cloud {name!r} of {clouds_file}") from error


def connect_to_project(admin: Connection, project_id: str) -> Connection:
    """Connect as the same user, scoped to another project."""
    return _ready(admin.connect_as(project_id=project_id))


def connect_as(
    admin: Connection, *, username: str, password: str, project_id: str, domain_id: str
) -> Connection:
    """Connect as somebody else, to the same cloud."""
    return _ready(
        admin.connect_as(
            username=username,
            password=password,
            project_id=project_id,
            user_domain_id=domain_id,
            project_domain_id=domain_id,
        )
    )


def _ready(connection: Connection) -> Connection:
    connection.authorize()
    for service in SERVICES:
        getattr(connection, service)
    return connection
