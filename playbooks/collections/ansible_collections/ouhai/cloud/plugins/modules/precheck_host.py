"""Everything that has to be true of one host before it is deployed, in one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: precheck_host
short_description: Check one host before anything is changed
description:
  - Checks operating system, size, kernel, names, interfaces, full-size packets to the other hosts,
    ports, storage devices and the package repository, and the clock against the deploy host's.
  - Reports everything that it finds and does not fail, also when the host cannot be reached;
    M(ouhai.cloud.precheck_report) does. Changes nothing on the host.
author: The ouhai-cloud developers
options:
  expected:
    description: What the host has to be like, as M(ouhai.cloud.precheck_inventory) returns it.
    type: dict
    required: true
    suboptions:
      name: {description: The host in the inventory., type: str, required: true}
      os_release_file: {description: Where to read which system it is., type: path, required: true}
      memory_gib: {description: Least memory., type: float, required: true}
      disk_gib:
        description: Least size of the file system of C(/var).
        type: float
        required: true
      cpus: {description: Least number of processors., type: int, required: true}
      features:
        description: What the kernel must be able to do.
        type: list
        elements: str
        required: true
      names: {description: Names and the address that each has to have., type: dict, required: true}
      interfaces:
        description: Variables and the network interface that each names.
        type: dict
        required: true
      peers:
        description: Addresses that have to answer and what they are called.
        type: dict
        required: true
      mtu: {description: Size of the largest packet in bytes., type: int, required: true}
      ports: {description: Ports and whose they are., type: list, elements: dict, required: true}
      storage_devices: {description: What Ceph gets., type: list, elements: dict, required: true}
      ceph_fsid: {description: Identifier of the Ceph cluster., type: str, required: true}
      repository_url: {description: Where packages come from., type: str}
      repository_key: {description: "Its public key, base64.", type: str}
      repository_authority: {description: PEM of the authority of its certificate., type: str}
  clock_seconds:
    description: How far the host's clock may be from the deploy host's.
    type: float
    required: true
  clock_offset_seconds:
    description: Added to the deploy host's clock. For tests.
    type: float
    default: 0
attributes:
  check_mode:
    description: It never changes anything.
    support: full
"""

EXAMPLES = r"""
- name: Check the host
  ouhai.cloud.precheck_host:
    expected: "{{ precheck_inventory.expected[inventory_hostname] }}"
    clock_seconds: 0.5
  register: precheck_host
"""

RETURN = r"""
failures:
  description: What was found, each with C(where), C(what), C(why) and C(remedy).
  type: list
  elements: dict
  returned: always
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ouhai.cloud.plugins.module_utils import (
    host_network,
    host_ports,
    host_repository,
    host_storage,
    host_system,
)
from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure


def checks(expected: dict[str, Any]) -> dict[str, Callable[[], list[Failure]]]:
    """Return what is to be checked, by the subject's name."""
    where = expected["name"]
    return {
        "the operating system": lambda: host_system.check_release(
            where, expected["os_release_file"]
        ),
        "memory, disk and processors": lambda: host_system.check_size(
            where, expected["memory_gib"], expected["disk_gib"], expected["cpus"]
        ),
        "systemd": lambda: host_system.check_systemd(where),
        "the kernel": lambda: host_system.check_features(where, expected["features"]),
        "names": lambda: host_network.check_names(where, expected["names"], where),
        "network interfaces": lambda: host_network.check_interfaces(
            where, expected["interfaces"], expected["mtu"]
        ),
        "packets to other hosts": lambda: host_network.check_packets(
            where, expected["peers"], expected["mtu"]
        ),
        "ports": lambda: host_ports.check_ports(where, expected["ports"]),
        "storage devices": lambda: host_storage.check_devices(
            where, expected["storage_devices"], expected["ceph_fsid"]
        ),
        "the package repository": lambda: _check_repository(where, expected),
    }


def run_all(where: str, subjects: dict[str, Callable[[], list[Failure]]]) -> list[Failure]:
    """Run every check; one that breaks is itself reported and does not keep others from running."""
    failures: list[Failure] = []
    for subject, check in subjects.items():
        try:
            failures += check()
        except Exception as error:  # noqa: BLE001 - the point is that no surprise hides the rest
            failures.append(
                Failure(
                    where,
                    f"{subject} could not be checked: {type(error).__name__}: {error}",
                    "what is not known cannot be relied on",
                    "Check that Ansible becomes root on the host and that its system is complete.",
                )
            )
    return failures


def _check_repository(where: str, expected: dict[str, Any]) -> list[Failure]:
    if not expected["repository_url"] or not expected["repository_key"]:
        return []  # reported as a missing variable, or as a key that cannot be read
    with tempfile.TemporaryDirectory(prefix="ouhai-precheck-") as workspace:
        return host_repository.check_repository(
            where,
            expected["repository_url"],
            expected["repository_key"],
            expected["repository_authority"],
            Path(workspace),
        )


def main() -> None:
    """Check, report, and end well in any case."""
    module = AnsibleModule(
        argument_spec={
            "expected": {
                "type": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "os_release_file": {"type": "path", "required": True},
                    "memory_gib": {"type": "float", "required": True},
                    "disk_gib": {"type": "float", "required": True},
                    "cpus": {"type": "int", "required": True},
                    "features": {"type": "list", "elements": "str", "required": True},
                    "names": {"type": "dict", "required": True},
                    "interfaces": {"type": "dict", "required": True},
                    "peers": {"type": "dict", "required": True},
                    "mtu": {"type": "int", "required": True},
                    "ports": {"type": "list", "elements": "dict", "required": True},
                    "storage_devices": {"type": "list", "elements": "dict", "required": True},
                    "ceph_fsid": {"type": "str", "required": True},
                    "repository_url": {"type": "str"},
                    "repository_key": {"type": "str", "no_log": False},
                    "repository_authority": {"type": "str"},
                },
            }
        },
        supports_check_mode=True,
    )
    expected = module.params["expected"]
    failures = run_all(expected["name"], checks(expected))
    module.exit_json(changed=False, failures=[failure.as_dict() for failure in failures])


if __name__ == "__main__":
    main()
