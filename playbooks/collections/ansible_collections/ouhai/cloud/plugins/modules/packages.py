"""Install a host's packages in one transaction."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: packages
short_description: Install a host's packages in one transaction
description:
  - Like M(ansible.builtin.apt), with two differences that matter where hundreds of packages are
    installed at once. An installation that was killed is taken up again. And Python's modules are
    byte-compiled once at the end on all cores, not package by package on one, which halves the
    time.
options:
  names:
    description: Names of the packages.
    type: list
    elements: str
    required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Install chrony
  ouhai.cloud.packages:
    names: [chrony]
"""

RETURN = """
installed:
  description: Packages that were missing.
  returned: always
  type: list
  elements: str
"""

# There while packages are installed whose modules are not compiled yet.
MARKER = "/var/lib/ouhai/byte-compile-pending"
# Maintainer scripts find this before /usr/bin/py3compile.
SHIM = "/usr/local/sbin/py3compile"
SHIM_TEXT = f"""\
#!/bin/sh
# While ouhai-cloud installs packages it compiles all modules once, at the end.
[ -e {MARKER} ] || exec /usr/bin/py3compile "$@"
"""
# apt gives maintainer scripts a path of its own, without /usr/local
SCRIPT_PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHON_FOLDER = "/usr/lib/python3/dist-packages"


def missing(module: AnsibleModule) -> list[str]:
    """Return the names that are not completely installed."""
    names = module.params["names"]
    _, text, _ = module.run_command(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Abbrev}\n", *names]
    )
    present = {line.split()[0] for line in text.splitlines() if line.split()[1:] == ["ii"]}
    return [name for name in names if name not in present]


def run(module: AnsibleModule, *command: str) -> None:
    """Run a command of apt or dpkg, and fail with its last words when it fails."""
    environment = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    code, output, error = module.run_command(list(command), environ_update=environment)
    if code:
        module.fail_json(
            msg=f"'{' '.join(command[:4])} ...' failed with exit code {code}; it can be repeated.\n"
            f"{output[-1500:]}\n{error[-3000:]}"
        )


def install(module: AnsibleModule) -> None:
    """Install all packages; compile their modules at the end."""
    os.makedirs(os.path.dirname(MARKER), exist_ok=True)
    with open(SHIM, "w", encoding="ascii") as file:
        file.write(SHIM_TEXT)
    os.chmod(SHIM, 0o755)  # noqa: S103 - a program on everybody's path
    with open(MARKER, "w", encoding="ascii"):
        pass
    run(module, "dpkg", "--configure", "--pending", "--force-confold")
    apt = ["apt-get", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]
    apt += ["-o", f"DPkg::Path={SCRIPT_PATH}", "-o", "Dpkg::Options::=--force-confold"]
    run(module, "apt-get", "update", "-o", "APT::Update::Error-Mode=any")
    run(module, *apt, "install", *module.params["names"])


def compile_modules(module: AnsibleModule) -> None:
    """Byte-compile what was installed since the marker was set, on all cores."""
    # files that are not valid for this Python (templates, tests of other versions) are passed over,
    # as py3compile does, hence the exit code says nothing
    module.run_command(["python3", "-m", "compileall", "-q", "-j", "0", PYTHON_FOLDER])
    os.unlink(MARKER)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={"names": {"type": "list", "elements": "str", "required": True}},
        supports_check_mode=True,
    )
    names = missing(module)
    pending = os.path.exists(MARKER)
    if not module.check_mode:
        if names:
            install(module)
        if names or pending:
            compile_modules(module)
    diff = {"before": "", "after": "".join(f"{name}\n" for name in names)}
    module.exit_json(changed=bool(names or pending), installed=names, diff=diff)


if __name__ == "__main__":
    main()
