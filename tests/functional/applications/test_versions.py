"""Copies that go to other versions and back, into a file, and to another bureau."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ouhai_cloud.cloud.api import Api

from tests.support.applications import Key, Member
from tests.support.entries import further_version
from tests.support.lab import Lab
from tests.support.publishing import published

# Older than what there is, so that nobody gets them who names no version.
OTHER, BROKEN = "0.1", "0.2"
ON_PURPOSE = "it refuses to start on purpose"
CHANGES = {
    OTHER: {
        "            write_files:\n": "            write_files:\n"
        f"              - {{path: /etc/ouhai-version, content: '{OTHER}'}}\n"
    },
    BROKEN: {
        "            bootcmd:\n": "            bootcmd:\n"
        "              - mkdir -p /usr/local/lib/ouhai\n"
        "              - printf '#!/bin/sh\\necho spoiled >/srv/data/note; sync\\n"
        f"echo {ON_PURPOSE} >&2; exit 1\\n' >/usr/local/lib/ouhai/check\n"
        "              - chmod 755 /usr/local/lib/ouhai/check\n"
    },
}


@pytest.fixture(scope="module")
def versions(lab: Lab, api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Offer one more version that is well, and one whose guest says that it is not."""
    folder = tmp_path_factory.mktemp("versions")
    folders = {one: further_version(folder, one, change) for one, change in CHANGES.items()}
    with published(lab, api, folders):
        yield


@pytest.mark.usefixtures("versions")
def test_a_copy_goes_to_another_version_and_back_and_to_another_bureau(
    member: Member, other_member: Member, key: Key, name: str, other_name: str, tmp_path: Path
) -> None:
    before, other_before = member.things(), other_member.things()
    copy = member.answer("deploy", "server", name, "--parameter", key.parameter)
    key.run(copy, "echo 一 | sudo tee /srv/data/note")

    preview = member.answer("update", name, "--to", OTHER, "--dry-run")
    assert "replaced" in preview["changes"] and "volume" not in preview["changes"].split("unch")[0]
    updated = member.answer("update", name, "--to", OTHER)
    assert (updated["version"], updated["status"]) == (OTHER, "UPDATE_COMPLETE")
    assert (updated["address"], updated["data_volume"]) == (copy["address"], copy["data_volume"])
    assert updated["host_key"] != copy["host_key"]
    assert key.run(updated, "cat /etc/ouhai-version /srv/data/note") == f"{OTHER}一\n"
    key.run(updated, "echo 二 | sudo tee /srv/data/note")

    back = member.answer("rollback", name, "--data")
    assert (back["version"], back["address"]) == ("1", copy["address"])
    assert key.run(back, "cat /srv/data/note; test ! -e /etc/ouhai-version") == "一\n"
    assert {kind for kind, _ in member.things() - before if kind in ("snapshot", "image")} == set()

    with_copy, file = member.things(), tmp_path / "copy.tar"
    backup = member.answer("backup", name, "--file", str(file))
    assert member.things() == with_copy
    assert backup["bytes"] == file.stat().st_size and 0 < backup["down seconds"] < 300
    assert key.run(back, "cat /srv/data/note") == "一\n"
    done = member.app("delete", name, "--delete-data")
    assert done.returncode == 0, done.stderr
    assert member.things() == before

    restored = other_member.answer("restore", str(file), other_name)
    assert restored["version"] == "1" and "ssh: " in restored["verified"]
    assert key.run(restored, "cat /srv/data/note") == "一\n"
    done = other_member.app("delete", other_name, "--delete-data")
    assert done.returncode == 0, done.stderr
    assert other_member.things() == other_before


@pytest.mark.usefixtures("versions")
def test_a_version_whose_guest_is_not_well_goes_back_by_itself(
    member: Member, key: Key, name: str
) -> None:
    copy = member.answer("deploy", "server", name, "--parameter", key.parameter)
    key.run(copy, "echo 一 | sudo tee /srv/data/note")
    before = {one for one in member.things() if one[0] != "server"}
    failed = member.app("update", name, "--to", BROKEN)
    assert failed.returncode == 1
    assert f"The guest says: the application works: {ON_PURPOSE}" in failed.stderr, failed.stderr
    assert "It is back in version 1" in failed.stderr
    status = member.answer("status", name)
    assert (status["version"], status["failure"]) == ("1", "")
    assert status["address"] == copy["address"]
    assert key.run(status, "cat /srv/data/note") == "一\n"
    assert {one for one in member.things() if one[0] != "server"} == before
