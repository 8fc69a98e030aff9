"""Networks and other objects of Neutron that are opened to others by RBAC."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Share
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole

EVERYBODY = "*"
AS_EXTERNAL = "access_as_external"
ADDRESSES = ("subnetpool", "address_scope")


def shared(facts: Facts) -> Iterator[Hole]:
    """Find what one bureau opens to another without an agreement."""
    for share in facts.exposure.shares:
        owner = owner_bureau(facts, share)
        target = facts.bureau_of(share.target)
        if not owner or share.action == AS_EXTERNAL or owner == target:
            continue
        if share.object_type == "network" and facts.may_attach(share.target, share.object_id):
            continue
        whom = "所有单位" if share.target == EVERYBODY else target or share.target
        whom_en = "everybody" if share.target == EVERYBODY else target or share.target
        yield hole(
            _what(share),
            (owner, target),
            f"{share.object_type} {share.object_id} of {owner} is shared with {whom_en} without "
            "an agreement.",
            f"{owner} 的 {share.object_type} {share.object_id} 共享给了{whom}，没有共享协议。",
        )


def external(facts: Facts) -> Iterator[Hole]:
    """Find a bureau's network offered to others as an external network."""
    for share in facts.exposure.shares:
        owner = owner_bureau(facts, share)
        if owner and share.action == AS_EXTERNAL:
            yield hole(
                _what(share),
                (owner, facts.bureau_of(share.target)),
                f"Network {share.object_id} of {owner} is offered to others as an external one.",
                f"{owner} 的网络 {share.object_id} 被当作外部网络提供给他人。",
            )


def common(facts: Facts) -> Iterator[Hole]:
    """Find a network of no bureau that several can put their servers on."""
    for share in facts.exposure.shares:
        network = facts.networks.get(share.object_id)
        if share.object_type != "network" or share.action == AS_EXTERNAL or network is None:
            continue
        to_bureau = share.target == EVERYBODY or facts.bureau_of(share.target)
        if to_bureau and not network.external and not owner_bureau(facts, share):
            yield hole(
                _what(share),
                (facts.bureau_of(share.target),),
                f"Network {network.name} of no bureau is open to bureaus, who meet on it.",
                f"不属于任何单位的网络 {network.name} 对单位开放，多个单位可在其上直接相通。",
            )


def addresses(facts: Facts) -> Iterator[Hole]:
    """Find a pool or scope of addresses of no bureau that bureaus can take subnets from."""
    for share in facts.exposure.shares:
        if share.object_type not in ADDRESSES or owner_bureau(facts, share):
            continue  # a bureau's own is shared without an agreement
        target = facts.bureau_of(share.target)
        if target or share.target == EVERYBODY:
            yield hole(
                _what(share),
                (target,),
                f"{share.object_type} {share.object_id} of no bureau is open to "
                f"{target or 'everybody'}.",
                f"不属于任何单位的 {share.object_type} {share.object_id} 对{target or '所有单位'}"
                "开放。",
            )


def foreign_port(facts: Facts) -> Iterator[Hole]:
    """Find ports of one bureau on another one's network, without an agreement."""
    for port in facts.exposure.ports:
        owner, network = facts.bureau_of(port.project_id), facts.network_bureau(port.network_id)
        if not owner or not network or owner == network:
            continue  # routers' ports have no bureau's project: they are looked at with routers
        if not facts.may_attach(port.project_id, port.network_id):
            yield hole(
                naming.named("port", port.id, port.name),
                (owner, network),
                f"A port of {owner} is on network {port.network_id} of {network} without an "
                "agreement.",
                f"{owner} 的端口接在 {network} 的网络 {port.network_id} 上，没有共享协议。",
            )


def owner_bureau(facts: Facts, share: Share) -> str:
    """Return the bureau whose object is shared; who made the entry matters less."""
    if share.object_type == "network":
        return facts.network_bureau(share.object_id)
    group = facts.groups.get(share.object_id)
    return facts.bureau_of(group.project_id if group else share.project_id)


def _what(share: Share) -> str:
    return naming.named("rbac-policy", share.id, share.object_type)


_DELETE = Text(
    "Remove it by `openstack network rbac delete`; if it is needed, declare an agreement in the "
    "register.",
    "用 openstack network rbac delete 删除；若确需共享，在登记册中写入协议。",
)
_ONE_SEGMENT = Text(
    "Servers on one network reach one another directly, below all routers.",
    "同一网络上的主机在二层直接相通。",
)

CHECKS = (
    Check(
        "N01",
        Severity.CRITICAL,
        Text("A share without an agreement", "无协议的网络共享"),
        _ONE_SEGMENT,
        _DELETE,
        shared,
    ),
    Check(
        "N02",
        Severity.CRITICAL,
        Text("A bureau's network is offered as external", "单位网络被当作外部网络"),
        Text(
            "Routers of others can be attached to it.",
            "其他单位的路由器可以直接接入该网络。",
        ),
        _DELETE,
        external,
    ),
    Check(
        "N03",
        Severity.HIGH,
        Text("A common network of several bureaus", "多个单位共用的网络"),
        _ONE_SEGMENT,
        _DELETE,
        common,
    ),
    Check(
        "N16",
        Severity.HIGH,
        Text("Addresses of the platform are open to bureaus", "平台的地址池对单位开放"),
        Text(
            "A bureau can take addresses that the register gave to another one.",
            "单位可以自行取用登记册分配给其他单位的地址。",
        ),
        Text(
            "Remove it by `openstack network rbac delete`; the register gives out addresses.",
            "用 openstack network rbac delete 删除；地址只由登记册分配。",
        ),
        addresses,
    ),
    Check(
        "N04",
        Severity.CRITICAL,
        Text("A port on another bureau's network", "端口接在其他单位的网络上"),
        _ONE_SEGMENT,
        Text(
            "Remove it by `openstack port delete`, or declare an agreement in the register.",
            "用 openstack port delete 删除该端口；若确有需要，在登记册中写入协议。",
        ),
        foreign_port,
    ),
)
