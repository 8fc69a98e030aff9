"""What writing needs to know of a cloud: what names and references stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import Unresolved
from ouhai_cloud.cloud.listing import Listing
from ouhai_cloud.tenancy.resources import Key, Ref, Value, place_of


@dataclass(frozen=True)
class Site:
    """One cloud to write to.

    :param roles, services: ids by name or type.
    :param groups: ids of the directory's groups by name.
    :param external_networks: ids by name.
    """

    api: Api
    roles: Mapping[str, str]
    groups: Mapping[str, str]
    services: Mapping[str, str]
    external_networks: Mapping[str, str]
    ids: Mapping[Key, str] = field(default_factory=dict)

    @classmethod
    def of(cls, api: Api, listing: Listing) -> Site:
        """Return the site as a listing shows it."""
        external = (one for one in listing.networks if one.get("router:external"))
        return cls(
            api,
            roles=_by(listing.roles, "name"),
            groups=_by(listing.groups, "name"),
            services=_by(listing.services, "type"),
            external_networks={one["name"]: one["id"] for one in external},
        )

    def with_ids(self, ids: Mapping[Key, str]) -> Site:
        """Return the same site with the ids known by now."""
        return replace(self, ids=ids)

    def id_of(self, value: Value | Key) -> str:
        """Return the cloud's id of what is referred to.

        :raises Unresolved: it is not there.
        """
        key = value.key if isinstance(value, Ref) else Key(str(value))
        if place_of(key).startswith("?/"):
            # What no code names has its id in its key.
            return place_of(key).removeprefix("?/")
        if key not in self.ids:
            raise Unresolved(
                f"{key} is not in the cloud, though this needs it; see what became of it"
            )
        return self.ids[key]

    def role(self, name: str) -> str:
        """Return the id of a role; Unresolved when the cloud has no such role."""
        return _found(self.roles, name, "role", "run playbooks/site.yml, which makes the roles")

    def group(self, name: str) -> str:
        """Return the id of a directory group; Unresolved when the directory has no such group."""
        remedy = "make it in the directory, or correct the register, then apply again"
        return _found(self.groups, name, "directory group", remedy)

    def service(self, kind: str) -> str:
        """Return the id of a service by its type; Unresolved when the catalogue has none."""
        return _found(self.services, kind, "service", "is it installed?")

    def external_network(self, name: str) -> str:
        """Return the id of an external network; Unresolved when there is none of the name."""
        remedy = "playbooks/site.yml makes it from the inventory's external_network"
        return _found(self.external_networks, name, "external network", remedy)


def _by(objects: list[Json], name: str) -> dict[str, str]:
    return {one[name]: one["id"] for one in objects}


def _found(ids: Mapping[str, str], name: str, what: str, remedy: str) -> str:
    if name not in ids:
        raise Unresolved(f"there is no {what} {name}: {remedy}")
    return ids[name]
