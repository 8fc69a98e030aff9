"""The aggregate of hosts for security class 3, as Nova shows it."""

from __future__ import annotations

from ouhai_cloud.cloud.listing import Listing
from ouhai_cloud.cloud.view import View
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import Key, Kind, place_of

FILTER = "filter_tenant_id"


def see_aggregates(listing: Listing, view: View) -> None:
    """Note our aggregate; hosts go to whom its metadata names, and to nobody else."""
    for one in listing.aggregates:
        id_ = str(one["id"])
        ours = keys.aggregate() if one["name"] == keys.CLASS_3 else None
        key = view.pick(Kind.AGGREGATE, id_, view.recorded(Kind.AGGREGATE, id_), ours)
        projects = (
            view.ref(Kind.PROJECT, value)
            for name, value in one["metadata"].items()
            if name.startswith(FILTER)
        )
        attributes = {
            "name": one["name"],
            "projects": tuple(sorted(one for one in projects if one is not None)),
            "hosts": tuple(sorted(one["hosts"])),
        }
        view.note(key, id_, attributes, owned=ours is not None)


def metadata_name(project: Key) -> str:
    """Return under which name an aggregate's metadata has a project; Nova allows no slash."""
    return f"{FILTER}.{place_of(project).replace('/', '.')}"
