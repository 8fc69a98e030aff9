"""Ports that may pretend to be others, and floating addresses that lead astray."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Network, Port
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole

TRUSTED = "network:"
"""Neutron trusts ports whose owner begins so: no port security, no security group."""


def unprotected(facts: Facts) -> Iterator[Hole]:
    """Find ports and networks of bureaus without port security."""
    for network in facts.exposure.networks:
        code = facts.bureau_of(network.project_id)
        if code and not network.port_security:
            yield hole(
                naming.named("network", network.id, network.name),
                (code,),
                "The network has port security off, and so has every new port on it.",
                "网络关闭了端口安全，新端口都不受保护。",
            )
    for port, codes in _of_bureaus(facts):
        if not port.port_security:
            yield hole(
                _what(port),
                codes,
                "Port security is off: any source address and MAC may be sent.",
                "端口安全已关闭，可伪造源地址和 MAC。",
            )


def without_group(facts: Facts) -> Iterator[Hole]:
    """Find ports that no security group looks after."""
    for port, codes in _of_bureaus(facts):
        if port.port_security and not port.security_groups:
            yield hole(_what(port), codes, "The port is in no security group.", "端口没有安全组。")


def pairs(facts: Facts) -> Iterator[Hole]:
    """Find ports that may send from addresses outside their own subnets."""
    for port, codes in _of_bureaus(facts):
        own = [facts.subnets[one].cidr for one, _ in port.fixed if one in facts.subnets]
        beyond = [pair for pair in port.pairs if not any(_within(pair, cidr) for cidr in own)]
        if beyond:
            text = ", ".join(map(str, beyond))
            yield hole(
                _what(port),
                codes,
                f"It may send from addresses outside its own subnets: {text}.",
                f"允许的地址对超出所在子网：{text}。",
            )


def forged_owner(facts: Facts) -> Iterator[Hole]:
    """Find ports of a bureau's own project that claim to be a part of the network."""
    for port in facts.exposure.ports:
        code = facts.bureau_of(port.project_id)
        if code and port.device_owner.startswith(TRUSTED) and not _of_network(facts, port):
            yield hole(
                _what(port),
                (code, facts.network_bureau(port.network_id)),
                f"It claims to be {port.device_owner}, which frees it from port security.",
                f"端口自称 {port.device_owner}，从而不受端口安全约束。",
            )


def floating(facts: Facts) -> Iterator[Hole]:
    """Find floating addresses of one bureau that lead to a port of another one, or of nobody.

    A port that the platform has on a bureau's network is as good as that bureau's.
    """
    for one in facts.exposure.floating:
        port = facts.ports.get(one.port_id)
        owner = facts.bureau_of(one.project_id)
        if not owner or port is None:
            continue
        target = facts.bureau_of(port.project_id) or facts.network_bureau(port.network_id)
        if target != owner and (target or facts.of_nobody(port.project_id)):
            yield hole(
                naming.named("floating-ip", one.id, one.address),
                (owner, target),
                f"It is of {owner} and leads to port {one.port_id} of {target or 'the platform'}.",
                f"{owner} 的浮动地址指向 {target or '平台'} 的端口 {one.port_id}。",
            )


def _of_bureaus(facts: Facts) -> Iterator[tuple[Port, tuple[str, ...]]]:
    for port in facts.exposure.ports:
        codes = (facts.bureau_of(port.project_id), facts.network_bureau(port.network_id))
        if any(codes) and not _of_network(facts, port):
            yield port, codes


def _of_network(facts: Facts, port: Port) -> bool:
    """Tell whether a port is what its owner says, a part of the network.

    Routers' ports have the project of the router, which is the platform's, or none: no bureau can
    write to those. Only OVN's metadata ports are in a bureau's project.
    """
    trusted = port.device_owner.startswith(TRUSTED)
    return trusted and (not facts.bureau_of(port.project_id) or port.id in facts.metadata_ports)


def _within(inner: Network, outer: Network) -> bool:
    return (
        inner.version == outer.version
        and int(outer.network_address) <= int(inner.network_address)
        and int(inner.broadcast_address) <= int(outer.broadcast_address)
    )


def _what(port: Port) -> str:
    return naming.named("port", port.id, port.name)


_SPOOF = Text(
    "The server can pretend to be another one, or the gateway.",
    "主机可冒充其他主机或网关，截取或伪造流量。",
)

CHECKS = (
    Check(
        "N09",
        Severity.CRITICAL,
        Text("Port security is off", "端口安全已关闭"),
        _SPOOF,
        Text(
            "`openstack port set --enable-port-security` (a network likewise), with a security "
            "group.",
            "openstack port set --enable-port-security（网络同理），并加入安全组。",
        ),
        unprotected,
    ),
    Check(
        "N10",
        Severity.MEDIUM,
        Text("A port has no security group", "端口没有安全组"),
        Text(
            "Nobody has decided what the port is open to.",
            "没有安全组的端口没有人审过其开放范围。",
        ),
        Text(
            "`openstack port set --security-group default`.",
            "openstack port set --security-group default。",
        ),
        without_group,
    ),
    Check(
        "N11",
        Severity.CRITICAL,
        Text("Address pairs outside the own subnet", "允许的地址对超出子网"),
        _SPOOF,
        Text(
            "`openstack port set --no-allowed-address`, then allow what is needed.",
            "openstack port set --no-allowed-address，再写入必要的地址。",
        ),
        pairs,
    ),
    Check(
        "N12",
        Severity.CRITICAL,
        Text("A port claims to be a part of the network", "端口冒充网络设备"),
        _SPOOF,
        Text(
            "Remove the port, and look for who made it; of two metadata ports of a network, "
            "Neutron made the older one.",
            "删除该端口，并检查创建者；同一网络若有两个元数据端口，较早的一个由 Neutron 建立。",
        ),
        forged_owner,
    ),
    Check(
        "N13",
        Severity.CRITICAL,
        Text("A floating address leads out of its bureau", "浮动地址指向本单位之外"),
        Text(
            "A bureau holds the way into another one's server, or into the platform.",
            "一个单位可以从外部控制通向其他单位主机或平台的入口。",
        ),
        Text(
            "Detach it by `openstack floating ip unset --port`.",
            "用 openstack floating ip unset --port 解除关联。",
        ),
        floating,
    ),
)
