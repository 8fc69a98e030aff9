"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: glance_images
short_description: Upload built images to Glance and reconcile flavors
description:
  - Uploads what C(deploy/images/build) made, public, with kernel and initramfs as images of their
    own, and compares
    the hash that Glance computes with the manifest's. What is there with the same content is left
    alone.
  - A replaced image is renamed and hidden, and deleted as soon as no guest and no volume was made
    from it.
  - Runs on the deploy host with openstacksdk, in one session.
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
  images_directory:
    description: Folder with the builds; the newest of each is C(<name>/current/manifest.json).
    type: path
    required: true
  images:
    description: Names of the images to upload.
    type: list
    elements: str
    required: true
  flavors:
    description: Flavors that must exist, public. Others are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the flavor.
        type: str
        required: true
      vcpus:
        description: Number of virtual processors.
        type: int
        required: true
      memory_mib:
        description: Memory, in MiB.
        type: int
        required: true
      disk_gib:
        description: Size of the root disk, in GiB.
        type: int
        required: true
attributes:
  check_mode:
    description: Reports what would be uploaded, replaced and deleted.
    support: full
  diff_mode:
    description: Shows images by content hash and flavors by size.
    support: full
"""

EXAMPLES = r"""
- name: Upload the images
  ouhai.cloud.glance_images:
    clouds_file: "{{ inventory_folder }}/clouds.yaml"
    cloud: ouhai
    images_directory: /var/cache/ouhai/images
    images: [probe, debian]
    flavors:
      - {name: probe, vcpus: 1, memory_mib: 128, disk_gib: 1}
"""

RETURN = r"""
changes:
  description: What was, or in check mode would be, changed.
  type: list
  elements: str
  returned: success
"""
