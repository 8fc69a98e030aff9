"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: shown_command
short_description: Run a command on the deploy host, showing what it tells while it works
description:
  - Like M(ansible.builtin.command), for work of minutes. What the command writes to its standard
    error output, such as how far it is, is shown at once.
  - With C(--check) it does not run.
options:
  argv:
    description: The command and its arguments.
    type: list
    elements: str
    required: true
author: ouhai-cloud
"""

EXAMPLES = r"""
- name: Apply a plan
  ouhai.cloud.shown_command:
    argv: [openstack, bureau, apply, --plan, plan.json]
"""

RETURN = r"""
rc:
  description: The exit code.
  returned: when it ran
  type: int
stdout_lines:
  description: What it wrote to its standard output.
  returned: when it ran
  type: list
  elements: str
"""
