"""Checks of a host's system: release, size, and what its kernel can do. Nothing is changed."""

from __future__ import annotations

import os
import platform
import socket
import struct
from pathlib import Path

from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure

_GIB = 1 << 30
_WANTED_RELEASE = ("debian", "13")
_WANTED_MACHINE = "x86_64"

# Netlink, from linux/netlink.h, genetlink.h, nfnetlink.h and nf_tables.h.
_NETLINK_NETFILTER = 12
_NETLINK_GENERIC = 16
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_NFT_MSG_GETGEN = (10 << 8) | 16
_GENL_ID_CTRL = 16
_CTRL_CMD_GETFAMILY = 3
_CTRL_ATTR_FAMILY_NAME = 2

_FEATURES = {
    "nf_tables": "the hosts' firewall is made of nftables rules",
    "tun": "guests are connected through tun devices",
    "openvswitch": "ovs_datapath is `system`, which forwards packets in the kernel",
    "geneve": "ovs_datapath is `system`, which carries guests' traffic between hosts in Geneve",
    "kvm": "virt_type is `kvm`",
}


def check_release(where: str, os_release_file: str) -> list[Failure]:
    """Check distribution, release and processor architecture.

    :raises OSError: the file cannot be read.
    """
    release = parse_os_release(Path(os_release_file).read_text(encoding="utf-8"))
    found = (release.get("ID", ""), release.get("VERSION_ID", ""))
    failures = []
    if found != _WANTED_RELEASE:
        name = release.get("PRETTY_NAME") or " ".join(found).strip() or "unknown"
        failures.append(
            Failure(
                where,
                f"the operating system is {name}",
                "the packages of the cloud are built for Debian 13 (trixie)",
                "Install Debian 13 on the host, or take it out of the inventory.",
            )
        )
    if platform.machine() != _WANTED_MACHINE:
        failures.append(
            Failure(
                where,
                f"the processor architecture is {platform.machine()}",
                f"the package repository carries {_WANTED_MACHINE} (amd64) only",
                "Take the host out of the inventory.",
            )
        )
    return failures


def parse_os_release(text: str) -> dict[str, str]:
    """Return the fields of an os-release file without their quotes."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def check_size(where: str, memory_gib: float, disk_gib: float, cpus: int) -> list[Failure]:
    """Check memory, the size of the file system of /var, and processors.

    Sizes are totals, not what is free: on a host that is in use already the check must pass too.
    """
    failures = []
    memory = memory_bytes() / _GIB
    if memory < memory_gib:
        failures.append(
            Failure(
                where,
                f"{memory:.1f} GiB of memory, {memory_gib:g} GiB are needed for its groups",
                "the kernel would end services in the middle of their work",
                "Add memory, take the host out of a group, or lower precheck_memory_gib.",
            )
        )
    status = os.statvfs("/var")
    disk = status.f_blocks * status.f_frsize / _GIB
    if disk < disk_gib:
        failures.append(
            Failure(
                where,
                f"the file system of /var has {disk:.1f} GiB, {disk_gib:g} GiB are needed",
                "packages, databases, images' caches and logs would fill it",
                "Enlarge the file system, or lower precheck_disk_gib.",
            )
        )
    count = len(os.sched_getaffinity(0))
    if count < cpus:
        failures.append(
            Failure(
                where,
                f"{count} processors, {cpus} are needed for its groups",
                "services would time out waiting for each other",
                "Give the host more processors, or lower precheck_cpus.",
            )
        )
    return failures


def memory_bytes() -> int:
    """Return the host's memory: the machine's, or the control group's limit when that is lower.

    :raises OSError: /proc is not there.
    """
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    total = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemTotal:"))
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def check_systemd(where: str) -> list[Failure]:
    """Check that systemd runs the host."""
    if Path("/run/systemd/system").is_dir():
        return []
    return [
        Failure(
            where,
            "systemd does not run this host",
            "every service of the cloud is a systemd unit",
            "Boot the host with systemd as its first process (package systemd-sysv).",
        )
    ]


def check_features(where: str, features: list[str]) -> list[Failure]:
    """Check what the kernel offers or could load."""
    missing = [feature for feature in features if not has_feature(feature)]
    return [
        Failure(
            where,
            f"the running kernel ({platform.release()}) has no {feature}",
            _FEATURES[feature],
            "Boot Debian's standard kernel (linux-image-amd64); reboot if it was just upgraded."
            if feature != "kvm"
            else "Enable virtualisation in the firmware, or set virt_type to auto or qemu.",
        )
        for feature in missing
    ]


def has_feature(feature: str) -> bool:
    """Tell whether the kernel has a feature, without loading anything.

    A module is looked up in the lists of the running kernel. Only a kernel that has no such lists,
    so that it could not load any, is asked by using the feature.
    """
    if feature == "tun" and Path("/dev/net/tun").exists():
        return True
    if feature == "kvm":
        return Path("/dev/kvm").exists()
    folder = Path("/lib/modules", platform.release())
    lists = [folder / "modules.dep", folder / "modules.builtin"]
    readable = [path for path in lists if path.exists()]
    if readable:
        wanted = feature.replace("_", "-")
        for path in readable:
            for line in path.read_text(encoding="utf-8").splitlines():
                name = line.partition(":")[0].rsplit("/", 1)[-1].split(".ko")[0]
                if name.replace("_", "-") == wanted:
                    return True
        return False
    return _answers(feature)


def _answers(feature: str) -> bool:
    if feature == "nf_tables":
        family_and_version = struct.pack("=BBH", 0, 0, 0)
        return _netlink(_NETLINK_NETFILTER, _NFT_MSG_GETGEN, family_and_version)
    if feature == "openvswitch":
        name = b"ovs_datapath\0"
        attribute = struct.pack("=HH", 4 + len(name), _CTRL_ATTR_FAMILY_NAME) + name
        padded = attribute.ljust((len(attribute) + 3) & ~3, b"\0")
        header = struct.pack("=BBH", _CTRL_CMD_GETFAMILY, 1, 0)
        return _netlink(_NETLINK_GENERIC, _GENL_ID_CTRL, header + padded)
    # Geneve has no question that does not also create a device.
    return Path("/sys/module", feature).exists()


def _netlink(protocol: int, kind: int, payload: bytes) -> bool:
    """Ask the kernel something that changes nothing; tell whether it knew the question."""
    header = struct.pack("=IHHII", 16 + len(payload), kind, _NLM_F_REQUEST, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as channel:
            channel.settimeout(2)
            channel.send(header + payload)
            answer = channel.recv(8192)
    except OSError:
        return False
    return int(struct.unpack_from("=IH", answer)[1]) != _NLMSG_ERROR
