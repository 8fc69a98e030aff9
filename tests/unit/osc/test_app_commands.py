"""``openstack app`` as openstackclient runs it, on services in memory."""

from __future__ import annotations

import json
import os
import signal
from argparse import Namespace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ouhai_cloud.catalogue import waiting
from ouhai_cloud.catalogue.verifying import Finding
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.errors import CopyFailed, CopyUnknown, EntryConflicts, EntryInvalid
from ouhai_cloud.osc.backups import BackUpCopy, RestoreCopy
from ouhai_cloud.osc.base import CloudCommand
from ouhai_cloud.osc.catalogue import (
    ListApplications,
    PublishApplications,
    ShowApplication,
    WithdrawApplication,
)
from ouhai_cloud.osc.copies import (
    DeleteCopy,
    DeployApplication,
    ShowStatus,
    ValueUnreadable,
    VerifyCopy,
    parameters,
)
from ouhai_cloud.osc.interrupting import orderly
from ouhai_cloud.osc.versions import RollBackCopy, UpdateCopy

from tests.runner.paths import ROOT
from tests.support.entries import further_version
from tests.support.fake_applications import SECRET, FakeApplications

FOLDER = str(ROOT / "heat-templates/server/1")
KEY = "ssh-ed25519 " + "A" * 68


class Client:
    """Runs a command the way openstackclient does."""

    def __init__(self) -> None:
        self.fake = FakeApplications()

    def run(self, command: type[CloudCommand], *words: str) -> tuple[int, str]:
        """Return exit code and output."""
        stdout = StringIO()
        manager = SimpleNamespace(bureau=self.fake)
        app: Any = SimpleNamespace(
            client_manager=manager, stdout=stdout, options=Namespace(timing=False)
        )
        made = command(app, None)
        parsed = made.get_parser("openstack app").parse_args(list(words))
        return made.run(parsed), stdout.getvalue()

    def answer(self, command: type[CloudCommand], *words: str) -> Any:
        """Return what a command answers as data."""
        return json.loads(self.run(command, *words, "-f", "json")[1])


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0)
    made = Client()
    made.run(PublishApplications, FOLDER, "--environment", "lab")
    return made


@pytest.fixture
def copy(client: Client) -> Client:
    client.run(DeployApplication, "server", "web1", "--parameter", f"public_key={KEY}")
    return client


def test_the_catalogue_is_listed_in_both_languages(client: Client) -> None:
    for language, title in (("zh", "云主机"), ("en", "Server")):
        (row,) = client.answer(ListApplications, "--language", language)
        assert (row["Application"], row["Title"], row["State"]) == ("server", title, "offered")


def test_withdrawn_versions_are_listed_when_asked_for(client: Client) -> None:
    assert "server 1 is withdrawn" in client.run(WithdrawApplication, "server:1")[1]
    assert "was already withdrawn" in client.run(WithdrawApplication, "server:1")[1]
    assert client.answer(ListApplications) == []
    (row,) = client.answer(ListApplications, "--all")
    assert row["State"] == "withdrawn"


def test_which_version_to_withdraw_must_be_said(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        client.run(WithdrawApplication, "server")
    assert "names no version; write server:<version>" in capsys.readouterr().err


def test_show_says_what_can_be_chosen(client: Client) -> None:
    shown = client.answer(ShowApplication, "server:1", "--language", "en")
    assert shown["needs at least"] == "1 cores, 512 MiB, 2 GiB"
    lines = shown["parameters"].splitlines()
    assert any(line.startswith("public_key") and line.endswith("[required]") for line in lines)
    assert any(line.startswith("data_gib") and line.endswith("[1]") for line in lines)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "云主机的规格"), ("en", "Size of the server")]
)
def test_show_describes_parameters_in_one_language(
    client: Client, language: str, words: str
) -> None:
    shown = client.answer(ShowApplication, "server:1", "--language", language)
    assert shown["parameters"].splitlines()[0] == f"flavor (云主机类型 Flavor): {words} [small]"


def test_checking_publishes_nothing(client: Client, tmp_path: Path) -> None:
    client.fake.images.clear()
    words = (FOLDER, "--environment", "lab", "--check")
    (row,) = client.answer(PublishApplications, *words)
    assert row["Action"] == "would be published" and client.fake.images == {}


@pytest.mark.parametrize("heat", [False, True])
def test_nothing_is_published_where_one_cannot_be(
    client: Client, tmp_path: Path, *, heat: bool
) -> None:
    good = str(further_version(tmp_path / "good", "2"))
    bad = further_version(tmp_path / "bad", "1", {"default: 600": "default: 900"})
    if heat:
        client.fake.images.clear()
        client.fake.invalid = "'default': 900"
    there = dict(client.fake.images)
    with pytest.raises(EntryInvalid if heat else EntryConflicts, match=r"server.1"):
        client.run(PublishApplications, good, str(bad), "--environment", "lab")
    assert client.fake.images == there


def test_a_dry_run_shows_size_room_and_cost_and_makes_nothing(client: Client) -> None:
    words = ("server", "web1", "--parameter", f"public_key={KEY}", "--dry-run")
    shown = client.answer(DeployApplication, *words)
    assert "1 cores 核 (left 4)" in shown["takes"]
    assert shown["costs"] == "96.60 CNY a month"
    assert shown["makes"] == "port, server, volume"
    assert client.fake.stacks == {}


def test_deploying_shows_progress_and_the_address(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("server", "web1", "--parameter", f"public_key={KEY}")
    shown = client.answer(DeployApplication, *words)
    assert (shown["status"], shown["address"]) == ("CREATE_COMPLETE", "10.0.0.9")
    said = capsys.readouterr().err
    assert "server 1 as web1: 96.60 CNY a month" in said and "server: create complete" in said


def test_status_and_list_show_the_copy(copy: Client) -> None:
    code, text = copy.run(ShowStatus, "web1", "-f", "json")
    assert code == 0 and json.loads(text)["application"] == "server"
    (row,) = copy.answer(ListApplications, "--deployed")
    assert (row["Name"], row["Version"]) == ("web1", "1")


def test_a_secret_is_shown_to_who_asks_for_it(client: Client) -> None:
    words = ("server", "web1", "--parameter", f"public_key={KEY}")
    deployed = client.answer(DeployApplication, *words)
    status = client.answer(ShowStatus, "web1")
    for shown in (deployed, status):
        assert SECRET not in str(shown) and "status web1 --secrets" in shown["editor_password"]
    assert client.answer(ShowStatus, "web1", "--secrets")["editor_password"] == SECRET


def test_the_status_of_a_failed_copy_is_a_failure(client: Client) -> None:
    client.fake.words = "The guest says: no"
    words = ("server", "web1", "--parameter", f"public_key={KEY}")
    with pytest.raises(CopyFailed, match="The guest says: no"):
        client.run(DeployApplication, *words)
    code, text = client.run(ShowStatus, "web1", "-f", "json")
    assert (code, json.loads(text)["failure"]) == (1, "port: The guest says: no")


def test_a_copy_without_a_health_address_is_not_well(copy: Client) -> None:
    code, text = copy.run(VerifyCopy, "web1", "-f", "json")
    seen = {row["Check"]: row["Result"] for row in json.loads(text)}
    assert seen == {"stack": "well", "server": "well", "data_volume": "well", "health": "NOT WELL"}
    assert code == 1


def test_a_guest_that_says_it_is_not_well_is_believed(copy: Client) -> None:
    copy.fake.console = (
        "ouhai-guest: 93 s: health: 2026-11-29T10:00:00+00:00: services run: mariadb: \\u505c"
    )
    code, text = copy.run(VerifyCopy, "web1", "-f", "json")
    said = next(row for row in json.loads(text) if row["Check"] == "server, own words")
    assert (code, said["Result"]) == (1, "NOT WELL")
    assert said["Seen"].endswith(": services run: mariadb: 停")


@pytest.mark.parametrize(("status", "told"), [(403, False), (409, False), (500, True)])
def test_a_console_that_cannot_be_read_costs_no_other_finding(
    copy: Client, monkeypatch: pytest.MonkeyPatch, status: int, told: bool
) -> None:
    def refuse(*_: object) -> str:
        raise Refused("POST /servers/x/action of compute", status, "no console")

    monkeypatch.setattr("ouhai_cloud.cloud.stacks.console", refuse)
    _, text = copy.run(VerifyCopy, "web1", "-f", "json")
    seen = {row["Check"]: row["Result"] for row in json.loads(text)}
    assert seen["server"] == "well" and ("server, own words" in seen) is told


def test_deleting_says_what_is_kept(copy: Client) -> None:
    _, text = copy.run(DeleteCopy, "web1")
    assert text.startswith("web1 is removed\nkept: volume ")
    with pytest.raises(CopyUnknown):
        copy.run(DeleteCopy, "web1")


def test_deleting_data_says_so(copy: Client) -> None:
    assert "deleted: volume " in copy.run(DeleteCopy, "web1", "--delete-data")[1]


@pytest.fixture
def newer(copy: Client, tmp_path: Path) -> Client:
    """Return a client with a copy and a version 2."""
    copy.run(PublishApplications, str(further_version(tmp_path, "2")), "--environment", "lab")
    return copy


def test_an_update_is_foreseen_without_changing_anything(newer: Client) -> None:
    newer.fake.changes = {"replaced": ["server"]}
    shown = newer.answer(UpdateCopy, "web1", "--dry-run", "--parameter", "flavor=medium")
    assert (shown["from"], shown["to"]) == ("1", "2")
    assert shown["changes"] == "replaced: server"
    assert "1 cores 核" in shown["takes more"] and "1 snapshots 快照" in shown["takes more"]
    assert shown["costs"].endswith(" CNY a month")
    assert shown["data"].startswith("data_volume ") and shown["data"].endswith("(1 GiB)")
    assert newer.answer(ShowStatus, "web1")["version"] == "1"


def test_an_update_and_the_way_back_show_what_became_of_the_copy(
    newer: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = newer.answer(UpdateCopy, "web1")
    assert (shown["version"], shown["status"]) == ("2", "UPDATE_COMPLETE")
    assert shown["down seconds"] <= shown["seconds"]
    said = capsys.readouterr().err
    assert "server: shutting down" in said and "snapshot web1-before-2: taken" in said
    foreseen = newer.answer(RollBackCopy, "web1", "--data", "--dry-run")
    assert "since is lost" in foreseen["data"] and foreseen["to"] == "1"
    assert newer.answer(RollBackCopy, "web1", "--data")["version"] == "1"
    assert "data: goes back to 2026-11-25" in capsys.readouterr().err


def test_a_copy_goes_into_a_file_and_comes_out_of_it(
    copy: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = Finding("ssh", True, "answers")
    monkeypatch.setattr("ouhai_cloud.catalogue.verifying.answer", lambda _: well)
    file = tmp_path / "web1.tar"
    shown = copy.answer(BackUpCopy, "web1", "--file", str(file))
    assert shown["bytes"] == file.stat().st_size and shown["volumes"] == "data_volume: 1 GiB"
    foreseen = copy.answer(RestoreCopy, str(file), "web2", "--dry-run")
    assert foreseen["taken at"] == shown["taken at"] and "1 volumes" in foreseen["takes"]
    restored = copy.answer(RestoreCopy, str(file), "web2")
    assert (restored["name"], restored["status"]) == ("web2", "CREATE_COMPLETE")
    assert "ssh: answers" in restored["verified"]
    monkeypatch.setattr(
        "ouhai_cloud.catalogue.verifying.answer", lambda _: Finding("ssh", False, "no way")
    )
    assert copy.run(RestoreCopy, str(file), "web3", "-f", "json")[0] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_puts_things_in_order(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended, orderly():
        os.kill(os.getpid(), number)
    assert ended.value.code == 128 + number and signal.getsignal(number) is before


@pytest.mark.parametrize("command", [UpdateCopy, RollBackCopy, BackUpCopy, RestoreCopy])
def test_help_has_examples(command: type[CloudCommand]) -> None:
    app: Any = SimpleNamespace()
    text = command(app, None).get_parser("openstack app").format_help()
    assert "Example" in text and "openstack app" in text


def test_values_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "id.pub"
    file.write_text(f"{KEY}\n")
    words = [f"public_key=@{file}", "a=b=c", "empty="]
    assert parameters(words) == {"public_key": KEY, "a": "b=c", "empty": ""}


@pytest.mark.parametrize(
    ("word", "said"), [("flavor", "write name=value"), ("key=@/nowhere", "cannot be read")]
)
def test_values_that_cannot_be_read_are_told(word: str, said: str) -> None:
    with pytest.raises(ValueUnreadable, match=said):
        parameters([word])
