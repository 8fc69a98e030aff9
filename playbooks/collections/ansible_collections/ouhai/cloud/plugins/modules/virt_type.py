"""Find out whether guests can run under KVM."""

from __future__ import annotations

import glob
import os

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: virt_type
short_description: Find out whether guests can run under KVM
description:
  - C(/dev/kvm) may be there and yet boot nothing, so a kernel is booted under it. The finding is
    kept in a file until the host's own kernel changes.
options:
  wanted:
    description: C(auto) finds out; C(kvm) and C(qemu) are taken as they are.
    type: str
    choices: [auto, kvm, qemu]
    required: true
  kernel:
    description: Kernel to boot; empty takes the host's own from /boot.
    type: str
    default: ""
author: ouhai-cloud
"""

EXAMPLES = """
- name: Find out how guests can run
  ouhai.cloud.virt_type:
    wanted: auto
"""

RETURN = """
virt_type:
  description: What Nova is told.
  returned: always
  type: str
reason:
  description: Why.
  returned: always
  type: str
"""

RECORD = "/var/lib/ouhai/virt_type"
# a kernel prints its banner within a second; under a broken KVM it never does
BOOT_SECONDS = "8"


def probe(module: AnsibleModule, kernel: str) -> tuple[str, str]:
    """Return the type and the reason for it."""
    if not os.path.exists("/dev/kvm"):
        return "qemu", "this host has no /dev/kvm"
    if not kernel:
        return "qemu", "/dev/kvm is there, but no kernel in /boot to prove that it works"
    if module.check_mode and not os.path.exists("/usr/bin/qemu-system-x86_64"):
        return "qemu", "QEMU is not installed yet"
    _, console, error = module.run_command(
        [
            *("timeout", "--kill-after=1", BOOT_SECONDS, "qemu-system-x86_64", "-accel", "kvm"),
            *("-m", "256", "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"),
            *("-kernel", kernel, "-append", "console=ttyS0 panic=-1"),
        ]
    )
    if "Linux version" in console:
        return "kvm", f"{kernel} booted under KVM"
    return "qemu", f"{kernel} did not boot under KVM in {BOOT_SECONDS} s {error.strip()[-200:]}"


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "str", "choices": ["auto", "kvm", "qemu"], "required": True},
            "kernel": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    wanted = module.params["wanted"]
    if wanted != "auto":
        module.exit_json(changed=False, virt_type=wanted, reason="set in the inventory")
    kernels = sorted(glob.glob("/boot/vmlinuz-*"))
    kernel = module.params["kernel"] or (kernels[-1] if kernels else "")
    key = f"{os.uname().release} {kernel}"
    if os.path.exists(RECORD):
        with open(RECORD, encoding="utf-8") as file:
            found_key, virt_type, reason = file.read().split("\n", 2)
        if found_key == key:
            module.exit_json(changed=False, virt_type=virt_type, reason=reason.strip())
    virt_type, reason = probe(module, kernel)
    if not module.check_mode:
        os.makedirs(os.path.dirname(RECORD), exist_ok=True)
        with open(RECORD, "w", encoding="utf-8") as file:
            file.write(f"{key}\n{virt_type}\n{reason}\n")
    module.exit_json(changed=True, virt_type=virt_type, reason=reason)


if __name__ == "__main__":
    main()
