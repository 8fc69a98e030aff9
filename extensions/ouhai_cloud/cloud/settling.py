"""Waiting until Neutron has caught up with the interfaces of routers.

It handles the ports between routers and subnets one after another once the requests are answered;
a guest booted meanwhile would wait behind them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.listing import list_interfaces

PATIENCE_SECONDS = 180.0
POLL_SECONDS = 1.0
HANDLED = "ACTIVE"

Tell = Callable[[int], None]
"""Told how many ports are left, each time we look."""


def settle(
    api: Api,
    port_ids: Collection[str],
    tell: Tell = lambda _: None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> int:
    """Wait until ports are handled; return how many are not when patience ends, normally 0.

    :param port_ids: ports of routers that were just made.
    :raises CloudUnreachable: Neutron does not answer.
    """
    wanted = frozenset(port_ids)
    end = time.monotonic() + patience_seconds
    while True:
        ports = list_interfaces(api)
        left = len([one for one in ports if one["id"] in wanted and one["status"] != HANDLED])
        if left == 0 or time.monotonic() > end:
            return left
        tell(left)
        time.sleep(POLL_SECONDS)
