"""How findings name objects of the cloud: so that the id can be pasted into a command."""

from __future__ import annotations

import unicodedata

from ouhai_cloud.cloud.exposure.model import Grant
from ouhai_cloud.tenancy.audit.facts import Facts

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what steers a screen or the order of writing, or ends a line."""


def visible(text: str) -> str:
    """Return a text in which what cannot be seen is written as an escape, as Python does.

    Members choose names: one that moves the cursor could hide lines or imitate the result.
    """
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in UNSEEN else one
        for one in text
    )


def named(kind: str, object_id: str, name: str = "") -> str:
    """Return ``kind id (name)``."""
    return f"{kind} {object_id} ({name})" if name else f"{kind} {object_id}"


def project(facts: Facts, project_id: str) -> str:
    """Return a project's or domain's id with its name, as far as it is known."""
    known = facts.projects.get(project_id)
    kind = "domain" if known and known.is_domain else "project"
    return named(kind, project_id, known.name if known else "")


def grant(facts: Facts, one: Grant) -> str:
    """Return a grant as "role on scope to subject"."""
    scope = "system" if one.scope_kind == "system" else project(facts, one.scope_id)
    inherited = " (inherited)" if one.inherited else ""
    subject = named(one.subject_kind, one.subject_id, one.subject_name)
    return f"grant {one.role}{inherited} on {scope} to {subject}"
