"""What a bureau itself has in its projects: servers, volumes, images, addresses and more."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import CloudUnreachable
from ouhai_cloud.cloud.images import all_images
from ouhai_cloud.cloud.threads import together

DEFAULT_GROUP = "default"
"""Name of the security group that Neutron makes for each project; it lets nobody else use it."""
STACK_USERS_TEXT = "Heat stack user project"
"""Heat's description of a project of stack users; its name begins with the stack's project id."""
OURS = ("network:dhcp", "network:distributed", "network:router_interface", "network:router_gateway")


@dataclass(frozen=True)
class Item:
    """One thing in a project.

    :param what: ``server``, ``volume``, ``snapshot``, ``backup``, ``image``, ``floating_ip``,
        ``port``, ``security_group``, ``network``, ``router``, ``stack`` or ``stack_users``. The
        last is a project in Heat's domain for the users of a stack, there or gone.
    :param size_gib: 0 where a size says nothing.
    :param attached_to: id of the server that a volume or port belongs to, else empty.
    """

    what: str
    id: str
    name: str
    project_id: str
    status: str
    size_gib: int = 0
    attached_to: str = ""


def contents(api: Api, project_ids: Collection[str], made: Collection[str] = ()) -> list[Item]:
    """List what is in projects, sorted by project and kind.

    :param made: ids of what tenancy made there, which is none of the bureau's own.
    :raises CloudUnreachable: a service does not answer; without its answer nothing is known to be
        empty.
    """
    api.warm("identity", "compute", "block_storage", "image", "network")
    wanted = frozenset(project_ids)
    found: list[Item] = []
    for items in together({name: partial(look, api) for name, look in _LOOKS.items()}).values():
        found += (one for one in items if one.project_id in wanted and one.id not in made)
    return sorted(found, key=lambda one: (one.project_id, one.what, one.name, one.id))


def _servers(api: Api) -> list[Item]:
    listed = api.list("compute", "/servers/detail", collection="servers", all_tenants="1")
    return [
        Item("server", one["id"], one["name"], one["tenant_id"], one["status"]) for one in listed
    ]


def volumes(api: Api) -> list[Item]:
    """List the volumes of all projects."""
    return [
        Item(
            "volume",
            one["id"],
            one["name"] or "",
            one["os-vol-tenant-attr:tenant_id"],
            one["status"],
            one["size"],
            next((attached["server_id"] for attached in one["attachments"]), ""),
        )
        for one in _of_cinder(api, "/volumes/detail", "volumes")
    ]


def snapshots(api: Api) -> list[Item]:
    """List the snapshots of all projects' volumes."""
    project = "os-extended-snapshot-attributes:project_id"
    return [
        Item("snapshot", one["id"], one["name"] or "", one[project], one["status"], one["size"])
        for one in _of_cinder(api, "/snapshots/detail", "snapshots")
    ]


def _backups(api: Api) -> list[Item]:
    # Cinder knows them from its database: also where no service makes any.
    project = "os-backup-project-attr:project_id"
    return [
        Item("backup", one["id"], one["name"] or "", one[project], one["status"], one["size"] or 0)
        for one in _of_cinder(api, "/backups/detail", "backups")
    ]


def _of_cinder(api: Api, path: str, collection: str) -> list[Json]:
    return api.list("block_storage", path, collection=collection, all_tenants="1")


def _images(api: Api) -> list[Item]:
    return [
        Item(
            "image",
            one["id"],
            one["name"] or "",
            one["owner"] or "",
            one["status"],
            (one.get("size") or 0) >> 30,
        )
        for one in all_images(api)
    ]


def _floating_ips(api: Api) -> list[Item]:
    return [
        Item("floating_ip", one["id"], one["floating_ip_address"], one["project_id"], one["status"])
        for one in api.list("network", "/floatingips")
    ]


def _ports(api: Api) -> list[Item]:
    return [
        Item(
            "port",
            one["id"],
            one["name"] or ", ".join(address["ip_address"] for address in one["fixed_ips"]),
            one["project_id"],
            one["status"],
            attached_to=one["device_id"],
        )
        for one in api.list("network", "/ports")
        if one["device_owner"] not in OURS
    ]


def _security_groups(api: Api) -> list[Item]:
    # Not by project: for whoever asks so, Neutron makes a default group where there is none.
    fields = ["id", "name", "project_id"]
    return [
        Item("security_group", one["id"], one["name"], one["project_id"], "")
        for one in api.list("network", "/security-groups", fields=fields)
        if one["name"] != DEFAULT_GROUP
    ]


def _of_neutron(what: str, path: str, api: Api) -> list[Item]:
    """List what members cannot make, but an administrator may have made for them."""
    listed = api.list("network", path, fields=["id", "name", "project_id"])
    return [Item(what, one["id"], one["name"], one["project_id"], "") for one in listed]


def _stacks(api: Api) -> list[Item]:
    try:
        api.warm("orchestration")
    except CloudUnreachable:
        # A cloud may do without Heat; the catalogue tells.
        if api.offers("orchestration"):
            raise
        return []
    # Heat abandons no nested stack along with the one that it is in.
    listed = api.list("orchestration", "/stacks", global_tenant="true", show_nested="true")
    return [
        Item("stack", one["id"], one["stack_name"], one["project"], one["stack_status"])
        for one in listed
    ]


def _stack_users(api: Api) -> list[Item]:
    # By themselves and not by their stacks: one that is abandoned leaves them, and is forgotten.
    return [
        Item("stack_users", one["id"], one["name"], one["name"].partition("-")[0], "")
        for one in api.list("identity", "/projects")
        if one.get("description") == STACK_USERS_TEXT
    ]


_LOOKS: dict[str, Callable[[Api], list[Item]]] = {
    "servers": _servers,
    "volumes": volumes,
    "snapshots": snapshots,
    "backups": _backups,
    "images": _images,
    "floating_ips": _floating_ips,
    "ports": _ports,
    "security_groups": _security_groups,
    "networks": partial(_of_neutron, "network", "/networks"),
    "routers": partial(_of_neutron, "router", "/routers"),
    "stacks": _stacks,
    "stack_users": _stack_users,
}
