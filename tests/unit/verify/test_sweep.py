"""Leftovers are told from running verifications and from other people's projects."""

from __future__ import annotations

import os
import socket
import time
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud.errors import CheckFailed
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify import sweep


def project(name: str, description: str = "") -> SimpleNamespace:
    return SimpleNamespace(id=name, name=name, description=description, domain_id="default")


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the projects that would be removed."""
    found: list[str] = []

    def removal(_admin: object, _keeper: object, project_id: str, _timeout: float) -> MagicMock:
        found.append(project_id)
        return MagicMock(run=MagicMock(return_value=[]))

    monkeypatch.setattr(sweep, "Removal", removal)
    monkeypatch.setattr(sweep, "keeper_of", MagicMock())
    return found


def run(*projects: SimpleNamespace) -> list[str]:
    admin = MagicMock()
    admin.identity.projects.return_value = projects
    return sweep.sweep(admin, MagicMock(removal_timeout_seconds=1))


def test_only_the_prefix_and_the_tag_together_count(removed: list[str]) -> None:
    assert run(project("ouhai-verify-1"), project("production")) == ["ouhai-verify-1"]
    assert removed == ["ouhai-verify-1"]


def test_a_dead_process_leaves_a_leftover(removed: list[str]) -> None:
    mark = f"verify.yml host={socket.gethostname()} pid=4194999 time={int(time.time())}"
    assert run(project("ouhai-verify-1", mark)) == ["ouhai-verify-1"]
    assert removed


def test_a_number_used_again_by_another_program_is_dead(removed: list[str]) -> None:
    mark = f"verify.yml host={socket.gethostname()} pid={os.getpid()} time=0"
    assert run(project("ouhai-verify-1", mark)) == ["ouhai-verify-1"]
    assert removed


def test_a_running_verification_on_another_host_is_left_alone(removed: list[str]) -> None:
    mark = f"verify.yml host=elsewhere pid=1 time={int(time.time())}"
    with pytest.raises(CheckFailed, match="Another verification"):
        run(project("ouhai-verify-1", mark))
    assert not removed
