"""Where servers of security class 3 are, when hosts are kept for them."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Server
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole
from ouhai_cloud.tenancy.mapping.names import CLASSES
from ouhai_cloud.tenancy.resources import Kind

KEPT_FOR_CLASS = 3


def outside(facts: Facts) -> Iterator[Hole]:
    """Find servers of class 3 on hosts that others use too."""
    hosts = _kept(facts)
    for server, code, security_class in _of_bureaus(facts):
        if hosts and security_class == KEPT_FOR_CLASS and server.host not in hosts:
            yield hole(
                naming.named("server", server.id, server.name),
                (code,),
                f"A server of security class 3 is on {server.host}, which is not kept for those.",
                f"等保三级系统的云主机运行在 {server.host}，不在专用主机上。",
            )


def intruder(facts: Facts) -> Iterator[Hole]:
    """Find servers of other classes on hosts that are kept for class 3."""
    hosts = _kept(facts)
    for server, code, security_class in _of_bureaus(facts):
        if server.host in hosts and security_class != KEPT_FOR_CLASS:
            yield hole(
                naming.named("server", server.id, server.name),
                (code,),
                f"A server of security class {security_class or 'unknown'} is on {server.host}, "
                "which is kept for class 3.",
                f"{CLASSES.get(security_class, '等级不明的')}系统的云主机运行在三级专用主机 "
                f"{server.host} 上。",
            )


def _kept(facts: Facts) -> set[str]:
    hosts: set[str] = set()
    for attributes in facts.wanted_of(Kind.AGGREGATE):
        named = attributes.get("hosts")
        hosts |= set(named) if isinstance(named, tuple) else set()
    return hosts


def _of_bureaus(facts: Facts) -> Iterator[tuple[Server, str, int]]:
    for server in facts.exposure.servers:
        code = facts.bureau_of(server.project_id)
        if code and server.host:
            yield server, code, facts.security_class(server.project_id)


_APART = Text(
    "Systems of class 3 share no hardware with others.",
    "三级系统不得与其他系统共用物理主机。",
)
_MOVE = Text(
    "Move it by `openstack server migrate --live-migration`, and look at the host aggregate.",
    "用 openstack server migrate --live-migration 迁移，并检查主机聚合。",
)

CHECKS = (
    Check(
        "C01",
        Severity.HIGH,
        Text("A class 3 server is outside its hosts", "三级系统不在专用主机"),
        _APART,
        _MOVE,
        outside,
    ),
    Check(
        "C02",
        Severity.HIGH,
        Text("Another server is on class 3 hosts", "非三级系统在三级专用主机"),
        _APART,
        _MOVE,
        intruder,
    ),
)
