"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: precheck_inventory
short_description: Check everything that the inventory alone can tell
description:
  - Groups, names and types of variables, addresses and ranges, secrets, and what the deploy host
    has to have.
  - Runs on the deploy host and sees all hosts, so use it with C(run_once).
  - Reports everything that it finds and does not fail; M(ouhai.cloud.precheck_report) does.
author: The ouhai-cloud developers
options:
  schemas:
    description:
      - File with a JSON schema for the variables of the C(cloud) and one for those of a C(host).
    type: path
    required: true
  variables_folder:
    description: Folder whose files declare every variable.
    type: path
    required: true
attributes:
  check_mode:
    description: It never changes anything.
    support: full
"""

EXAMPLES = r"""
- name: Check the inventory
  ouhai.cloud.precheck_inventory:
    schemas: "{{ playbook_dir }}/schemas/variables.yml"
    variables_folder: "{{ playbook_dir }}/group_vars/all"
  register: precheck_inventory
  run_once: true
"""

RETURN = r"""
failures:
  description: What was found, each with C(where), C(what), C(why) and C(remedy).
  type: list
  elements: dict
  returned: success
expected:
  description: For each host the argument O(ouhai.cloud.precheck_host#module:expected).
  type: dict
  returned: success
"""
