"""Who may do what where: projects, grants, roles and the duties' groups."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.exposure.model import Grant, Implication, Membership, Project, Trust


def projects(api: Api) -> tuple[Project, ...]:
    """Return all domains and projects."""
    domains = (
        _project(row, True) for row in api.list("identity", "/domains", collection="domains")
    )
    rest = (
        _project(row, False) for row in api.list("identity", "/projects", collection="projects")
    )
    return (*domains, *rest)


def _project(row: Json, is_domain: bool) -> Project:
    return Project(
        row["id"],
        row["name"],
        row["id"] if is_domain else row["domain_id"],
        is_domain,
        tuple(sorted(row.get("tags") or ())),
        bool((row.get("options") or {}).get("immutable")),
    )


def grants(api: Api) -> tuple[Grant, ...]:
    """Return all role assignments as they were made, not what follows from them."""
    rows = api.list(
        "identity", "/role_assignments", collection="role_assignments", include_names="true"
    )
    return tuple(map(_grant, rows))


def _grant(row: Json) -> Grant:
    subject_kind = "group" if "group" in row else "user"
    subject = row[subject_kind]
    scope_kind = next(kind for kind in ("project", "domain", "system") if kind in row["scope"])
    scope = row["scope"][scope_kind]
    return Grant(
        role=row["role"]["name"],
        subject_kind=subject_kind,
        subject_id=subject["id"],
        subject_name=subject.get("name") or "",
        subject_domain_id=(subject.get("domain") or {}).get("id") or "",
        scope_kind=scope_kind,
        scope_id="all" if scope_kind == "system" else scope["id"],
        inherited="OS-INHERIT:inherited_to" in row["scope"],
        role_domain_id=(row["role"].get("domain") or {}).get("id") or "",
    )


def implications(api: Api) -> tuple[Implication, ...]:
    """Return which role brings which."""
    return tuple(
        Implication(row["prior_role"]["name"], implied["name"])
        for row in api.list("identity", "/role_inferences", collection="role_inferences")
        for implied in row["implies"]
    )


def trusts(api: Api) -> tuple[Trust, ...]:
    """Return all trusts for projects; of their trustees, who are few, also who they are."""
    rows = [row for row in api.list("identity", "/OS-TRUST/trusts") if row.get("project_id")]
    trustees = {user_id: _trustee(api, user_id) for user_id in {r["trustee_user_id"] for r in rows}}
    return tuple(
        Trust(
            row["id"],
            row["project_id"],
            row["trustor_user_id"],
            row["trustee_user_id"],
            *trustees[row["trustee_user_id"]],
        )
        for row in rows
    )


def _trustee(api: Api, user_id: str) -> tuple[str, str, tuple[str, ...]]:
    """Return a user's name, domain and groups; of one that is gone, nothing."""
    try:
        user = api.get("identity", f"/users/{user_id}")["user"]
        groups = api.list("identity", f"/users/{user_id}/groups", collection="groups")
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return "", "", ()
    return user["name"], user["domain_id"], tuple(group["name"] for group in groups)


def memberships(api: Api, directory: str, names: tuple[str, ...]) -> tuple[Membership, ...]:
    """Return who is in the named groups of a domain; a group that is not there has nobody.

    :param directory: the domain's name.
    """
    found = api.list("identity", "/domains", collection="domains", name=directory)
    return tuple(
        _members(api, name, domain["id"]) for domain in found for name in dict.fromkeys(names)
    )


def _members(api: Api, name: str, domain_id: str) -> Membership:
    users = list(_users(api, name, domain_id))
    return Membership(
        name, tuple(user["id"] for user in users), tuple(user["name"] for user in users)
    )


def _users(api: Api, name: str, domain_id: str) -> Iterator[Json]:
    for group in api.list(
        "identity", "/groups", collection="groups", domain_id=domain_id, name=name
    ):
        yield from api.list("identity", f"/groups/{group['id']}/users", collection="users")
