"""What the checks ask: whose is what, by the register and the cloud together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from typing import NamedTuple

from ouhai_cloud.cloud.exposure.model import (
    Exposure,
    Net,
    Network,
    Port,
    Project,
    Router,
    SecurityGroup,
    Subnet,
)
from ouhai_cloud.cloud.marks import tagged
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.register.model import Bureau, Register, System
from ouhai_cloud.tenancy.resources import Kind, State

BUREAU_TAG = "bureau="
SYSTEM_TAG = "system="
CLASS_TAG = "security-class="
GATEWAY = "network:router_gateway"
METADATA = "network:distributed"
"""What Neutron calls the owner of OVN's metadata ports."""


class Source(NamedTuple):
    """Addresses that packets of a bureau come from; of which project, as far as that is told."""

    addresses: Network
    bureau: str
    project_id: str = ""


@dataclass(frozen=True)
class Facts:
    """A snapshot of the cloud, the register, and the state that the register asks for.

    "Bureau" here is always the top unit, whose domain separates it from others.

    :param directory: name of the domain that staff log in from.
    """

    exposure: Exposure
    register: Register
    wanted: State
    directory: str = "district"

    @cached_property
    def centre(self) -> str:
        """Return the code of the e-government centre, empty when the register has none."""
        return next((one.code for one in self.register.bureaus if one.kind == "centre"), "")

    @cached_property
    def tops(self) -> Mapping[str, str]:
        """Return the top unit's code for each unit's code."""
        return {one.code: self.register.top(one).code for one in self.register.bureaus}

    @cached_property
    def lines(self) -> Mapping[str, frozenset[str]]:
        """Return the codes of a unit and of all units above it, for each unit's code."""
        above = {one.code: one.parent for one in self.register.bureaus}
        found = {}
        for code in above:
            line: list[str] = []
            step: str | None = code
            while step is not None:
                line.append(step)
                step = above[step]
            found[code] = frozenset(line)
        return found

    @cached_property
    def address_groups(self) -> Mapping[str, tuple[Network, ...]]:
        """Return the addresses of each of Neutron's address groups."""
        return {one.id: one.addresses for one in self.exposure.address_groups}

    @cached_property
    def domains(self) -> Mapping[str, str]:
        """Return the bureau's code for each of their domains' ids.

        By its mark, which a domain keeps that was renamed, or whose bureau left the register; one
        that lost its mark still has its name.
        """
        codes = {one.short: one.code for one in self.register.bureaus if one.parent is None}
        found = {}
        for one in self.exposure.projects:
            marked = tagged(one.tags)
            code = marked[0] if marked else codes.get(one.name, "")
            if one.is_domain and code:
                found[one.id] = code
        return found

    @cached_property
    def projects(self) -> Mapping[str, Project]:
        """Return projects and domains by id."""
        return {one.id: one for one in self.exposure.projects}

    def of_nobody(self, project_id: str) -> bool:
        """Tell whether it is known that no bureau has a project: not when it was made meanwhile."""
        unknown = project_id and project_id not in self.projects
        return not unknown and not self.bureau_of(project_id)

    def bureau_of(self, project_id: str) -> str:
        """Return the code of the bureau that a project or domain belongs to, or nothing."""
        project = self.projects.get(project_id)
        return self.domains.get(project.domain_id, "") if project else ""

    def of_directory(self, domain_id: str) -> bool:
        """Tell whether a domain is the one that staff log in from."""
        domain = self.projects.get(domain_id)
        return domain is not None and domain.name == self.directory

    def system_of(self, project_id: str) -> tuple[Bureau, System] | None:
        """Return the unit and its system that a project is for, by the project's tags."""
        project = self.projects.get(project_id)
        if project is None or project_id not in self.system_projects:
            return None
        return self.systems[self.system_projects[project_id]]

    def of_staff(self, domain_id: str) -> bool:
        """Tell whether people of bureaus are in a domain: the directory's, or a bureau's own."""
        return self.of_directory(domain_id) or bool(self.bureau_of(domain_id))

    def of_duties(self, project_id: str) -> bool:
        """Tell whether a project is the one that the centre's duties have their roles on."""
        project = self.projects.get(project_id)
        return project is not None and _tag(project, SYSTEM_TAG) == keys.DUTIES

    def security_class(self, project_id: str) -> int:
        """Return the class of a project's system; 0 when nobody says.

        A system that left the register keeps its tags, and with them its class, until it is gone.
        """
        system = self.system_of(project_id)
        if system is not None:
            return system[1].security_class
        project = self.projects.get(project_id)
        tag = _tag(project, CLASS_TAG) if project else ""
        return int(tag) if tag.isdecimal() else 0

    @cached_property
    def systems(self) -> Mapping[str, tuple[Bureau, System]]:
        """Return units and their systems by ``UNIT/SYSTEM``."""
        return {
            f"{unit.code}/{system.code}": (unit, system)
            for unit in self.register.bureaus
            for system in unit.systems
        }

    @cached_property
    def system_projects(self) -> Mapping[str, str]:
        """Return ``UNIT/SYSTEM`` for each project's id; a tag counts in its own domain only."""
        found = {}
        for project in self.exposure.projects:
            place = f"{_tag(project, BUREAU_TAG)}/{_tag(project, SYSTEM_TAG)}"
            unit = self.systems.get(place)
            if unit and self.tops[unit[0].code] == self.bureau_of(project.id):
                found[project.id] = place
        return found

    @cached_property
    def group_bureaus(self) -> Mapping[str, frozenset[str]]:
        """Return the bureaus that name a directory group as their staff."""
        found: dict[str, set[str]] = {}
        for unit in self.register.bureaus:
            for name in (*unit.staff.manager, *unit.staff.member, *unit.staff.reader):
                found.setdefault(name, set()).add(self.tops[unit.code])
        return {name: frozenset(codes) for name, codes in found.items()}

    @cached_property
    def networks(self) -> Mapping[str, Net]:
        """Return networks by id."""
        return {one.id: one for one in self.exposure.networks}

    @cached_property
    def subnets(self) -> Mapping[str, Subnet]:
        """Return subnets by id."""
        return {one.id: one for one in self.exposure.subnets}

    @cached_property
    def ports(self) -> Mapping[str, Port]:
        """Return ports by id."""
        return {one.id: one for one in self.exposure.ports}

    @cached_property
    def groups(self) -> Mapping[str, SecurityGroup]:
        """Return security groups by id."""
        return {one.id: one for one in self.exposure.groups}

    def network_bureau(self, network_id: str) -> str:
        """Return the bureau whose network it is, or nothing."""
        network = self.networks.get(network_id)
        return self.bureau_of(network.project_id) if network else ""

    def inner_networks(self, router: Router) -> tuple[Net, ...]:
        """Return the networks that a router connects; one made since they were listed is not known.

        The extranet is none of them.
        """
        ids = dict.fromkeys(port.network_id for port in self.router_ports.get(router.id, ()))
        known = (self.networks[one] for one in ids if one in self.networks)
        return tuple(one for one in known if not one.external)

    def router_bureaus(self, router: Router) -> frozenset[str]:
        """Return the bureaus whose networks a router connects, and whose it is itself."""
        own = self.bureau_of(router.project_id)
        codes = {self.bureau_of(one.project_id) for one in self.inner_networks(router)}
        # routers of all bureaus are the centre's: it counts only with a network of its own
        return frozenset(codes | ({own} if own != self.centre else set())) - {""}

    @cached_property
    def router_ports(self) -> Mapping[str, tuple[Port, ...]]:
        """Return the inner ports of each router."""
        found: dict[str, list[Port]] = {}
        # OVN's metadata ports are the network's, too, with a device that is no router.
        routers = {one.id for one in self.exposure.routers}
        for port in self.exposure.ports:
            if port.device_id in routers and "gateway" not in port.device_owner:
                found.setdefault(port.device_id, []).append(port)
        return {router: tuple(ports) for router, ports in found.items()}

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Return where packets of bureaus come from: as they are within, and on the extranet."""
        return (*self._inner_sources(), *self._floating_sources(), *self._gateway_sources())

    def _inner_sources(self) -> Iterator[Source]:
        for subnet in self.exposure.subnets:
            network = self.networks.get(subnet.network_id)
            if network:
                yield Source(subnet.cidr, self.bureau_of(network.project_id), network.project_id)

    def _floating_sources(self) -> Iterator[Source]:
        for one in self.exposure.floating:
            yield Source(ip_network(one.address), self.bureau_of(one.project_id), one.project_id)

    def _gateway_sources(self) -> Iterator[Source]:
        """Yield the addresses that routers put in place of those behind them."""
        routers = {one.id: one for one in self.exposure.routers}
        for port in self.exposure.ports:
            router = routers.get(port.device_id)
            # members may call a port of theirs a gateway, but not give it to nobody
            if router and port.device_owner == GATEWAY and not self.bureau_of(port.project_id):
                for code in self.router_bureaus(router):
                    yield from (Source(ip_network(address), code) for _, address in port.fixed)

    @cached_property
    def metadata_ports(self) -> frozenset[str]:
        """Return the ids of OVN's metadata ports, which Neutron makes in the network's own project.

        Each network has one, and nothing is ever plugged into it. Whoever owns a network may write
        a port's owner and device as they like, so of several on a network none is believed.
        """
        found: dict[str, list[str]] = {}
        for port in self.exposure.ports:
            named = (port.device_owner, port.device_id) == (METADATA, f"ovnmeta-{port.network_id}")
            if named and not port.host:
                found.setdefault(port.network_id, []).append(port.id)
        return frozenset(ids[0] for ids in found.values() if len(ids) == 1)

    @cached_property
    def agreed(self) -> frozenset[tuple[str, str]]:
        """Return (provider, consumer) of all agreements, as ``UNIT/SYSTEM``."""
        return frozenset((one.provider, one.consumer) for one in self.register.agreements)

    def agree(self, one_id: str, other_id: str) -> bool:
        """Tell whether there is an agreement between the systems of two projects."""
        ends = [self.system_projects.get(one, "") for one in (one_id, other_id)]
        return bool({tuple(ends), tuple(reversed(ends))} & self.agreed)

    def may_attach(self, project_id: str, network_id: str) -> bool:
        """Tell whether an agreement lets a project use another bureau's network."""
        network = self.networks.get(network_id)
        provider = self.system_projects.get(network.project_id, "") if network else ""
        return (provider, self.system_projects.get(project_id, "")) in self.agreed

    def wanted_of(self, kind: Kind) -> Iterator[Mapping[str, object]]:
        """Yield the attributes of all wanted resources of a kind."""
        for resource in self.wanted.values():
            if resource.kind is kind:
                yield resource.attributes


def _tag(project: Project, prefix: str) -> str:
    return next((tag.removeprefix(prefix) for tag in project.tags if tag.startswith(prefix)), "")
