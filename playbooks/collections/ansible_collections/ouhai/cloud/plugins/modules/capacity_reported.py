"""Wait until the schedulers know where guests and volumes can go."""

from __future__ import annotations

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ouhai.cloud.plugins.module_utils.administrator import (
    ARGUMENTS,
    CLOUD_ERRORS,
    administrator,
    passing,
)

DOCUMENTATION = """
module: capacity_reported
short_description: Wait until the schedulers know where guests and volumes can go
description:
  - Services that run and APIs that answer are not enough. A volume that is asked for before
    cinder-volume has told the scheduler of its pool ends in an error, and so does a guest before
    a compute host has been mapped to its cell.
options:
  clouds_file:
    description: Path of clouds.yaml.
    type: path
    required: true
  cloud:
    description: Its entry.
    type: str
    required: true
  timeout_seconds:
    description: How long both together may take.
    type: int
    default: 120
author: ouhai-cloud
"""

EXAMPLES = """
- name: Wait until there is room for volumes and guests
  ouhai.cloud.capacity_reported:
    clouds_file: clouds.yaml
    cloud: ouhai
"""

RETURN = """
seconds:
  description: How long it took.
  returned: always
  type: float
"""

POLL_SECONDS = 1.0


def missing(cloud: Any) -> list[str]:
    """Return what no scheduler knows of yet."""
    found = []
    if not any(True for _ in cloud.block_storage.backend_pools()):
        found.append("cinder-volume has not reported a pool; see /var/log/cinder on control hosts")
    if not any(True for _ in cloud.compute.hypervisors()):
        found.append("no compute host is in a cell; see nova-compute and nova-scheduler")
    return found


def obstacles(cloud: Any) -> list[str]:
    """Return what stands in the way; a service that does not answer now may do so later."""
    try:
        return missing(cloud)
    except CLOUD_ERRORS as error:
        if not passing(error):
            raise
        return [f"the cloud does not answer: {error}"]


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={**ARGUMENTS, "timeout_seconds": {"type": "int", "default": 120}},
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False, seconds=0.0)
    complaint = "the cloud does not say where guests and volumes can go"
    start = time.monotonic()
    with administrator(module, complaint, api_timeout=30) as cloud:
        while waiting := obstacles(cloud):
            if time.monotonic() - start > module.params["timeout_seconds"]:
                module.fail_json(msg="; ".join(waiting))
            time.sleep(POLL_SECONDS)
    module.exit_json(changed=False, seconds=round(time.monotonic() - start, 1))


if __name__ == "__main__":
    main()
