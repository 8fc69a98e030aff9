"""Names that Keystone allows once and that somebody keeps, such as a bureau that is leaving."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.changes import CLOUD_ACTIONS, Change, Conflict
from ouhai_cloud.tenancy.planning.states import States
from ouhai_cloud.tenancy.resources import Kind, Resource, Value

Name = tuple[Kind, Value, Value]
UNIQUE = frozenset({Kind.DOMAIN, Kind.PROJECT})


def taken_names(changes: Iterable[Change], states: States) -> Iterator[Conflict]:
    """Yield a conflict for each change that needs a name which somebody else keeps.

    Who is renamed by the same plan gives their name up and is no obstacle.
    """
    kept = {_name(one): one for one in states.observed.values() if _keeps(one, states)}
    for change in changes:
        if change.action not in CLOUD_ACTIONS or "name" not in change.after:
            continue
        holder = kept.get(_name(change.resource))
        if holder is not None and holder.key != change.key:
            yield Conflict(change.resource, holder, ("name",), _taken(change.resource, holder))


def _keeps(seen: Resource, states: States) -> bool:
    wanted = states.desired.get(seen.key)
    return seen.kind in UNIQUE and (wanted is None or _name(wanted) == _name(seen))


def _name(resource: Resource) -> Name:
    """Return a name with what it is unique in."""
    return resource.kind, resource.attributes.get("domain"), resource.attributes.get("name")


def _taken(wanted: Resource, holder: Resource) -> Text:
    name = wanted.attributes["name"]
    return Text(
        f"the name {name} is still taken by {holder.key}: retire or rename that first",
        f"名称 {name} 仍被 {holder.key} 占用: 请先让其退役或改名",
    )
