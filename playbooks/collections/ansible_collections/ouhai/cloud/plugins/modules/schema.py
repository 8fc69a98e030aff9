"""Bring a service's database schema to the release that is installed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: schema
short_description: Bring a service's database schema to the release that is installed
description:
  - Runs the commands when the versions of the packages or the commands themselves differ from
    those of the last complete run, which is recorded on the host. Every command can be repeated.
options:
  name:
    description: Name of the record, usually the service.
    type: str
    required: true
  packages:
    description: Packages whose versions decide.
    type: list
    elements: str
    required: true
  user:
    description: User who runs the commands.
    type: str
    required: true
  commands:
    description:
      - Shell command lines, in order; those of a list within, which is not empty, run at the same
        time.
    type: list
    elements: raw
    required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Migrate the schema of glance
  ouhai.cloud.schema:
    name: glance
    packages: [glance-common]
    user: glance
    commands: [glance-manage db_sync]
"""

RETURN = """
ran:
  description: The commands that ran.
  returned: always
  type: list
  elements: raw
"""

RECORDS = "/var/lib/ouhai/schema"


def groups(commands: list[Any]) -> list[list[str]]:
    """Return the commands as groups of those that run at the same time.

    :raises ValueError: one is neither a command line nor some of them; the text says which.
    """
    found = []
    for number, entry in enumerate(commands, 1):
        group = entry if isinstance(entry, list) else [entry]
        if not group or not all(isinstance(command, str) for command in group):
            raise ValueError(
                f"entry {number} of `commands` is {entry!r}: it must be a command line, or a list "
                "of at least one that run at the same time"
            )
        found.append(group)
    return found


def run(module: AnsibleModule, commands: list[str]) -> None:
    """Run commands at the same time; fail with the output of those that failed."""
    user = module.params["user"]

    def one(command: str) -> str:
        done = subprocess.run(
            ["runuser", "-u", user, "--", "sh", "-c", command],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return ""
        return (
            f"{command!r} failed with exit code {done.returncode}; it can be repeated once the "
            f"cause is mended.\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )

    with ThreadPoolExecutor(len(commands)) as pool:
        failures = [text for text in pool.map(one, commands) if text]
    if failures:
        module.fail_json(msg="\n".join(failures))


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "packages": {"type": "list", "elements": "str", "required": True},
            "user": {"type": "str", "required": True},
            "commands": {"type": "list", "elements": "raw", "required": True},
        },
        supports_check_mode=True,
    )
    commands = module.params["commands"]
    try:
        in_turn = groups(commands)
    except ValueError as error:
        module.fail_json(msg=str(error))
    _, versions, _ = module.run_command(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *module.params["packages"]]
    )
    key = hashlib.sha256(json.dumps([versions, commands]).encode()).hexdigest()
    record = os.path.join(RECORDS, module.params["name"])
    if os.path.exists(record):
        with open(record, encoding="ascii") as file:
            if file.read() == key:
                module.exit_json(changed=False, ran=[])
    if not module.check_mode:
        for group in in_turn:
            run(module, group)
        os.makedirs(RECORDS, exist_ok=True)
        with open(record, "w", encoding="ascii") as file:
            file.write(key)
    module.exit_json(changed=True, ran=commands)


if __name__ == "__main__":
    main()
