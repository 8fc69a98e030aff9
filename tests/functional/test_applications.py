"""Applications on the lab: a member of a bureau deploys, looks at, verifies and deletes a copy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from ouhai_cloud.cloud import published as store
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.connection import prepare

from tests.support.applications import Key, Member, copy_name, members, run_app
from tests.support.bureaus import Bureaus
from tests.support.entries import further_version
from tests.support.lab import ROOT, Lab

WITHDRAWN = "99"
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
NOBODYS = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture(scope="module")
def member(bureaus: Bureaus) -> Member:
    """Return a member of the register's first bureau, at work in its first system."""
    return members(bureaus)[0]


@pytest.fixture(scope="module")
def other_member(bureaus: Bureaus) -> Member:
    """Return a member of another bureau, likewise."""
    return members(bureaus)[1]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return Key(tmp_path_factory.mktemp("key"))


@pytest.fixture
def name(member: Member) -> Iterator[str]:
    with copy_name(member) as name:
        yield name


@pytest.fixture
def other_name(other_member: Member) -> Iterator[str]:
    """Return a name for a copy of the other bureau, likewise."""
    with copy_name(other_member) as name:
        yield name


def test_the_catalogue_offers_all_applications_of_the_tree(member: Member) -> None:
    offered = {(row["Application"], row["Version"]) for row in member.answer("list")}
    folders = {path.parent for path in ROOT.glob("heat-templates/*/*/template.yaml")}
    assert {(one.parent.name, one.name) for one in folders} <= offered
    shown = member.answer("show", "server", "--language", "zh")
    assert shown["title"] == "云主机" and "ssh_from" in shown["parameters"]


def test_a_copy_lives_and_its_data_outlives_it(member: Member, key: Key, name: str) -> None:
    before = member.things()
    preview = member.answer("deploy", "server", name, "--parameter", key.parameter, "--dry-run")
    assert "1 cores" in preview["takes"] and "CNY a month" in preview["costs"]
    assert member.things() == before

    copy = member.answer("deploy", "server", name, "--parameter", key.parameter)
    assert copy["status"] == "CREATE_COMPLETE"
    assert copy["health"] == f"ssh://{copy['address']}:22"
    assert member.answer("status", name)["host_key"] == copy["host_key"]
    listed = {row["Name"]: row["Status"] for row in member.answer("list", "--deployed")}
    assert listed[name] == "CREATE_COMPLETE"
    seen = member.answer("verify", name)
    assert {row["Check"]: row["Result"] for row in seen} == {
        "stack": "well",
        "server": "well",
        "volume": "well",
        "ssh": "well",
    }

    written = key.ssh(copy, "echo 民政 | sudo tee /srv/data/note && findmnt -no FSTYPE /srv/data")
    assert (written.returncode, written.stdout.split()) == (0, ["民政", "ext4"]), written.stderr
    refused = key.ssh(copy, "true", "-o", "PubkeyAuthentication=no")
    assert refused.returncode == 255 and "Permission denied (publickey)" in refused.stderr

    done = member.app("delete", name)
    assert done.returncode == 0, done.stderr
    volume = str(copy["data_volume"])
    assert f"kept: volume {volume}" in done.stdout
    assert member.things() == before | {("volume", volume)}
    gone = member.app("status", name)
    assert gone.returncode == 1 and f"no copy '{name}'" in gone.stderr

    words = ("--parameter", key.parameter, "--parameter", f"data_volume={volume}")
    again = member.answer("deploy", "server", name, *words)
    assert again["host_key"] != copy["host_key"]
    assert key.ssh(again, "cat /srv/data/note").stdout == "民政\n"
    assert member.app("delete", name, "--delete-data").returncode == 0
    # It was not this copy that made the volume, so it is not this copy's to delete.
    assert member.things() == before | {("volume", volume)}
    member.connection.block_storage.delete_volume(volume)
    member.connection.block_storage.wait_for_delete(
        member.connection.block_storage.get_volume(volume)
    )
    assert member.things() == before


def test_a_failure_has_the_guests_own_words_and_goes_in_one_try(
    member: Member, key: Key, name: str
) -> None:
    blank = member.connection.block_storage.create_volume(name=name, size=1)
    member.connection.block_storage.wait_for_status(blank)
    try:
        before = member.things()
        words = ("--parameter", key.parameter, "--parameter", f"data_volume={blank.id}")
        failed = member.app("deploy", "server", name, *words)
        assert failed.returncode == 1
        expected = f"The guest says: data volume formatted: volume {blank.id} is empty"
        assert expected in failed.stderr, failed.stderr
        status = member.app("status", name, "-f", "json")
        assert status.returncode == 1 and expected in json.loads(status.stdout)["failure"]
        unwell = member.app("verify", name, "-f", "json")
        assert unwell.returncode == 1 and "NOT WELL" in unwell.stdout
        removed = member.app("delete", name)
        assert removed.returncode == 0, removed.stderr
        assert member.things() == before
    finally:
        member.connection.block_storage.delete_volume(blank.id)


@pytest.fixture(scope="module")
def versions(
    lab: Lab, cloud: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Offer one more version that is well, and one whose guest says that it is not."""
    folder = tmp_path_factory.mktemp("versions")
    folders = {one: further_version(folder, one, change) for one, change in CHANGES.items()}
    with published(lab, cloud, folders):
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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("update", "none-1"), "no copy 'none-1'"),
        (("rollback", "none-1"), "no copy 'none-1'"),
        (("backup", "none-1", "--file", "x.tar"), "no copy 'none-1'"),
        (("restore", "none.tar", "none-1"), "none.tar cannot be read: No such file"),
        (("restore", str(ROOT / "README.rst"), "none-1"), "no backup of an application"),
    ],
    ids=lambda one: "" if isinstance(one, str) else one[0],
)
def test_what_is_not_there_is_named(member: Member, words: tuple[str, ...], said: str) -> None:
    refused = member.app(*words)
    assert refused.returncode == 1 and said in refused.stderr, refused.stderr
    assert "Traceback" not in refused.stderr


REFUSALS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("unknown parameter", ("flavour=small",), "flavour: no such parameter; did you mean flavor?"),
    ("weak value", ("ssh_from=0.0.0.0/0",), "not the whole world"),
    ("too small", ("flavor=probe",), "'probe': that flavor is too small: 1 cores, 128 MiB"),
    ("unknown flavor", ("flavor=huge",), "'huge': there is no such flavor"),
    ("another's network", (f"network={NOBODYS}",), NOBODYS),
    ("no quota", ("flavor=large", "data_gib=500"), "the project has too little left"),
)


@pytest.mark.parametrize(
    ("parameters", "words"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS]
)
def test_wrong_values_are_refused_before_anything_is_made(
    member: Member, key: Key, name: str, parameters: tuple[str, ...], words: str
) -> None:
    before = member.things()
    options = [word for one in (key.parameter, *parameters) for word in ("--parameter", one)]
    refused = member.app("deploy", "server", name, *options)
    assert refused.returncode == 1
    assert words in refused.stderr and "Nothing was created" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert member.things() == before


@pytest.mark.parametrize("wrong", ["教育局网站", "x" * 200])
def test_names_that_cannot_be_are_refused(member: Member, key: Key, wrong: str) -> None:
    refused = member.app("deploy", "server", wrong, "--parameter", key.parameter)
    assert refused.returncode == 1 and "begins with a letter" in refused.stderr


def test_a_missing_key_is_asked_for(member: Member, name: str) -> None:
    refused = member.app("deploy", "server", name)
    assert refused.returncode == 1
    assert "public_key (SSH 公钥 Public key): has no value" in refused.stderr


def test_a_member_cannot_publish_or_withdraw(member: Member) -> None:
    withdrawn = member.app("withdraw", "server:1")
    assert withdrawn.returncode == 1 and "403" in withdrawn.stderr
    assert ("server", "1") in {
        (row["Application"], row["Version"]) for row in member.answer("list")
    }


@contextmanager
def published(lab: Lab, cloud: Connection, folders: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    """Publish versions as the centre does, and remove them in the end; give its environment."""
    centre: dict[str, Any] = {**os.environ, **lab.environment}
    api = Api(prepare(cloud))
    try:
        done = run_app(centre, "publish", *map(str, folders.values()), "--environment", "lab")
        assert done.returncode == 0, done.stderr
        yield centre
    finally:
        for one in store.published(api):
            if one.application == "server" and one.version in folders:
                store.remove(api, one)


@pytest.fixture
def withdrawn(lab: Lab, cloud: Connection, tmp_path: Path) -> Iterator[None]:
    """Publish a version as the centre does, and withdraw it."""
    folder = further_version(tmp_path, WITHDRAWN)
    with published(lab, cloud, {WITHDRAWN: folder}) as centre:
        done = run_app(centre, "withdraw", f"server:{WITHDRAWN}")
        assert done.returncode == 0, done.stderr
        yield


def test_a_withdrawn_version_is_given_to_nobody(
    withdrawn: None, member: Member, key: Key, name: str
) -> None:
    words = ("--parameter", key.parameter)
    refused = member.app("deploy", f"server:{WITHDRAWN}", name, *words)
    assert refused.returncode == 1 and "was withdrawn by the centre" in refused.stderr
    # Not by another way either.
    rows = member.connection.image.images(is_hidden=True, visibility="public")
    (image,) = [one for one in rows if one.name == f"catalogue/server/{WITHDRAWN}"]
    assert member.connection.image.get(f"/images/{image.id}/file").status_code == 403
    offered = {row["Version"] for row in member.answer("list")}
    assert WITHDRAWN not in offered
    states = {row["Version"]: row["State"] for row in member.answer("list", "--all")}
    assert states[WITHDRAWN] == "withdrawn"


def test_images_that_people_choose_from_have_no_entries_among_them(member: Member) -> None:
    assert [one.name for one in member.connection.image.images() if "catalogue" in one.name] == []
