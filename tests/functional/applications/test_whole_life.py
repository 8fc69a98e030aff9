"""Each application's life by a member: another version and back, a backup, another bureau."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ouhai_cloud.cloud.api import Api

from tests.runner.paths import ROOT
from tests.support.applications import Key, Member, deploy, verified
from tests.support.base_database import connect
from tests.support.business_system import Reader
from tests.support.entries import further_version
from tests.support.lab import Lab
from tests.support.oa import Office
from tests.support.portal import Portal
from tests.support.publishing import published

# Older than what there is, so that nobody gets it who names no version.
OTHER = "0.1"
BEFORE, AFTER = "更新前的内容", "更新后的内容"
APPOINTMENTS = {BEFORE: "before", AFTER: "after"}
Copy = Mapping[str, Any]


@dataclass(frozen=True)
class Use:
    """How somebody writes in a copy of an application, and looks whether words are there.

    Both get the copy, the words, and a folder of their own.
    """

    write: Callable[[Copy, str, Path], object]
    holds: Callable[[Copy, str, Path], bool]


def _row(copy: Copy, words: str, _: Path) -> None:
    with connect(copy, "owner") as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS culture.note (text text)")
        owner.execute("INSERT INTO culture.note VALUES (%s)", (words,))


def _has_row(copy: Copy, words: str, _: Path) -> bool:
    with connect(copy, "reader") as reader:
        rows = reader.execute("SELECT 1 FROM culture.note WHERE text = %s", (words,))
        return rows.fetchone() is not None


def _mail(copy: Copy, words: str, folder: Path) -> None:
    office = Office(copy, folder)
    wang = office.person("wang.li")
    wang.send(wang.mail_address, words, words)
    assert wang.read(words) == words
    wang.enter(APPOINTMENTS[words], words)


def _has_mail(copy: Copy, words: str, folder: Path) -> bool:
    wang = Office(copy, folder).person("wang.li")
    entered = words in wang.appointment(APPOINTMENTS[words])
    assert entered == (words in wang.mails()), "mail and calendar are not of one time"
    return entered


USES = {
    "base-database": Use(_row, _has_row),
    "portal": Use(
        lambda copy, words, folder: Portal(copy, folder).publish(words, words),
        lambda copy, words, folder: words in Portal(copy, folder).read().text,
    ),
    "oa": Use(_mail, _has_mail),
    "business-system": Use(
        lambda copy, words, _: Reader(copy["health"]).write(words),
        lambda copy, words, _: words in Reader(copy["health"]).page(),
    ),
}


@pytest.fixture(params=USES)
def application(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def other_version(application: str, lab: Lab, api: Api, tmp_path: Path) -> Iterator[str]:
    """Return another version that the catalogue offers for the time of the test."""
    source = ROOT / f"heat-templates/{application}/1"
    with published(lab, api, {OTHER: further_version(tmp_path, OTHER, source=source)}):
        yield OTHER


@pytest.fixture
def here(member: Member, name: str) -> tuple[Member, str]:
    return member, name


@pytest.fixture
def elsewhere(other_member: Member, other_name: str) -> tuple[Member, str]:
    return other_member, other_name


def test_data_goes_along_and_goes_back(
    application: str,
    other_version: str,
    here: tuple[Member, str],
    elsewhere: tuple[Member, str],
    key: Key,
    tmp_path: Path,
) -> None:
    (member, name), (other_member, other_name) = here, elsewhere
    use, ours, theirs = USES[application], member.things(), other_member.things()
    copy = deploy(member, application, name, key)
    use.write(copy, BEFORE, tmp_path)
    updated = member.answer("update", name, "--to", other_version)
    assert (updated["version"], updated["address"]) == (other_version, copy["address"])
    assert set(verified(member, name).values()) == {"well"}
    copy = member.answer("status", name, "--secrets")
    assert use.holds(copy, BEFORE, tmp_path)
    use.write(copy, AFTER, tmp_path)

    back = member.answer("rollback", name, "--data")
    assert (back["version"], back["address"]) == ("1", copy["address"])
    copy = member.answer("status", name, "--secrets")
    assert use.holds(copy, BEFORE, tmp_path) and not use.holds(copy, AFTER, tmp_path)

    whole, file = member.things(), tmp_path / "copy.tar"
    member.answer("backup", name, "--file", str(file))
    assert member.things() == whole
    done = member.app("delete", name, "--delete-data")
    assert done.returncode == 0, done.stderr
    assert member.things() == ours

    restored = other_member.answer("restore", str(file), other_name)
    assert restored["version"] == "1"
    copy = other_member.answer("status", other_name, "--secrets")
    assert use.holds(copy, BEFORE, tmp_path) and not use.holds(copy, AFTER, tmp_path)
    done = other_member.app("delete", other_name, "--delete-data")
    assert done.returncode == 0, done.stderr
    assert other_member.things() == theirs
