"""What we did, on disk: the recorded state, decisions about drift, and retirements.

``state.json`` is replaced as a whole; during an apply a journal beside it takes a line for each
change at once, so that a killed apply loses one line at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ouhai_cloud.tenancy.changes import Change
from ouhai_cloud.tenancy.drift import Accepted, Drift
from ouhai_cloud.tenancy.resources import Key, State
from ouhai_cloud.tenancy.retirement import Retirement


@dataclass(frozen=True)
class Memory:
    """All that is remembered between two runs."""

    resources: State = field(default_factory=dict)
    accepted: tuple[Accepted, ...] = ()
    retirements: Mapping[Key, Retirement] = field(default_factory=dict)


class Journal:
    """Takes down each change when it is done; may be used by several threads."""

    def record(self, change: Change, id_: str) -> None:
        """Write down that a change was made.

        :param id_: the cloud's id of the resource; ignored for removals.
        """
        raise NotImplementedError


class StateStore:
    """The state's folder.

    :param folder: made when it is missing, readable for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> Memory:
        """Return what is remembered, what a killed apply left in its journal included.

        :raises StateUnreadable: a file is damaged or of another version.
        """
        raise NotImplementedError

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock; needed for everything that writes.

        :raises ApplyLocked: somebody else holds it; says who and since when.
        """
        raise NotImplementedError
        yield

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Open the journal for an apply; its lines are folded into the state at the end."""
        raise NotImplementedError
        yield

    def accept(self, drift: Sequence[Drift], by: str, at: str, why: str) -> None:
        """Remember that deviations are accepted. Hold the lock.

        :param at: ISO 8601 with offset.
        """
        raise NotImplementedError

    def retire(self, retirement: Retirement) -> None:
        """Remember how far a retirement is; drop one that is back in service or removed."""
        raise NotImplementedError
