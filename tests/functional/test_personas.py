"""Who may do what, asked for over HTTP: each cell of personas.yml comes out as declared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openstack.connection import Connection
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.connection import prepare

from tests.support import personas
from tests.support.lab import Lab
from tests.support.persona_asking import Round
from tests.support.persona_scene import Scene, scene
from tests.support.personas import Matrix

MATRIX = personas.load(Path(__file__).with_name("personas.yml"))
POLICY = "/etc/nova/policy.yaml"
OPENED = '"os_compute_api:os-services:list": "@"'
OPENED_SECONDS = 60


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return MATRIX


@pytest.fixture(scope="module")
def staged(lab: Lab, cloud: Connection, matrix: Matrix) -> Iterator[Scene]:
    """Return bureaus, logins and objects; removed at the end of the module."""
    with scene(lab, Api(prepare(cloud)), matrix) as made:
        yield made


def answers(staged: Scene, matrix: Matrix, service: str) -> list[str]:
    """Ask all cells of a service; return those that are not as declared."""
    asking = Round(staged.askers, staged.values, staged.make)
    cells = list(matrix.cells(service))
    started = time.monotonic()
    wrong = personas.wrong(asking.answers(cells))
    print(f"{service}: {len(cells)} cells in {time.monotonic() - started:.1f} s")
    return wrong


@pytest.mark.parametrize("service", MATRIX.services)
def test_every_cell_is_as_declared(staged: Scene, matrix: Matrix, service: str) -> None:
    wrong = answers(staged, matrix, service)
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_wrongly_opened_policy_is_seen(lab: Lab, staged: Scene, matrix: Matrix) -> None:
    (operation,) = [one for one in matrix.operations if one.name == "list compute services"]
    cells = [cell for cell in matrix.cells("compute") if cell.operation is operation]
    asking = Round(staged.askers, staged.values, staged.make)

    def wrong() -> list[str]:
        return personas.wrong(asking.answers(cells))

    assert wrong() == []
    with opened(lab):
        seen = until(wrong, lambda lines: any("reader-b: ok" in line for line in lines))
        assert any("member-a: ok" in line for line in seen)
        assert not any("nobody" in line for line in seen)
    assert until(wrong, lambda lines: not lines) == []


@contextmanager
def opened(lab: Lab) -> Iterator[None]:
    """Let everybody list Nova's services for a while; oslo.policy reads a changed file itself."""
    keep = f"cp -p {POLICY} /root/x-matrix-policy.yaml"
    change = f"sed -i '/os-services:list/d' {POLICY} && echo '{OPENED}' >> {POLICY}"
    back = f"cp -p /root/x-matrix-policy.yaml {POLICY} && touch {POLICY}"
    for host in lab.groups["control"]:
        assert lab.ssh(host, keep).code == 0
    try:
        for host in lab.groups["control"]:
            answer = lab.ssh(host, change)
            assert answer.code == 0, answer.errors
        yield
    finally:
        for host in lab.groups["control"]:
            answer = lab.ssh(host, f"{back} && rm /root/x-matrix-policy.yaml")
            assert answer.code == 0, f"{host}: {POLICY} is still open: {answer.errors}"


def until(ask: Callable[[], list[str]], done: Callable[[list[str]], bool]) -> list[str]:
    """Ask until it is as wanted or the time is over; return the last answer."""
    deadline = time.monotonic() + OPENED_SECONDS
    lines = ask()
    while not done(lines) and time.monotonic() < deadline:
        time.sleep(1)
        lines = ask()
    return lines
