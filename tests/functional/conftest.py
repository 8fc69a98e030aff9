"""Fixtures for tests on the running lab. A lab that is down is a failure, not a skip."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from openstack.connection import Connection
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.connection import prepare

from tests.support import cloud as clouds
from tests.support.applications import Key, Member, copy_name, members
from tests.support.bureaus import Bureaus
from tests.support.guests import Guest, guest, surroundings
from tests.support.lab import Lab


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Return the running lab."""
    lab = Lab()
    assert lab.environment, "deploy/lab env says nothing: bring the lab up with `deploy/lab up`"
    return lab


@pytest.fixture(scope="session")
def cloud(lab: Lab) -> Connection:
    """Return a connection as the cloud's administrator."""
    return clouds.connect(lab)


@pytest.fixture(scope="module")
def api(cloud: Connection) -> Api:
    """Return what asks the cloud as our commands do, as its administrator."""
    return Api(prepare(cloud))


@pytest.fixture(scope="module")
def bureaus(lab: Lab) -> Bureaus:
    """Return the bureaus of the lab's register and a way in for their people."""
    return Bureaus(lab)


@pytest.fixture(scope="module")
def member(bureaus: Bureaus) -> Member:
    """Return a member of the register's first bureau, at work in its first system."""
    return members(bureaus)[0]


@pytest.fixture(scope="module")
def other_member(bureaus: Bureaus) -> Member:
    """Return a member of another bureau, likewise."""
    return members(bureaus)[1]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return Key(tmp_path_factory.mktemp("key"))


@pytest.fixture
def name(member: Member) -> Iterator[str]:
    with copy_name(member) as name:
        yield name


@pytest.fixture
def other_name(other_member: Member) -> Iterator[str]:
    """Return a name for a copy of the other bureau, likewise."""
    with copy_name(other_member) as name:
        yield name


@pytest.fixture(scope="session")
def probe(lab: Lab, cloud: Connection) -> Iterator[Guest]:
    """Return a guest that answers; it is removed at the end of the session."""
    name = f"ouhai-test-{secrets.token_hex(4)}"
    with (
        surroundings(cloud, name, lab.variables["external_network"]["name"]) as around,
        guest(cloud, around) as one,
    ):
        yield one
