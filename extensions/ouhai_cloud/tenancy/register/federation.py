"""Keystone's mapping rules for staff who sign on at the city's or another's identity provider.

One rule with a list of all groups, and not one rule for each: Keystone keeps a mapping in a column
of 64 KiB, which 60 bureaus would nearly fill otherwise, and warns of every rule beyond the first
that fits a person. A person in none of the groups gets a token without any role. Everything is
ASCII, for Keystone reads claims as Latin-1 and a Chinese name would never match.

Seen with Keystone 27: the groups must be in a domain that Keystone keeps in its own database. It
writes down until when somebody from elsewhere is in a group, by a key into its own table of groups,
and fails, with 409 or without an answer, for who is in one of LDAP's.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from ouhai_cloud.tenancy.register.model import Register

SCHEMA_VERSION = "2.0"
USER_ATTRIBUTE = "HTTP_OIDC_PREFERRED_USERNAME"
GROUPS_ATTRIBUTE = "HTTP_OIDC_GROUPS"
"""Keystone splits it at semicolons, so mod_auth_openidc needs ``OIDCClaimDelimiter ;``."""


def groups(register: Register) -> tuple[str, ...]:
    """Return every directory group of units' staff and of the centre's duties, sorted."""
    duties = register.district.duties
    named = chain(
        duties.system_administrator,
        duties.security_administrator,
        duties.auditor,
        *((*one.staff.manager, *one.staff.member, *one.staff.reader) for one in register.bureaus),
    )
    return tuple(sorted(set(named)))


def mapping_rules(register: Register, groups_domain: str) -> list[dict[str, Any]]:
    """Return the rules of a mapping whose ``schema_version`` is ``SCHEMA_VERSION``.

    :param groups_domain: name of the domain that groups with these names are in; not LDAP's.
    """
    return [
        {
            "local": [
                {"user": {"name": "{0}"}},
                {"groups": "{1}", "domain": {"name": groups_domain}},
            ],
            "remote": [
                {"type": USER_ATTRIBUTE},
                {"type": GROUPS_ATTRIBUTE, "whitelist": list(groups(register))},
            ],
        }
    ]
