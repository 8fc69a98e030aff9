"""The script in a guest of `server`: run here with stand-ins for what only a guest has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ouhai_cloud.catalogue.entry import load

from tests.runner.paths import ROOT

VOLUME = "01234567-89ab-cdef-0123-456789abcdef"
DOOR_BYTES = 1020
"""Nova takes no more."""


def script(folder: Path, *, new: str = "yes") -> str:
    """Return the script as a guest gets it, with paths in a folder."""
    template = load(ROOT / "heat-templates/server/1", "lab").template
    text = template["resources"]["server"]["properties"]["user_data"]["str_replace_strict"]
    values = {"%volume%": VOLUME, "%new%": new, "%public_key%": "ssh-ed25519 AAAA me"}
    assert set(values) == set(text["params"])
    user_data = text["template"]
    for name, value in values.items():
        user_data = user_data.replace(name, value)
    cloud_config: dict[str, Any] = yaml.safe_load(user_data)
    assert user_data.startswith("#cloud-config\n")
    (file,) = cloud_config["write_files"]
    (start,) = cloud_config["bootcmd"]
    assert start[:3] == ["cloud-init-per", "instance", "ouhai-report"]
    assert start[-1].endswith(f"exec {file['path']}")
    assert cloud_config["ssh_authorized_keys"] == ["ssh-ed25519 AAAA me"]
    found: str = file["content"]
    paths = ("/dev/disk/by-id", "/run/ouhai-report.log", "/srv/data", "/etc/fstab", "/home/debian")
    for path in (*paths, "/etc/ssh/ssh_host"):
        assert path in found
        found = found.replace(path, f"{folder}{path}")
    return found.replace("test -b", "test -e")


class Guest:
    """A folder that stands for a guest: programs that do as told, and what was posted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        for name in ("bin", "run", "etc/ssh", "srv", "home/debian/.ssh", "dev/disk/by-id"):
            (folder / name).mkdir(parents=True)
        self.device = folder / "dev/disk/by-id" / f"virtio-{VOLUME[:20]}"
        self.device.touch()
        (folder / "etc/fstab").touch()
        (folder / "home/debian/.ssh/authorized_keys").write_text("ssh-ed25519 AAAA me\n")
        (folder / "etc/ssh/ssh_host_ed25519_key.pub").write_text("ssh-ed25519 HOST root@x\n")
        self.program("python3", f'exec {sys.executable} "$@"')
        self.program("curl", f"cat >{folder}/posted")
        self.program("bash", "echo SSH-")
        self.program("sshd", "echo passwordauthentication no")
        self.program("sync", "true")
        self.program("mountpoint", "true")
        for name in ("sleep", "mkfs.ext4", "systemctl"):
            self.program(name, f"echo {name} >>{folder}/called")

    def program(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def run(self, **words: str) -> dict[str, Any]:
        """Run the script and return what it posted."""
        environment = os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}"}
        subprocess.run(
            ["sh", "-c", script(self.folder, **words)], env=environment, check=False, timeout=60
        )
        posted = (self.folder / "posted").read_bytes()
        assert len(posted) <= DOOR_BYTES
        found: dict[str, Any] = json.loads(posted)
        return found

    def called(self, name: str) -> bool:
        path = self.folder / "called"
        return path.exists() and name in path.read_text().split()


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(tmp_path)


def test_a_new_volume_is_formatted_and_all_is_well(guest: Guest) -> None:
    guest.program("blkid", "exit 2")
    report = guest.run()
    assert report["status"] == "SUCCESS"
    assert report["data"]["host_key"] == "ssh-ed25519 HOST"
    assert int(report["data"]["data_free_mib"]) > 0
    assert guest.called("mkfs.ext4")
    assert (
        f"{guest.device} {guest.folder}/srv/data ext4" in (guest.folder / "etc/fstab").read_text()
    )


@pytest.mark.parametrize("new", ["yes", "no"])
def test_a_file_system_that_is_there_is_kept(guest: Guest, new: str) -> None:
    guest.program("blkid", "echo DEVNAME=x; echo TYPE=ext4; echo USAGE=filesystem")
    assert guest.run(new=new)["status"] == "SUCCESS"
    assert not guest.called("mkfs.ext4")


@pytest.mark.parametrize(
    ("blkid", "new", "words"),
    [
        ("exit 2", "no", f"volume {VOLUME} is empty; only a new one is formatted"),
        ("echo TYPE=xfs", "yes", f"volume {VOLUME} holds TYPE=xfs and no ext4 file system"),
        ("echo PTTYPE=gpt", "no", "holds PTTYPE=gpt and no ext4"),
    ],
)
def test_what_is_no_data_volume_is_not_touched(
    guest: Guest, blkid: str, new: str, words: str
) -> None:
    guest.program("blkid", blkid)
    report = guest.run(new=new)
    assert report["status"] == "FAILURE"
    assert report["reason"].startswith("data volume formatted: ") and words in report["reason"]
    assert not guest.called("mkfs.ext4")


def test_a_volume_that_does_not_come_is_missed_by_name(guest: Guest) -> None:
    guest.device.rename(guest.device.with_name("virtio-another"))
    reason = guest.run()["reason"]
    assert reason.startswith("data volume attached: ") and "virtio-another" in reason


@pytest.mark.parametrize(
    ("program", "body", "words"),
    [
        ("mkfs.ext4", "printf %s '磁盘坏了 \"quoted\" \\back'; exit 1", '磁盘坏了 "quoted" \\back'),
        ("mountpoint", "false", "data volume mounted"),
        ("sync", "false", "data volume written"),
        ("bash", "true", "ssh answers"),
        ("sshd", "echo passwordauthentication yes", "ssh takes keys only: passwordauthentication"),
    ],
)
def test_each_failure_is_reported_in_its_own_words(
    guest: Guest, program: str, body: str, words: str
) -> None:
    guest.program("blkid", "exit 2")
    guest.program("mount", "echo no such device; exit 32")
    guest.program(program, body)
    report = guest.run()
    assert report["status"] == "FAILURE" and words in report["reason"]


def test_long_words_fit_through_the_door(guest: Guest) -> None:
    guest.program("blkid", "exit 2")
    guest.program("mkfs.ext4", 'for i in $(seq 400); do printf "坏\\"\\\\"; done; exit 1')
    assert guest.run()["reason"].startswith("data volume formatted: ")


def test_a_key_that_is_not_in_place_is_a_failure(guest: Guest) -> None:
    guest.program("blkid", "exit 2")
    (guest.folder / "home/debian/.ssh/authorized_keys").write_text("")
    assert guest.run()["reason"].startswith("the key is in place")
