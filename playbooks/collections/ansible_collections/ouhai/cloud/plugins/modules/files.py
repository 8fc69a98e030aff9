"""Write several text files in one task."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: files
short_description: Write several text files in one task
description:
  - Makes each file's content, owner, group and mode as declared, atomically, file by file.
  - One task for all files of a service, because every task costs every host time.
  - In diffs the values given in O(secrets) are masked, so that a file which holds a password
    still shows its other lines.
options:
  files:
    description: The files.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path; missing directories are made with mode 0755.
        type: path
        required: true
      content:
        description: The whole text of the file. Left out, only owner and mode are seen to.
        type: str
      link:
        description: Make the path a symbolic link to this target instead of a file.
        type: path
      owner:
        description: Owner.
        type: str
        default: root
      group:
        description: Group.
        type: str
        default: root
      mode:
        description: Permissions, octal.
        type: str
        default: "0644"
  secrets:
    description: Values to mask wherever they would be shown.
    type: list
    elements: str
    default: []
author: ouhai-cloud
"""

EXAMPLES = """
- name: Configure chrony
  ouhai.cloud.files:
    files:
      - path: /etc/chrony/conf.d/ouhai.conf
        content: "server 10.118.0.1 iburst\\n"
"""

RETURN = """
paths:
  description: Paths whose content changed.
  returned: always
  type: list
  elements: str
"""


def present_text(path: str) -> str | None:
    """Return the text of a regular file, or None when there is none."""
    if os.path.islink(path) or not os.path.isfile(path):
        return None
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def write_text(module: AnsibleModule, path: str, text: str) -> None:
    """Replace the file's text in one step, so that a reader never sees half of it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    scratch = f"{path}.ouhai-new"
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    if os.path.islink(path):
        os.unlink(path)
    if os.path.exists(path):
        module.set_mode_if_different(scratch, oct(os.stat(path).st_mode & 0o7777)[2:], False)
    os.replace(scratch, path)


def apply_link(module: AnsibleModule, path: str, target: str) -> bool:
    """Make path a symbolic link to target; tell whether that was a change."""
    if os.path.islink(path) and os.readlink(path) == target:
        return False
    if not module.check_mode:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(target, path)
    return True


def apply_file(module: AnsibleModule, wanted: dict[str, Any]) -> tuple[bool, dict[str, str] | None]:
    """Make one file as declared; return whether anything changed and the diff of its text."""
    path, text = wanted["path"], wanted["content"]
    if wanted["link"]:
        changed = apply_link(module, path, wanted["link"])
        return changed, {"before": "", "after": f"link to {wanted['link']}\n"} if changed else None
    diff = None
    before = present_text(path)
    if text is not None and before != text:
        diff = {
            "before": before or "",
            "after": text,
            "before_header": path,
            "after_header": path,
        }
        if not module.check_mode:
            write_text(module, path, text)
    attributes_changed = False
    if os.path.exists(path):
        attributes = {
            "path": path,
            "owner": wanted["owner"],
            "group": wanted["group"],
            "mode": wanted["mode"],
            "secontext": [None, None, None],
            "attributes": None,
        }
        attributes_changed = module.set_fs_attributes_if_different(attributes, False)
    return diff is not None or attributes_changed, diff


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "files": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "content": {"type": "str"},
                    "link": {"type": "path"},
                    "owner": {"type": "str", "default": "root"},
                    "group": {"type": "str", "default": "root"},
                    "mode": {"type": "str", "default": "0644"},
                },
            },
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
        },
        supports_check_mode=True,
    )
    changed_paths, diffs = [], []
    changed = False
    for wanted in module.params["files"]:
        file_changed, diff = apply_file(module, wanted)
        changed = changed or file_changed
        if diff is not None:
            changed_paths.append(wanted["path"])
            diffs.append(diff)
    module.exit_json(changed=changed, paths=changed_paths, diff=diffs)


if __name__ == "__main__":
    main()
