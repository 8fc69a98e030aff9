"""The keys of everything that tenancy makes: one place that says how each is written.

The cloud's observer uses the same functions, so that what it sees meets what is wanted. What it
sees and cannot name by a code gets a key that no wish can have: ``foreign``.
"""

from __future__ import annotations

from ouhai_cloud.tenancy.resources import Key, Kind, key, place_of

DUTIES = "duties"
"""Place of the centre's project for the three duties, beside its systems."""
DUTIES_NAME = "运维管理"
"""What that project is called; the register keeps both words free for it."""
DISTRICT = "district"
CLASS_3 = "security-class-3"


def domain(code: str) -> Key:
    """Return the key of a top unit's domain: ``domain:E021``."""
    return key(Kind.DOMAIN, code)


def container(code: str) -> Key:
    """Return the key of the project that holds a sub-unit's projects: ``project:S001``."""
    return key(Kind.PROJECT, code)


def project(code: str, system: str) -> Key:
    """Return the key of a system's project: ``project:E021/oa``."""
    return key(Kind.PROJECT, code, system)


def grant(scope: Key, role: str, subject: str, *, inherited: bool) -> Key:
    """Return the key of a role's grant: ``grant:E021/manager/direct/group:edu-manager``.

    :param scope: key of the domain or project.
    :param subject: ``group:NAME`` for a group of the directory's domain, else ``group:DOMAIN/NAME``
        or ``user:DOMAIN/NAME``.
    """
    return key(Kind.GRANT, place_of(scope), role, "inherited" if inherited else "direct", subject)


def limit(project_key: Key, service: str, resource: str) -> Key:
    """Return the key of a unified limit: ``limit:E021/oa/compute/class:VCPU``."""
    return key(Kind.LIMIT, place_of(project_key), service, resource)


def volume_quota(project_key: Key) -> Key:
    """Return the key of a project's Cinder quota: ``volume_quota:E021/oa``."""
    return key(Kind.VOLUME_QUOTA, place_of(project_key))


def network_quota(project_key: Key) -> Key:
    """Return the key of a project's Neutron quota: ``network_quota:E021/oa``."""
    return key(Kind.NETWORK_QUOTA, place_of(project_key))


def address_scope() -> Key:
    """Return the key of the district's one address scope: ``address_scope:district``."""
    return key(Kind.ADDRESS_SCOPE, DISTRICT)


def subnet_pool(code: str) -> Key:
    """Return the key of a top unit's subnet pool: ``subnet_pool:E021``."""
    return key(Kind.SUBNET_POOL, code)


def network(code: str, system: str) -> Key:
    """Return the key of a system's network: ``network:E021/oa``."""
    return key(Kind.NETWORK, code, system)


def subnet(code: str, system: str) -> Key:
    """Return the key of a system's subnet: ``subnet:E021/oa``."""
    return key(Kind.SUBNET, code, system)


def router(code: str) -> Key:
    """Return the key of a top unit's router: ``router:E021``."""
    return key(Kind.ROUTER, code)


def interface(router_key: Key, subnet_key: Key) -> Key:
    """Return the key of a subnet's attachment to a router: ``interface:E021/E021/oa``."""
    return key(Kind.INTERFACE, place_of(router_key), place_of(subnet_key))


def security_group(code: str, system: str) -> Key:
    """Return the key of the group that opens what a system exposes: ``security_group:E021/oa``."""
    return key(Kind.SECURITY_GROUP, code, system)


def rule(group: Key, direction: str, protocol: str, port: str | int, remote: str) -> Key:
    """Return the key of a rule: ``rule:E021/oa/ingress/tcp/443/0.0.0.0/0``.

    :param port: a port, ``1-1024`` for a range, ``*`` for all.
    :param remote: a range of addresses, ``group:ID``, or ``address-group:ID``.
    """
    return key(Kind.RULE, place_of(group), direction, protocol, str(port), remote)


def share(network_key: Key, consumer: str) -> Key:
    """Return the key of a network's share: ``share:E021/oa/E033/portal``.

    :param consumer: place of the project that may attach, ``*`` for all, or the id of a project
        that is not ours.
    """
    return key(Kind.SHARE, place_of(network_key), consumer)


def aggregate() -> Key:
    """Return the key of the hosts kept for security class 3: ``aggregate:security-class-3``."""
    return key(Kind.AGGREGATE, CLASS_3)


def foreign(kind: Kind, id_: str) -> Key:
    """Return the key of something seen that no code names: ``project:?/5f0c…``."""
    return key(kind, "?", id_)
