"""In which steps something that leaves is removed, so that Keystone lets it go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ouhai_cloud.tenancy.changes import Action, Change, Leaving
from ouhai_cloud.tenancy.planning.leaving import ROOTS
from ouhai_cloud.tenancy.resources import Kind, Ref, Resource, State


def homes(leaving: Leaving) -> list[Resource]:
    """Return the projects and the domain that leave, children before their parents."""
    return [one for one in leaving.resources if one.kind in ROOTS]


def switch(leaving: Leaving, one: Resource, enabled: bool) -> Change:
    """Return the change that enables or disables a project or domain."""
    resource = replace(one, attributes={**one.attributes, "enabled": enabled})
    before, after = {"enabled": not enabled}, {"enabled": enabled}
    return Change(Action.CHANGE, resource, before, after, leaving.reason)


def removal_steps(leaving: Leaving, observed: State) -> Iterator[list[Change]]:
    """Yield what is done, in parts that follow each other.

    Keystone takes a change of a disabled project for its enabling unless told otherwise, refuses
    that where anything above it is disabled, and lets nothing be told along with the change that
    makes a project mutable. So what is above a disabled project is enabled before both go. Nobody
    gets in by that: all roles are taken away first, those that we did not give, too; and where
    those above have inherited ones, in a sub-unit's container, there is room for nothing.
    """

    def removal(one: Resource) -> Change:
        return Change(Action.REMOVE, one, dict(one.attributes), {}, leaving.reason)

    parts = [one for one in leaving.resources if one.kind not in ROOTS]
    yield [removal(one) for one in (*_other_grants(leaving, observed), *parts)]
    opened = _above_disabled(leaving)
    for one in opened:
        yield [switch(leaving, one, True)]
    yield [removal(one) for one in homes(leaving) if one.kind is Kind.PROJECT]
    for domain in (one for one in homes(leaving) if one.kind is Kind.DOMAIN):
        if domain in opened or domain.attributes["enabled"]:
            yield [switch(leaving, domain, False)]
        yield [removal(domain)]


def _other_grants(leaving: Leaving, observed: State) -> Iterator[Resource]:
    """Yield the roles in what leaves that somebody else gave."""
    scopes = {Ref(one.key) for one in homes(leaving)}
    ours = {one.key for one in leaving.resources}
    for key, one in observed.items():
        if one.kind is Kind.GRANT and one.attributes["scope"] in scopes and key not in ours:
            yield one


def _above_disabled(leaving: Leaving) -> list[Resource]:
    """Return what is disabled and has disabled projects below it, from the top down."""
    disabled = {Ref(one.key): one for one in homes(leaving) if not one.attributes["enabled"]}
    parents = {Ref(one.key): one.attributes.get("parent") for one in homes(leaving)}
    above = set()
    for ref in disabled:
        parent = parents[ref]
        while isinstance(parent, Ref) and parent in parents:
            above.add(parent)
            parent = parents[parent]
    return [one for ref, one in reversed(disabled.items()) if ref in above]
