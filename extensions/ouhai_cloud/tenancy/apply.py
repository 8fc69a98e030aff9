"""Executes a plan: what depends on nothing else at once, in bulk, each success written down.

A failure stops only what needs the thing that failed; the next apply goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from threading import Lock

from ouhai_cloud.errors import ApplyIncomplete
from ouhai_cloud.tenancy.changes import Action, Change, Plan
from ouhai_cloud.tenancy.plan import Step, steps
from ouhai_cloud.tenancy.planning.ceilings import COUNTED
from ouhai_cloud.tenancy.planning.order import cuts, raises
from ouhai_cloud.tenancy.resources import ORDER, Key, Kind, Ref, Resource
from ouhai_cloud.tenancy.state import Journal
from ouhai_cloud.tenancy.target import Result, Target

Progress = Callable[[int, int, Change, Result], None]
"""Told of each change: how many are done, of how many, which one, and what became of it."""

MEMORY = frozenset({Action.RECORD, Action.FORGET})
FIRST = MEMORY | {Action.REMOVE}


@dataclass(frozen=True)
class Failure:
    """A change that could not be made, and why, in plain words."""

    change: Change
    error: str

    def __str__(self) -> str:
        return f"{self.change.action} {self.change.key}: {self.error}"


@dataclass(frozen=True)
class Outcome:
    """What an apply did."""

    done: tuple[Change, ...]
    failed: tuple[Failure, ...] = field(default=())

    def require_complete(self) -> None:
        """Raise ApplyIncomplete, which lists every failure, unless all was done."""
        if self.failed:
            lines = "\n".join(f"  {failure}" for failure in self.failed)
            raise ApplyIncomplete(
                f"{len(self.done)} changes were made, {len(self.failed)} were not:\n{lines}\n"
                "What was made is kept. Mend the cause, then run the same command again: "
                "it goes on from here."
            )


def execute(
    plan: Plan,
    target: Target,
    journal: Journal,
    ids: Mapping[Key, str],
    homes: Mapping[Key, Key],
    progress: Progress = lambda *_: None,
) -> Outcome:
    """Carry out a plan's changes. Hold the state's lock.

    :param ids: the cloud's ids of all that was seen or recorded.
    :param homes: the domain of each project; all projects of one share an allotment.
    :param progress: called after each change, from any thread.
    """
    return _Run(target, journal, dict(ids), homes, progress).all(steps(plan))


class _Run:
    """One execution; its methods are called from several threads."""

    def __init__(
        self,
        target: Target,
        journal: Journal,
        ids: dict[Key, str],
        homes: Mapping[Key, Key],
        progress: Progress,
    ) -> None:
        self._target, self._journal, self._progress = target, journal, progress
        self._ids, self._homes, self._total = ids, homes, 0
        self._lock = Lock()
        self._done: list[Change] = []
        self._failed: dict[Key, Failure] = {}

    def all(self, todo: Sequence[Step]) -> Outcome:
        """Run all steps: removals one after another, the rest as early as they can."""
        self._total = sum(len(step.changes) for step in todo)
        for step in todo:
            if step.action in FIRST:
                self._step(step)
        rest = [step for step in todo if step.action not in FIRST]
        if rest:
            self._graph(rest)
        return Outcome(tuple(self._done), tuple(self._failed.values()))

    def _graph(self, todo: Sequence[Step]) -> None:
        """Run each step as soon as all that it may need are done."""
        waiting = dict(enumerate(todo))
        running: dict[Future[None], int] = {}
        with ThreadPoolExecutor(len(todo)) as pool:
            while waiting or running:
                unfinished = {**waiting, **{n: todo[n] for n in running.values()}}
                for number in [n for n, step in waiting.items() if _ready(n, step, unfinished)]:
                    running[pool.submit(self._step, waiting.pop(number))] = number
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    del running[future]
                    future.result()

    def _step(self, step: Step) -> None:
        changes = {change.key: change for change in self._possible(step.changes)}
        if not changes:
            return
        for result in self._ask(step, list(changes.values())):
            self._note(changes[result.key], result)

    def _ask(self, step: Step, changes: Sequence[Change]) -> Iterator[Result]:
        with self._lock:
            ids = dict(self._ids)
        if step.action in MEMORY:
            return (Result(change.key, id=change.id) for change in changes)
        if step.action is Action.ADD:
            return self._target.add(step.kind, [change.resource for change in changes], ids)
        if step.action is Action.CHANGE:
            parts = [replace(change.resource, attributes=change.after) for change in changes]
            return self._target.change(step.kind, parts, ids)
        return self._target.remove(step.kind, [change.resource for change in changes], ids)

    def _possible(self, changes: Sequence[Change]) -> Iterator[Change]:
        """Yield the changes that need nothing that failed; note the others as failed, too."""
        for change in changes:
            waits_for = next(self._in_the_way(change), None)
            if waits_for is None:
                yield change
            else:
                self._note(change, Result(change.key, error=f"waits for {waits_for}, which failed"))

    def _in_the_way(self, change: Change) -> Iterator[Key]:
        """Yield what failed and must come first.

        What an addition needs, what needs a removal, and what a raise would be taken from.
        """
        with self._lock:
            failed = dict(self._failed)
        if change.action is Action.ADD:
            yield from (key for key in needs(change.resource) if key in failed)
        elif change.action is Action.REMOVE:
            for key, failure in failed.items():
                if change.key in needs(failure.change.resource):
                    yield key
        if raises(change):
            for key, failure in failed.items():
                cut = failure.change
                counted = cuts(cut) and cut.kind in COUNTED and cut.kind is change.kind
                if counted and self._home(cut) == self._home(change):
                    yield key

    def _home(self, change: Change) -> Key | None:
        """Return the domain in which a limit or quota counts."""
        return next((self._homes.get(key, key) for key in needs(change.resource)), None)

    def _note(self, change: Change, result: Result) -> None:
        with self._lock:
            if result.error:
                self._failed[change.key] = Failure(change, result.error)
            else:
                self._journal.record(change, result.id)
                self._ids[change.key] = result.id
                self._done.append(change)
            count = len(self._done) + len(self._failed)
            self._progress(count, self._total, change, result)


def needs(resource: Resource) -> Iterator[Key]:
    """Yield the keys of all that a resource refers to."""
    for value in resource.attributes.values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Ref):
                yield one.key


def _ready(number: int, step: Step, unfinished: Mapping[int, Step]) -> bool:
    """Tell whether nothing unfinished must come before a step: other kinds, or its own earlier."""
    return not any(
        other.kind in _BEFORE[step.kind] or (other.kind is step.kind and earlier < number)
        for earlier, other in unfinished.items()
        if earlier != number
    )


def _closure() -> dict[Kind, frozenset[Kind]]:
    """Return for each kind all kinds that must be there before it, directly or not."""
    before: dict[Kind, frozenset[Kind]] = {}

    def of(kind: Kind) -> frozenset[Kind]:
        if kind not in before:
            before[kind] = frozenset(ORDER[kind]).union(*(of(one) for one in ORDER[kind]))
        return before[kind]

    for kind in Kind:
        of(kind)
    return before


_BEFORE = _closure()
