"""What apply needs of a cloud: three verbs. ``cloud`` has the real one, tests one in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ouhai_cloud.tenancy.resources import Key, Kind, Resource

Ids = Mapping[Key, str]
"""The cloud's ids of all that is known so far; resolves what an attribute refers to."""


@dataclass(frozen=True)
class Result:
    """What became of one resource.

    :param id: the cloud's id of it, empty for a removal.
    :param error: why it failed, for people; empty when it is done.
    """

    key: Key
    id: str = ""
    error: str = ""


class Target(Protocol):
    """Makes, changes and removes resources of one kind, several at a time.

    Each verb yields a result as soon as one resource is done, in any order, one for each resource
    asked for; what fails is a result too and stops no other.
    """

    def add(self, kind: Kind, wanted: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Make resources; one that exists already and is the same counts as made."""
        ...

    def change(self, kind: Kind, wanted: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Write attributes; each resource has its id and only the attributes to be written."""
        ...

    def remove(self, kind: Kind, gone: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Remove resources, each with its id; one that is gone already counts as removed."""
        ...
