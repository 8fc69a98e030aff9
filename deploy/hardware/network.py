"""Bridges between hosts, and the rule that nothing leaves them."""

from __future__ import annotations

import time
from pathlib import Path

from deploy.hardware.addresses import Addresses, read_used
from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout
from deploy.hardware.shell import run, succeeds

VANISH_SECONDS = 10.0
INTERFACES = Path("/sys/class/net")


def networks_in_use(layout: Layout) -> list[tuple[str, str]]:
    """Return (network, where) of all that the machine uses apart from this lab's bridges."""
    addresses, routes = run(["ip", "-j", "address"]), run(["ip", "-j", "route"])
    return read_used(addresses, routes, layout.bridges)


def ruleset(layout: Layout) -> str:
    """Return the nftables rules that keep hosts and guests of the lab among themselves."""
    rules = "\n".join(
        f'        iifname "{bridge}" oifname != "{bridge}" drop\n'
        f'        iifname != "{bridge}" oifname "{bridge}" drop'
        for bridge in layout.bridges
    )
    return (
        f"table inet {layout.table}\n"
        f"delete table inet {layout.table}\n"
        f"table inet {layout.table} {{\n"
        "    chain forward {\n"
        "        type filter hook forward priority -10; policy accept;\n"
        f"{rules}\n"
        "    }\n"
        "}\n"
    )


def build(layout: Layout, addresses: Addresses) -> None:
    """Make all bridges with the machine's addresses, and the rules; existing ones are kept."""
    run(["nft", "-f", "-"], stdin=ruleset(layout))
    for bridge, address, network in (
        (layout.management_bridge, addresses.deploy_host, addresses.management),
        (layout.extranet_bridge, addresses.gateway, addresses.extranet),
        (layout.tunnel_bridge, None, addresses.tunnels),
    ):
        if not exists(bridge):
            # Snooping drops multicast that nobody asked for in time: neighbours get lost.
            bridge_type = ["type", "bridge", "stp_state", "0", "mcast_snooping", "0"]
            run(["ip", "link", "add", bridge, "mtu", "1500", *bridge_type])
        if address is not None:
            run(["ip", "address", "replace", f"{address}/{network.prefixlen}", "dev", bridge])
        run(["ip", "link", "set", bridge, "up"])


def exists(interface: str) -> bool:
    """Tell whether the machine has an interface of this name."""
    return (INTERFACES / interface).exists()


def own_interfaces(layout: Layout, hosts: list[str]) -> list[str]:
    """Names of the machine's ends of the hosts' cables."""
    return [layout.interface(kind, host) for host in hosts for kind in ("m", "e", "t")]


def plugged(layout: Layout) -> list[str]:
    """Return the interfaces that are plugged into this lab's bridges; needs no program for it."""
    masters = {path.parent.name: path.resolve().name for path in INTERFACES.glob("*/master")}
    return [name for name, master in masters.items() if master in layout.bridges]


def remove(layout: Layout) -> None:
    """Remove bridges, what is plugged into them, and the rules; raise LabError if one stays."""
    doomed = [name for name in (*plugged(layout), *layout.bridges) if exists(name)]
    for interface in doomed:
        # A host's end of a cable goes with its host, perhaps between the look and the deed.
        succeeds(["ip", "link", "delete", interface])
    deadline = time.monotonic() + VANISH_SECONDS
    while left := [name for name in doomed if exists(name)]:
        if time.monotonic() > deadline:
            raise LabError(f"interfaces do not go away: {', '.join(left)}; run down again")
        time.sleep(0.05)
    if succeeds(["nft", "list", "table", "inet", layout.table]):
        run(["nft", "delete", "table", "inet", layout.table])
