"""Names that Keystone allows once and that somebody keeps, such as a bureau that is leaving."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.changes import CLOUD_ACTIONS, Change, Conflict
from ouhai_cloud.tenancy.planning.order import UNIQUE_NAMES, UniqueName, unique_name
from ouhai_cloud.tenancy.planning.states import States
from ouhai_cloud.tenancy.resources import Key, Resource


def taken_names(changes: Iterable[Change], states: States) -> Iterator[Conflict]:
    """Yield a conflict for each change that needs a name which somebody else keeps.

    Who is renamed by the same plan gives their name up and is no obstacle, unless they wait for
    each other's names.
    """
    named = {_name(one): one for one in states.observed.values() if one.kind in UNIQUE_NAMES}
    asked = {
        one.key: one.resource
        for one in changes
        if one.action in CLOUD_ACTIONS and one.kind in UNIQUE_NAMES and "name" in one.after
    }
    for wanted in asked.values():
        holder = named.get(_name(wanted))
        if holder is None or holder.key == wanted.key:
            continue
        last = _last_holder(wanted, named, asked)
        if last is None:
            yield Conflict(wanted, holder, ("name",), _exchanged(wanted, holder))
        elif last.key not in asked:
            yield Conflict(wanted, last, ("name",), _taken(last))


def _last_holder(
    wanted: Resource, named: Mapping[UniqueName, Resource], asked: Mapping[Key, Resource]
) -> Resource | None:
    """Return who is at the end of those that must give up a name for this one; None in a circle."""
    last = wanted
    for _ in range(len(asked) + 1):
        holder = named.get(_name(last))
        if holder is None or holder.key == last.key:
            return last
        if holder.key not in asked:
            return holder
        last = asked[holder.key]
    return None


def _name(resource: Resource) -> UniqueName:
    return unique_name(resource, resource.attributes.get("name"))


def _taken(holder: Resource) -> Text:
    name = holder.attributes["name"]
    return Text(
        f"the name {name} is still taken by {holder.key}: retire or rename that first",
        f"名称 {name} 仍被 {holder.key} 占用: 请先让其退役或改名",
    )


def _exchanged(wanted: Resource, holder: Resource) -> Text:
    name = wanted.attributes["name"]
    return Text(
        f"the name {name} is exchanged with {holder.key}, and no two may have one name even for a "
        "moment: apply with another name for one of them first",
        f"名称 {name} 与 {holder.key} 互换, 而两者任何时候都不能同名: "
        "请先为其中一个登记其他名称并执行 apply",
    )
