"""What makes one host out of the common tree: the files in its own layer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

SSHD = """\
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
"""

MANAGEMENT = """\
[Match]
Name=host0

[Link]
MTUBytes=1500

[Network]
Address={address}/24
LinkLocalAddressing=no
IPv6AcceptRA=no
"""

# No address: Open vSwitch takes the interface into one of its bridges.
PLUGGED = """\
[Match]
Name={interface}

[Link]
MTUBytes=1500
RequiredForOnline=no

[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
"""

HOSTS = """\
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
{address} {name}
"""


@dataclass(frozen=True)
class File:
    """Contents and mode of one file."""

    text: str
    mode: int = 0o644


def files(name: str, address: str, public_key: str) -> dict[str, File]:
    """Return the files of a host by path; only a machine id differs from call to call."""
    return {
        "etc/hostname": File(f"{name}\n"),
        "etc/hosts": File(HOSTS.format(address=address, name=name)),
        "etc/machine-id": File(f"{uuid.uuid4().hex}\n", 0o444),
        "etc/ssh/sshd_config.d/10-lab.conf": File(SSHD),
        "etc/systemd/network/10-host0.network": File(MANAGEMENT.format(address=address)),
        "etc/systemd/network/10-ext0.network": File(PLUGGED.format(interface="ext0")),
        "etc/systemd/network/10-tun0.network": File(PLUGGED.format(interface="tun0")),
        "root/.ssh/authorized_keys": File(public_key, 0o600),
    }


def write(layer: Path, base: Path, contents: dict[str, File]) -> None:
    """Write files into a layer; its directories get the mode that they have in the base tree."""
    for path, file in contents.items():
        make_parents(layer, base, Path(path).parent)
        target = layer / path
        target.write_text(file.text)
        target.chmod(file.mode)


def make_parents(layer: Path, base: Path, directory: Path) -> None:
    """Make a directory of the layer and those above it; one that is new to the base is private."""
    for part in (*reversed(directory.parents), directory):
        target = layer / part
        target.mkdir(exist_ok=True)
        below = base / part
        target.chmod(below.stat().st_mode & 0o7777 if below.is_dir() else 0o700)
