"""What tenancy is told by the operator: one configuration file, with the environment above it.

Every option can be given in the file named by ``$OUHAI_CONFIG`` (group ``[tenancy]``), by default
``tenancy.conf`` beside the clouds.yaml in use, where ``playbooks/bureaus.yml`` leaves what the
inventory says; or as an environment variable ``OUHAI_`` with its name, such as ``$OUHAI_REGISTER``.
A variable that is empty counts, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oslo_config import cfg

from ouhai_cloud.errors import OuhaiError

GROUP = "tenancy"
OPTIONS = (
    cfg.StrOpt("register", default="", help="The bureau register."),
    cfg.StrOpt("state", default="", help="Folder of the recorded state."),
    cfg.StrOpt("directory_domain", default="district", help="Domain of the directory's groups."),
    cfg.StrOpt("external_network", default="", help="The extranet; by default the only external."),
    cfg.ListOpt("class3_hosts", default=[], help="Compute hosts kept for security class 3."),
)


class ConfigurationInvalid(OuhaiError):
    """The configuration cannot be read, or lacks something that is needed now."""


@dataclass(frozen=True)
class Configuration:
    """What the options are, paths not looked at yet.

    :param register: None where none is named.
    :param external_network: empty for the only one that there is.
    """

    register: Path | None
    state: Path
    directory_domain: str
    external_network: str
    class3_hosts: tuple[str, ...]


def load(environment: Mapping[str, str] | None = None) -> Configuration:
    """Return the configuration.

    :param environment: variables, by default the process's.
    :raises ConfigurationInvalid: the file cannot be read or has a wrong value.
    """
    variables = os.environ if environment is None else environment
    folder = _folder_of_clouds_file(variables)
    values = _from_file(variables.get("OUHAI_CONFIG", _left_by_the_playbook(folder)))

    def text(name: str) -> str:
        return variables.get(f"OUHAI_{name.upper()}", str(values[name]))

    hosts = variables.get("OUHAI_CLASS3_HOSTS", ",".join(values["class3_hosts"]))
    return Configuration(
        register=Path(text("register")) if text("register") else None,
        state=Path(text("state")) if text("state") else folder / "tenancy",
        directory_domain=text("directory_domain"),
        external_network=text("external_network"),
        class3_hosts=tuple(sorted(filter(None, hosts.split(",")))),
    )


def _from_file(path: str) -> dict[str, Any]:
    conf = cfg.ConfigOpts()
    conf.register_opts(OPTIONS, GROUP)
    try:
        conf([], project="ouhai", default_config_files=[path] if path else [])
        return {option.name: conf[GROUP][option.dest] for option in OPTIONS}
    except (cfg.Error, OSError) as error:
        raise ConfigurationInvalid(
            f"{path}: {error}; see the options with their help in ouhai_cloud/config.py"
        ) from error


def _folder_of_clouds_file(variables: Mapping[str, str]) -> Path:
    """Return the folder of the clouds.yaml in use."""
    named = variables.get("OS_CLIENT_CONFIG_FILE", "")
    return Path(named).parent if named else Path.home() / ".config/openstack"


def _left_by_the_playbook(folder: Path) -> str:
    """Return the path of what bureaus.yml left in a folder; empty when it never ran."""
    path = folder / "tenancy.conf"
    return str(path) if path.is_file() else ""
