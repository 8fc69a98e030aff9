"""Cinder's quotas: by one request where Cinder has the list, else by one for each project."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.volume_quotas import volume_quotas

DEFAULTS = {"volumes": 10, "gigabytes": 1000}


class Cinder:
    """Projects `a` with a quota and `b` with the defaults; with our list or without it."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.asked: list[str] = []

    def get(self, service: str, path: str) -> dict[str, Any]:
        """Answer as Cinder does."""
        assert service == "block_storage"
        self.asked.append(path)
        if path != "/ouhai-quota-sets":
            own = {"volumes": 4} if path.endswith("/a") else {}
            return {"quota_set": {**DEFAULTS, **own, "id": path.rpartition("/")[2]}}
        if self.status != 200:
            raise Refused("Listing quotas", self.status, "no")
        others = [{"id": "z", "volumes": 1}]
        return {"defaults": DEFAULTS, "quota_sets": [{"id": "a", "volumes": 4}, *others]}


def test_the_list_is_one_request_and_tells_what_each_request_would() -> None:
    with_list, without = Cinder(200), Cinder(404)
    found = volume_quotas(cast("Api", with_list), ["a", "b"])
    one_by_one = volume_quotas(cast("Api", without), ["a", "b"])
    for project in ("a", "b"):
        assert {name: found[project][name] for name in DEFAULTS} == {
            name: one_by_one[project][name] for name in DEFAULTS
        }
    assert set(found) == set(one_by_one) == {"a", "b"}
    assert found["a"]["volumes"] == 4
    assert with_list.asked == ["/ouhai-quota-sets"]
    assert sorted(without.asked) == ["/os-quota-sets/a", "/os-quota-sets/b", "/ouhai-quota-sets"]


def test_a_missing_right_is_not_taken_for_a_missing_list() -> None:
    cinder = Cinder(403)
    with pytest.raises(Refused):
        volume_quotas(cast("Api", cinder), ["a"])
    assert cinder.asked == ["/ouhai-quota-sets"]
