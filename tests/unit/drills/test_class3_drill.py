"""The drill of security class 3 without a lab: which system it takes, and what it tells."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import Mock

import openstack
import pytest
from openstack.compute.v2.flavor import Flavor
from openstack.exceptions import ForbiddenException
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.register.model import Allotment, Register

from tests.drills import class3
from tests.drills.steps import DrillFailed
from tests.support.tenancy_bench import REGISTER_FILE

PROBE = Flavor(name="probe", vcpus=1, ram=128, disk=1)
ENOUGH = Allotment(cores=1, memory_gib=1, disk_gib=2)


def granting(**allotments: Allotment) -> Register:
    """Return the small register, with other allotments for the offices of these bureaus."""
    register = load(REGISTER_FILE)
    bureaus = tuple(
        replace(
            one,
            systems=tuple(
                replace(system, allotment=allotments.get(one.code, system.allotment))
                for system in one.systems
            ),
        )
        for one in register.bureaus
    )
    return replace(register, bureaus=bureaus)


@pytest.mark.parametrize(("number", "code"), [(2, "oa"), (3, "exam")])
def test_the_first_system_of_a_class_is_taken(number: int, code: str) -> None:
    bureau, system = class3._system(granting(E021=ENOUGH), number, PROBE)
    assert (bureau.code, system.code) == ("E021", code)


@pytest.mark.parametrize("lacking", ["cores", "memory_gib", "disk_gib"])
def test_one_whose_allotment_is_too_small_is_passed_over(lacking: str) -> None:
    register = granting(E021=replace(ENOUGH, **{lacking: 0}))
    bureau, system = class3._system(register, 2, PROBE)
    assert (bureau.code, system.code) == ("E022", "oa")
    with pytest.raises(DrillFailed, match=r"security class 3 .* flavor probe"):
        class3._system(register, 3, PROBE)


@pytest.mark.parametrize("place", ["image", "boot"])
def test_what_a_member_may_not_fails_the_drill(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    refusal = ForbiddenException("Quota exceeded for cores")
    member = Mock()
    if place == "image":
        member.image.find_image.side_effect = refusal

    monkeypatch.setattr(class3, "booted", Mock(side_effect=refusal))
    monkeypatch.setattr(openstack, "connect", lambda **_: member)
    cloud = Mock()
    cloud.identity.projects.return_value = [SimpleNamespace(id="p")]
    bureau, system = class3._system(granting(), 3, PROBE)
    with pytest.raises(DrillFailed, match=r"jyj-member may not .*中考报名系统.*: .*Quota exceeded"):
        class3._host_of(Mock(), cloud, bureau, system)
