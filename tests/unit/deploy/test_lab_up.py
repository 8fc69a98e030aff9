"""What ``up`` does before there are hosts, with stand-ins for all that would change the machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.hardware import extension, network, prerequisites, requirements, up
from deploy.hardware.errors import JobFailed
from deploy.hardware.layout import Layout
from deploy.hardware.progress import Progress
from tests.runner.paths import ROOT


def nothing(*_: Any) -> None:
    pass


def test_a_machine_without_ip_gets_it_before_addresses_are_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []
    which: Callable[[str], str | None] = shutil.which

    def install(_: Layout) -> list[str]:
        installed.append("iproute2")
        return installed

    def in_use(_: Layout) -> list[tuple[str, str]]:
        if not installed:
            raise JobFailed("`ip` could not be run")
        return [("10.118.0.0/16", "route through eth0")]

    def has(command: str) -> str | None:
        return which(command) if installed or command != "ip" else None

    monkeypatch.setattr(shutil, "which", has)
    monkeypatch.setattr(network, "networks_in_use", in_use)
    monkeypatch.setattr(
        requirements, "check", lambda _layout, _needs, more: requirements.report(more)
    )
    monkeypatch.setattr(requirements, "check_network", nothing)
    monkeypatch.setattr(prerequisites, "install_packages", install)
    monkeypatch.setattr(prerequisites, "provide_environment", nothing)
    monkeypatch.setattr(prerequisites, "use_environment", nothing)
    monkeypatch.setattr(extension, "provide", nothing)
    monkeypatch.setattr(up, "machine_mirrors", nothing)

    layout = Layout(ROOT, tmp_path / "cache", tmp_path / "ouhai-lab-t", "-t")
    run = up.Up(layout, up.Wishes(until="prerequisites"), Progress())
    run.check()
    run.prerequisites()
    assert run.state.prefix == "10.119"
