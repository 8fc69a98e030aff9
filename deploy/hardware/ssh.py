"""Reaching hosts: one key, known host keys, a client configuration that names them."""

from __future__ import annotations

from pathlib import Path

from deploy.hardware.addresses import Addresses
from deploy.hardware.layout import Layout
from deploy.hardware.shell import run
from deploy.hardware.state import write_whole
from deploy.hardware.topology import Host

COMMON = """\
Host {names}
    User root
    IdentityFile {key}
    IdentitiesOnly yes
    UserKnownHostsFile {known_hosts}
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    ConnectTimeout 5
    ServerAliveInterval 15
    LogLevel ERROR
"""


def client(layout: Layout, host: str) -> list[str]:
    """Return the command that runs what follows it on a host, without ever asking anything."""
    return ["ssh", "-F", str(layout.ssh_config), "-o", "BatchMode=yes", host]


def provide_key(layout: Layout) -> None:
    """Make the lab's key pair unless both halves are there."""
    public = layout.ssh_key.with_suffix(".pub")
    if layout.ssh_key.is_file() and public.is_file():
        return
    layout.state.mkdir(parents=True, exist_ok=True)
    layout.ssh_key.unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", layout.name]
    run([*command, "-f", str(layout.ssh_key)])


def configuration(hosts: dict[str, str], key: Path, known_hosts: Path) -> str:
    """Return an OpenSSH client configuration for hosts by name and address."""
    names = " ".join((*hosts, *hosts.values()))
    blocks = [COMMON.format(names=names, key=key, known_hosts=known_hosts)]
    blocks += [f"Host {name}\n    HostName {address}\n" for name, address in hosts.items()]
    return "\n".join(blocks)


def write_client_files(layout: Layout, hosts: list[Host], addresses: Addresses) -> None:
    """Write known_hosts and ssh_config from what the hosts' own disks say."""
    by_name = {host.name: addresses.host(host.address) for host in hosts}
    known = []
    for name, address in by_name.items():
        public = layout.host(name) / "upper/etc/ssh/ssh_host_ed25519_key.pub"
        kind, key = public.read_text().split()[:2]
        known.append(f"{name},{address} {kind} {key}\n")
    known_hosts = layout.state / "known_hosts"
    write_whole(known_hosts, "".join(known))
    write_whole(layout.ssh_config, configuration(by_name, layout.ssh_key, known_hosts))
