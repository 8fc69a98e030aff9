"""Domains, projects and grants as Keystone shows them."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.listing import Listing
from ouhai_cloud.cloud.marks import tagged
from ouhai_cloud.cloud.view import View
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import Key, Kind, Ref


def see_domains(listing: Listing, view: View) -> None:
    """Note domains: ours, and those whose names are in the way."""
    for one in view.in_order(Kind.DOMAIN, listing.domains):
        codes = tagged(one.get("tags", ()))
        key = view.pick(
            Kind.DOMAIN,
            one["id"],
            view.recorded(Kind.DOMAIN, one["id"]),
            keys.domain(codes[0]) if codes else None,
            view.named(Kind.DOMAIN, one["name"]),
        )
        attributes = {
            "name": one["name"],
            "description": one.get("description") or "",
            "tags": tuple(sorted(one.get("tags", ()))),
            "enabled": one["enabled"],
            "immutable": _immutable(one),
        }
        view.note(key, one["id"], attributes, owned=codes is not None)


def see_projects(listing: Listing, view: View) -> None:
    """Note the projects in our domains, from the top of their trees down."""
    for one in _downward(view.in_order(Kind.PROJECT, listing.projects)):
        domain = view.ref(Kind.DOMAIN, one["domain_id"])
        if domain is None or not _ours(view, domain.key):
            continue
        codes = tagged(one.get("tags", ()))
        key = view.pick(
            Kind.PROJECT,
            one["id"],
            view.recorded(Kind.PROJECT, one["id"]),
            _project_key(codes) if codes else None,
            view.named(Kind.PROJECT, one["name"], domain),
        )
        at_top = one["parent_id"] == one["domain_id"]
        attributes = {
            "name": one["name"],
            "domain": domain,
            "parent": domain if at_top else view.ref(Kind.PROJECT, one["parent_id"]),
            "description": one.get("description") or "",
            "tags": tuple(sorted(one.get("tags", ()))),
            "enabled": one["enabled"],
            "immutable": _immutable(one),
        }
        view.note(key, one["id"], attributes, owned=codes is not None)


def see_grants(listing: Listing, view: View) -> None:
    """Note every role that anybody has in our domains and projects."""
    roles = {one["id"]: one["name"] for one in listing.roles}
    groups = {one["id"]: one["name"] for one in listing.groups}
    for one in listing.role_assignments:
        scope = _scope(one["scope"], view)
        if scope is None:
            continue
        inherited = _inherited(one["scope"])
        role = roles.get(one["role"]["id"], one["role"]["id"])
        subject = _subject(one, groups)
        key = keys.grant(scope.key, role, subject, inherited=inherited)
        attributes = {"scope": scope, "subject": subject, "role": role, "inherited": inherited}
        view.note(key, grant_path(one), attributes)


def grant_path(assignment: Json) -> str:
    """Return the path that gives and takes a role, which stands for a grant's id."""
    scope = assignment["scope"]
    level = "domain" if "domain" in scope else "project"
    subject = "group" if "group" in assignment else "user"
    whom = f"{subject}s/{assignment[subject]['id']}/roles/{assignment['role']['id']}"
    path = f"/{level}s/{scope[level]['id']}/{whom}"
    return f"/OS-INHERIT{path}/inherited_to_projects" if _inherited(scope) else path


def _inherited(scope: Json) -> bool:
    return "OS-INHERIT:inherited_to" in scope


def _scope(scope: Json, view: View) -> Ref | None:
    """Return a reference to a domain or project of ours; None for any other scope."""
    for name, kind in (("domain", Kind.DOMAIN), ("project", Kind.PROJECT)):
        if name in scope:
            key = view.key_of(kind, scope[name]["id"])
            return Ref(key) if key is not None and _ours(view, key) else None
    return None


def _subject(assignment: Json, groups: dict[str, str]) -> str:
    if "group" in assignment:
        id_ = assignment["group"]["id"]
        return f"group:{groups[id_]}" if id_ in groups else f"group:?/{id_}"
    return f"user:?/{assignment['user']['id']}"


def _immutable(one: Json) -> bool:
    return bool((one.get("options") or {}).get("immutable"))


def _ours(view: View, key: Key) -> bool:
    """Tell whether a domain is ours, or a project lies in one that is (only such are noted)."""
    resource = view.found.get(key)
    if resource is None or resource.kind is Kind.PROJECT:
        return resource is not None
    return resource.owned or view.recorded(Kind.DOMAIN, resource.id) is not None


def _project_key(codes: tuple[str, str]) -> Key:
    bureau, system = codes
    return keys.project(bureau, system) if system else keys.container(bureau)


def _downward(projects: list[Json]) -> Iterator[Json]:
    """Yield projects so that parents come before their children."""
    children: dict[str, list[Json]] = {}
    known = {one["id"] for one in projects}
    for one in projects:
        children.setdefault(one["parent_id"] if one["parent_id"] in known else "", []).append(one)
    waiting = list(children.get("", ()))
    while waiting:
        one = waiting.pop(0)
        yield one
        waiting += children.get(one["id"], ())
