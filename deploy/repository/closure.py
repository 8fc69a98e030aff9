"""From the names that are wanted to the .debs that are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from deploy.repository.archive import CannotInstall
from deploy.repository.errors import RepositoryError
from deploy.repository.index import Index, Package
from deploy.repository.wanted import PackageList, Wanted

Resolve = Callable[[Iterable[str]], set[tuple[str, str, str]]]
"""``Archive.resolve``."""


def check_names(wanted: Wanted, index: Index) -> None:
    """Refuse names that Debian does not have, all of them at once.

    Raises RepositoryError naming the file that each is from.
    """
    faults = []
    for name in sorted({name for part in wanted.lists() for name in part.packages}):
        if name in index:
            continue
        hint = "no such package in Debian"
        if providers := index.providers(name):
            hint = f"a virtual package; name one of {', '.join(providers[:6])}"
        elif similar := index.similar(name):
            hint += f"; did you mean {' or '.join(similar)}?"
        faults.append(f"{name} ({'; '.join(wanted.places(name))}): {hint}")
    if faults:
        raise RepositoryError(
            f"unknown package{'s' if len(faults) > 1 else ''} in the lists",
            where="\n".join(faults),
            todo="correct the names in these files",
        )


def closure(
    wanted: Wanted,
    index: Index,
    resolve: Resolve,
    report: Callable[[str], None] = lambda _: None,
) -> set[Package]:
    """Return every package that a host or an image of any kind needs.

    All hosts' packages are resolved together: if they can be installed side by
    side, any part of them can be installed from the result.  If they cannot,
    each list is resolved by itself, and so is always each image.
    Raises CannotInstall naming the list that cannot be installed.
    """
    required = index.required()
    base = [name for part in wanted.base for name in part.packages]
    together = [name for part in wanted.hosts for name in part.packages]
    try:
        chosen = resolve([*required, *base, *together])
    except CannotInstall:
        if len(wanted.hosts) < 2:
            _alone(PackageList(_place(wanted), (*base, *together)), required, resolve)
        report("the hosts' packages do not fit together: resolving list by list")
        chosen = set()
        for part in wanted.hosts:
            whole = PackageList(part.place, (*base, *part.packages))
            chosen |= _alone(whole, required, resolve)
    for part in wanted.images:
        chosen |= _alone(part, required, resolve)
    return {index.package(*which) for which in chosen}


def _alone(
    part: PackageList, required: tuple[str, ...], resolve: Resolve
) -> set[tuple[str, str, str]]:
    try:
        return resolve([*required, *part.packages])
    except CannotInstall as error:
        raise CannotInstall(error.what, where=part.place, why=error.why, todo=error.todo) from error


def _place(wanted: Wanted) -> str:
    return ", ".join(part.place for part in (*wanted.base, *wanted.hosts))
