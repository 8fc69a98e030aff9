"""The cloud's administrator, for modules that run in the deploy host's environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.basic import AnsibleModule

try:
    from keystoneauth1.exceptions import ClientException, HttpError, RetriableConnectionFailure
    from openstack.config.loader import OpenStackConfig
    from openstack.connection import Connection
    from openstack.exceptions import HttpException, SDKException

    HAS_OPENSTACK = True
    # keystoneauth, which sends openstacksdk's requests, has exceptions of its own
    CLOUD_ERRORS: tuple[type[Exception], ...] = (SDKException, ClientException)
except ImportError:  # reported by administrator(), with the package's name
    HAS_OPENSTACK = False
    CLOUD_ERRORS = ()

ARGUMENTS = {
    "clouds_file": {"type": "path", "required": True},
    "cloud": {"type": "str", "required": True},
}
"""Where the log-in is: to be a part of the module's argument spec."""
PASSING = frozenset({429, 502, 503, 504})
"""What an API answers that cannot now, or haproxy in the place of one that is away."""


def passing(error: BaseException) -> bool:
    """Tell whether the same request may well succeed in a moment."""
    if isinstance(error, RetriableConnectionFailure) or _status(error) in PASSING:
        return True
    # Looking for Keystone's versions hides why there are none.
    cause = error.__cause__ or error.__context__
    return cause is not None and passing(cause)


def _status(error: BaseException) -> int:
    """Return the HTTP status of an error, 0 when there was no answer."""
    if isinstance(error, HttpError):
        return int(error.http_status or 0)
    return int(error.status_code or 0) if isinstance(error, HttpException) else 0


@contextmanager
def administrator(module: AnsibleModule, complaint: str, **settings: Any) -> Iterator[Any]:
    """Give a connection; when the cloud refuses something, fail the module with the complaint.

    That goes for all that is asked of the cloud before the block ends.

    :param settings: of the connection, beyond those in clouds.yaml.
    """
    if not HAS_OPENSTACK:
        module.fail_json(
            msg="openstacksdk is missing in the deploy host's environment; see constraints.txt"
        )
    try:
        loader = OpenStackConfig(config_files=[module.params["clouds_file"]])
        config = loader.get_one(cloud=module.params["cloud"], **settings)
        yield Connection(config=config)
    except CLOUD_ERRORS as error:
        module.fail_json(msg=f"{complaint}: {error}")
