"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Verify that a cloud works, by using it
description:
  - As a member of a project made for this, boots a guest from a volume, reads the page it serves
    through a floating
    IP, takes a snapshot, opens the console, creates a Heat stack and logs in to the dashboard.
    Then removes
    everything and proves that nothing is left.
  - Starts by removing what a killed run left behind (projects with the prefix and the tag
    C(ouhai-verify)).
  - Runs on the deploy host with openstacksdk and shows each step as it ends.
author: The ouhai-cloud developers
options:
  clouds_file:
    description: File with the administrator's credentials, in the format of clouds.yaml.
    type: path
    required: true
  cloud:
    description: Name of the cloud in O(clouds_file).
    type: str
    required: true
  ca_file:
    description:
      - Certificate of the cloud's authority, for the dashboard, the console and Heat's signals.
    type: path
    required: true
  image:
    description: Name of the image to boot. Must serve a page as the image C(probe) does.
    type: str
    required: true
  flavor:
    description: Name of the flavor of the guest.
    type: str
    required: true
  external_network:
    description:
      - Name of the network that the floating IP is taken from. The deploy host must reach it.
    type: str
    required: true
  dashboard_url:
    description: Address of the dashboard.
    type: str
    required: true
  dashboard_language:
    description: Language of the dashboard for a browser that asks for none.
    type: str
    default: zh-hans
  project_range:
    description: Addresses of the temporary network. Only visible inside it.
    type: str
    default: 192.168.250.0/24
  domain_id:
    description: Domain in which the project and its user are made.
    type: str
    default: default
  build_timeout_seconds:
    description: Longest time that a volume, a snapshot or a guest may take to become ready.
    type: int
    default: 180
  page_timeout_seconds:
    description: Longest time from ACTIVE until the guest's page answers.
    type: int
    default: 180
  removal_timeout_seconds:
    description: Longest time that each kind of resource may take to be removed.
    type: int
    default: 180
  control_command:
    description:
      - How to run a command on a control host, as a list of words; the command follows them.
      - Empty leaves out the check that the volume is a clone of the image, and what OVN says of
        a guest that does not answer.
    type: list
    elements: str
    default: []
  volume_pool:
    description: Cinder's pool in Ceph.
    type: str
    default: volumes
  report_file:
    description: Where to write the result as JSON.
    type: path
    required: true
  keep:
    description: Leave everything in place, for looking at it. The next run removes it.
    type: bool
    default: false
  alone:
    description:
      - Nobody else uses the cloud, so anything at all that appears or disappears meanwhile is a
        failure.
    type: bool
    default: false
attributes:
  check_mode:
    description: Only lists the steps.
    support: full
"""

EXAMPLES = r"""
- name: Verify the cloud
  ouhai.cloud.verify:
    clouds_file: "{{ inventory_folder }}/clouds.yaml"
    cloud: ouhai
    ca_file: "{{ pki_folder }}/ca.crt"
    image: probe
    flavor: probe
    external_network: extranet
    dashboard_url: https://10.118.0.10/
    report_file: "{{ inventory_folder }}/verify.json"
"""

RETURN = r"""
steps:
  description: Every step with its state, seconds and detail.
  type: list
  elements: dict
  returned: always
seconds:
  description: How long everything took. Steps overlap.
  type: float
  returned: not in check mode
started:
  description: When it began, UTC.
  type: str
  returned: not in check mode
"""
