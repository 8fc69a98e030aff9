"""What runs in guests of the catalogue: run here with stand-ins for what only a guest has."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import stat
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.runner.paths import ROOT

SCRIPT = ROOT / "deploy/images/files/debian/usr/local/sbin/ouhai-guest"
VOLUME = "01234567-89ab-cdef-0123-456789abcdef"
KEY = "ssh-ed25519 AAAA me"
PATHS = {
    "SETTINGS": "etc/ouhai/guest.json",
    "HOOKS": "hooks",
    "REPORTED": "var/lib/ouhai/reported",
    "DATA": "srv/data",
    "DEVICES": "dev/disk/by-id",
    "FSTAB": "etc/fstab",
    "AUTHORIZED_KEYS": "home/debian/.ssh/authorized_keys",
    "HOST_KEY": "etc/ssh/ssh_host_ed25519_key.pub",
    "UNPREPARED": "unprepared",
}


class Guest:
    """A folder that stands for a guest: programs that do as told, and what was posted."""

    def __init__(self, folder: Path, script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.script = script
        self.settings: dict[str, Any] = {
            "volume": VOLUME,
            "new": True,
            "public_key": KEY,
            "seconds": 600,
        }
        for name, path in PATHS.items():
            assert isinstance(getattr(script, name), Path)
            monkeypatch.setattr(script, name, folder / path)
        monkeypatch.setattr(script, "uptime_seconds", lambda: 30)
        monkeypatch.setattr(script, "AWAIT_SECONDS", 0.01)
        monkeypatch.setattr(script, "POLL_SECONDS", 0.005)
        monkeypatch.setitem(vars(script)["STEPS"], "ssh answers", lambda _settings: None)
        for name in ("bin", "hooks", "etc/ouhai", "etc/ssh", "home/debian/.ssh", "dev/disk/by-id"):
            (folder / name).mkdir(parents=True)
        self.device = folder / "dev/disk/by-id" / f"virtio-{VOLUME[:20]}"
        self.device.touch()
        # A file stands for the volume: nothing else may be made by an ordinary user.
        monkeypatch.setattr(stat, "S_ISBLK", stat.S_ISREG)
        (folder / "etc/fstab").touch()
        (folder / PATHS["AUTHORIZED_KEYS"]).write_text(f"{KEY}\n")
        (folder / PATHS["HOST_KEY"]).write_text("ssh-ed25519 HOST root@x\n")
        monkeypatch.setenv("PATH", f"{folder}/bin:{os.environ['PATH']}")
        self.program("bin/curl", f"cat >>{folder}/posted")
        self.program("bin/sshd", "echo passwordauthentication no")
        self.program("bin/blkid", "exit 2")
        for name in ("mkfs.ext4", "systemctl", "mount", "resize2fs"):
            self.program(f"bin/{name}", f"echo {name} >>{folder}/called")

    def program(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def start(self) -> int:
        """Start as a server does and return the exit code."""
        (self.folder / PATHS["SETTINGS"]).write_text(json.dumps(self.settings))
        code: int = self.script.main()
        return code

    def report(self) -> dict[str, Any]:
        """Start, and return what was posted."""
        code = self.start()
        posted = (self.folder / "posted").read_bytes()
        assert len(posted) <= self.script.DOOR_BYTES == 1020, "Nova takes no more"
        found: dict[str, Any] = json.loads(posted)
        assert code == (0 if found["status"] == "SUCCESS" else 1)
        return found

    def called(self, name: str) -> bool:
        path = self.folder / "called"
        return path.exists() and name in path.read_text().split()


@pytest.fixture
def script() -> ModuleType:
    loader = SourceFileLoader("ouhai_guest", str(SCRIPT))
    spec = importlib.util.spec_from_loader("ouhai_guest", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


@pytest.fixture
def guest(tmp_path: Path, script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Guest:
    return Guest(tmp_path, script, monkeypatch)


def test_a_new_volume_is_formatted_and_all_is_well(guest: Guest) -> None:
    report = guest.report()
    assert report["status"] == "SUCCESS", report
    assert report["data"]["host_key"] == "ssh-ed25519 HOST"
    assert int(report["data"]["data_free_mib"]) > 0
    assert guest.called("mkfs.ext4") and guest.called("mount")
    assert (
        f"{guest.device} {guest.folder}/srv/data ext4" in (guest.folder / "etc/fstab").read_text()
    )


@pytest.mark.parametrize("new", [True, False])
def test_a_file_system_that_is_there_is_kept_and_fills_its_volume(guest: Guest, new: bool) -> None:
    guest.program("bin/blkid", "echo DEVNAME=x; echo TYPE=ext4; echo USAGE=filesystem")
    guest.settings["new"] = new
    assert guest.report()["status"] == "SUCCESS"
    assert not guest.called("mkfs.ext4")
    assert guest.called("resize2fs")


@pytest.mark.parametrize(
    ("blkid", "new", "words"),
    [
        ("exit 2", False, f"volume {VOLUME} is empty; only a new one is formatted"),
        ("echo TYPE=xfs", True, f"volume {VOLUME} holds TYPE=xfs and no ext4 file system"),
        ("echo PTTYPE=gpt", False, "holds PTTYPE=gpt and no ext4"),
        ("echo USAGE=raid", True, "holds something unknown and no ext4"),
        ("echo ambivalent result >&2; exit 8", True, "ambivalent result"),
    ],
)
def test_what_is_no_data_volume_is_not_touched(
    guest: Guest, blkid: str, new: bool, words: str
) -> None:
    guest.program("bin/blkid", blkid)
    guest.settings["new"] = new
    report = guest.report()
    assert report["status"] == "FAILURE"
    assert report["reason"].startswith("data volume formatted: ") and words in report["reason"]
    assert not guest.called("mkfs.ext4")


def test_a_volume_that_does_not_come_is_missed_by_name(guest: Guest) -> None:
    guest.device.rename(guest.device.with_name("virtio-another"))
    reason = guest.report()["reason"]
    assert reason.startswith("data volume attached: ") and "virtio-another" in reason


@pytest.mark.parametrize(
    ("program", "body", "words"),
    [
        ("mkfs.ext4", "printf %s '磁盘坏了 \"quoted\" \\back'; exit 1", '磁盘坏了 "quoted" \\back'),
        ("mount", "echo no such device; exit 32", "data volume mounted: no such device"),
        ("resize2fs", "exit 1", "data volume mounted: resize2fs ended with code 1"),
        ("sshd", "echo passwordauthentication yes", "ssh takes keys only: passwordauthentication"),
    ],
)
def test_each_failure_is_reported_in_its_own_words(
    guest: Guest, program: str, body: str, words: str
) -> None:
    guest.program(f"bin/{program}", body)
    report = guest.report()
    assert report["status"] == "FAILURE" and words in report["reason"]


def test_a_full_volume_is_said_to_be_full(guest: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "data volume written: [Errno 28] No space left" in guest.report()["reason"]


def test_long_words_fit_through_the_door_and_the_last_ones_are_kept(guest: Guest) -> None:
    guest.program(
        "bin/mkfs.ext4", 'for i in $(seq 400); do printf "坏\\"\\\\"; done; echo END; exit 1'
    )
    reason = guest.report()["reason"]
    assert reason.startswith("data volume formatted: ") and reason.endswith("END")


def test_a_key_that_is_not_in_place_is_a_failure(guest: Guest) -> None:
    (guest.folder / PATHS["AUTHORIZED_KEYS"]).write_text("")
    assert guest.report()["reason"].startswith("the key is in place")


def test_ssh_that_does_not_answer_is_a_failure(
    guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest.program("bin/systemctl", "echo ssh.service: failed")
    monkeypatch.setattr(guest.script, "SSH_PORT", 1)
    with pytest.raises(guest.script.Unfit, match=r"ssh\.service: failed"):
        guest.script.ssh_answers({})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "did not appear"),
        ("{", "Expecting property name"),
        ("{}", "lacks public_key, seconds"),
        ('{"volume": "x"}', "lacks public_key, seconds, new"),
    ],
)
def test_settings_that_are_not_there_are_missed(guest: Guest, text: str, words: str) -> None:
    if text:
        (guest.folder / PATHS["SETTINGS"]).write_text(text)
    assert guest.script.main() == 1
    report = json.loads((guest.folder / "posted").read_text())
    assert report["reason"].startswith("settings of the server: ") and words in report["reason"]


def test_a_server_without_a_data_volume_is_fit_without_one(guest: Guest) -> None:
    del guest.settings["volume"], guest.settings["new"]
    guest.program("hooks/prepare", f"touch {guest.folder}/prepared")
    assert guest.start() == 0
    assert (guest.folder / "prepared").exists() and not (guest.folder / "called").exists()
    assert guest.report()["status"] == "SUCCESS" and "data_free_mib" not in guest.report()["data"]


def test_the_application_gets_its_parameters_and_adds_to_the_report(guest: Guest) -> None:
    guest.settings["parameters"] = {"site_title": '他说 "好" $HOME\'', "editors": 3, "open": True}
    guest.program("hooks/prepare", f'echo "$site_title $editors $open" >{guest.folder}/seen')
    guest.program("hooks/check", "echo for people; echo version=1.2; echo login=a=b")
    data = guest.report()["data"]
    assert (guest.folder / "seen").read_text() == '他说 "好" $HOME\' 3 true\n'
    assert (data["version"], data["login"]) == ("1.2", "a=b")
    assert "for people" not in data


@pytest.mark.parametrize(
    ("hook", "body", "words"),
    [
        ("prepare", "echo log; echo no space left >&2; exit 1", "application prepared: no space"),
        ("prepare", "echo only this; exit 3", "application prepared: only this"),
        ("check", "exit 4", "the application works: check ended with code 4"),
        ("check", "head -c 1000 /dev/zero | tr '\\0' x | sed s/^/key=/", "prints too much"),
        ("check", "printf '\\377\\n' >&2; exit 1", "the application works: \ufffd"),
    ],
)
def test_what_the_application_says_is_reported(
    guest: Guest, hook: str, body: str, words: str
) -> None:
    guest.program(f"hooks/{hook}", body)
    assert words in guest.report()["reason"]


def test_an_application_that_hangs_is_not_waited_for_longer_than_heat_does(guest: Guest) -> None:
    guest.settings["seconds"] = 51
    guest.program("hooks/prepare", "echo waiting for godot; exec sleep 60")
    reason = guest.report()["reason"]
    assert "application prepared: prepare did not end within" in reason and "godot" in reason


def test_a_restarted_server_prepares_again_and_reports_no_more(
    guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest.program("hooks/prepare", f"echo prepare >>{guest.folder}/called")
    guest.report()
    (guest.folder / "called").unlink()
    (guest.folder / "posted").unlink()
    # It has been running for longer than Heat waited.
    monkeypatch.setattr(guest.script, "uptime_seconds", lambda: 90000)
    guest.program("hooks/check", "sleep 1.1")
    assert guest.start() == 0
    assert guest.called("prepare") and not (guest.folder / "posted").exists()
    fstab = (guest.folder / "etc/fstab").read_text()
    assert fstab.count("srv/data") == 1


class Ended(Exception):
    """The watch would pause."""


def watched(guest: Guest, monkeypatch: pytest.MonkeyPatch, *looks: Callable[[], object]) -> None:
    """Let the guest watch itself; something is done before each further look."""
    coming = iter(looks)

    def pause(_: float) -> None:
        act = next(coming, None)
        if act is None:
            raise Ended
        act()

    monkeypatch.setattr(guest.script, "pause", pause)
    monkeypatch.setattr(os.path, "ismount", lambda path: path == guest.folder / "srv/data")
    with pytest.raises(Ended):
        guest.script.watch()


def test_the_watch_says_what_changes_and_only_that(
    guest: Guest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guest.report()["status"] == "SUCCESS"
    capsys.readouterr()

    def broken(words: str) -> Callable[[], object]:
        return lambda: guest.program("hooks/check", f"echo {words} >&2; exit 1")

    def well() -> None:
        guest.program("hooks/check", "[ $1 = look ] || exit 1; echo chatter >&2")

    broken_twice = broken("数据库: no 1"), broken("数据库: no 2")
    watched(guest, monkeypatch, well, *broken_twice, well)
    said = [one.split(": ", 3)[1:] for one in capsys.readouterr().out.splitlines()]
    assert [one[2].split(": ", 1)[1] for one in said] == [
        "well: fit for use",
        r"the application works: \u6570\u636e\u5e93: no 1",
        "well: fit for use",
    ]
    assert all(one[1] == "health" for one in said)


def test_the_watch_names_a_service_that_does_not_run_and_its_last_words(
    guest: Guest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guest.report()["status"] == "SUCCESS"
    capsys.readouterr()
    (guest.folder / "hooks/units").write_text("nginx\nmariadb\n")

    def states(nginx: str, mariadb: str) -> None:
        guest.program("bin/systemctl", f"echo {nginx}; echo {mariadb}; exit 3")

    guest.program("bin/journalctl", 'echo "$5: Deactivated."')
    states("active", "inactive")
    watched(guest, monkeypatch, lambda: states("active", "active"))
    broken, well = capsys.readouterr().out.splitlines()
    assert broken.endswith(
        "services run: mariadb is inactive: _SYSTEMD_UNIT=mariadb.service: Deactivated."
    )
    assert well.endswith("well: fit for use")


def test_the_watch_remembers_a_start_that_failed_before_the_check(
    guest: Guest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guest.program("hooks/prepare", "echo no settings >&2; exit 1")
    assert guest.report()["status"] == "FAILURE"
    capsys.readouterr()
    watched(guest, monkeypatch)
    assert ": last start: application prepared: no settings" in capsys.readouterr().out
    guest.program("hooks/prepare", "exit 0")
    assert guest.start() == 0
    watched(guest, monkeypatch)
    assert capsys.readouterr().out.splitlines()[-1].endswith("well: fit for use")


def test_the_watch_pauses_longer_after_a_long_look_within_bounds(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr(script, "time", SimpleNamespace(sleep=paused.append))
    for look in (0.1, 5.0, 150.0):
        script.pause(look)
    assert paused == [60, 100.0, 300]


def test_the_watch_says_every_hour_how_it_is(
    guest: Guest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guest.report()["status"] == "SUCCESS"
    capsys.readouterr()
    monkeypatch.setattr(guest.script, "REPEAT_SECONDS", 0)
    watched(guest, monkeypatch, lambda: None)
    assert capsys.readouterr().out.count("well: fit for use") == 2


def test_the_watch_sees_a_data_volume_that_is_full_or_gone(
    guest: Guest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guest.report()["status"] == "SUCCESS"
    capsys.readouterr()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def gone() -> None:
        monkeypatch.setattr(os.path, "ismount", lambda _: False)

    watched(guest, monkeypatch, lambda: monkeypatch.setattr(os, "fsync", full), gone)
    said = capsys.readouterr().out
    assert "data volume written: [Errno 28] No space left on device" in said
    assert "data volume mounted: " in said and "is not the data volume" in said
