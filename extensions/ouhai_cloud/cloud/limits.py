"""Limits and quotas as Keystone, Cinder and Neutron show them."""

from __future__ import annotations

from ouhai_cloud.cloud.listing import Listing
from ouhai_cloud.cloud.marks import unmark
from ouhai_cloud.cloud.view import View
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import NETWORK_RESOURCES, Kind, Ref

VOLUME_RESOURCES = ("volumes", "gigabytes", "snapshots", "backups", "backup_gigabytes")


def see_limits(listing: Listing, view: View) -> None:
    """Note the unified limits of our projects."""
    services: dict[str, str] = {one["id"]: one["type"] for one in listing.services}
    for one in listing.limits:
        project = view.key_of(Kind.PROJECT, one.get("project_id") or "")
        if project is None:
            continue
        service = services.get(one["service_id"], str(one["service_id"]))
        key = keys.limit(project, service, one["resource_name"])
        attributes = {
            "project": Ref(project),
            "service": service,
            "resource": one["resource_name"],
            "limit": one["resource_limit"],
        }
        owned = unmark(one.get("description"))[1] is not None
        view.note(key, one["id"], attributes, owned=owned)


def see_volume_quotas(listing: Listing, view: View) -> None:
    """Note Cinder's quotas of our projects; they are there, and ours, as soon as the project is."""
    for project_id, quota in listing.volume_quotas.items():
        project = view.key_of(Kind.PROJECT, project_id)
        if project is not None:
            attributes = {name: quota[name] for name in VOLUME_RESOURCES}
            view.note(
                keys.volume_quota(project),
                project_id,
                {"project": Ref(project), **attributes},
                owned=view.owned(project),
            )


def see_network_quotas(listing: Listing, view: View) -> None:
    """Note Neutron's quotas of our projects; what has the defaults is not listed by Neutron."""
    for quota in listing.network_quotas:
        project = view.key_of(Kind.PROJECT, quota["project_id"])
        if project is not None:
            attributes = {name: quota[name] for name in NETWORK_RESOURCES if name in quota}
            view.note(
                keys.network_quota(project),
                quota["project_id"],
                {"project": Ref(project), **attributes},
                owned=view.owned(project),
            )
