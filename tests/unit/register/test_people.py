"""The lab's directory has every group that the register names, and somebody in each."""

from __future__ import annotations

import base64

from hypothesis import given, settings
from ouhai_cloud.tenancy.register.load import load_text
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.register.people import ldif

from tests.support.register_strategies import registers

SUFFIX = "dc=ouhai,dc=example"
HASH = "{SSHA}2mWzbVbUjyEQ5u1lS3aHyQ=="

ONE = """
district:
  code: "330304"
  short: ouhai
  name: 瓯海区
  address_range: 172.20.0.0/17
  staff_pattern: "{short}-{role}"
  duties: {system_administrator: [c-sys], security_administrator: [c-sec], auditor: [c-aud]}
bureaus:
  - {code: E001, short: jyj, name: 教育局, kind: centre, contact: a@b.example, allotment: {}}
"""

Entry = dict[str, list[str]]


def entries(text: str) -> list[Entry]:
    """Read LDIF as RFC 2849 says, so far as it is used here."""
    assert text.isascii()
    read: list[Entry] = []
    for block in text.strip().split("\n\n"):
        entry: Entry = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            encoded = value.startswith(": ")
            plain = base64.b64decode(value[2:]).decode() if encoded else value.removeprefix(" ")
            entry.setdefault(name, []).append(plain)
        read.append(entry)
    return read


def of_class(read: list[Entry], name: str) -> list[Entry]:
    return [entry for entry in read if entry["objectClass"] == [name]]


def folded_groups(register: Register) -> set[str]:
    duties = register.district.duties
    named = [*duties.system_administrator, *duties.security_administrator, *duties.auditor]
    for unit in register.bureaus:
        named += [*unit.staff.manager, *unit.staff.member, *unit.staff.reader]
    return {group.casefold() for group in named}


@settings(max_examples=40, deadline=None)
@given(registers())
def test_every_group_is_there_once_with_people_who_are_there(register: Register) -> None:
    read = entries(ldif(register, SUFFIX, HASH))
    people = {entry["dn"][0] for entry in of_class(read, "inetOrgPerson")}
    groups = of_class(read, "groupOfNames")
    assert {entry["cn"][0].casefold() for entry in groups} == folded_groups(register)
    assert len(groups) == len(folded_groups(register))
    for entry in groups:
        assert entry["member"]
        assert set(entry["member"]) <= people
        assert len({dn.casefold() for dn in entry["member"]}) == len(entry["member"])
    folded = [entry["dn"][0].casefold() for entry in read]
    assert len(set(folded)) == len(folded)


@settings(max_examples=40, deadline=None)
@given(registers())
def test_every_unit_has_a_person_for_every_role_in_that_roles_groups(register: Register) -> None:
    read = entries(ldif(register, SUFFIX, HASH))
    members = {
        entry["cn"][0].casefold(): entry["member"] for entry in of_class(read, "groupOfNames")
    }
    people = {entry["dn"][0].casefold() for entry in of_class(read, "inetOrgPerson")}
    for unit in register.bureaus:
        for role in ("manager", "member", "reader"):
            dn = f"uid={unit.short}-{role},ou=people,{SUFFIX}"
            assert dn.casefold() in people
            for group in getattr(unit.staff, role):
                assert dn.casefold() in [one.casefold() for one in members[group.casefold()]]


def test_a_person_is_written_as_a_directory_wants_it() -> None:
    read = entries(ldif(load_text(ONE, "one"), SUFFIX, HASH))
    people = {"dn": [f"ou=people,{SUFFIX}"], "objectClass": ["organizationalUnit"]}
    assert {**people, "ou": ["people"]} in read
    assert {
        "dn": [f"uid=jyj-manager,ou=people,{SUFFIX}"],
        "objectClass": ["inetOrgPerson"],
        "uid": ["jyj-manager"],
        "cn": ["教育局 管理员（测试）"],
        "sn": ["管理员"],
        "mail": ["jyj-manager@example.invalid"],
        "userPassword": [HASH],
    } in read
    assert {
        "dn": [f"cn=c-aud,ou=groups,{SUFFIX}"],
        "objectClass": ["groupOfNames"],
        "cn": ["c-aud"],
        "member": [f"uid=c-aud,ou=people,{SUFFIX}"],
    } in read


def test_a_value_cannot_begin_another_line() -> None:
    text = ldif(load_text(ONE, "one"), SUFFIX, "{SSHA}x\nmember: cn=admin")
    assert "\nmember: cn=admin" not in text
    assert "userPassword:: " in text
