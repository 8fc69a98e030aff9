"""The cloud's administrator, for modules that run in the deploy host's environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.basic import AnsibleModule

try:
    from keystoneauth1.exceptions import ClientException, RetriableConnectionFailure
    from openstack.config.loader import OpenStackConfig
    from openstack.connection import Connection
    from openstack.exceptions import SDKException

    HAS_OPENSTACK = True
    # keystoneauth, which sends openstacksdk's requests, has exceptions of its own
    CLOUD_ERRORS: tuple[type[Exception], ...] = (SDKException, ClientException)
    PASSING: tuple[type[Exception], ...] = (RetriableConnectionFailure,)
except ImportError:  # reported by administrator(), with the package's name
    HAS_OPENSTACK = False
    CLOUD_ERRORS = PASSING = ()

ARGUMENTS = {
    "clouds_file": {"type": "path", "required": True},
    "cloud": {"type": "str", "required": True},
}
"""Where the log-in is: to be a part of the module's argument spec."""


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
