"""The words in which wanted, observed and recorded states are written, the same for all three.

A resource has a kind, a key that never changes, and attributes. What an attribute refers to is
given by the other resource's key (``Ref``), never by an id of the cloud: so the three states can
be compared before anything exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

Key = NewType("Key", str)
"""``kind:place``, such as ``project:E021/oa``."""


@dataclass(frozen=True, order=True)
class Ref:
    """Refers to another resource by its key."""

    key: Key


Scalar = str | int | bool | None | Ref
Value = Scalar | tuple[Scalar, ...]
"""What an attribute may be; sets are sorted tuples. JSON has a form for each (state.py)."""


class Kind(StrEnum):
    """Every kind of resource, each with the attributes it has."""

    DOMAIN = "domain"  # name, description, tags, enabled, immutable
    PROJECT = "project"  # name, domain, parent, description, tags, enabled, immutable
    GRANT = "grant"  # scope (domain or project), group, role, inherited; never changes
    LIMIT = "limit"  # project, service, resource, limit      (Keystone unified limits)
    VOLUME_QUOTA = "volume_quota"  # project, volumes, snapshots, gigabytes, backups, …
    NETWORK_QUOTA = "network_quota"  # project, network, subnet, router, floatingip, port, …
    ADDRESS_SCOPE = "address_scope"  # name
    SUBNET_POOL = "subnet_pool"  # name, description, scope, prefixes
    NETWORK = "network"  # name, description, project, enabled, port_security
    SUBNET = "subnet"  # name, network, pool, cidr, gateway, resolvers, dhcp, host_routes
    ROUTER = "router"  # name, description, external_network, snat, enabled, routes
    INTERFACE = "interface"  # router, subnet; never changes
    SECURITY_GROUP = "security_group"  # name, description, project
    RULE = "rule"  # group, direction, protocol, port, remote; never changes
    SHARE = "share"  # network, project; never changes
    AGGREGATE = "aggregate"  # name, projects (those that its hosts are kept for)


ORDER: Mapping[Kind, tuple[Kind, ...]] = {
    Kind.DOMAIN: (),
    Kind.PROJECT: (Kind.DOMAIN,),
    Kind.GRANT: (Kind.PROJECT,),
    Kind.LIMIT: (Kind.PROJECT,),
    Kind.VOLUME_QUOTA: (Kind.PROJECT,),
    Kind.NETWORK_QUOTA: (Kind.PROJECT,),
    Kind.ADDRESS_SCOPE: (),
    Kind.SUBNET_POOL: (Kind.ADDRESS_SCOPE,),
    Kind.NETWORK: (Kind.PROJECT,),
    Kind.SUBNET: (Kind.NETWORK, Kind.SUBNET_POOL),
    Kind.ROUTER: (Kind.DOMAIN,),
    Kind.INTERFACE: (Kind.ROUTER, Kind.SUBNET),
    Kind.SECURITY_GROUP: (Kind.PROJECT,),
    Kind.RULE: (Kind.SECURITY_GROUP,),
    Kind.SHARE: (Kind.NETWORK,),
    Kind.AGGREGATE: (Kind.PROJECT,),
}
"""What must be there before a kind can be made. Removal goes the other way round."""

DOUBLE_OF = "double_of"
"""Attribute of what bears our mark though another has its key already: that key, as text, since
nothing hangs on it."""

FIXED = frozenset({Kind.GRANT, Kind.INTERFACE, Kind.RULE, Kind.SHARE})
"""Kinds whose attributes are their identity: they are added and removed, never changed."""

NETWORK_RESOURCES = (
    "network",
    "subnet",
    "router",
    "port",
    "floatingip",
    "security_group",
    "security_group_rule",
    "rbac_policy",
    "subnetpool",
)
"""What a network quota counts, in Neutron's words: its attributes besides the project."""


@dataclass(frozen=True)
class Resource:
    """One resource as it is wanted, recorded, or seen.

    :param bureau: code of the bureau on whose account it is, or empty for the district's own.
    :param reason: where the wish comes from (``E021/oa``), for people; not compared.
    :param id: the cloud's id of it, empty while it is only wanted; not compared.
    :param owned: the cloud says that it was made by us (tag); not compared.
    """

    kind: Kind
    key: Key
    bureau: str
    attributes: Mapping[str, Value]
    reason: str = field(default="", compare=False)
    id: str = field(default="", compare=False)
    owned: bool = field(default=False, compare=False)


State = Mapping[Key, Resource]
"""A whole state by key: wanted, recorded, or observed."""


def key(kind: Kind, *place: str) -> Key:
    """Return the key of a resource: ``key(Kind.PROJECT, "E021", "oa")`` → ``project:E021/oa``."""
    return Key(f"{kind}:{'/'.join(place)}")


def kind_of(of: Key) -> Kind:
    """Return the kind that a key names."""
    return Kind(of.partition(":")[0])


def place_of(of: Key) -> str:
    """Return what is behind the kind in a key."""
    return of.partition(":")[2]
