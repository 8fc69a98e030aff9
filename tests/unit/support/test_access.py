from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.access import CloudUnknown
from tests.support.lab import Lab, cloud_access

CLOUDS = """
clouds:
  ouhai:
    auth:
      auth_url: https://10.118.0.10:5000/v3
      username: admin
      password: hush
      project_name: admin
    region_name: ouhai
    cacert: /ca.crt
"""


@pytest.fixture
def clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    monkeypatch.delenv("OS_CLOUD", raising=False)
    return path


def test_dashboard_is_beside_the_apis(clouds: Path) -> None:
    clouds.write_text(CLOUDS)
    access = cloud_access()
    assert access.dashboard_url == "https://10.118.0.10/"
    assert access.domain_name == "Default"


def test_password_is_not_shown(clouds: Path) -> None:
    clouds.write_text(CLOUDS)
    assert "hush" not in repr(cloud_access())


def test_missing_file_says_what_to_do(clouds: Path) -> None:
    with pytest.raises(CloudUnknown, match="deploy/lab up"):
        cloud_access()


def test_missing_key_is_named(clouds: Path) -> None:
    clouds.write_text("clouds: {ouhai: {auth: {}}}")
    with pytest.raises(CloudUnknown, match="auth_url"):
        cloud_access()


def test_it_is_the_labs_unless_the_environment_names_another(
    clouds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds.write_text(CLOUDS)
    environment = {"OS_CLIENT_CONFIG_FILE": str(clouds), "OS_CLOUD": "ouhai"}
    monkeypatch.setattr(Lab, "environment", environment)
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE")
    assert cloud_access() == Lab().access
