"""Bureaus to measure with that touch no other: the real register under other codes and names.

Their groups live in a domain of their own, so that it does not matter which directory the lab has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Network

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.threads import each
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.apply import execute
from ouhai_cloud.tenancy.changes import Action, Change
from ouhai_cloud.tenancy.present import Present
from ouhai_cloud.tenancy.register.federation import groups
from ouhai_cloud.tenancy.register.model import Bureau, Register
from ouhai_cloud.tenancy.resources import Kind, Resource
from ouhai_cloud.tenancy.state import StateStore

DOMAIN = "x-bench"
# Beside what registers of the lab have, and within its project range.
RANGE = IPv4Network("172.20.128.0/17")
GROUP_THREADS = 6


def scratch(register: Register, bureaus: int) -> Register:
    """Return the first bureaus of a register under scratch codes and names, the centre with them.

    :param bureaus: how many units; parents come before their sub-units.
    """
    chosen = _chosen(register, bureaus)
    return replace(
        register,
        district=replace(register.district, address_range=RANGE),
        bureaus=tuple(sorted(map(_renamed, chosen), key=lambda one: one.code)),
        agreements=(),
    )


def systems(register: Register) -> int:
    """Return how many systems a register has."""
    return sum(len(one.systems) for one in register.bureaus)


@contextmanager
def directory(api: Api, register: Register) -> Iterator[None]:
    """Make the domain with the register's groups; remove it at the end."""
    body = {"name": DOMAIN, "description": "tests/bench/tenancy.py"}
    found = api.list("identity", "/projects", is_domain="true", name=DOMAIN)
    domain = found[0] if found else _posted(api, "domain", body)
    there = {one["name"] for one in api.list("identity", "/groups", domain_id=domain["id"])}

    def make(name: str) -> Json:
        return _posted(api, "group", {"name": name, "domain_id": domain["id"]})

    list(each(make, [name for name in groups(register) if name not in there], GROUP_THREADS))
    try:
        yield
    finally:
        api.patch("identity", f"/domains/{domain['id']}", {"domain": {"enabled": False}})
        api.delete("identity", f"/domains/{domain['id']}")


def remove_all(present: Present, store: StateStore) -> int:
    """Remove all that is recorded and there; return how much that was.

    The address scope stays: the lab's own bureaus have the same one.
    """
    gone = [
        one
        for key, one in present.observed.items()
        if key in present.memory.resources and one.kind is not Kind.ADDRESS_SCOPE
    ]
    switched = [_disabled(one) for one in gone if one.kind is Kind.DOMAIN]
    with store.lock(), store.journal() as journal:
        for changes in (switched, [_removal(one) for one in gone]):
            plan = replace(present.plan, changes=tuple(changes), held=())
            execute(plan, present.target, journal, present.ids, present.homes).require_complete()
    return len(gone)


def _chosen(register: Register, bureaus: int) -> list[Bureau]:
    centre = next(one for one in register.bureaus if one.kind == "centre")
    tops = [one for one in register.bureaus if one.parent is None and one is not centre]
    chosen = [centre]
    for top in tops:
        below = [one for one in register.bureaus if one.parent == top.code]
        chosen += [top, *below]
    return chosen[:bureaus]


def _renamed(one: Bureau) -> Bureau:
    parent = f"X{one.parent}" if one.parent else None
    return replace(one, code=f"X{one.code}", short=f"x-{one.short}", parent=parent)


def _posted(api: Api, noun: str, body: Json) -> Json:
    answer: Json = api.post("identity", f"/{noun}s", {noun: body}, again=True)[noun]
    return answer


def _disabled(one: Resource) -> Change:
    resource = replace(one, attributes={**one.attributes, "enabled": False})
    return Change(Action.CHANGE, resource, {}, {"enabled": False}, Text("bench", "测试"))


def _removal(one: Resource) -> Change:
    return Change(Action.REMOVE, one, dict(one.attributes), {}, Text("bench", "测试"))
