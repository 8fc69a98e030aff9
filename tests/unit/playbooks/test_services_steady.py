"""Which services are taken for unsteady."""

from __future__ import annotations

import pytest
from ansible_collections.ouhai.cloud.plugins.modules import services_steady as steady


def shown(
    name: str = "a.service",
    *,
    state: str = "active",
    restart: str = "on-failure",
    restarts: int = 0,
    since: float = 100.0,
) -> str:
    return (
        f"Restart={restart}\nNRestarts={restarts}\nId={name}\nActiveState={state}\n"
        f"ActiveEnterTimestampMonotonic={int(since * 1e6)}\n"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (shown(), False),
        (shown(restarts=3, since=100), False),
        (shown(restarts=1, since=160), True),
        (shown(restarts=1, state="activating", since=100), True),
        (shown(restarts=0, state="activating"), False),
        (shown(state="failed"), True),
        (shown(state="failed", restart="no"), False),
        (shown(state="inactive", since=0), False),
        (shown(state="inactive", restarts=1), False),
    ],
)
def test_unsteady(text: str, found: bool) -> None:
    services = steady.read(text + "\n" + shown("b.service"))
    left = steady.unsteady(services, now=170.0, steady_seconds=45)
    assert [one.name for one in left] == ["a.service"] * found
