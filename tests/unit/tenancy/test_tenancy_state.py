from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ouhai_cloud.errors import ApplyLocked, StateUnreadable
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.changes import Action, Change
from ouhai_cloud.tenancy.drift import Accepted, Drift, DriftKind
from ouhai_cloud.tenancy.resources import Kind, Ref, Resource, Value
from ouhai_cloud.tenancy.retirement import Event, Retirement, advance
from ouhai_cloud.tenancy.state import Journal, StateStore

WHY = Text("because", "因为")
ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def project(system: str, id_: str = "") -> Resource:
    key = keys.project("E002", system)
    attributes: dict[str, Value] = {
        "name": "办公系统",
        "domain": Ref(keys.domain("E002")),
        "tags": ("a", "b"),
        "enabled": True,
    }
    return Resource(Kind.PROJECT, key, "E002", attributes, "E002/oa", id_)


def change(action: Action, resource: Resource) -> Change:
    return Change(action, resource, {}, dict(resource.attributes), WHY)


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return StateStore(tmp_path / "state")


def test_nothing_is_remembered_at_first(store: StateStore) -> None:
    memory = store.load()
    assert (dict(memory.resources), memory.accepted, dict(memory.retirements)) == ({}, (), {})


def test_what_was_made_is_remembered_with_its_id_until_it_goes(store: StateStore) -> None:
    with store.lock(), store.journal() as journal:
        journal.record(change(Action.ADD, project("oa")), "id-1")
        journal.record(change(Action.ADD, project("web")), "id-2")
    with store.lock(), store.journal() as journal:
        journal.record(change(Action.REMOVE, project("web", "id-2")), "")
    found = store.load().resources
    assert list(found.values()) == [project("oa", "id-1")]
    assert found[keys.project("E002", "oa")].id == "id-1"


def test_only_the_owner_can_read_it(store: StateStore) -> None:
    with store.lock(), store.journal() as journal:
        journal.record(change(Action.ADD, project("oa")), "id-1")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()}
    modes |= {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()}
    assert modes == {"lock": 0o600, "journal.jsonl": 0o600, "state.json": 0o600}
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_several_threads_write_whole_lines(store: StateStore) -> None:
    def write(journal: Journal, part: int) -> None:
        for number in range(50):
            journal.record(change(Action.ADD, project(f"s{part}-{number}")), "x")

    with store.lock(), store.journal() as journal:
        threads = [threading.Thread(target=write, args=(journal, part)) for part in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert len(store.load().resources) == 200


def test_a_torn_last_line_is_left_out_and_written_over(store: StateStore) -> None:
    with store.lock(), store.journal() as journal:
        journal.record(change(Action.ADD, project("oa")), "id-1")
    path = store.folder / "journal.jsonl"
    path.write_text('{"gone": "project:E002/oa"}\n{"made": {"key": "proj')
    assert not store.load().resources
    with store.lock(), store.journal() as journal:
        journal.record(change(Action.ADD, project("web")), "id-2")
    assert [one.id for one in store.load().resources.values()] == ["id-2"]


def test_a_damaged_line_in_the_middle_is_an_error_with_its_number(store: StateStore) -> None:
    store.folder.mkdir()
    path = store.folder / "journal.jsonl"
    path.write_text('{"gone": "project:E002/oa"}\nnonsense\n{"gone": "project:E002/web"}\n')
    with pytest.raises(StateUnreadable, match=r"journal\.jsonl:2: "):
        store.load()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"version": 99}', "version 99"),
        ('{"version": 1, "resources": [{"key": "cloud:x"}]}', "damaged"),
    ],
)
def test_a_state_that_cannot_be_read_says_what_to_do(
    store: StateStore, text: str, says: str
) -> None:
    store.folder.mkdir()
    (store.folder / "state.json").write_text(text)
    with pytest.raises(StateUnreadable, match=says):
        store.load()


def test_killed_in_the_middle_every_line_that_was_written_counts(store: StateStore) -> None:
    program = """
import sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.changes import Action, Change
from ouhai_cloud.tenancy.resources import Key, Kind, Resource
from ouhai_cloud.tenancy.state import StateStore
store = StateStore(Path(sys.argv[1]))
with store.lock(), store.journal() as journal:
    for number in range(1_000_000):
        key = Key(f"project:E002/s{number}")
        made = Resource(Kind.PROJECT, key, "E002", {"name": "x" * 500})
        journal.record(Change(Action.ADD, made, {}, {}, Text("", "")), str(number))
        print(number, flush=True)
"""
    command = [sys.executable, "-c", program, str(store.folder), str(ROOT / "extensions")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(200)]
        with pytest.raises(ApplyLocked, match=f"process {process.pid} of "), store.lock():
            pass
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    numbers = {int(one) for one in said if one.endswith("\n")}
    found = {int(one.id) for one in store.load().resources.values()}
    assert numbers <= found
    assert len(found - numbers) <= 1
    with store.lock(), store.journal() as journal:
        journal.record(change(Action.ADD, project("oa")), "id-1")
    assert len(store.load().resources) == len(found) + 1


def test_a_lock_is_free_again_and_names_nobody_afterwards(store: StateStore) -> None:
    with store.lock():
        holder = json.loads((store.folder / "lock").read_text())
        assert holder["pid"] == os.getpid()
        with pytest.raises(ApplyLocked, match="since 20"), store.lock():
            pass
    assert (store.folder / "lock").read_text() == ""
    with store.lock():
        pass


def test_decisions_about_drift_are_kept_and_replaced(store: StateStore) -> None:
    key = keys.router("E002")
    router = Resource(Kind.ROUTER, key, "E002", {"snat": True})
    first = Drift(DriftKind.CHANGED, key, "E002", "snat", True, False, router)
    second = Drift(DriftKind.CHANGED, key, "E002", "name", "edu", ("a", "b"), router)
    with store.lock():
        store.accept([first, second], "wang", "2026-03-01T08:00:00+08:00", "test")
        store.accept([first], "li", "2026-03-02T08:00:00+08:00", "longer")
    found = store.load().accepted
    assert [(one.attribute, one.by) for one in found] == [("name", "wang"), ("snat", "li")]
    assert found[0] == Accepted(
        DriftKind.CHANGED,
        key,
        "name",
        "edu",
        ("a", "b"),
        "wang",
        "2026-03-01T08:00:00+08:00",
        "test",
    )
    assert found[1].covers(first)
    with store.lock():
        store.keep_accepted(found[1:])
    assert store.load().accepted == found[1:]


def test_retirements_are_kept_with_their_history(store: StateStore) -> None:
    frozen = advance(Retirement(keys.domain("E002")), Event.FREEZE, NOW, "wang")
    grace = advance(frozen, Event.START_GRACE, NOW, "wang", grace_days=7)
    with store.lock():
        store.retire(grace)
    assert store.load().retirements == {keys.domain("E002"): grace}


def test_decisions_in_the_middle_of_a_journal_lose_nothing(store: StateStore) -> None:
    store.folder.mkdir()
    (store.folder / "journal.jsonl").write_text(
        '{"made": {"key": "project:E002/oa", "bureau": "E002", "attributes": {}, "id": "1"}}\n'
    )
    with store.lock():
        store.retire(Retirement(keys.domain("E002")))
    assert list(store.load().resources) == ["project:E002/oa"]
