"""Waiting until Neutron has caught up with the interfaces of routers.

It handles the ports between routers and subnets one after another once the requests are answered;
a guest booted meanwhile would wait behind them. Seen: Neutron was stopped between writing a router
down and telling OVN of it. It then grants an interface, finds that OVN has no such router and
takes the interface back, all with status 200, and its own check does not mend a router that has no
gateway yet either.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.listing import list_interfaces

PATIENCE_SECONDS = 180.0
POLL_SECONDS = 1.0
HANDLED = "ACTIVE"

TAKEN_BACK = (
    "Neutron granted this and took it back, as it does when OVN does not know the router; see "
    "neutron-api's journal. A router that was left without any interface has been removed, so that "
    "the next apply makes it anew"
)

Tell = Callable[[int], None]
"""Told how many ports are left, each time we look."""


@dataclass(frozen=True)
class Settled:
    """What became of ports.

    :param waiting: how many Neutron has not handled yet, normally 0.
    :param taken_back: ids of those that are not there any more, normally none.
    """

    waiting: int
    taken_back: frozenset[str]


def settle(
    api: Api,
    port_ids: Collection[str],
    tell: Tell = lambda _: None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Settled:
    """Wait until ports are handled, or patience ends.

    :param port_ids: ports of routers that were just made.
    :raises CloudUnreachable: Neutron does not answer.
    """
    wanted = frozenset(port_ids)
    end = time.monotonic() + patience_seconds
    while True:
        ports = list_interfaces(api)
        waiting = len([one for one in ports if one["id"] in wanted and one["status"] != HANDLED])
        if waiting == 0 or time.monotonic() > end:
            return Settled(waiting, wanted - {one["id"] for one in ports})
        tell(waiting)
        time.sleep(POLL_SECONDS)


def remove_unused_router(api: Api, router_id: str) -> bool:
    """Remove a router unless something is attached to it; tell whether it is gone.

    :raises CloudUnreachable: Neutron does not answer.
    """
    if list_interfaces(api, device_id=router_id):
        return False
    try:
        api.delete("network", f"/routers/{router_id}")
    except Refused:
        return False
    return True
