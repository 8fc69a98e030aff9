"""Why something is done, in both languages; what people read beside each change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy import keys, wording
from ouhai_cloud.tenancy.encoding import value_text
from ouhai_cloud.tenancy.planning.states import States
from ouhai_cloud.tenancy.resources import Key, Kind, Resource, Value, place_of

ALLOTMENTS: Mapping[Value, tuple[str, str]] = {
    "class:VCPU": ("allotment cores", "核数"),
    "class:MEMORY_MB": ("allotment memory in MiB", "内存 (MiB)"),
    "class:DISK_GB": ("allotment disk in GiB", "磁盘 (GiB)"),
    "servers": ("allotment servers", "云主机数"),
}
Sentence = Callable[[Mapping[str, Value], str], Text]


def _grant(attributes: Mapping[str, Value], holder: str) -> tuple[str, str, str]:
    subject = str(attributes.get("subject"))
    scope = place_of(Key(value_text(attributes.get("scope"))))
    return subject, str(attributes.get("role")), scope or holder


def _granted(attributes: Mapping[str, Value], holder: str) -> Text:
    subject, role, scope = _grant(attributes, holder)
    return Text(f"{subject} is {role} of {scope}", f"{subject} 是 {scope} 的 {role}")


def _revoked(attributes: Mapping[str, Value], holder: str) -> Text:
    subject, role, scope = _grant(attributes, holder)
    return Text(f"{subject} is no longer {role} of {scope}", f"{subject} 不再是 {scope} 的 {role}")


def _opened(attributes: Mapping[str, Value], holder: str) -> Text:
    port = attributes.get("port")
    return Text(f"{holder} exposes port {port}", f"{holder} 对外开放端口 {port}")


def _closed(attributes: Mapping[str, Value], holder: str) -> Text:
    port = attributes.get("port")
    return Text(f"{holder} no longer exposes port {port}", f"{holder} 不再开放端口 {port}")


ADDED: Mapping[Kind, Sentence] = {
    Kind.GRANT: _granted,
    Kind.RULE: _opened,
    Kind.SHARE: lambda _, holder: Text(f"agreement {holder}", f"共享协议 {holder}"),
}
REMOVED: Mapping[Kind, Sentence] = {
    Kind.GRANT: _revoked,
    Kind.RULE: _closed,
    Kind.SHARE: lambda _, holder: Text(
        f"no agreement for {holder} in the register", f"登记册中没有 {holder} 的共享协议"
    ),
}


def added(wanted: Resource, states: States) -> Text:
    """Return why something is made: whose newcomer it is, or what asks for it."""
    code, place = wanted.bureau, wanted.reason
    if code and any(map(states.is_new, (keys.domain(code), keys.container(code)))):
        return _new_bureau(code)
    if "/" in place and states.is_new(Key(f"{Kind.PROJECT}:{place}")):
        return Text(f"system {place} is new in the register", f"登记册中新增系统 {place}")
    sentence = ADDED.get(wanted.kind)
    if sentence is not None:
        return sentence(wanted.attributes, place)
    return Text(f"the register asks for it ({place})", f"登记册要求 ({place})")


@lru_cache(maxsize=1)
def _new_bureau(code: str) -> Text:
    """Return the reason that all of a new bureau's additions, one after another, share."""
    return Text(f"bureau {code} is new in the register", f"登记册中新增单位 {code}")


def changed(wanted: Resource, before: Mapping[str, Value], after: Mapping[str, Value]) -> Text:
    """Return why something is changed: from what to what."""
    pairs = [
        (*_called(wanted, name), f"{value_text(before.get(name))} → {value_text(after[name])}")
        for name in sorted(after)
    ]
    return Text(
        "; ".join(f"{english} {values}" for english, _, values in pairs),
        "; ".join(f"{chinese} {values}" for _, chinese, values in pairs),
    )


def removed(seen: Resource) -> Text:
    """Return why something is removed."""
    sentence = REMOVED.get(seen.kind)
    if sentence is not None:
        return sentence(seen.attributes, _holder(seen))
    return Text("the register no longer asks for it", "登记册不再要求")


def recorded() -> Text:
    """Return why something is recorded."""
    return Text("it is as the register says; only our record lacked it", "与登记册一致, 仅补记录")


def forgotten() -> Text:
    """Return why something is forgotten."""
    return Text("it is gone from register and cloud", "登记册和云中均已不存在")


def leaving(root: Resource, states: States) -> Text:
    """Return why something leaves."""
    place = place_of(root.key)
    if not states.owned(root):
        return Text(f"{place} is not in the register", f"{place} 不在登记册中")
    if "/" in place:
        return Text(f"system {place} left the register", f"系统 {place} 已从登记册中删除")
    return Text(f"bureau {place} left the register", f"单位 {place} 已从登记册中删除")


def _called(wanted: Resource, attribute: str) -> tuple[str, str]:
    if wanted.kind is Kind.LIMIT and attribute == "limit":
        resource = wanted.attributes.get("resource")
        return ALLOTMENTS.get(resource, (str(resource), str(resource)))
    return attribute, wording.called(attribute, "zh")


def _holder(seen: Resource) -> str:
    """Return the place that a rule or share is of, from its key's first two parts."""
    return seen.reason or "/".join(place_of(seen.key).split("/")[:2])
