"""One connection to the cloud, with a limit in time on every request."""

from __future__ import annotations

from pathlib import Path

from keystoneauth1.exceptions import ClientException
from keystoneauth1.session import TCPKeepAliveAdapter
from openstack.config.loader import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import SDKException

from ouhai_cloud.cloud.errors import CloudUnreachable, reason_of

REQUEST_TIMEOUT_SECONDS = 60
# More than the threads that may ask one service at a time; else connections are thrown away.
CONNECTIONS = 16


def connect(clouds_file: Path | None = None, cloud: str | None = None) -> Connection:
    """Log in to a cloud of a clouds.yaml.

    :param clouds_file: the file, or None for the one that openstacksdk finds
        (``$OS_CLIENT_CONFIG_FILE``, the working folder, ``~/.config/openstack``).
    :param cloud: name in it, or None for ``$OS_CLOUD`` or the only one.
    :raises CloudUnreachable: no such file or cloud, Keystone refuses or does not answer.
    """
    files = [str(clouds_file)] if clouds_file else None
    if clouds_file and not clouds_file.is_file():
        raise CloudUnreachable(
            f"{clouds_file}: no such file; site.yml writes it, or name another by "
            "$OS_CLIENT_CONFIG_FILE"
        )
    try:
        region = OpenStackConfig(config_files=files).get_one(cloud=cloud)
        return prepare(Connection(config=region))
    except (SDKException, ClientException) as error:
        where = clouds_file or "clouds.yaml"
        raise CloudUnreachable(
            f"Logging in to cloud {cloud or '(default)'} of {where}: {reason_of(error)}"
        ) from error


def prepare(connection: Connection) -> Connection:
    """Give a connection limits in time and room for our threads, and prove it by a token.

    :raises CloudUnreachable: Keystone refuses or does not answer.
    """
    session = connection.session
    session.timeout = REQUEST_TIMEOUT_SECONDS
    adapter = TCPKeepAliveAdapter(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS)
    session.session.mount("https://", adapter)
    session.session.mount("http://", adapter)
    try:
        session.get_token()
    except (SDKException, ClientException) as error:
        raise CloudUnreachable(f"Logging in to the cloud: {reason_of(error)}") from error
    return connection
