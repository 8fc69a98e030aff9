"""State, lock, mounts, requirements: what can be tried without root."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from deploy.hardware import host_files, mounts, requirements, state
from deploy.hardware.errors import LabBusy, LabError, RequirementsMissing
from deploy.hardware.layout import Layout
from deploy.hardware.supervisor import Machine, nspawn, read

MOUNTINFO = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 22 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
50 22 0:41 / /srv/lab/hosts/a/root rw,relatime shared:3 - overlay a rw
51 50 0:42 / /srv/lab/hosts/a/root/with\\040space rw - tmpfs none rw
52 22 0:43 / /srv/lab2 rw - tmpfs none rw
"""


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = Layout(tree=tmp_path, cache=tmp_path / "cache", state=tmp_path / "lab", suffix="-t")
    monkeypatch.setattr(Layout, "lock", property(lambda _: tmp_path / "lock"))
    return layout


def test_state_reads_back(layout: Layout) -> None:
    kept = state.State("small", "10.118", {"control1": "10.118.0.11"})
    state.save(layout, kept)
    assert state.load(layout) == kept


def test_what_an_older_tree_remembered_is_no_damage(layout: Layout) -> None:
    old = {"topology": "aio", "prefix": "10.118", "kernel_settings": {}}
    state.write_whole(layout.state / "state.json", json.dumps(old))
    assert state.load(layout) == state.State("aio", "10.118")


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_no_state_is_no_lab_and_a_damaged_one_says_what_to_do(layout: Layout, text: str) -> None:
    assert state.load(layout) is None
    state.write_whole(layout.state / "state.json", text)
    with pytest.raises(LabError, match="deploy/lab down"):
        state.load(layout)


def test_the_second_to_come_is_told_who_works(layout: Layout) -> None:
    busy = pytest.raises(LabBusy, match=r"process \d+")
    with state.locked(layout), busy, state.locked(layout):
        pass
    with state.locked(layout):
        pass


def test_a_secret_file_is_never_readable_by_others(tmp_path: Path) -> None:
    state.write_whole(tmp_path / "key", "secret", 0o600)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_mounts_below_come_innermost_first_and_not_from_a_neighbour() -> None:
    assert mounts.below(MOUNTINFO, Path("/srv/lab")) == [
        "/srv/lab/hosts/a/root/with space",
        "/srv/lab/hosts/a/root",
    ]


def test_systemds_own_cgroups_are_found_where_there_are_some() -> None:
    own = "41 22 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
    assert mounts.systemd_cgroup_root(MOUNTINFO) is None
    assert mounts.systemd_cgroup_root(MOUNTINFO + own) == Path("/sys/fs/cgroup/systemd")


def test_all_that_is_missing_is_reported_at_once() -> None:
    with pytest.raises(RequirementsMissing) as caught:
        requirements.report([lambda: "memory: little", lambda: None, lambda: "root: not you"])
    assert caught.value.findings == ["memory: little", "root: not you"]


def test_memory_is_compared_with_what_is_available() -> None:
    meminfo = "MemTotal:       33554432 kB\nMemAvailable:    8388608 kB\n"
    assert requirements.memory(meminfo, 8) is None
    assert requirements.memory(meminfo, 9) == (
        "memory: 8.0 GiB available, this topology needs 9 GiB"
    )


def test_disk_is_looked_at_where_the_directory_will_be(tmp_path: Path) -> None:
    assert requirements.disk(tmp_path / "not/yet", 0) is None
    assert "needs 1000000 GiB" in str(requirements.disk(tmp_path / "not/yet", 1_000_000))


def test_disk_is_summed_up_by_filesystem(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(layout.tree)._replace(free=35 * requirements.GIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    (check,) = requirements.disks(layout, 30)
    assert "needs 40 GiB" in str(check())
    layout.images.mkdir(parents=True)
    (check,) = requirements.disks(layout, 30)
    assert check() is None


def test_own_name_of_a_host_is_never_on_a_loopback_address() -> None:
    files = host_files.files("c1", "10.118.0.11", "ssh-ed25519 K")
    lines = [line.split() for line in files["etc/hosts"].text.splitlines()]
    assert [line[0] for line in lines if "c1" in line] == ["10.118.0.11"]
    assert files["root/.ssh/authorized_keys"].mode == 0o600


def test_layer_takes_modes_of_directories_from_the_base(tmp_path: Path) -> None:
    (tmp_path / "base/var").mkdir(parents=True)
    (tmp_path / "base/var").chmod(0o755)
    (tmp_path / "layer").mkdir()
    files = {"var/new/file": host_files.File("x", 0o640)}
    host_files.write(tmp_path / "layer", tmp_path / "base", files)
    modes = [(tmp_path / "layer" / p).stat().st_mode & 0o777 for p in ("var", "var/new")]
    assert modes == [0o755, 0o700]
    assert (tmp_path / "layer/var/new/file").stat().st_mode & 0o777 == 0o640


def test_machine_reads_back_and_boots_with_two_cables(tmp_path: Path) -> None:
    cables = {"ouhai-mgmt": ("m-c1", "host0"), "ouhai-ext": ("e-c1", "ext0")}
    machine = Machine("c1", "10.118.0.11", "c1", str(tmp_path), "/base", "/cgroup/c1", cables)
    state.write_whole(tmp_path / "machine.json", machine.to_json())
    command = nspawn(read(tmp_path))
    assert "--network-veth-extra=m-c1:host0" in command
    assert "--network-veth-extra=e-c1:ext0" in command
    assert f"--directory={tmp_path}/root" in command
