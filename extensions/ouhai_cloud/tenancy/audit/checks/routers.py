"""Ways between bureaus through routers, and addresses that two of them have."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Router, Subnet
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole
from ouhai_cloud.tenancy.resources import Kind


def joins(facts: Facts) -> Iterator[Hole]:
    """Find routers that join two bureaus, or one and a network where the others' may be, too."""
    for router in facts.exposure.routers:
        codes = facts.router_bureaus(router)
        yield from _transits(facts, router, codes)
        if len(codes) > 1:
            yield hole(
                _what(router),
                codes,
                f"It connects networks of {' and '.join(sorted(codes))}.",
                f"该路由器连接了 {'、'.join(sorted(codes))} 的网络。",
            )


def _transits(facts: Facts, router: Router, codes: frozenset[str]) -> Iterator[Hole]:
    for network in facts.inner_networks(router):
        if codes and facts.of_nobody(network.project_id):
            yield hole(
                _what(router),
                codes,
                f"It connects {', '.join(sorted(codes))} to network {network.name or network.id} "
                "of no bureau.",
                f"该路由器把 {'、'.join(sorted(codes))} 接到不属于任何单位的网络 "
                f"{network.name or network.id}。",
            )


def gateway(facts: Facts) -> Iterator[Hole]:
    """Find routers of bureaus whose gateway is not in the extranet."""
    names = {str(one.get("external_network")) for one in facts.wanted_of(Kind.ROUTER)}
    for router in facts.exposure.routers:
        codes, outer = facts.router_bureaus(router), router.external_network_id
        known = facts.networks.get(outer)
        if codes and outer and not names & {outer, known.name if known else outer}:
            yield hole(
                _what(router),
                (*codes, facts.network_bureau(outer)),
                f"Its gateway is in network {known.name if known else outer}, which is not the "
                "external network that was declared.",
                f"网关在网络 {known.name if known else outer} 上，不是登记的外部网络。",
            )


def routes(facts: Facts) -> Iterator[Hole]:
    """Find static routes, which the register never asks for."""
    for router in facts.exposure.routers:
        codes = facts.router_bureaus(router)
        if codes and router.routes:
            text = ", ".join(f"{target} → {hop}" for target, hop in router.routes)
            yield hole(
                _what(router),
                codes,
                f"It has static routes: {text}.",
                f"存在额外的静态路由：{text}。",
            )


def overlaps(facts: Facts) -> Iterator[Hole]:
    """Find subnets of two bureaus that have addresses in common."""
    # blocks either hold one another or have nothing in common: the open ones are a stack
    stack: list[Subnet] = []
    for subnet in sorted(facts.exposure.subnets, key=_position):
        while stack and not _holds(stack[-1], subnet):
            stack.pop()
        code = facts.network_bureau(subnet.network_id)
        for outer in stack:
            other = facts.network_bureau(outer.network_id)
            if code and other and code != other:
                yield hole(
                    naming.named("subnet", subnet.id, subnet.name),
                    (code, other),
                    f"{subnet.cidr} overlaps subnet {outer.id} ({outer.cidr}) of {other}.",
                    f"地址段 {subnet.cidr} 与 {other} 的子网 {outer.id}（{outer.cidr}）重叠。",
                )
        stack.append(subnet)


def _position(subnet: Subnet) -> tuple[int, int, int]:
    return subnet.cidr.version, int(subnet.cidr.network_address), subnet.cidr.prefixlen


def _holds(outer: Subnet, inner: Subnet) -> bool:
    return outer.cidr.version == inner.cidr.version and int(inner.cidr.network_address) <= int(
        outer.cidr.broadcast_address
    )


def _what(router: Router) -> str:
    return naming.named("router", router.id, router.name)


CHECKS = (
    Check(
        "N05",
        Severity.CRITICAL,
        Text("A router leads out of its bureau", "路由器通向本单位之外"),
        Text(
            "Packets are routed to another bureau, or to where its router may be as well.",
            "流量可路由到其他单位，或路由到其他单位也能接入的网络。",
        ),
        Text(
            "Detach the surplus interface by `openstack router remove subnet`.",
            "用 openstack router remove subnet 断开多余的接口。",
        ),
        joins,
    ),
    Check(
        "N06",
        Severity.HIGH,
        Text("A router has a foreign gateway", "路由器网关不在登记的外部网络"),
        Text(
            "Traffic leaves past the district's border.",
            "流量绕过了边界防护。",
        ),
        Text(
            "Set the declared network by `openstack router set --external-gateway`.",
            "用 openstack router set --external-gateway 恢复登记的外部网络。",
        ),
        gateway,
    ),
    Check(
        "N07",
        Severity.HIGH,
        Text("A router has static routes", "额外的静态路由"),
        Text(
            "A static route can lead packets to another bureau, or past the border.",
            "静态路由可将流量引向其他单位或第三方。",
        ),
        Text(
            "Remove them by `openstack router unset --route`.",
            "用 openstack router unset --route 删除。",
        ),
        routes,
    ),
    Check(
        "N08",
        Severity.HIGH,
        Text("Subnets of two bureaus overlap", "两个单位的地址段重叠"),
        Text(
            "Logs cannot tell the two apart, and rules may let the wrong one in.",
            "日志无法分清责任单位，规则可能放行错误的来源。",
        ),
        Text(
            "Remove the subnet that the register did not give, then `openstack bureau apply`.",
            "删除不是由登记册分配的子网，再执行 openstack bureau apply。",
        ),
        overlaps,
    ),
)
