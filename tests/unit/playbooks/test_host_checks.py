"""The parts of the checks on a host that can be told from text and bytes."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.module_utils import (
    host_network,
    host_ports,
    host_storage,
    host_system,
    icmp,
)
from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure
from ansible_collections.ouhai.cloud.plugins.modules.precheck_host import run_all

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0
   1: 0100007F:1389 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0
"""


@pytest.mark.parametrize(
    ("release", "faulty"),
    [
        ('PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n', False),
        ('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n', True),
        ("PRETTY_NAME='Ubuntu 24.04'\nVERSION_ID='24.04'\nID=ubuntu\n", True),
        ("", True),
    ],
)
def test_only_debian_13_is_taken(tmp_path: Path, release: str, faulty: bool) -> None:
    path = tmp_path / "os-release"
    path.write_text(release)
    assert bool(host_system.check_release("host", str(path))) is faulty


def test_a_host_that_is_too_small_is_told_each_shortage() -> None:
    failures = host_system.check_size("host", 1e6, 1e6, 10_000)
    assert [
        word in f.what for word, f in zip(("memory", "/var", "processors"), failures, strict=True)
    ]
    assert host_system.check_size("host", 0, 0, 0) == []


def test_only_sockets_that_listen_are_read() -> None:
    assert host_ports.parse_table(TABLE, "0A") == [(5000, "4711")]


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/haproxy.service\n", "haproxy.service"),
        ("0::/system.slice/system-ceph.slice/ceph-mon@a.service\n", "ceph-mon@a.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", "session-3.scope"),
        ("0::/user.slice/user@0.service/app.slice/x.service\n", "x.service"),
        ("0::/\n", "no unit"),
        ("", "no unit"),
    ],
)
def test_the_unit_of_a_process_is_found(cgroup: str, unit: str) -> None:
    assert host_ports.unit_of(cgroup) == unit


@pytest.mark.parametrize(
    ("unit", "ours"),
    [
        ("haproxy.service", True),
        ("ceph-mon@a.service", True),
        ("init.scope", True),
        ("haproxy-exporter.service", False),
        ("session-3.scope", False),
        ("no unit", False),
    ],
)
def test_a_port_may_be_had_by_the_units_that_it_is_meant_for(unit: str, ours: bool) -> None:
    assert host_ports.is_ours(unit, ["haproxy", "ceph-mon@*", "init.scope"]) is ours


def test_a_port_that_is_taken_is_named_with_the_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        wanted = {"port": port, "protocol": "tcp", "service": "keystone", "units": ["haproxy"]}
        (failure,) = host_ports.check_ports("host", [wanted])
    assert f"port {port}/tcp is in use by" in failure.what
    assert "process" in failure.what
    assert host_ports.check_ports("host", [wanted]) == []


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        (b"", None),
        (bytes(4096), None),
        (b"bluestore block device\n" + b"x" * 40 + b"our-fsid" + bytes(100), None),
        (b"bluestore block device\n" + b"another-fsid", "another Ceph cluster"),
        (b"\xebc\x90" + bytes(100), "not empty"),
    ],
)
def test_a_device_is_empty_or_ours(label: bytes, fault: str | None) -> None:
    found = host_storage.label_fault(label, "our-fsid")
    assert (found is None) if fault is None else (found is not None and fault in found)


def test_what_a_device_is_used_for_is_named() -> None:
    tree = json.loads(
        '{"name": "sda", "type": "disk", "fstype": null, "mountpoints": [null], "children": ['
        '{"name": "sda1", "type": "part", "fstype": "ext4", "mountpoints": ["/"]},'
        '{"name": "sda2", "type": "part", "fstype": null, "mountpoints": [null]}]}'
    )
    assert host_storage.uses(tree) == ["mounted on /", "ext4 on sda1", "part sda2 on it"]
    assert host_storage.uses({"name": "sdb", "fstype": None, "mountpoints": [None]}) == []


def test_a_device_that_is_not_there_and_a_file_with_data_are_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_bytes(b"precious")
    devices: list[dict[str, Any]] = [
        {"path": str(tmp_path / "sdb")},
        {"path": str(data), "size_gib": 1},
    ]
    failures = host_storage.check_devices("host", devices, "our-fsid")
    assert ["does not exist" in failures[0].what, "is not empty" in failures[1].what] == [True] * 2
    assert data.read_bytes() == b"precious"


def test_files_for_storage_need_room_together(tmp_path: Path) -> None:
    devices = [{"path": str(tmp_path / "new" / f"{n}.img"), "size_gib": 1e9} for n in range(2)]
    (failure,) = host_storage.check_devices("host", devices, "our-fsid")
    assert "need 2e+09" in failure.what
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_leads_elsewhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"control1": {"127.0.1.1"}, "compute1": {"192.0.2.1"}, "compute2": set()}
    monkeypatch.setattr(host_network, "resolve", lambda name: known[name])
    names = {"control1": "10.0.0.1", "compute1": "10.0.0.2", "compute2": "10.0.0.3"}
    (failure,) = host_network.check_names("control1", names, "control1")
    assert failure.what == "compute1 resolves to 192.0.2.1, the inventory says 10.0.0.2"


def test_an_interface_is_there_and_wide_enough() -> None:
    interfaces = {"management_interface": "lo", "external_interface": "none0"}
    assert [f.what for f in host_network.check_interfaces("host", interfaces, 1500)] == [
        "external_interface is none0, but there is no such network interface"
    ]
    (failure,) = host_network.check_interfaces("host", {"management_interface": "lo"}, 10**6)
    assert "the MTU of lo (management_interface) is" in failure.what


def test_silence_and_a_small_mtu_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def ping(addresses: dict[str, str], size: int) -> dict[str, str]:
        lost = {"10.0.0.2", "10.0.0.3"} if size == 1500 else {"10.0.0.3"}
        return dict.fromkeys(lost & set(addresses), "")

    monkeypatch.setattr(icmp, "unanswered", ping)
    peers = {"10.0.0.1": "good", "10.0.0.2": "narrow", "10.0.0.3": "silent"}
    failures = {f.what for f in host_network.check_packets("host", peers, 1500)}
    assert failures == {
        "packets of 1500 bytes do not reach narrow (10.0.0.2), small ones do",
        "no answer from silent (10.0.0.3) to a ping",
    }


def test_an_echo_request_has_its_size_and_a_good_checksum() -> None:
    packet = icmp.echo_request(7, 1, 1500)
    assert len(packet) + 20 == 1500
    assert icmp.checksum(packet) == 0


def test_a_check_that_breaks_does_not_hide_the_others() -> None:
    def breaks() -> list[Failure]:
        raise PermissionError("no")

    size = lambda: host_system.check_size("host", 1e6, 0, 0)  # noqa: E731 (short and local)
    failures = run_all("host", {"pings": breaks, "size": size})
    assert "pings could not be checked: PermissionError" in failures[0].what
    assert "memory" in failures[1].what
