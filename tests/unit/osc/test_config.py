"""Commands by hand see what bureaus.yml was run with."""

from __future__ import annotations

from pathlib import Path

import pytest
from ouhai_cloud.config import Configuration, ConfigurationInvalid, load

FILE = """\
[tenancy]
register = /srv/ouhai/register.yaml
state = /srv/state
directory_domain = staff
external_network = extranet
class3_hosts = compute4,compute3
"""
LEFT = Configuration(
    Path("/srv/ouhai/register.yaml"),
    Path("/srv/state"),
    "staff",
    "extranet",
    ("compute3", "compute4"),
)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose clouds.yaml has the playbook's file beside it."""
    (tmp_path / "tenancy.conf").write_text(FILE)
    return {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")}


def test_the_file_beside_clouds_yaml_is_read(variables: dict[str, str]) -> None:
    assert load(variables) == LEFT


def test_without_it_the_state_is_beside_clouds_yaml(tmp_path: Path) -> None:
    found = load({"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")})
    assert found == Configuration(None, tmp_path / "tenancy", "district", "", ())


def test_the_environment_wins(variables: dict[str, str]) -> None:
    more = {"OUHAI_CLASS3_HOSTS": "", "OUHAI_REGISTER": "mine.yaml", "OUHAI_EXTERNAL_NETWORK": "x"}
    assert load(variables | more) == Configuration(
        Path("mine.yaml"), LEFT.state, LEFT.directory_domain, "x", ()
    )


def test_another_file_can_be_named(variables: dict[str, str], tmp_path: Path) -> None:
    assert load(variables | {"OUHAI_CONFIG": ""}).directory_domain == "district"
    with pytest.raises(ConfigurationInvalid, match=r"absent\.conf"):
        load(variables | {"OUHAI_CONFIG": str(tmp_path / "absent.conf")})
