"""``deploy/lab status``: what is really there, whatever the state file says."""

from __future__ import annotations

from deploy.hardware import hosts, network, repository
from deploy.hardware.addresses import Addresses
from deploy.hardware.layout import REPOSITORY_PORT, Layout
from deploy.hardware.shell import succeeds
from deploy.hardware.ssh import client
from deploy.hardware.state import State


def status(layout: Layout, state: State | None) -> tuple[str, bool]:
    """Return a report, and whether all that a lab needs is up."""
    if state is None:
        return f"no lab in {layout.state}; start one with `deploy/lab up`", False
    addresses = Addresses(state.prefix)
    rows = [("topology", state.topology, True), ("addresses", f"{state.prefix}.0.0/16", True)]
    for bridge in layout.bridges:
        there = network.exists(bridge)
        rows.append((f"bridge {bridge}", "up" if there else "missing", there))
    for name, address in state.hosts.items():
        what, good = host_status(layout, name)
        rows.append((f"host {name}", f"{address} {what}", good))
    url = f"https://{addresses.deploy_host}:{REPOSITORY_PORT}/"
    served = repository.answers(layout, url)
    rows.append(("repository", f"{url} {'answers' if served else 'does not answer'}", served))
    verified = "yes" if state.verified else "not since the last `up` began"
    rows.append(("cloud verified", verified, state.verified))
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{row[0]:<{width}}  {row[1]}" for row in rows), all(r[2] for r in rows)


def host_status(layout: Layout, name: str) -> tuple[str, bool]:
    """Return a host's state in words, and whether it can be used."""
    if not hosts.is_on(layout, name):
        return "off", False
    if not succeeds([*client(layout, name), "true"]):
        return "on, does not answer on SSH", False
    return "up", True
