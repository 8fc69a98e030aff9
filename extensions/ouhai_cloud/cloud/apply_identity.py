"""Domains, projects and grants, written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.contents import DEFAULT_GROUP
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.site import Site
from ouhai_cloud.tenancy.resources import Resource, Value

Noun = Literal["domain", "project"]
IMMUTABLE = {"options": {"immutable": True}}
MUTABLE = {"options": {"immutable": False}}


def add_domain(site: Site, wanted: Resource) -> str:
    """Make a domain that nobody changes or deletes by mistake; return its id."""
    body = {**plain(wanted.attributes), **IMMUTABLE}
    return _create(site, "domain", body, {"is_domain": "true", "name": body["name"]})


def add_project(site: Site, wanted: Resource) -> str:
    """Make a project under its domain or parent project; return its id."""
    domain_id = site.id_of(wanted.attributes["domain"])
    parent_id = site.id_of(wanted.attributes["parent"])
    body = {**plain(wanted.attributes), "domain_id": domain_id, "parent_id": parent_id, **IMMUTABLE}
    return _create(site, "project", body, {"domain_id": domain_id, "name": body["name"]})


def change_domain(site: Site, wanted: Resource) -> str:
    """Write attributes of a domain."""
    return _change(site, "domain", wanted.id, plain(wanted.attributes))


def change_project(site: Site, wanted: Resource) -> str:
    """Write attributes of a project; domain and parent never change."""
    return _change(site, "project", wanted.id, plain(wanted.attributes))


def remove_domain(site: Site, gone: Resource) -> str:
    """Delete a domain that was disabled before; retirement alone comes here."""
    return _remove(site, "domain", gone)


def remove_project(site: Site, gone: Resource) -> str:
    """Delete a project that is empty; retirement alone comes here."""
    _remove_default_group(site, gone.id)
    return _remove(site, "project", gone)


def add_grant(site: Site, wanted: Resource) -> str:
    """Give a role; return the path that takes it away again, which stands for an id."""
    path = grant_path(site, wanted)
    site.api.put("identity", path)
    return path


def remove_grant(site: Site, gone: Resource) -> str:
    """Take a role away."""
    site.api.delete("identity", gone.id)
    return ""


def grant_path(site: Site, wanted: Resource) -> str:
    """Return the path of a grant to a group of the directory."""
    scope = wanted.attributes["scope"]
    level = "domains" if str(getattr(scope, "key", "")).startswith("domain:") else "projects"
    group = site.group(str(wanted.attributes["subject"]).removeprefix("group:"))
    role = site.role(str(wanted.attributes["role"]))
    path = f"/{level}/{site.id_of(scope)}/groups/{group}/roles/{role}"
    inherited = wanted.attributes["inherited"]
    return f"/OS-INHERIT{path}/inherited_to_projects" if inherited else path


def plain(attributes: Mapping[str, Value]) -> Json:
    """Return the attributes that Keystone takes as they are."""
    names = ("name", "description", "enabled")
    body: Json = {name: attributes[name] for name in names if name in attributes}
    if "tags" in attributes:
        tags = attributes["tags"]
        body["tags"] = list(tags) if isinstance(tags, tuple) else [tags]
    return body


def _create(site: Site, noun: Noun, body: Json, search: Json) -> str:
    """Create, or find what an unanswered request or an earlier run created."""
    try:
        answer = site.api.post("identity", f"/{noun}s", {noun: body}, again=True)
    except Refused as refusal:
        if refusal.status != 409:
            raise
        return _existing(site, body, search, refusal)
    return str(answer[noun]["id"])


def _existing(site: Site, body: Json, search: Json, refusal: Refused) -> str:
    """Return the id of what has the name, if it is what we want; else raise the refusal."""
    for one in site.api.list("identity", "/projects", **search):
        same = all(one.get(name) == body[name] for name in ("name", "enabled") if name in body)
        if same and sorted(one.get("tags", ())) == sorted(body["tags"]):
            return str(one["id"])
    raise Refused(
        f"Making {body['name']}",
        refusal.status,
        "something of this name exists and is not ours; rename it, or change the register",
    ) from refusal


def _change(site: Site, noun: Noun, id_: str, body: Json) -> str:
    path = f"/{noun}s/{id_}"
    # Keystone lets an immutable object become mutable only by a request that changes nothing else.
    site.api.patch("identity", path, {noun: MUTABLE})
    try:
        site.api.patch("identity", path, {noun: {**body, **IMMUTABLE}})
    except Refused:
        site.api.patch("identity", path, {noun: IMMUTABLE})
        raise
    return id_


def _remove_default_group(site: Site, project_id: str) -> None:
    """Delete the group that Neutron made for a project, and would keep without the project.

    Any request about the project's network makes it again, a list of its groups included; so this
    comes last, and lists those of all projects.
    """
    fields = ["id", "project_id"]
    for one in site.api.list("network", "/security-groups", name=DEFAULT_GROUP, fields=fields):
        if one["project_id"] == project_id:
            site.api.delete("network", f"/security-groups/{one['id']}")


def _remove(site: Site, noun: Noun, gone: Resource) -> str:
    """Delete; Keystone itself refuses an enabled domain and a project with others below it."""
    path = f"/{noun}s/{gone.id}"
    try:
        site.api.patch("identity", path, {noun: MUTABLE})
    except Refused as refusal:
        if refusal.status == 404:
            return ""
        raise
    site.api.delete("identity", path)
    return ""
