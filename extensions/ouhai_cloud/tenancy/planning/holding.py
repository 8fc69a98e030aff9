"""Changes that must wait: what they need is not there, or something is in their way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.changes import Action, Change, Held
from ouhai_cloud.tenancy.planning.order import RANK, Depths
from ouhai_cloud.tenancy.planning.states import direct_refs
from ouhai_cloud.tenancy.resources import Key, Ref, Resource, Value


def hold(
    changes: Iterable[Change],
    there: Collection[Key],
    in_the_way: Iterable[Resource],
    waiting: Mapping[Key, tuple[Key, ...]],
) -> tuple[tuple[Change, ...], tuple[Held, ...]]:
    """Return the changes that can be made, and those that wait.

    :param there: keys of what is seen and not in conflict.
    :param in_the_way: what stays and may hang on something that is to be removed.
    :param waiting: what waits lest a ceiling is passed, with what holds too much.
    """
    available = set(there)
    hanging = _hanging(in_the_way)
    causes: dict[Key, tuple[Key, ...]] = {}
    free, held = [], []
    for wish in in_order_of_making(changes):
        change = _with_those(wish, available)
        nearest = (
            waiting.get(change.key) or _needs(change, available) or _obstacles(change, hanging)
        )
        if nearest:
            # What waits for something that waits itself is told the first cause.
            waits_for = tuple(
                sorted({cause for one in nearest for cause in causes.get(one, (one,))})
            )
            causes[change.key] = waits_for
            says = _has_too_much if change.key in waiting else _waits
            held.append(Held(change, waits_for, says(waits_for)))
            continue
        free.append(change)
        if change.action is Action.ADD:
            available.add(change.key)
    return tuple(free), tuple(held)


def release(
    held: Sequence[Held], there_now: Collection[Key], gone_now: Collection[Key]
) -> tuple[tuple[Change, ...], tuple[Held, ...]]:
    """Return what need not wait any longer, and what still does.

    :param there_now: keys of what is made after all.
    :param gone_now: keys of what was in the way and is removed.
    """
    settled = {*there_now, *gone_now}
    free, still = [], []
    for one in held:
        waits_for = tuple(cause for cause in one.by if cause not in settled)
        if waits_for:
            still.append(Held(one.change, waits_for, _waits(waits_for)))
        else:
            free.append(one.change)
    return tuple(free), tuple(still)


def in_order_of_making(changes: Iterable[Change]) -> list[Change]:
    """Return changes so that what others need comes before them."""
    many = list(changes)
    depths = Depths({one.key: one.resource for one in many})
    return sorted(many, key=lambda one: (RANK[one.kind], depths.of(one.resource), one.key))


def _needs(change: Change, available: Collection[Key]) -> tuple[Key, ...]:
    """Return what a change refers to that is not there."""
    missing = (ref for value in change.after.values() for ref in _refs(value))
    return tuple(sorted({ref for ref in missing if ref not in available}))


def _with_those(change: Change, there: Collection[Key]) -> Change:
    """Return a change of a set with the members that are there: the others need not wait for some.

    It stays as it is when nothing of it would be left.
    """
    members = {name: tuple(_members(value, there)) for name, value in change.after.items()}
    after = {**change.after, **{name: left for name, left in members.items() if left}}
    if after == change.after or all(change.before.get(name) == after[name] for name in after):
        return change
    attributes = {**change.resource.attributes, **after}
    return replace(change, resource=replace(change.resource, attributes=attributes), after=after)


def _members(value: Value, there: Collection[Key]) -> Iterator[Ref]:
    for one in value if isinstance(value, tuple) else ():
        if isinstance(one, Ref) and one.key in there:
            yield one


def _obstacles(change: Change, hanging: Mapping[Key, Sequence[Key]]) -> tuple[Key, ...]:
    """Return what hangs on something that is to be removed."""
    if change.action is not Action.REMOVE:
        return ()
    return tuple(sorted(hanging.get(change.key, ())))


def _hanging(resources: Iterable[Resource]) -> Mapping[Key, Sequence[Key]]:
    found: dict[Key, list[Key]] = {}
    for one in resources:
        for ref in direct_refs(one):
            found.setdefault(ref, []).append(one.key)
    return found


def _refs(value: Value) -> Iterator[Key]:
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, Ref):
            yield one.key


def _has_too_much(holders: tuple[Key, ...]) -> Text:
    names = ", ".join(holders)
    return Text(
        f"the bureau's allotment has no room while {names} holds a part of it that the register "
        "gives to others: retire what left the register, decide about what was raised by hand",
        f"{names} 仍占用登记册已分给他处的份额, 单位配额总量不足: "
        "请让已删除的系统退役, 或处理登记册之外的改动",
    )


def _waits(waits_for: tuple[Key, ...]) -> Text:
    names = ", ".join(waits_for)
    return Text(f"waits for a decision about {names}", f"等待先处理 {names}")
