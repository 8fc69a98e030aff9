"""The active audit: probes of two bureaus try to reach one another, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import permutations
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ouhai_cloud.cloud import console as consoles
from ouhai_cloud.cloud import probing
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.trials import tried
from ouhai_cloud.tenancy.audit.verdicts import Seen, Trial
from ouhai_cloud.tenancy.lock import locked

METADATA = "http://169.254.169.254/openstack/latest/meta_data.json"
OPEN_PORT, CLOSED_PORT = 80, 8080
OPEN_TRIES = 2
OK = "result: ok"

Say = Callable[[str], None]


def sites(facts: Facts, bureaus: tuple[str, ...] = ()) -> tuple[probing.Site, ...]:
    """Return where probes of two bureaus can be put; fewer when there are not two such.

    :param bureaus: codes to choose from; by default all, the centre last.
    """
    wanted = bureaus or sorted(
        facts.tops.keys() & set(facts.domains.values()),
        key=lambda code: (code == facts.centre, code),
    )
    found = (site for code in wanted for site in list(_sites_of(facts, code))[:1])
    return tuple(found)[:2]


def _sites_of(facts: Facts, code: str) -> Iterator[probing.Site]:
    routers = {one.id: one for one in facts.exposure.routers}
    for router_id, ports in sorted(facts.router_ports.items()):
        router = routers.get(router_id)
        for port in ports:
            if (
                router
                and router.external_network_id
                and facts.network_bureau(port.network_id) == code
            ):
                for subnet_id, _ in port.fixed:
                    yield probing.Site(code, port.network_id, subnet_id, router.external_network_id)


def probe(
    api: Api, places: tuple[probing.Site, ...], say: Say, lock: Path | None = None
) -> tuple[Trial, ...]:
    """Boot the probes, try all in both directions, remove them.

    That some of them could not be removed is said; it is no reason to lose what was seen.

    :param say: gets a line for each step.
    :param lock: a file that is locked meanwhile, the same one for all audits of a cloud.
    :raises ApplyLocked: another audit has probes; says who and since when.
    :raises ProbeUnusable: a probe does not start or does not answer.
    :raises ProbesLeft: what an earlier audit left cannot be removed.
    """
    trials: list[Trial] = []
    done = False
    say(f"booting probes of {' and '.join(place.bureau for place in places)}")
    try:
        with locked(lock) if lock else nullcontext(), probing.guests(api, places) as running:
            for attacker, victim in permutations(running, 2):
                say(f"{attacker.bureau} tries to reach {victim.bureau}")
                trials += tried(attacker, victim)
                trials += [metadata(attacker, victim), closed_port(attacker, victim)]
                trials.append(console(api, attacker, victim))
            done = True
            say("removing the probes")
    except probing.ProbesLeft as left:
        if not done:
            raise
        say(str(left))
    return tuple(trials)


def metadata(attacker: probing.Guest, victim: probing.Guest) -> Trial:
    """Try to get the other's metadata by headers that only the platform may set.

    OVN's metadata agent looks a guest up by its network and its address together.
    """
    network = f"X-OVN-Network-ID: {victim.network_id}"
    address = f"X-Forwarded-For: {victim.address}"
    forged = ((address,), (f"X-Instance-ID: {victim.server_id}",), (network,), (network, address))
    own = _get(attacker, METADATA)
    control = Seen(
        Text("its own metadata came", "得到自己的元数据"), attacker.server_id in own, own[:80]
    )
    title = Text("The other's metadata", "获取对方的元数据")
    negatives = tuple(_forged(attacker, victim, headers) for headers in forged)
    return Trial("P07", title, (attacker.bureau, victim.bureau), negatives, (control,))


def _forged(attacker: probing.Guest, victim: probing.Guest, headers: tuple[str, ...]) -> Seen:
    answer = _get(attacker, METADATA, *headers)
    names = [header.partition(":")[0] for header in headers]
    return Seen(
        Text(
            f"{' with '.join(names)} gave the other's metadata",
            f"凭 {' 和 '.join(names)} 得到对方的元数据",
        ),
        victim.server_id in answer,
        answer[:80],
    )


def closed_port(attacker: probing.Guest, victim: probing.Guest) -> Trial:
    """Try a port of the other's floating address that serves, but is closed from outside.

    Userspace Open vSwitch drops packets from one floating address to another on the same host
    (recirculation depth). Where the attacker does not reach even the open port, its vain attempt
    shows nothing and is left out; the auditor's own attempt remains, and the control tells why.
    """
    way = _open_port(attacker, victim)
    closed = _get(attacker, f"http://{victim.floating}:{CLOSED_PORT}/").startswith(OK)
    by_attacker = Seen(
        Text("the closed port answered the attacker", "攻击方可达关闭的端口"), closed
    )
    by_auditor = Seen(
        Text("the closed port answered the auditor", "审计主机可达关闭的端口"),
        victim.serves(CLOSED_PORT),
    )
    return Trial(
        "P08",
        Text("A closed port of the other's floating address", "对方浮动地址的关闭端口"),
        (attacker.bureau, victim.bureau),
        (by_attacker, by_auditor) if way.happened or closed else (by_auditor,),
        (way if way.happened else _outward(attacker), *_served(victim)),
    )


def _open_port(attacker: probing.Guest, victim: probing.Guest) -> Seen:
    """Try the way that the closed port is tried by; once more when a packet was lost."""
    url = f"http://{victim.floating}:{OPEN_PORT}/"
    return Seen(
        Text("the attacker reached the open port", "攻击方可达开放的端口"),
        any(_get(attacker, url).startswith(OK) for _ in range(OPEN_TRIES)),
    )


def _outward(attacker: probing.Guest) -> Seen:
    """Show that an attacker that does not reach the other's floating address is alive."""
    answer = attacker.page(f"cgi-bin/ping?host={attacker.outer_gateway}")
    return Seen(
        Text(
            "the attacker reached the extranet's gateway, though not the open port: this platform "
            "carries nothing between these floating addresses, so the auditor alone tried the "
            "closed port",
            "攻击方可达外网网关，但不可达开放的端口：本平台不转发这两个浮动地址之间的流量，"
            "关闭的端口仅由审计主机尝试",
        ),
        answer.startswith(OK),
        attacker.outer_gateway,
    )


def _served(victim: probing.Guest) -> tuple[Seen, Seen]:
    """Show that the auditor gets to the victim, and that the closed port is one that serves."""
    inside = _get(victim, f"http://127.0.0.1:{CLOSED_PORT}/")
    return (
        Seen(
            Text("the open port answered the auditor", "审计主机可达开放的端口"),
            victim.serves(OPEN_PORT),
        ),
        Seen(
            Text("the closed port serves inside", "该端口在对方主机上确有服务"),
            inside.startswith(OK),
        ),
    )


def console(api: Api, attacker: probing.Guest, victim: probing.Guest) -> Trial:
    """Open consoles at their proxy: a token opens its own server's screen, and nothing else one."""
    own, other = (consoles.way(api, one.server_id) for one in (attacker, victim))
    mine, theirs = (consoles.name(api, one.server_id) for one in (attacker, victim))
    altered = other[:-1] + ("0" if other[-1] != "0" else "1")
    by_own, by_other = _screen(api, own), _screen(api, other)
    by_altered, by_none = _screen(api, altered), _screen(api, other.partition("token=")[0])
    return Trial(
        "P09",
        Text("The other's console", "打开对方云主机的控制台"),
        (attacker.bureau, victim.bureau),
        (
            Seen(
                Text("the own token opened the other's screen", "自己的令牌打开了对方的屏幕"),
                by_own.name == theirs,
                by_own.detail,
            ),
            Seen(
                Text("an altered token opened a screen", "篡改过的令牌打开了屏幕"),
                bool(by_altered.name),
                by_altered.detail,
            ),
            Seen(
                Text("a screen opened without a token", "没有令牌也打开了屏幕"),
                bool(by_none.name),
                by_none.detail,
            ),
        ),
        (
            Seen(
                Text("the own token opened the own screen", "自己的令牌打开自己的屏幕"),
                by_own.name == mine,
                by_own.detail,
            ),
            Seen(
                Text("the other's token opened the other's screen", "对方的令牌打开对方的屏幕"),
                by_other.name == theirs,
                by_other.detail,
            ),
        ),
    )


class _Screen(NamedTuple):
    """What a token opened: the screen's name, empty when it opened none; and what was seen."""

    name: str
    detail: str


def _screen(api: Api, address: str) -> _Screen:
    try:
        name = consoles.screen(address, consoles.authority(api))
    except OSError as refusal:
        return _Screen("", str(refusal))
    return _Screen(name, name)


def _get(guest: probing.Guest, url: str, *headers: str) -> str:
    extra = "".join(f"&header={quote(header)}" for header in headers)
    return guest.page(f"cgi-bin/get?url={quote(url, safe='')}{extra}")
