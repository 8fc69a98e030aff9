"""What security groups let in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

from ouhai_cloud.cloud.exposure.model import Network, Rule
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts, Source
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole

TCP = ("tcp", "6")


def open_to_world(facts: Facts) -> Iterator[Hole]:
    """Find rules that let the whole world in, unless the register exposes just that."""
    for rule, project_id, code in _of_bureaus(facts):
        if _world(facts, rule) and not _declared(facts, rule, project_id):
            yield hole(
                _what(facts, rule),
                (code,),
                f"It lets everybody in to {_ports(rule)}, which the register does not declare.",
                f"对所有来源开放 {_ports(rule)}，登记册未声明。",
            )


def foreign_source(facts: Facts) -> Iterator[Hole]:
    """Find rules that let another bureau in, by its security group or by its addresses.

    What the register exposes to everybody may be opened to fewer.
    """
    sources = cache(partial(_sources, facts))  # many rules name the same addresses
    for rule, project_id, code in _of_bureaus(facts):
        others = _others_by_group(facts, rule, project_id) | {
            source.bureau
            for remote in _remotes(facts, rule)
            for source in sources(remote)
            if not facts.agree(project_id, source.project_id)
        }
        names = sorted(others - {code, ""})
        if names and not _declared(facts, rule, project_id):
            yield hole(
                _what(facts, rule),
                (code, *names),
                f"It lets {', '.join(names)} in to {_ports(rule)}.",
                f"允许来自 {'、'.join(names)} 的 {_ports(rule)}。",
            )


def _of_bureaus(facts: Facts) -> Iterator[tuple[Rule, str, str]]:
    for rule in facts.exposure.rules:
        group = facts.groups.get(rule.group_id)
        code = facts.bureau_of(group.project_id) if group else ""
        if group and code and rule.direction == "ingress":
            yield rule, group.project_id, code


def _remotes(facts: Facts, rule: Rule) -> tuple[Network, ...]:
    if rule.remote_address_group_id:
        return facts.address_groups.get(rule.remote_address_group_id, ())
    return (rule.remote,) if rule.remote else ()


def _world(facts: Facts, rule: Rule) -> bool:
    if rule.remote is None and not rule.remote_group_id and not rule.remote_address_group_id:
        return True
    return any(one.prefixlen == 0 for one in _remotes(facts, rule))


def _declared(facts: Facts, rule: Rule, project_id: str) -> bool:
    system = facts.system_of(project_id)
    if system is None or rule.protocol not in TCP or rule.ports is None:
        return False
    first, last = rule.ports
    exposes = set(system[1].exposes)
    return last - first < len(exposes) and set(range(first, last + 1)) <= exposes


def _others_by_group(facts: Facts, rule: Rule, project_id: str) -> set[str]:
    remote = facts.groups.get(rule.remote_group_id)
    if remote is None or facts.agree(project_id, remote.project_id):
        return set()
    return {facts.bureau_of(remote.project_id)}


def _sources(facts: Facts, remote: Network) -> tuple[Source, ...]:
    """Return whose packets a remote lets in; that the whole world may come is told as such."""
    if not remote.prefixlen:
        return ()
    return tuple(one for one in facts.sources if _meet(one.addresses, remote))


def _meet(one: Network, other: Network) -> bool:
    return (
        one.version == other.version
        and int(one.network_address) <= int(other.broadcast_address)
        and int(other.network_address) <= int(one.broadcast_address)
    )


def _ports(rule: Rule) -> str:
    protocol = rule.protocol or "any"
    if rule.ports is None:
        return protocol
    first, last = rule.ports
    return f"{protocol}/{first}" if first == last else f"{protocol}/{first}-{last}"


def _what(facts: Facts, rule: Rule) -> str:
    return naming.named("security-group-rule", rule.id, facts.groups[rule.group_id].name)


_DELETE = Text(
    "Remove it by `openstack security group rule delete`; what serves the extranet belongs under "
    "`exposes` in the register.",
    "用 openstack security group rule delete 删除；对外服务应写入登记册的 exposes。",
)

CHECKS = (
    Check(
        "N14",
        Severity.HIGH,
        Text("A rule open to the world that was not declared", "未声明的对外开放规则"),
        Text(
            "Every bureau, and the extranet, can reach the port.",
            "任何单位以及外网都可访问该端口。",
        ),
        _DELETE,
        open_to_world,
    ),
    Check(
        "N15",
        Severity.HIGH,
        Text("A rule lets another bureau in", "规则放行其他单位"),
        Text(
            "By its address on the extranet the other bureau is in now, by one within as soon as "
            "there is a way between the networks.",
            "按外网地址放行的，另一个单位现在即可进入；按内网地址放行的，一旦两网相通即可进入。",
        ),
        _DELETE,
        foreign_source,
    ),
)
