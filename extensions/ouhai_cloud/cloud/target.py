"""The cloud as apply's target: which function writes which kind, and how many at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ouhai_cloud.cloud import (
    apply_compute,
    apply_identity,
    apply_limits,
    apply_network,
    apply_security,
)
from ouhai_cloud.cloud.errors import CloudUnreachable
from ouhai_cloud.cloud.site import Site
from ouhai_cloud.cloud.threads import each
from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.tenancy.resources import Key, Kind, Resource
from ouhai_cloud.tenancy.target import Ids, Result

One = Callable[[Site, Resource], str]
Many = Callable[[Site, Sequence[Resource]], Mapping[Key, str]]
Prepare = Callable[[Site], None]
Parted = Callable[[Sequence[Resource]], Sequence[Sequence[Resource]]]


@dataclass(frozen=True)
class Writer:
    """How a kind is written.

    :param add: makes one; or ``add_many`` makes up to ``most`` by one request.
    :param part: says which ones go into one request, where that is not ours to choose.
    :param threads: how many requests at a time.
    :param prepare: done once before any is added.
    """

    remove: One
    add: One | None = None
    add_many: Many | None = None
    change: One | None = None
    # Neutron makes what one request asks for one after another: small parts use all its processes.
    most: int = 10
    part: Parted | None = None
    prepare: Prepare | None = None
    threads: int = 4

    def parts(self, resources: Sequence[Resource]) -> Sequence[Sequence[Resource]]:
        """Return resources in parts, each for one request; few ones are shared out, too."""
        if self.part is not None:
            return self.part(resources)
        size = min(self.most, max(1, math.ceil(len(resources) / self.threads)))
        return [resources[start : start + size] for start in range(0, len(resources), size)]


def deleting(path: str) -> One:
    """Return what deletes an object of a collection of Neutron."""

    def remove(site: Site, gone: Resource) -> str:
        site.api.delete("network", f"{path}/{gone.id}")
        return ""

    return remove


WRITERS: Mapping[Kind, Writer] = {
    Kind.DOMAIN: Writer(
        add=apply_identity.add_domain,
        change=apply_identity.change_domain,
        remove=apply_identity.remove_domain,
    ),
    Kind.PROJECT: Writer(
        add=apply_identity.add_project,
        change=apply_identity.change_project,
        remove=apply_identity.remove_project,
    ),
    Kind.GRANT: Writer(add=apply_identity.add_grant, remove=apply_identity.remove_grant),
    Kind.LIMIT: Writer(
        add_many=apply_limits.add_limits,
        change=apply_limits.change_limit,
        remove=apply_limits.remove_limit,
        most=200,
        # Two at a time wait for each other's locks in Keystone's database.
        threads=1,
    ),
    Kind.VOLUME_QUOTA: Writer(
        add=apply_limits.set_volume_quota,
        change=apply_limits.set_volume_quota,
        remove=apply_limits.remove_volume_quota,
    ),
    Kind.NETWORK_QUOTA: Writer(
        add=apply_limits.set_network_quota,
        change=apply_limits.set_network_quota,
        remove=apply_limits.remove_network_quota,
    ),
    Kind.ADDRESS_SCOPE: Writer(
        add=apply_network.add_address_scope,
        change=apply_network.change_address_scope,
        remove=deleting("/address-scopes"),
    ),
    Kind.SUBNET_POOL: Writer(
        add=apply_network.add_subnet_pool,
        change=apply_network.change_subnet_pool,
        remove=deleting("/subnetpools"),
    ),
    Kind.NETWORK: Writer(
        add_many=apply_network.add_networks,
        change=apply_network.change_network,
        remove=deleting("/networks"),
        threads=2,
    ),
    Kind.SUBNET: Writer(
        add_many=apply_network.add_subnets,
        change=apply_network.change_subnet,
        remove=deleting("/subnets"),
        threads=2,
    ),
    Kind.ROUTER: Writer(
        add=apply_network.add_router,
        change=apply_network.change_router,
        remove=deleting("/routers"),
        prepare=apply_network.make_room_for_routers,
        threads=3,
    ),
    Kind.INTERFACE: Writer(
        add=apply_network.add_interface, remove=apply_network.remove_interface, threads=3
    ),
    Kind.SECURITY_GROUP: Writer(
        add_many=apply_security.add_security_groups,
        change=apply_security.change_security_group,
        remove=deleting("/security-groups"),
        threads=2,
    ),
    Kind.RULE: Writer(
        add_many=apply_security.add_rules,
        remove=deleting("/security-group-rules"),
        part=apply_security.by_group,
    ),
    Kind.SHARE: Writer(add=apply_network.add_share, remove=deleting("/rbac-policies")),
    Kind.AGGREGATE: Writer(
        add=apply_compute.add_aggregate,
        change=apply_compute.change_aggregate,
        remove=apply_compute.remove_aggregate,
    ),
}


class CloudTarget:
    """Writes to a cloud; see ``tenancy.target.Target`` for what each verb promises."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def add(self, kind: Kind, wanted: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Make resources."""
        writer, site = WRITERS[kind], self._site.with_ids(ids)
        if writer.prepare is not None:
            try:
                writer.prepare(site)
            except OuhaiError as error:
                return iter([Result(one.key, error=str(error)) for one in wanted])
        if writer.add_many is not None:
            return _by_parts(site, writer, writer.add_many, wanted)
        return _one_by_one(site, writer, writer.add, wanted)

    def change(self, kind: Kind, wanted: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Write attributes of resources."""
        writer = WRITERS[kind]
        return _one_by_one(self._site.with_ids(ids), writer, writer.change, wanted)

    def remove(self, kind: Kind, gone: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Remove resources."""
        writer = WRITERS[kind]
        return _one_by_one(self._site.with_ids(ids), writer, writer.remove, gone)


def _one_by_one(
    site: Site, writer: Writer, write: One | None, resources: Sequence[Resource]
) -> Iterator[Result]:
    if write is None:
        raise ValueError(f"{resources[0].kind} has nothing that could be changed")

    def work(resource: Resource) -> Result:
        try:
            return Result(resource.key, id=write(site, resource))
        except OuhaiError as error:
            return Result(resource.key, error=str(error))

    return each(work, resources, writer.threads)


def _by_parts(
    site: Site, writer: Writer, write: Many, resources: Sequence[Resource]
) -> Iterator[Result]:
    def work(part: Sequence[Resource]) -> list[Result]:
        return _write_part(site, write, part)

    for results in each(work, writer.parts(resources), writer.threads):
        yield from results


def _write_part(site: Site, write: Many, part: Sequence[Resource]) -> list[Result]:
    """Write several by one request; when one of them spoils it, halve until it stands alone."""
    try:
        ids = write(site, part)
    except CloudUnreachable as error:
        return [Result(one.key, error=str(error)) for one in part]
    except OuhaiError as error:
        if len(part) == 1:
            return [Result(part[0].key, error=str(error))]
        middle = len(part) // 2
        halves = (part[:middle], part[middle:])
        return [result for half in halves for result in _write_part(site, write, half)]
    return [_result(one.key, ids) for one in part]


def _result(key: Key, ids: Mapping[Key, str]) -> Result:
    if key in ids:
        return Result(key, id=ids[key])
    return Result(key, error="the service answered without naming it; apply again to look for it")
