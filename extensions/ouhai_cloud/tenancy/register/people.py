"""A directory for labs: the register's groups, and one made-up person for every role."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ouhai_cloud.tenancy.register.model import Register

ROLE_NAMES = {"manager": "管理员", "member": "成员", "reader": "只读用户"}
DUTY_NAMES = {
    "system_administrator": "系统管理员",
    "security_administrator": "安全管理员",
    "auditor": "审计员",
}

# RFC 2849's SAFE-STRING without trailing space; what is not is written in base64.
_SAFE = re.compile(
    r"[\x01-\x09\x0b\x0c\x0e-\x1f!-9;=-\x7f]([\x01-\x09\x0b\x0c\x0e-\x7f]*[!-\x7f])?\Z"
)


@dataclass(frozen=True)
class Person:
    """A person who does not exist, and the groups that it is in."""

    uid: str
    name: str
    surname: str
    groups: tuple[str, ...]


def people(register: Register) -> tuple[Person, ...]:
    """Return one person for every unit and role, and one for every group of a duty."""
    unique: dict[str, Person] = {}
    for one in (*_duty_holders(register), *_staff(register)):
        # A directory takes names that differ in case alone for one.
        known = unique.setdefault(one.uid.casefold(), one)
        groups = {group.casefold(): group for group in (*one.groups, *known.groups)}
        unique[one.uid.casefold()] = replace(known, groups=tuple(groups.values()))
    return tuple(sorted(unique.values(), key=lambda one: one.uid))


def ldif(register: Register, suffix: str, password_hash: str) -> str:
    """Return LDIF that adds people and groups below an existing suffix.

    :param suffix: such as ``dc=ouhai,dc=example``.
    :param password_hash: everybody's ``userPassword``, hashed already: ``{SSHA}…``.
    """
    everybody = people(register)
    entries = [
        *(_unit(name, suffix) for name in ("people", "groups")),
        *(_person(one, suffix, password_hash) for one in everybody),
        *_groups(everybody, suffix),
    ]
    return "\n".join("".join(map(_line, entry)) for entry in entries)


Entry = list[tuple[str, str]]


def _duty_holders(register: Register) -> Iterator[Person]:
    for duty, name in DUTY_NAMES.items():
        for group in getattr(register.district.duties, duty):
            yield Person(group, f"{name}（测试）", name, (group,))


def _staff(register: Register) -> Iterator[Person]:
    for unit in register.bureaus:
        for role, name in ROLE_NAMES.items():
            shown = f"{unit.name} {name}（测试）"
            yield Person(f"{unit.short}-{role}", shown, name, getattr(unit.staff, role))


def _unit(name: str, suffix: str) -> Entry:
    return [("dn", f"ou={name},{suffix}"), ("objectClass", "organizationalUnit"), ("ou", name)]


def _person(person: Person, suffix: str, password_hash: str) -> Entry:
    return [
        ("dn", _dn(person, suffix)),
        ("objectClass", "inetOrgPerson"),
        ("uid", person.uid),
        ("cn", person.name),
        ("sn", person.surname),
        ("mail", f"{person.uid}@example.invalid"),
        ("userPassword", password_hash),
    ]


def _groups(everybody: tuple[Person, ...], suffix: str) -> Iterator[Entry]:
    members: dict[str, tuple[str, list[str]]] = {}
    for person in everybody:
        for group in person.groups:
            _, inside = members.setdefault(group.casefold(), (group, []))
            inside.append(_dn(person, suffix))
    for _, (group, inside) in sorted(members.items()):
        yield [
            ("dn", f"cn={group},ou=groups,{suffix}"),
            ("objectClass", "groupOfNames"),
            ("cn", group),
            *(("member", one) for one in inside),
        ]


def _dn(person: Person, suffix: str) -> str:
    return f"uid={person.uid},ou=people,{suffix}"


def _line(item: tuple[str, str]) -> str:
    name, value = item
    if _SAFE.match(value):
        return f"{name}: {value}\n"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"
