"""How the modules of the deploy host get at the cloud, and what they say when it refuses."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from ansible_collections.ouhai.cloud.plugins.module_utils import administrator as ours
from keystoneauth1.exceptions import ConnectFailure, Unauthorized
from openstack.exceptions import SDKException

CLOUDS = """
clouds:
  ouhai:
    auth: {auth_url: https://10.0.0.10:5000/v3, username: admin, password: pw, project_name: admin}
    region_name: ouhai
"""


class Failed(Exception):
    """Where a module would end."""


@pytest.fixture
def module(tmp_path: Path) -> Mock:
    file = tmp_path / "clouds.yaml"
    file.write_text(CLOUDS)
    return Mock(
        params={"clouds_file": str(file), "cloud": "ouhai"}, fail_json=Mock(side_effect=Failed)
    )


def test_the_connection_is_the_entrys_with_the_modules_own_settings(module: Mock) -> None:
    with ours.administrator(module, "refused", api_timeout=7) as cloud:
        assert cloud.config.config["auth"]["username"] == "admin"
        assert cloud.config.config["api_timeout"] == 7


def test_what_the_cloud_refuses_fails_the_module_in_its_own_words(module: Mock) -> None:
    with pytest.raises(Failed), ours.administrator(module, "Neutron refused"):
        raise SDKException("no such network")
    module.fail_json.assert_called_once_with(msg="Neutron refused: no such network")


def test_a_missing_package_is_named(module: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "HAS_OPENSTACK", False)
    with pytest.raises(Failed), ours.administrator(module, "refused"):
        pass
    assert "openstacksdk" in module.fail_json.call_args.kwargs["msg"]


@pytest.mark.parametrize("error", [ConnectFailure("no route"), Unauthorized("no route")])
def test_what_comes_from_keystoneauth_fails_it_no_less(module: Mock, error: Exception) -> None:
    with pytest.raises(Failed), ours.administrator(module, "Neutron refused"):
        raise error
    assert module.fail_json.call_args.kwargs["msg"].startswith("Neutron refused: no route")


def test_a_cloud_that_the_file_does_not_have_is_named(module: Mock) -> None:
    module.params["cloud"] = "elsewhere"
    with pytest.raises(Failed), ours.administrator(module, "refused"):
        pass
    assert "elsewhere" in module.fail_json.call_args.kwargs["msg"]
