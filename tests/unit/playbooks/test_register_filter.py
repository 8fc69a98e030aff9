"""What playbooks read from a bureau register."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.ouhai.cloud.plugins.filter import register
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runner.paths import ROOT

SUFFIX = "dc=ouhai,dc=internal"


def decode(text: str) -> bytes:
    """Undo slapd's adapted base64."""
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4))


@given(st.text(min_size=1))
@settings(max_examples=20, deadline=None)
def test_slapd_can_check_a_password_against_its_hash(password: str) -> None:
    stored = register.directory_password_hash(password, "one")
    scheme, salt, derived = stored.split("$")
    rounds = int(scheme.removeprefix("{PBKDF2-SHA512}"))
    again = hashlib.pbkdf2_hmac("sha512", password.encode(), decode(salt), rounds)
    assert decode(derived) == again
    assert register.directory_password_hash(password, "one") == stored
    assert register.directory_password_hash(password, "other") != stored


def test_the_registers_groups_and_persons_are_entries() -> None:
    path = ROOT / "deploy" / "register" / "two-bureaus.yaml"
    text = register.directory_people(str(path), SUFFIX, "{X}hash")
    entries = re.findall(r"(?m)^dn: (.*)$", text)
    assert entries[:2] == [f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"]
    assert f"uid=jyj-manager,ou=people,{SUFFIX}" in entries
    assert f"cn=centre-auditor,ou=groups,{SUFFIX}" in entries
    assert text.count("userPassword: {X}hash") == sum("ou=people" in dn for dn in entries) - 1


@pytest.mark.parametrize(("outer", "fits"), [("172.20.0.0/16", True), ("172.20.0.0/18", False)])
def test_a_registers_addresses_are_held_against_the_inventorys(outer: str, fits: bool) -> None:
    path = ROOT / "deploy" / "register" / "two-bureaus.yaml"
    assert register.register_range_fits(str(path), outer) is fits


def test_a_register_that_breaks_its_rules_is_refused_with_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("district: {}\n")
    with pytest.raises(AnsibleFilterError, match=r"bad\.yaml"):
        register.directory_people(str(path), SUFFIX, "{X}hash")
