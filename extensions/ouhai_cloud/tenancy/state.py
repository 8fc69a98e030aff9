"""What we did, on disk: the recorded state, decisions about drift, and retirements.

``state.json`` is replaced as a whole; during an apply a journal beside it takes a line for each
change at once, so that a killed apply loses one line at most.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ouhai_cloud.errors import StateUnreadable
from ouhai_cloud.tenancy.drift import Accepted, Drift
from ouhai_cloud.tenancy.encoding import Json, resource_from_json, resource_to_json
from ouhai_cloud.tenancy.files import PRIVATE, write_whole
from ouhai_cloud.tenancy.journal import Journal, replay
from ouhai_cloud.tenancy.lock import locked
from ouhai_cloud.tenancy.plan_file import accepted_from_json, accepted_to_json
from ouhai_cloud.tenancy.resources import Key, Resource, State
from ouhai_cloud.tenancy.retirement import Retirement, retirement_from_json, retirement_to_json

STATE_VERSION = 1
__all__ = ["Journal", "Memory", "StateStore"]


@dataclass(frozen=True)
class Memory:
    """All that is remembered between two runs."""

    resources: State = field(default_factory=dict)
    accepted: tuple[Accepted, ...] = ()
    retirements: Mapping[Key, Retirement] = field(default_factory=dict)


class StateStore:
    """The state's folder.

    :param folder: made when it is missing, readable for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state = folder / "state.json"
        self._journal = folder / "journal.jsonl"

    def load(self) -> Memory:
        """Return what is remembered, what a killed apply left in its journal included.

        :raises StateUnreadable: a file is damaged or of another version.
        """
        memory = self._read()
        return replace(memory, resources=replay(self._journal, memory.resources))

    def lock(self) -> AbstractContextManager[None]:
        """Hold the lock; needed for everything that writes.

        :raises ApplyLocked: somebody else holds it; says who and since when.
        """
        return locked(self.folder / "lock")

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Open the journal for an apply; its lines are folded into the state at the end.

        Hold the lock.

        :raises StateUnreadable: a file is damaged or of another version.
        """
        self._fold()
        handle = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
        try:
            with os.fdopen(handle, "a", encoding="utf-8") as file:
                journal = Journal(file)
                yield journal
                journal.sync()
        finally:
            self._fold()

    def accept(self, drift: Sequence[Drift], by: str, at: str, why: str) -> None:
        """Remember that deviations are accepted, in place of earlier decisions. Hold the lock.

        :param at: ISO 8601 with offset.
        """
        memory = self.load()
        decided = {(one.key, one.attribute) for one in drift}
        kept = [one for one in memory.accepted if (one.key, one.attribute) not in decided]
        new = [
            Accepted(one.what, one.key, one.attribute, one.expected, one.seen, by, at, why)
            for one in drift
        ]
        self._write(replace(memory, accepted=(*kept, *new)))

    def keep_accepted(self, in_force: Collection[Accepted]) -> None:
        """Forget decisions about deviations that are gone. Hold the lock.

        Else they would silence the same ones when somebody makes them again.

        :param in_force: those that are about what is there now.
        """
        memory = self.load()
        kept = tuple(one for one in memory.accepted if one in in_force)
        if kept != memory.accepted:
            self._write(replace(memory, accepted=kept))

    def retire(self, retirement: Retirement) -> None:
        """Remember how far a retirement is, with its history. Hold the lock."""
        memory = self.load()
        retirements = {**memory.retirements, retirement.root: retirement}
        self._write(replace(memory, retirements=retirements))

    def _fold(self) -> None:
        """Take the journal's lines into the state; also ends a torn last line."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._journal.exists():
            self._write(self.load())

    def _write(self, memory: Memory) -> None:
        """Write the whole state; the journal, which is in it, goes after that."""
        form = {
            "version": STATE_VERSION,
            "resources": [resource_to_json(one) for one in memory.resources.values()],
            "accepted": [accepted_to_json(one) for one in memory.accepted],
            "retirements": [retirement_to_json(one) for one in memory.retirements.values()],
        }
        write_whole(self._state, json.dumps(form, ensure_ascii=False, indent=0) + "\n")
        self._journal.unlink(missing_ok=True)

    def _read(self) -> Memory:
        if not self._state.exists():
            return Memory()
        try:
            form = json.loads(self._state.read_text(encoding="utf-8"))
            if form["version"] != STATE_VERSION:
                raise StateUnreadable(
                    f"{self._state} is of version {form['version']}, and this program knows "
                    f"version {STATE_VERSION}: use the program that wrote it."
                )
            return _memory(form)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateUnreadable(
                f"{self._state} is damaged ({type(error).__name__}: {error}). Restore it from a "
                "backup; without one move it away: the next plan finds in the cloud what is ours."
            ) from error


def _memory(form: Json) -> Memory:
    resources: list[Resource] = [resource_from_json(one) for one in form["resources"]]
    retirements = [retirement_from_json(one) for one in form["retirements"]]
    return Memory(
        {one.key: one for one in resources},
        tuple(accepted_from_json(one) for one in form["accepted"]),
        {one.root: one for one in retirements},
    )
