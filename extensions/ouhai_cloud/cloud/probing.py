"""Probe guests on networks of bureaus, in the auditor's own project: bureaus pay nothing for them.

All that is made has a name that begins with `PREFIX`, and is removed at the end, also after a
failure or when the audit is told to end; what an audit that was killed left behind is removed
before the next one. Two audits at once would remove each other's probes: whoever calls this keeps
them apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network
from threading import Event
from typing import Any

import requests

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.errors import OuhaiError

PREFIX = "ouhai-audit-"
IMAGE = FLAVOR = "probe"
ACTIVE_SECONDS = 300
PAGE_SECONDS = 180
POLL_SECONDS = 1.0
PAGE_TIMEOUT_SECONDS = 40
ROUTER_INTERFACE = "network:router_interface"


class ProbeUnusable(OuhaiError):
    """A probe guest did not start or does not answer."""


class ProbesLeft(OuhaiError):
    """Something that an audit made could not be removed; each is named."""


@dataclass(frozen=True)
class Site:
    """Where a probe is put.

    :param bureau: code of the bureau whose network it is.
    """

    bureau: str
    network_id: str
    subnet_id: str
    external_network_id: str


@dataclass(frozen=True)
class Guest:
    """A running probe.

    :param unused: an address of its subnet that nothing has.
    :param floating: its floating address, by which it is asked.
    :param outer_gateway: the extranet's gateway.
    """

    bureau: str
    server_id: str
    network_id: str
    mac: str
    address: str
    unused: str
    gateway_mac: str
    gateway_address: str
    floating: str
    outer_gateway: str

    def page(self, path: str) -> str:
        """Return a page of the guest as text.

        :raises ProbeUnusable: it does not answer.
        """
        try:
            answer = requests.get(f"http://{self.floating}/{path}", timeout=PAGE_TIMEOUT_SECONDS)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise ProbeUnusable(
                f"probe of {self.bureau} at {self.floating}: /{path} did not come: {error}; look "
                f"at the server's console log, then run the audit again"
            ) from error
        return answer.text

    def serves(self, port: int) -> bool:
        """Tell whether the auditor gets a page from a port of the floating address."""
        return _answers(self.floating, port)


@contextmanager
def guests(api: Api, sites: tuple[Site, ...]) -> Iterator[tuple[Guest, ...]]:
    """Boot a probe at each site, wait until each answers, and remove them at the end.

    No other audit may have probes meanwhile.

    :raises ProbeUnusable: one did not start, or does not answer in time.
    :raises ProbesLeft: something could not be removed, of an earlier audit or of this one.
    :raises Refused: the image or the flavor is not there, or we lack a right.
    """
    api.warm("network", "compute", "image")
    with ExitStack() as undo:
        sweep(api)
        undo.push(partial(_leave, api))
        group_id = _security_group(api)
        yield _boot(api, sites, group_id)


def _boot(api: Api, sites: tuple[Site, ...], group_id: str) -> tuple[Guest, ...]:
    """Start all at once; when one fails or we are told to end, no thread goes on making things."""
    stop = Event()
    pool = ThreadPoolExecutor(len(sites))
    running: list[Future[Guest]] = []
    try:
        for site in sites:
            running.append(pool.submit(_start, api, site, group_id, stop))
        wait(running, return_when=FIRST_EXCEPTION)
    finally:
        stop.set()
        _end(pool, running)
    failed = (error for one in running if (error := one.exception()))
    # Stopped is only who was stopped for another's sake
    for error in sorted(failed, key=lambda one: isinstance(one, _Stopped)):
        raise error
    return tuple(one.result() for one in running)


def _leave(api: Api, _: object, error: BaseException | None, __: object) -> None:
    """Sweep, even when somebody who waits for the end presses Ctrl-C again."""
    pool = ThreadPoolExecutor(1)
    sweeping = pool.submit(sweep, api)
    _end(pool, [sweeping])
    try:
        sweeping.result()
    except ProbesLeft as left:
        if isinstance(error, OuhaiError):
            raise ProbesLeft(f"{error}\n{left}") from error
        raise


def _end(pool: ThreadPoolExecutor, running: list[Future[Any]]) -> None:
    """Wait until threads have ended; who is told to end meanwhile does so then.

    Each of them ends within a bounded time.
    """
    told: BaseException | None = None
    while True:
        try:
            wait(running)
            pool.shutdown()
            break
        # orderly() makes SystemExit of SIGTERM and SIGHUP
        except (KeyboardInterrupt, SystemExit) as error:
            told = error
    if told:
        raise told


def sweep(api: Api) -> None:
    """Remove all that an audit made, this one or one that was killed.

    Only in our own project, where probes are made: a bureau may give its things any name.

    :raises ProbesLeft: something is still there; all else was removed.
    """
    left: list[str] = []
    with _noted("servers", left):
        _remove_servers(api, left)
    for path, collection in (
        ("/floatingips", "floatingips"),
        ("/ports", "ports"),
        ("/security-groups", "security_groups"),
    ):
        with _noted(path[1:], left):
            own = api.own_project_id
            for row in api.list(
                "network", path, collection=collection, project_id=own, description=PREFIX
            ):
                with _noted(f"{path[1:]} {row['id']}", left):
                    api.delete("network", f"{path}/{row['id']}")
    if left:
        raise ProbesLeft(
            f"of an audit's probes these could not be removed: {'; '.join(left)}. Remove "
            "them by hand in the auditor's project, or run the audit again, which tries to"
        )


def _remove_servers(api: Api, left: list[str]) -> None:
    servers = api.list("compute", "/servers", name=f"^{PREFIX}")
    mine = [one["id"] for one in servers if one["name"].startswith(PREFIX)]
    going = []
    for server_id in mine:
        with _noted(f"server {server_id}", left):
            api.delete("compute", f"/servers/{server_id}")
            going.append(server_id)
    with _noted(f"servers {', '.join(going)}", left):
        _wait(lambda: not _alive(api, going), "they are not removed", ACTIVE_SECONDS, Event())


@contextmanager
def _noted(what: str, left: list[str]) -> Iterator[None]:
    """Note what could not be removed, and why, and go on."""
    try:
        yield
    except OuhaiError as error:
        left.append(f"{what}: {error}")


def _alive(api: Api, server_ids: list[str]) -> bool:
    known = {one["id"] for one in api.list("compute", "/servers")}
    return bool(known & set(server_ids))


def _security_group(api: Api) -> str:
    """Make a group that lets the auditor's pages and echoes in, and nothing else."""
    body = {"name": f"{PREFIX}probe", "description": PREFIX}
    made = api.post("network", "/security-groups", {"security_group": body})["security_group"]
    common = {"security_group_id": made["id"], "direction": "ingress", "ethertype": "IPv4"}
    page = common | {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
    rules = [page, common | {"protocol": "icmp"}]
    api.post("network", "/security-group-rules", {"security_group_rules": rules})
    return str(made["id"])


class _Stopped(OuhaiError):
    """A probe was not started to the end, as another one failed or the audit was told to end."""


def _go_on(stop: Event) -> None:
    if stop.is_set():
        raise _Stopped("the probe was stopped while it started")


def _start(api: Api, site: Site, group_id: str, stop: Event) -> Guest:
    _go_on(stop)
    port = _port(api, site, group_id)
    _go_on(stop)
    server_id = _server(api, site, port["id"], stop)
    _go_on(stop)
    floating = _floating(api, site, port["id"])
    _go_on(stop)
    gateway = _gateway(api, site)
    subnet = api.get("network", f"/subnets/{site.subnet_id}")["subnet"]
    guest = Guest(
        bureau=site.bureau,
        server_id=server_id,
        network_id=site.network_id,
        mac=port["mac_address"],
        address=port["fixed_ips"][0]["ip_address"],
        unused=_unused(api, site, subnet["cidr"]),
        gateway_mac=gateway["mac_address"],
        gateway_address=subnet["gateway_ip"],
        floating=floating,
        outer_gateway=_outer_gateway(api, site),
    )
    inactive = f"server {server_id} is not ACTIVE"
    _wait(lambda: _active(api, server_id), inactive, ACTIVE_SECONDS, stop)
    _wait(lambda: _answers(floating), f"http://{floating}/ does not answer", PAGE_SECONDS, stop)
    return guest


def _port(api: Api, site: Site, group_id: str) -> Json:
    body = {
        "name": f"{PREFIX}{site.bureau}",
        "description": PREFIX,
        "network_id": site.network_id,
        "fixed_ips": [{"subnet_id": site.subnet_id}],
        "security_groups": [group_id],
    }
    made: Json = api.post("network", "/ports", {"port": body})["port"]
    return made


def _server(api: Api, site: Site, port_id: str, stop: Event) -> str:
    body = {
        "name": f"{PREFIX}{site.bureau}",
        "imageRef": _id(api.list("image", "/images", name=IMAGE), "image", IMAGE),
        "flavorRef": _id(api.list("compute", "/flavors"), "flavor", FLAVOR),
        "networks": [{"port": port_id}],
    }
    _go_on(stop)
    return str(api.post("compute", "/servers", {"server": body})["server"]["id"])


def _id(rows: list[Json], kind: str, name: str) -> str:
    for row in rows:
        if row["name"] == name:
            return str(row["id"])
    raise ProbeUnusable(
        f"the cloud has no {kind} {name!r}, which probes start from; run playbooks/images.yml, or "
        "audit with --static-only"
    )


def _floating(api: Api, site: Site, port_id: str) -> str:
    body = {
        "floating_network_id": site.external_network_id,
        "port_id": port_id,
        "description": PREFIX,
    }
    made = api.post("network", "/floatingips", {"floatingip": body})["floatingip"]
    return str(made["floating_ip_address"])


def _gateway(api: Api, site: Site) -> Json:
    for port in _ports(api, site):
        if port["device_owner"] != ROUTER_INTERFACE:
            continue
        if any(one["subnet_id"] == site.subnet_id for one in port["fixed_ips"]):
            return port
    raise ProbeUnusable(
        f"subnet {site.subnet_id} of {site.bureau} has no router, so a probe in it cannot be "
        "asked; run `openstack bureau apply`"
    )


def _outer_gateway(api: Api, site: Site) -> str:
    subnets = api.list("network", "/subnets", network_id=site.external_network_id)
    return str(subnets[0]["gateway_ip"])


def _ports(api: Api, site: Site) -> list[Json]:
    return api.list("network", "/ports", network_id=site.network_id)


def _unused(api: Api, site: Site, cidr: str) -> str:
    """Return the last address of a subnet that nothing has: to pretend to have it harms nobody."""
    used = {one["ip_address"] for port in _ports(api, site) for one in port["fixed_ips"]}
    for address in reversed(list(IPv4Network(cidr).hosts())):
        if str(address) not in used:
            return str(address)
    raise ProbeUnusable(f"subnet {site.subnet_id} of {site.bureau} is full; probe another bureau")


def _active(api: Api, server_id: str) -> bool:
    server = api.get("compute", f"/servers/{server_id}")["server"]
    if server["status"] == "ERROR":
        fault = (server.get("fault") or {}).get("message", "no reason given")
        raise ProbeUnusable(f"probe {server_id} did not start: {fault}")
    return bool(server["status"] == "ACTIVE")


def _answers(address: str, port: int = 80) -> bool:
    try:
        return requests.get(f"http://{address}:{port}/", timeout=2).ok
    except requests.RequestException:
        return False


def _wait(done: Callable[[], bool], complaint: str, seconds: float, stop: Event) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise ProbeUnusable(
                f"{complaint} after {seconds:.0f} s; look at `openstack server "
                "show` and the compute host's journal, then run it again"
            )
        stop.wait(POLL_SECONDS)
        _go_on(stop)
