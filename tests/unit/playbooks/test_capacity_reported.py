"""How the module `capacity_reported` waits, and what ends that."""

from __future__ import annotations

from itertools import count, repeat
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from ansible_collections.ouhai.cloud.plugins.module_utils import administrator
from ansible_collections.ouhai.cloud.plugins.modules import capacity_reported
from keystoneauth1.exceptions import (
    ConnectFailure,
    DiscoveryFailure,
    ServiceUnavailable,
    Unauthorized,
)
from openstack.exceptions import ForbiddenException, HttpException

from tests.unit.playbooks import modules

UNREACHABLE = ConnectFailure("no route to 10.0.0.10")
# What haproxy says in the place of an API that is away; openstacksdk tells it so.
AWAY = HttpException("503: Server Error for url: https://10.0.0.10:8776", http_status=503)
# And so when the one that is away is Keystone.
NO_KEYSTONE = DiscoveryFailure("Could not find versioned identity endpoints")
NO_KEYSTONE.__context__ = ServiceUnavailable()


def wait(monkeypatch: pytest.MonkeyPatch, pools: Any) -> dict[str, Any]:
    """Run the module on a cloud with a compute host, and with answers on pools, one by one.

    A second passes whenever it looks at the clock.
    """
    cloud = Mock()
    cloud.block_storage.backend_pools.side_effect = pools
    cloud.compute.hypervisors.return_value = ["compute1"]
    monkeypatch.setattr(administrator, "OpenStackConfig", Mock())
    monkeypatch.setattr(administrator, "Connection", lambda **_: cloud)
    clock = SimpleNamespace(monotonic=count().__next__, sleep=lambda _: None)
    monkeypatch.setattr(capacity_reported, "time", clock)
    params = {"clouds_file": "clouds.yaml", "cloud": "ouhai", "timeout_seconds": 5}
    return modules.said(monkeypatch, capacity_reported, params)


def test_it_waits_until_there_is_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not wait(monkeypatch, [[], [], ["a pool"]])["changed"]


@pytest.mark.parametrize("error", [UNREACHABLE, AWAY, NO_KEYSTONE])
def test_a_failure_that_passes_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    assert not wait(monkeypatch, [error, [], error, ["a pool"]])["changed"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([], "has not reported a pool"),
        (UNREACHABLE, "no route to 10.0.0.10"),
        (AWAY, "503: Server Error"),
    ],
)
def test_at_its_timeout_it_says_what_it_waited_for(
    monkeypatch: pytest.MonkeyPatch, answer: Any, why: str
) -> None:
    assert why in wait(monkeypatch, repeat(answer))["msg"]


@pytest.mark.parametrize(
    "error",
    [Unauthorized("who are you?"), ForbiddenException("who are you?", http_status=403)],
)
def test_a_refusal_ends_it_at_once(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    answers = iter([error, ["a pool"]])
    assert "who are you?" in wait(monkeypatch, answers)["msg"]
    assert list(answers) == [["a pool"]]
