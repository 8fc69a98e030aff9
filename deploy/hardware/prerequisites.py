"""What the machine must have installed: Debian packages, and a Python environment of our own."""

from __future__ import annotations

import hashlib
import site
import sys
from pathlib import Path

from deploy.hardware import jobs
from deploy.hardware.layout import Layout
from deploy.hardware.mounts import remove_tree

# Package -> a file of it; looking at files takes no time and no dpkg.
PACKAGES = {
    "apt-utils": "/usr/bin/apt-ftparchive",
    "debian-archive-keyring": "/usr/share/keyrings/debian-archive-keyring.gpg",
    "e2fsprogs": "/usr/sbin/mke2fs",
    "gpg": "/usr/bin/gpg",
    "gpg-agent": "/usr/bin/gpg-agent",
    "iproute2": "/usr/sbin/ip",
    "mmdebstrap": "/usr/bin/mmdebstrap",
    "nftables": "/usr/sbin/nft",
    "openssh-client": "/usr/bin/ssh",
    "python3-venv": "/usr/share/doc/python3-venv",
    "qemu-system-x86": "/usr/bin/qemu-system-x86_64",
    "qemu-utils": "/usr/bin/qemu-img",
    "systemd-container": "/usr/bin/systemd-nspawn",
    "util-linux": "/usr/bin/unshare",
}

REQUIREMENTS = (
    "ansible-core",
    "cliff",
    "cryptography",
    "jsonschema",
    "keystoneauth1",
    "openpyxl",
    "openstacksdk",
    "oslo.config",
    "psycopg[binary]",
    "python-heatclient",
    "python-novaclient",
    "python-openstackclient",
    "PyYAML",
    "requests",
    "tenacity",
    "websocket-client",
)

STAMP = "ouhai-constraints"


def missing_packages() -> list[str]:
    """Return the packages that are not installed."""
    return [package for package, file in PACKAGES.items() if not Path(file).exists()]


def install_packages(layout: Layout) -> list[str]:
    """Install what is missing and return it; raise JobFailed when apt cannot."""
    missing = missing_packages()
    if missing:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        jobs.start(layout, "apt-update", ["apt-get", "update"], environment=quiet).wait()
        command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
        jobs.start(layout, "apt-install", command, environment=quiet).wait()
    return missing


def identity(constraints: str) -> str:
    """Return a digest of all that the environment is made from."""
    inputs = "\n".join((sys.version, *REQUIREMENTS, constraints))
    return hashlib.sha256(inputs.encode()).hexdigest()


def provide_environment(layout: Layout) -> bool:
    """Make the virtual environment if it is not there or not of these versions; tell if made."""
    constraints = layout.tree / "constraints.txt"
    wanted = identity(constraints.read_text())
    stamp = layout.venv / STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    remove_tree(layout.venv)
    make = ["/usr/bin/python3", "-m", "venv", str(layout.venv)]
    jobs.start(layout, "venv-make", make).wait()
    pip = [str(layout.venv / "bin/pip"), "install", "--disable-pip-version-check", "--no-compile"]
    command = [*pip, "--constraint", str(constraints), *REQUIREMENTS]
    jobs.start(layout, "venv", command).wait()
    stamp.write_text(wanted)
    return True


def use_environment(layout: Layout) -> None:
    """Let this process import from the environment, which is of the same interpreter."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site.addsitedir(str(layout.venv / "lib" / version / "site-packages"))
