"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: precheck_report
short_description: Show what the checks found
description:
  - Shows every failure with what, where, why and what to do, and fails when there is one.
  - Runs on the deploy host and sees all hosts, so use it with C(run_once).
author: The ouhai-cloud developers
options:
  failures:
    description: What was found, each with C(where), C(what), C(why) and C(remedy).
    type: list
    elements: dict
    required: true
attributes:
  check_mode:
    description: It never changes anything.
    support: full
"""

EXAMPLES = r"""
- name: Report
  ouhai.cloud.precheck_report:
    failures: "{{ precheck_inventory.failures }}"
  run_once: true
"""

RETURN = r"""#"""
