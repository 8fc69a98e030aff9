"""The best peer: the same objects by openstacksdk as a practised hand writes a script.

It lists everything first, then makes what is missing: by bulk requests where the API takes them,
by eight threads where it does not. The platform's facts have figures of such a script.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from keystoneauth1.identity.v3 import Token
from openstack.connection import Connection

from tests.bench.tenancy_objects import Objects, differ, network_quota, volume_quota

THREADS = 8
LIMITS = {"cores": "class:VCPU", "memory_mib": "class:MEMORY_MB", "servers": "servers"}
Named = dict[str, Any]


def make(cloud: Connection, wanted: Objects, external_network: str, group_domain: str) -> int:
    """Make all objects that are missing; return how many that were."""
    script = _Script(cloud, wanted)
    script.identity(group_domain)
    script.limits()
    script.networks()
    script.routers(external_network)
    script.groups()
    return script.made


class _Script:
    """One run: the objects by name, and how many of them it made."""

    def __init__(self, cloud: Connection, wanted: Objects) -> None:
        self.cloud, self.wanted, self.made = cloud, wanted, 0
        identity, network = cloud.identity, cloud.network
        self.domains = _named(identity.domains())
        self.projects = _named(identity.projects())
        self.nets = _named(network.networks())
        self.subnets = _named(network.subnets())
        self.router = _named(network.routers())
        self.security_groups = _named(network.security_groups())

    def identity(self, group_domain: str) -> None:
        """Make domains, projects and the staff's roles."""
        identity = self.cloud.identity

        def domain(one: Named) -> Any:
            fields = {"name": one["name"], "description": one["description"]}
            return identity.create_domain(**fields)

        def project(one: Named) -> Any:
            of = self.domains[one["bureau"]].id
            fields = {"name": one["project"], "description": one["description"]}
            return identity.create_project(domain_id=of, **fields)

        bureaus, systems = self.wanted["bureaus"], self.wanted["systems"]
        self.domains |= _named(self._each(domain, _missing(bureaus, "name", self.domains)))
        self.projects |= _named(self._each(project, _missing(systems, "project", self.projects)))
        home = identity.find_domain(group_domain, ignore_missing=False)
        groups = _named(identity.groups(domain_id=home.id))
        roles = _named(identity.roles())
        there = {
            (one.scope.get("domain", {}).get("id"), (one.group or {}).get("id"), one.role["id"])
            for one in identity.role_assignments()
        }
        grants = [
            (self.domains[one["bureau"]].id, groups[one["group"]].id, roles[one["role"]].id)
            for one in self.wanted["grants"]
        ]
        self._each(lambda one: identity.assign_domain_role_to_group(*one), set(grants) - there)

    def limits(self) -> None:
        """Set unified limits by one request, the quotas of Cinder and Neutron by one each."""
        network, volume = self.cloud.network, self.cloud.block_storage
        registered = {one.resource_name: one for one in self.cloud.identity.registered_limits()}
        there = {(one["project_id"], one["resource_name"]) for one in self._all_limits()}
        bodies = [
            {
                "project_id": self._project(one),
                "service_id": registered[resource].service_id,
                "region_id": registered[resource].region_id,
                "resource_name": resource,
                "resource_limit": one[name],
            }
            for one in self.wanted["systems"]
            for name, resource in LIMITS.items()
            if (self._project(one), resource) not in there
        ]
        self._bulk(self.cloud.identity, "limits", bodies)
        have = {one.project_id: one for one in network.quotas()}
        projects = {self._project(one): one for one in self.wanted["systems"]}
        self._each(
            lambda id_: network.update_quota(id_, **network_quota(projects[id_])),
            [id_ for id_, one in projects.items() if differ(have.get(id_), network_quota(one))],
        )
        now = dict(zip(projects, self._ask(volume.get_quota_set, list(projects)), strict=True))
        self._each(
            lambda id_: volume.update_quota_set(id_, **volume_quota(projects[id_])),
            [id_ for id_, one in projects.items() if differ(now[id_], volume_quota(one))],
        )

    def networks(self) -> None:
        """Make networks by one request, their subnets by one more."""
        missing = _missing(self.wanted["systems"], "name", self.nets)
        bodies = [{"name": one["name"], "project_id": self._project(one)} for one in missing]
        self.nets |= _named(self._bulk(self.cloud.network, "networks", bodies))
        missing = _missing(self.wanted["systems"], "name", self.subnets)
        bodies = [
            {
                "name": one["name"],
                "network_id": _id(self.nets[one["name"]]),
                "project_id": self._project(one),
                "ip_version": 4,
                "cidr": one["cidr"],
            }
            for one in missing
        ]
        self.subnets |= _named(self._bulk(self.cloud.network, "subnets", bodies))

    def routers(self, external_network: str) -> None:
        """Make a router for each bureau and attach its subnets."""
        network = self.cloud.network
        outside = network.find_network(external_network, ignore_missing=False).id
        gateway = {"network_id": outside, "enable_snat": True}

        def router(one: Named) -> Any:
            return network.create_router(name=one["name"], external_gateway_info=gateway)

        bureaus = self.wanted["bureaus"]
        self.router |= _named(self._each(router, _missing(bureaus, "name", self.router)))
        ports = network.ports(device_owner="network:router_interface")
        there = {address["subnet_id"] for port in ports for address in port.fixed_ips}
        pairs = [
            (self.router[one["name"]].id, _id(self.subnets[name]))
            for one in bureaus
            for name in one["subnets"]
        ]
        self._each(
            lambda pair: network.add_interface_to_router(pair[0], subnet_id=pair[1]),
            [pair for pair in pairs if pair[1] not in there],
        )

    def groups(self) -> None:
        """Make security groups by one request, the rules of each by one."""
        exposed = self.wanted["exposed"]
        missing = _missing(exposed, "name", self.security_groups)
        bodies = [{"name": one["name"], "project_id": self._project(one)} for one in missing]
        made = self._bulk(self.cloud.network, "security_groups", bodies)
        self.security_groups |= _named(made)
        there = {
            (one.security_group_id, one.port_range_min)
            for one in self.cloud.network.security_group_rules()
        }
        todo = []
        for one in exposed:
            group = _id(self.security_groups[one["name"]])
            rules = [
                {"security_group_id": group, **rule}
                for rule in one["rules"]
                if (group, rule["port_range_min"]) not in there
            ]
            if rules:
                todo.append(rules)
        network = self.cloud.network
        answers = self._ask(lambda rules: _post(network, "security_group_rules", rules), todo)
        self.made += sum(map(len, answers))

    def _all_limits(self) -> list[Named]:
        """List limits with a token for the whole system: one for a project sees its own alone."""
        session = self.cloud.session
        of_all = Token(session.auth.auth_url, session.get_token(), system_scope="all")
        answer = self.cloud.identity.get("/limits", auth=of_all)
        answer.raise_for_status()
        return list(answer.json()["limits"])

    def _project(self, one: Named) -> str:
        return str(self.projects[one["project"]].id)

    def _ask(self, work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(work, items))

    def _each(self, work: Callable[[Any], Any], items: Any) -> list[Any]:
        """Do what makes one object for each item; return the answers."""
        answers = self._ask(work, list(items))
        self.made += len(answers)
        return answers

    def _bulk(self, service: Any, noun: str, bodies: Sequence[Named]) -> list[Named]:
        """Make objects by one request; return the answers."""
        answers = _post(service, noun, bodies) if bodies else []
        self.made += len(answers)
        return answers


def _post(service: Any, noun: str, bodies: Sequence[Named]) -> list[Named]:
    answer = service.post(f"/{noun.replace('_', '-')}", json={noun: list(bodies)})
    answer.raise_for_status()
    return list(answer.json()[noun])


def _missing(items: Sequence[Named], name: str, there: Named) -> list[Named]:
    return [one for one in items if one[name] not in there]


def _named(objects: Any) -> Named:
    return {one["name"]: one for one in objects}


def _id(one: Any) -> str:
    return str(one["id"])
