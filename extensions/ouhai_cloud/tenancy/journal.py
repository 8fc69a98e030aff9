"""The journal of an apply: a line for each change, written when it is done."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from ouhai_cloud.errors import StateUnreadable
from ouhai_cloud.tenancy.changes import Action, Change
from ouhai_cloud.tenancy.encoding import Json, resource_from_json, resource_to_json
from ouhai_cloud.tenancy.resources import Key, Resource, State

GONE = frozenset({Action.REMOVE, Action.FORGET})


class Journal:
    """Takes down each change when it is done; may be used by several threads.

    :param file: open for appending.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._lock = threading.Lock()

    def record(self, change: Change, id_: str) -> None:
        """Write down that a change was made.

        The line has left this process when this returns: killing it afterwards loses nothing.

        :param id_: the cloud's id of the resource; ignored for removals.
        """
        line = json.dumps(_entry(change, id_), ensure_ascii=False)
        with self._lock:
            self._file.write(f"{line}\n")
            self._file.flush()

    def sync(self) -> None:
        """Wait until the lines are on the disk."""
        os.fsync(self._file.fileno())


def replay(path: Path, state: State) -> dict[Key, Resource]:
    """Return a recorded state with a journal's changes made to it.

    A last line without its end was being written when the process was killed: it is left out.

    :raises StateUnreadable: another line is damaged.
    """
    found = dict(state)
    for number, line in enumerate(_lines(path), start=1):
        try:
            _redo(json.loads(line), found)
        except (ValueError, KeyError, TypeError) as error:
            raise StateUnreadable(
                f"{path}:{number}: the journal of an apply is damaged here ({error}). Move the "
                "file away and make a plan: what it recorded is found again in the cloud."
            ) from error
    return found


def _entry(change: Change, id_: str) -> Json:
    if change.action in GONE:
        return {"gone": change.key}
    return {"made": resource_to_json(replace(change.resource, id=id_))}


def _redo(entry: Mapping[str, Json], state: dict[Key, Resource]) -> None:
    if "gone" in entry:
        state.pop(Key(str(entry["gone"])), None)
    else:
        resource = resource_from_json(entry["made"])
        state[resource.key] = resource


def _lines(path: Path) -> Iterator[str]:
    """Yield a journal's whole lines."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from (line for line in file if line.endswith("\n"))
