"""Install a host's packages in one transaction."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: packages
short_description: Install a host's packages in one transaction
description:
  - Like M(ansible.builtin.apt), with two differences that matter where hundreds of packages are
    installed at once. An installation that was killed is taken up again. And Python's modules are
    byte-compiled many at a time, on the cores that apt leaves idle, and the rest at the end on all
    of them, not package by package on one, which halves the time.
  - Packages that are installed stay as they are, but for those that are to follow the source.
options:
  names:
    description: Names of the packages.
    type: list
    elements: str
    required: true
  following:
    description:
      - Those of the names that are installed in the version that the package source has, newer or
        older. The source needs a pin above 1000.
    type: list
    elements: str
    default: []
  source:
    description: The file that names the package source. It is listed anew when this file changes.
    type: path
    required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Install chrony
  ouhai.cloud.packages:
    names: [chrony]
    source: /etc/apt/sources.list.d/ouhai.sources
"""

RETURN = """
installed:
  description: Packages that were missing, or not in the version that they are to have.
  returned: always
  type: list
  elements: str
"""

# There while packages are installed whose modules are not compiled yet.
MARKER = "/var/lib/ouhai/byte-compile-pending"
# Touched whenever the package source was listed.
LISTED = "/var/lib/ouhai/packages-listed"
# Maintainer scripts find this before /usr/bin/py3compile.
SHIM = "/usr/local/sbin/py3compile"
SHIM_TEXT = f"""\
#!/bin/sh
# While ouhai-cloud installs packages it compiles all modules itself.
[ -e {MARKER} ] || exec /usr/bin/py3compile "$@"
"""
# apt gives maintainer scripts a path of its own, without /usr/local
SCRIPT_PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHON_FOLDER = "/usr/lib/python3/dist-packages"
COMPILE = ["python3", "-m", "compileall", "-q"]
BETWEEN_ROUNDS_SECONDS = 5.0


def missing(module: AnsibleModule) -> list[str]:
    """Return the names that are not completely installed."""
    names = module.params["names"]
    _, text, _ = module.run_command(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Abbrev}\n", *names]
    )
    present = {line.split()[0] for line in text.splitlines() if line.split()[1:] == ["ii"]}
    return [name for name in names if name not in present]


def outdated(module: AnsibleModule) -> list[str]:
    """Return the installed names that the package source has in another version."""
    names = set(module.params["following"]) & set(module.params["names"])
    if not names:
        return []
    _, text, _ = module.run_command(["apt-cache", "policy", *sorted(names)])
    found = re.findall(r"(?m)^(\S+):\n  Installed: (.+)\n  Candidate: (.+)$", text)
    return [name for name, installed, candidate in found if installed not in ("(none)", candidate)]


def listed(module: AnsibleModule) -> bool:
    """Tell whether the package source has been listed since it was named."""
    source = module.params["source"]
    return os.path.exists(LISTED) and os.path.getmtime(LISTED) >= os.path.getmtime(source)


def list_source(module: AnsibleModule) -> None:
    """List the package source."""
    run(module, "apt-get", "update", "-o", "APT::Update::Error-Mode=any")
    with open(LISTED, "w", encoding="ascii"):
        pass


def run(module: AnsibleModule, *command: str) -> None:
    """Run a command of apt or dpkg, and fail with its last words when it fails."""
    environment = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    code, output, error = module.run_command(list(command), environ_update=environment)
    if code:
        module.fail_json(
            msg=f"'{' '.join(command[:4])} ...' failed with exit code {code}; it can be repeated.\n"
            f"{output[-1500:]}\n{error[-3000:]}"
        )


@contextmanager
def compiled_meanwhile() -> Iterator[None]:
    """Byte-compile, again and again, what apt has unpacked so far; it uses little over one core."""
    done = threading.Event()

    def rounds() -> None:
        quiet = subprocess.DEVNULL
        command = ["nice", "-n", "19", *COMPILE, PYTHON_FOLDER]
        while not done.wait(BETWEEN_ROUNDS_SECONDS):
            subprocess.run(command, stdout=quiet, stderr=quiet, check=False)

    thread = threading.Thread(target=rounds)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def install(module: AnsibleModule, *, listed_now: bool, upgrade: bool) -> None:
    """Install all packages; their modules are not all compiled yet.

    :param upgrade: some are there in another version. Their files may have the old ones' size and
        time, so that nobody could tell code that was compiled in the midst of it from the new.
    """
    with open(SHIM, "w", encoding="ascii") as file:
        file.write(SHIM_TEXT)
    os.chmod(SHIM, 0o755)  # noqa: S103 - a program on everybody's path
    with open(MARKER, "w", encoding="ascii"):
        pass
    run(module, "dpkg", "--configure", "--pending", "--force-confold")
    apt = ["apt-get", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]
    apt += ["-o", f"DPkg::Path={SCRIPT_PATH}", "-o", "Dpkg::Options::=--force-confold"]
    if not listed_now:
        list_source(module)
    with nullcontext() if upgrade else compiled_meanwhile():
        run(module, *apt, "install", "--allow-downgrades", *module.params["names"])


def compile_modules(module: AnsibleModule) -> None:
    """Byte-compile what was installed since the marker was set, on all cores."""
    # files that are not valid for this Python (templates, tests of other versions) are passed over,
    # as py3compile does, hence the exit code says nothing
    module.run_command([*COMPILE, "-j", "0", PYTHON_FOLDER])
    os.unlink(MARKER)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "required": True},
            "following": {"type": "list", "elements": "str", "default": []},
            "source": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    list_now = not module.check_mode and not listed(module)
    if list_now:
        os.makedirs(os.path.dirname(MARKER), exist_ok=True)
        list_source(module)
    other_version = outdated(module)
    names = missing(module) + other_version
    pending = os.path.exists(MARKER)
    if not module.check_mode:
        if names:
            install(module, listed_now=list_now, upgrade=bool(other_version))
        if names or pending:
            compile_modules(module)
    diff = {"before": "", "after": "".join(f"{name}\n" for name in names)}
    module.exit_json(changed=bool(names or pending), installed=names, diff=diff)


if __name__ == "__main__":
    main()
