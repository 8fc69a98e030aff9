"""What of a cloud can be open to others, as frozen data: the words of the isolation audit.

Ids are the cloud's own. Absent references are empty texts, so that a listing needs no ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Project:
    """A project, or a domain when `is_domain`; `domain_id` of a domain is its own id."""

    id: str
    name: str
    domain_id: str
    is_domain: bool = False
    tags: tuple[str, ...] = ()
    immutable: bool = True


@dataclass(frozen=True)
class Grant:
    """A role on a scope.

    :param subject_kind: ``group`` or ``user``.
    :param role_domain_id: the domain that the role is specific to, mostly none.
    :param scope_kind: ``domain``, ``project`` or ``system``.
    """

    role: str
    subject_kind: str
    subject_id: str
    subject_name: str
    subject_domain_id: str
    scope_kind: str
    scope_id: str
    inherited: bool = False
    role_domain_id: str = ""


@dataclass(frozen=True)
class Implication:
    """A role that brings another one with it."""

    prior: str
    implied: str


@dataclass(frozen=True)
class Membership:
    """Who is in a directory group; listed for the groups of the centre's duties alone."""

    group: str
    user_ids: tuple[str, ...]
    user_names: tuple[str, ...]


@dataclass(frozen=True)
class Trust:
    """A trustee may act in a project in the place of the trustor.

    :param trustee_domain_id: empty, as are name and groups, when there is no such user any more.
    :param trustee_groups: names of the groups that the trustee is in.
    """

    id: str
    project_id: str
    trustor_id: str
    trustee_id: str
    trustee_name: str = ""
    trustee_domain_id: str = ""
    trustee_groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Net:
    """A network."""

    id: str
    name: str
    project_id: str
    shared: bool = False
    external: bool = False
    port_security: bool = True


@dataclass(frozen=True)
class Share:
    """An entry of Neutron's RBAC: an object opened to a project, or to all by ``*``."""

    id: str
    object_type: str
    object_id: str
    action: str
    project_id: str
    target: str


@dataclass(frozen=True)
class Subnet:
    """A subnet."""

    id: str
    name: str
    network_id: str
    project_id: str
    cidr: Network


@dataclass(frozen=True)
class Router:
    """A router; `routes` are (destination, next hop)."""

    id: str
    name: str
    project_id: str
    external_network_id: str = ""
    routes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Port:
    """A port.

    :param fixed: (subnet, address) of each of its addresses.
    :param pairs: the other sources that it may send from.
    :param host: the compute host that it is bound to, once something is plugged into it.
    """

    id: str
    name: str
    network_id: str
    project_id: str
    device_owner: str = ""
    device_id: str = ""
    fixed: tuple[tuple[str, str], ...] = ()
    security_groups: tuple[str, ...] = ()
    port_security: bool = True
    pairs: tuple[Network, ...] = ()
    host: str = ""


@dataclass(frozen=True)
class FloatingAddress:
    """A floating address, and the port that it leads to."""

    id: str
    address: str
    project_id: str
    port_id: str = ""


@dataclass(frozen=True)
class SecurityGroup:
    """A security group."""

    id: str
    name: str
    project_id: str


@dataclass(frozen=True)
class AddressGroup:
    """Addresses that rules may name together."""

    id: str
    addresses: tuple[Network, ...]


@dataclass(frozen=True)
class Rule:
    """A rule of a security group; without any remote, it holds for the whole world.

    :param ports: first and last, or None for all.
    """

    id: str
    group_id: str
    direction: str
    protocol: str = ""
    ports: tuple[int, int] | None = None
    remote: Network | None = None
    remote_group_id: str = ""
    remote_address_group_id: str = ""


@dataclass(frozen=True)
class Image:
    """An image; `members` are the projects that it is shared with."""

    id: str
    name: str
    owner: str
    visibility: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Server:
    """A server, and the compute host that it is on."""

    id: str
    name: str
    project_id: str
    host: str


@dataclass(frozen=True)
class Quota:
    """What a project may have of a resource at most; -1 is without an end."""

    project_id: str
    service: str
    resource: str
    limit: int


@dataclass(frozen=True)
class Exposure:
    """A snapshot of all that the static audit looks at."""

    projects: tuple[Project, ...] = ()
    grants: tuple[Grant, ...] = ()
    implications: tuple[Implication, ...] = ()
    memberships: tuple[Membership, ...] = ()
    trusts: tuple[Trust, ...] = ()
    networks: tuple[Net, ...] = ()
    shares: tuple[Share, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    routers: tuple[Router, ...] = ()
    ports: tuple[Port, ...] = ()
    floating: tuple[FloatingAddress, ...] = ()
    groups: tuple[SecurityGroup, ...] = ()
    address_groups: tuple[AddressGroup, ...] = ()
    rules: tuple[Rule, ...] = ()
    images: tuple[Image, ...] = ()
    servers: tuple[Server, ...] = ()
    quotas: tuple[Quota, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return how many objects of each kind were looked at."""
        return {one.name: len(getattr(self, one.name)) for one in fields(self)}
