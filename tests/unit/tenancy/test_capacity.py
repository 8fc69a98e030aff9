"""One view of what is there, granted, enforced and used, for all that is allotted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from ouhai_cloud.cloud import capacity as cloud_capacity
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.capacity import Physical
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.capacity import POOL, RESOURCES, Line, lines, total
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.register.model import Allotment

from tests.support.fake_api import FakeApi
from tests.support.tenancy_strategies import SETTINGS, bureau, register, system

SYSTEMS = {"E002": (system("oa", addresses=3), system("web")), "S001": (system("db"),)}
REGISTER = register(*(bureau(code, *systems) for code, systems in SYSTEMS.items()))
AMOUNTS = {"VCPU": 8, "MEMORY_MB": 16384, "DISK_GB": 100}
HARDWARE = Physical(AMOUNTS, AMOUNTS | {"VCPU": 32}, AMOUNTS, 500.0, 400.0)
USED = Allotment(2, 3, 31, 1, 2)


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Line]:
    used = {keys.project("S001", "db"): USED}
    all_lines = lines(REGISTER, desired(REGISTER, SETTINGS), HARDWARE, used)
    return {(one.unit, one.resource): one for one in all_lines}


@pytest.mark.parametrize("resource", RESOURCES)
def test_all_that_systems_are_granted_is_enforced(
    found: dict[tuple[str, str], Line], resource: str
) -> None:
    own, below = ([one.allotment for one in SYSTEMS[code]] for code in ("E002", "S001"))
    assert found["S001", resource].enforced == total(below, resource)
    assert found["E002", resource].enforced == total([*own, *below], resource)
    assert found[POOL, resource].enforced == total([*own, *below], resource)
    assert found["E002", resource].granted == REGISTER.bureau("E002").allotment.__dict__[resource]


@pytest.mark.parametrize("resource", RESOURCES)
def test_what_a_unit_uses_counts_for_those_above(
    found: dict[tuple[str, str], Line], resource: str
) -> None:
    used = getattr(USED, resource)
    assert (found["S001", resource].used, found["E002", resource].used) == (used, used)


def test_the_pool_is_what_the_hardware_and_the_register_say(
    found: dict[tuple[str, str], Line],
) -> None:
    seen = {
        resource: (one.physical, one.offered, one.used)
        for (unit, resource), one in found.items()
        if unit == POOL
    }
    addresses = REGISTER.district.address_range.num_addresses
    assert seen == {
        "cores": (8, 32, 8),
        "memory_gib": (16, 16, 16),
        "disk_gib": (500, 500, 100),
        "addresses": (addresses, addresses, USED.addresses),
        "snapshots": (None, None, USED.snapshots),
    }


def test_snapshots_take_of_the_disk_as_cinder_counts_it() -> None:
    api = FakeApi()
    volume = {"name": "", "status": "available", "attachments": []}
    api.put_in("volumes", **volume, size=4, **{"os-vol-tenant-attr:tenant_id": "p"})
    api.put_in("volumes", **volume, size=8, **{"os-vol-tenant-attr:tenant_id": "another"})
    project = {"os-extended-snapshot-attributes:project_id": "p"}
    api.put_in("snapshots", name="", status="available", size=3, **project)
    assert cloud_capacity.volumes_used(cast(Api, api), ["p", "q"]) == {
        "p": {"gigabytes": 7, "snapshots": 1},
        "q": {"gigabytes": 0, "snapshots": 0},
    }


def test_servers_are_counted_whatever_placement_knows_them_as() -> None:
    one = {"consumer_count": 1, "VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 1}
    usages: dict[str, Any] = {"INSTANCE": one, "unknown": one | {"consumer_count": 2}}
    api = SimpleNamespace(warm=lambda _: None, get=lambda *_, **__: {"usages": usages})
    found = cloud_capacity.used(cast(Api, api), ["p"])
    assert found == {"p": {"VCPU": 4, "MEMORY_MB": 1024, "DISK_GB": 2, "servers": 3}}
