"""Applications on the lab: a member of a bureau deploys, looks at, verifies and deletes a copy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ouhai_cloud.cloud.api import Api

from tests.support.applications import WELL, Key, Member, await_own_words, run_app, verified
from tests.support.entries import further_version
from tests.support.lab import ROOT, Lab
from tests.support.publishing import published

WITHDRAWN = "99"
NOBODYS = "01234567-89ab-cdef-0123-456789abcdef"


def test_the_catalogue_offers_all_applications_of_the_tree(member: Member) -> None:
    offered = {(row["Application"], row["Version"]) for row in member.answer("list")}
    folders = {path.parent for path in ROOT.glob("heat-templates/*/*/template.yaml")}
    assert {(one.parent.name, one.name) for one in folders} <= offered
    shown = member.answer("show", "server", "--language", "zh")
    assert shown["title"] == "云主机" and "ssh_from" in shown["parameters"]


def test_a_copy_lives_and_its_data_outlives_it(member: Member, key: Key, name: str) -> None:
    before = member.things()
    preview = member.answer("deploy", "server", name, "--parameter", key.parameter, "--dry-run")
    assert "2 cores" in preview["takes"] and "CNY a month" in preview["costs"]
    assert member.things() == before

    copy = member.answer("deploy", "server", name, "--parameter", key.parameter)
    assert copy["status"] == "CREATE_COMPLETE"
    assert copy["health"] == f"ssh://{copy['address']}:22"
    assert member.answer("status", name)["host_key"] == copy["host_key"]
    listed = {row["Name"]: row["Status"] for row in member.answer("list", "--deployed")}
    assert listed[name] == "CREATE_COMPLETE"
    reader = {**member.environment, "OS_USERNAME": f"{member.bureau.short}-reader"}
    assert name in run_app(reader, "list", "--deployed").stdout
    closed = run_app(reader, "status", name)
    assert closed.returncode == 1 and "readers may not" in closed.stderr
    well = dict.fromkeys(("stack", "server", "data_volume", "ssh"), "well")
    assert verified(member, name) == well
    fixed = member.app("scale", name, "--count", "2")
    assert fixed.returncode == 1 and f"{name} does not scale: server 1 has a fixed" in fixed.stderr

    written = key.ssh(copy, "echo 民政 | sudo tee /srv/data/note && findmnt -no FSTYPE /srv/data")
    assert (written.returncode, written.stdout.split()) == (0, ["民政", "ext4"]), written.stderr
    key.run(copy, "sudo fallocate -l $(df --output=avail -B1 /srv/data | tail -1) /srv/data/full")
    await_own_words(member, name, "data volume written: /srv/data: No space left on device")
    key.run(copy, "sudo rm /srv/data/full")
    await_own_words(member, name, "well: fit for use", WELL)
    assert verified(member, name) == well
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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("update", "none-1"), "no copy 'none-1'"),
        (("rollback", "none-1"), "no copy 'none-1'"),
        (("scale", "none-1", "--count", "2"), "no copy 'none-1'"),
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
    before = member.things()
    refused = member.app("deploy", "server", wrong, "--parameter", key.parameter)
    assert refused.returncode == 1 and "begins with a letter" in refused.stderr
    assert member.things() == before


def test_a_missing_key_is_asked_for(member: Member, name: str) -> None:
    before = member.things()
    refused = member.app("deploy", "server", name)
    assert refused.returncode == 1
    assert "public_key (SSH 公钥 Public key): has no value" in refused.stderr
    assert member.things() == before


def test_a_member_cannot_publish_or_withdraw(member: Member) -> None:
    withdrawn = member.app("withdraw", "server:1")
    assert withdrawn.returncode == 1 and "403" in withdrawn.stderr
    assert ("server", "1") in {
        (row["Application"], row["Version"]) for row in member.answer("list")
    }


@pytest.fixture
def withdrawn(lab: Lab, api: Api, tmp_path: Path) -> Iterator[None]:
    """Publish a version as the centre does, and withdraw it."""
    folder = further_version(tmp_path, WITHDRAWN)
    with published(lab, api, {WITHDRAWN: folder}) as centre:
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
