"""Our package in the lab's environment, and the register that the lab plays."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

from deploy.hardware import extension, inventory, register, topology
from deploy.hardware.addresses import Addresses
from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout
from tests.runner.paths import ROOT


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tree=ROOT, cache=tmp_path / "cache", state=tmp_path / "lab", suffix="-t")


def installed(layout: Layout) -> Distribution:
    (info,) = extension.site_packages(layout).glob("*.dist-info")
    return PathDistribution(info)


def test_the_package_is_found_with_its_commands(layout: Layout) -> None:
    extension.provide(layout)
    found = installed(layout)
    assert found.metadata["Name"] == "ouhai-cloud"
    commands = {point.name for point in found.entry_points if point.group == "openstack.bureau.v1"}
    assert {"bureau_plan", "bureau_apply"} <= commands
    folder = str(extension.site_packages(layout))
    code = f"import site; site.addsitedir({folder!r}); import ouhai_cloud"
    subprocess.run((sys.executable, "-S", "-c", code), check=True, cwd="/")


def test_a_second_time_writes_nothing(layout: Layout) -> None:
    extension.provide(layout)
    files = [path for path in extension.site_packages(layout).rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    extension.provide(layout)
    assert {path: path.stat().st_mtime_ns for path in files} == before


def test_a_register_is_found_by_name_or_path(layout: Layout, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("")
    assert register.find(layout, "ouhai") == ROOT / "deploy/register/ouhai.yaml"
    assert register.find(layout, str(mine)) == mine
    with pytest.raises(LabError, match=r"neither a file nor one of .*two-bureaus"):
        register.find(layout, "nowhere")


def test_a_wrong_register_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("district: {}\n")
    with pytest.raises(LabError, match=r"wrong\.yaml:"):
        register.check(path)


def test_one_person_for_each_role_and_duty_is_shown() -> None:
    assert register.some_persons(ROOT / "deploy/register/two-bureaus.yaml") == (
        *("jyj-manager", "jyj-member", "jyj-reader"),
        *("centre-system-administrator", "centre-security-administrator", "centre-auditor"),
    )


def test_a_lab_without_a_directory_host_has_no_directory() -> None:
    hosts, path = topology.load("aio").hosts, Path("/r.yaml")
    values = inventory.tenancy(hosts, Addresses("10.120"), path)
    assert values["bureau_register"] == "/r.yaml"
    assert values["directory"]["url"] == "ldaps://10.120.0.11"
    assert inventory.tenancy((), Addresses("10.120"), path)["directory"]["url"] == ""
