"""Each application's life by a member: another version and back, a backup, another bureau."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ouhai_cloud.cloud.api import Api

from tests.functional.applications.uses import AFTER, BEFORE, USES, Copy
from tests.runner.paths import ROOT
from tests.support.applications import Key, Member, deploy, verified
from tests.support.entries import further_version
from tests.support.lab import Lab
from tests.support.publishing import published

# Older than what there is, so that nobody gets it who names no version.
OTHER = "0.1"


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

    def titles(copy: Copy, moment: str) -> set[str]:
        return use.titles(copy, at(moment))

    def at(moment: str) -> Path:
        folder = tmp_path / f"{application}-{moment}"
        folder.mkdir()
        return folder

    copy = deploy(member, application, name, key)
    use.write(copy, at("1-first"), BEFORE)
    updated = member.answer("update", name, "--to", other_version)
    assert (updated["version"], updated["address"]) == (other_version, copy["address"])
    assert set(verified(member, name).values()) == {"well"}
    copy = member.answer("status", name, "--secrets")
    assert titles(copy, "2-updated") == {BEFORE}
    use.write(copy, at("3-changed"), AFTER)
    assert titles(copy, "4-changed") == {BEFORE, AFTER}

    back = member.answer("rollback", name, "--data")
    assert (back["version"], back["address"]) == ("1", copy["address"])
    copy = member.answer("status", name, "--secrets")
    assert titles(copy, "5-back") == {BEFORE}

    whole, file = member.things(), tmp_path / "copy.tar"
    member.answer("backup", name, "--file", str(file))
    assert member.things() == whole
    done = member.app("delete", name, "--delete-data")
    assert done.returncode == 0, done.stderr
    assert member.things() == ours

    restored = other_member.answer("restore", str(file), other_name)
    assert restored["version"] == "1"
    copy = other_member.answer("status", other_name, "--secrets")
    assert titles(copy, "6-restored") == {BEFORE}
    done = other_member.app("delete", other_name, "--delete-data")
    assert done.returncode == 0, done.stderr
    assert other_member.things() == theirs
