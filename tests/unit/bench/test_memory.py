from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import memory
from tests.bench.memory import Process
from tests.bench.table import BenchFailed

PAYLOAD = Path("machine/payload")
ROLLUP = """\
56013f1cb000-7ffc44579000 ---p 00000000 00:00 0                          [rollup]
Rss:              265472 kB
Pss:              241024 kB
Pss_Anon:         240000 kB
"""


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("system.slice/neutron-api.service", "neutron-api"),
        ("system.slice/system-ceph\\x2dosd.slice/ceph-osd@0.service", "ceph-osd@0"),
        ("user.slice/user-0.slice/user@0.service/init.scope", "user@0"),
        ("user.slice/user-0.slice/session-c28.scope", "logins"),
        ("init.scope", "init.scope"),
    ],
)
def test_a_cgroup_belongs_to_a_service(path: str, unit: str) -> None:
    assert memory.unit_of(PAYLOAD / path) == unit


def test_what_is_outside_of_the_host_has_a_name() -> None:
    assert memory.unit_of(Path("machine/supervisor")) == "supervisor"
    assert memory.unit_of(Path()) == "nspawn"


def test_pss_is_read() -> None:
    assert memory.pss_kib(ROLLUP) == 241024
    assert memory.pss_kib("") == 0


def test_processes_are_added_up_without_guests() -> None:
    found = [
        Process("uwsgi_python3", "keystone", 1024),
        Process("uwsgi_python3", "keystone", 2048),
        Process("qemu-system-x86", "machine-qemu.scope", 999999),
    ]
    assert memory.by_service(found) == {"keystone": 3.0}


def test_the_largest_come_first_and_the_total_last() -> None:
    table = memory.rows({f"s{number}": float(number) for number in range(1, 21)})
    assert [row.name for row in table[:2]] == ["s20", "s19"]
    assert (table[-2].name, table[-2].ours) == ("5 others", 15.0)
    assert (table[-1].ours, table[-1].reference, table[-1].goal) == (210.0, 6144.0, 7168.0)


def test_a_host_without_processes_is_no_figure(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").write_text("")
    with pytest.raises(BenchFailed, match="ouhai1 has no process"):
        memory.watch({"ouhai1": tmp_path}, 0)
