"""What the module `ceph_cluster` asks the monitors for."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.modules import ceph_cluster

from tests.unit.playbooks import modules

KEY = {"name": "client.glance", "key": "k", "caps": {"mon": "profile rbd"}}
ENTITY = {"entity": "client.glance", "key": "k", "caps": {"mon": "profile rbd"}}
NAMES = ["images", "volumes"]


class CephError(Exception):
    """The library's own."""


class Cluster:
    """A cluster with these keys and pools; keeps what it is asked to change."""

    def __init__(self, entities: list[Any], pools: list[Any]) -> None:
        self.answers = {"auth ls": {"auth_dump": entities}, "osd pool ls": pools}
        self.changes: list[tuple[dict[str, Any], bytes]] = []
        self.refusing = ""

    def connect(self, timeout: int) -> None:
        """Do as if."""

    def mon_command(self, command: str, data: bytes, **_: int) -> tuple[int, bytes, str]:
        """Answer a command, as text, as the monitors do."""
        asked = json.loads(command)
        assert asked.pop("format") == "json"
        if asked["prefix"] in self.answers:
            return 0, json.dumps(self.answers[asked["prefix"]]).encode(), ""
        self.changes.append((asked, data))
        if asked["prefix"] == self.refusing:
            return -22, b"", "invalid argument"
        return 0, b"", ""


def pool(name: str, size: int = 3, *applications: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {application: {} for application in applications}
    return {"pool_name": name, "size": size, "application_metadata": metadata}


RIGHT = [pool(name, 3, "rbd") for name in NAMES]


def play(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster, *, check_mode: bool = False
) -> dict[str, Any]:
    """Run the module; return what it says at its end."""
    library = SimpleNamespace(Rados=lambda **_: cluster, Error=CephError)
    monkeypatch.setattr(ceph_cluster, "rados", library)
    params = {"clients": [KEY], "pools": NAMES, "copies": 3}
    return modules.said(monkeypatch, ceph_cluster, params, check_mode=check_mode)


def test_what_is_right_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([ENTITY], RIGHT)
    assert play(monkeypatch, cluster) == {"changed": False, "actions": []}
    assert cluster.changes == []


EVERYTHING = [
    "key of client.glance",
    "pool images with 3 copies",
    "application of pool images",
    "pool volumes with 3 copies",
    "application of pool volumes",
]


def test_a_new_cluster_gets_its_keys_and_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([], [])
    assert play(monkeypatch, cluster)["actions"] == EVERYTHING
    (asked, data), *others = cluster.changes
    assert asked == {"prefix": "auth import"}
    assert data == b'[client.glance]\n\tkey = k\n\tcaps mon = "profile rbd"\n'
    for name in NAMES:
        # A pool is made before it gets an application; the pools are made at the same time.
        assert [asked for asked, _ in others if asked["pool"] == name] == [
            {"prefix": "osd pool create", "pool": name, "pg_num": 16, "size": 3},
            {"prefix": "osd pool application enable", "pool": name, "app": "rbd"},
        ]


def test_check_mode_names_everything_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([], [])
    said = play(monkeypatch, cluster, check_mode=True)
    assert said == {"changed": True, "actions": EVERYTHING}
    assert cluster.changes == []


def test_a_pool_without_its_application_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([ENTITY], [pool("images"), RIGHT[1]])
    assert play(monkeypatch, cluster)["actions"] == ["application of pool images"]
    wanted = {"prefix": "osd pool application enable", "pool": "images", "app": "rbd"}
    assert [asked for asked, _ in cluster.changes] == [wanted]


def test_another_number_of_copies_is_corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([ENTITY], [RIGHT[0], pool("volumes", 1, "rbd")])
    assert play(monkeypatch, cluster)["actions"] == ["3 copies in pool volumes"]
    ((asked, _),) = cluster.changes
    assert (asked["prefix"], asked["var"], asked["val"]) == ("osd pool set", "size", "3")


@pytest.mark.parametrize(
    "changed", [{"key": "old"}, {"caps": {"mon": "allow *"}}], ids=["key", "caps"]
)
def test_a_key_that_differs_is_corrected(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    cluster = Cluster([ENTITY | changed], RIGHT)
    assert play(monkeypatch, cluster)["actions"] == ["key of client.glance"]


def test_what_the_monitors_refuse_fails_it_in_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([ENTITY], [RIGHT[0]])
    cluster.refusing = "osd pool create"
    said = play(monkeypatch, cluster)["msg"]
    assert "osd pool create failed with code -22: invalid argument" in said
