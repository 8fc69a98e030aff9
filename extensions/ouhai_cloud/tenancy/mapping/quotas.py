"""Limits and quotas: an allotment in the words of Nova, Cinder and Neutron.

What nobody works in (containers of sub-units, the duties' project) is limited to nothing, so that
it does not matter what the services' defaults are. Each server takes one address of its system's
network, so there are at most as many servers as addresses. Nova and Cinder do not know of each
other's disks, so each gets a part, and together they cannot give out more than the allotment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.mapping.names import Tenant, wish
from ouhai_cloud.tenancy.register.model import Allotment, Register, System
from ouhai_cloud.tenancy.resources import NETWORK_RESOURCES, Key, Ref, Resource

COMPUTE = "compute"
NOTHING = Allotment()
MIB_PER_GIB = 1024
VOLUMES_PER_SERVER = 2
DISK = "disk"
DISK_PARTS = frozenset({"class:DISK_GB", "gigabytes"})
"""What of the disk Nova gives out, and what Cinder."""
SPARE_PORTS = 4
OWN_SECURITY_GROUPS = 6
OWN_RULES = 60
DEFAULT_GROUP = {"security_group": 1, "security_group_rule": 4}


def server_disk_gib(allotment: Allotment) -> int:
    """Return the half of the disk, rounded up, that is for servers' own disks (the flavor's)."""
    return (allotment.disk_gib + 1) // 2


def compute_limits(allotment: Allotment) -> Mapping[str, int]:
    """Return Nova's limits by resource."""
    return {
        "servers": allotment.addresses,
        "class:VCPU": allotment.cores,
        "class:MEMORY_MB": allotment.memory_gib * MIB_PER_GIB,
        "class:DISK_GB": server_disk_gib(allotment),
    }


def volume_quota(allotment: Allotment) -> Mapping[str, int]:
    """Return Cinder's quotas.

    Two volumes for each server (its system's and its data's). Backups are kept apart from the pool,
    so they lie outside of the allotment's disk: as many as snapshots, and room to back up the
    whole disk once where there may be any.
    """
    gigabytes = allotment.disk_gib - server_disk_gib(allotment)
    return {
        "volumes": allotment.addresses * VOLUMES_PER_SERVER if gigabytes else 0,
        "gigabytes": gigabytes,
        "snapshots": allotment.snapshots,
        "backups": allotment.snapshots,
        "backup_gigabytes": allotment.disk_gib if allotment.snapshots else 0,
    }


def ceilings(register: Register) -> Mapping[Key, Mapping[str, int]]:
    """Return what each top unit's projects may have together, by its domain's key."""
    tops = (one for one in register.bureaus if one.parent is None)
    return {keys.domain(one.code): ceiling(one.allotment) for one in tops}


def ceiling(allotment: Allotment) -> Mapping[str, int]:
    """Return what a top unit's projects may have together, by resource in the services' words."""
    whole = {DISK: allotment.disk_gib, "snapshots": allotment.snapshots}
    limits = compute_limits(allotment).items()
    return whole | {name: limit for name, limit in limits if name not in DISK_PARTS}


def floating_addresses(system: System) -> int:
    """Return how many floating addresses a system may have.

    One to look after it from the extranet, one more when it exposes a service there, so that the
    service's address need not move while the system is looked after.
    """
    return 1 + bool(system.exposes)


def network_quota(system: System) -> Mapping[str, int]:
    """Return Neutron's quotas of a system.

    One network and one subnet, which are there already, so that members cannot make any that
    overlap; ports for servers, floating addresses, the router, DHCP and two spare; the groups and
    rules that members open their systems with between each other.
    """
    floating = floating_addresses(system)
    return {
        "network": 1,
        "subnet": 1,
        "router": 0,
        "port": system.allotment.addresses + floating + SPARE_PORTS,
        "floatingip": floating,
        "security_group": OWN_SECURITY_GROUPS,
        "security_group_rule": OWN_RULES + len(system.exposes),
        "rbac_policy": 0,
        "subnetpool": 0,
    }


def tenant_quotas(tenant: Tenant) -> Iterator[Resource]:
    """Yield the limits and quotas of a system's project."""
    allotment = tenant.system.allotment
    yield from _all(
        tenant.project,
        tenant.code,
        tenant.place,
        compute_limits(allotment),
        volume_quota(allotment),
        network_quota(tenant.system),
    )


def no_quotas(project: Key, bureau: str, reason: str) -> Iterator[Resource]:
    """Yield limits and quotas of nothing for a project that nobody works in."""
    compute = dict.fromkeys(compute_limits(NOTHING), 0)
    # Neutron makes a project's default group with its rules when somebody looks, or answers 409.
    network = dict.fromkeys(NETWORK_RESOURCES, 0) | DEFAULT_GROUP
    yield from _all(project, bureau, reason, compute, volume_quota(NOTHING), network)


def _all(
    project: Key,
    bureau: str,
    reason: str,
    compute: Mapping[str, int],
    volume: Mapping[str, int],
    network: Mapping[str, int],
) -> Iterator[Resource]:
    of = Ref(project)
    for name, limit in compute.items():
        yield wish(
            keys.limit(project, COMPUTE, name),
            bureau,
            reason,
            project=of,
            service=COMPUTE,
            resource=name,
            limit=limit,
        )
    yield wish(keys.volume_quota(project), bureau, reason, project=of, **volume)
    yield wish(keys.network_quota(project), bureau, reason, project=of, **network)
