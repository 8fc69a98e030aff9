"""The way into a cloud as an operator has it: by clouds.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml


class CloudUnknown(Exception):
    """There is no description of a cloud to test, or it lacks something."""


@dataclass(frozen=True)
class CloudAccess:
    """The administrator's way into a cloud."""

    name: str
    clouds_file: Path
    auth_url: str
    username: str
    password: str = field(repr=False)
    project_name: str
    domain_name: str
    region_name: str
    ca_file: Path

    @property
    def dashboard_url(self) -> str:
        """Address of the dashboard: that of the APIs, on the port of HTTPS."""
        return f"https://{urlsplit(self.auth_url).hostname}/"


def read_access(environment: Mapping[str, str]) -> CloudAccess:
    """The cloud named by $OS_CLIENT_CONFIG_FILE and $OS_CLOUD of an environment.

    Raises CloudUnknown when there is none or its description is incomplete.
    """
    path = Path(environment["OS_CLIENT_CONFIG_FILE"])
    name = environment.get("OS_CLOUD", "ouhai")
    try:
        document = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise CloudUnknown(
            f"{path} does not exist: bring the lab up (deploy/lab up) or point "
            "OS_CLIENT_CONFIG_FILE to the clouds.yaml of another cloud"
        ) from error
    try:
        return _read(name, path, document["clouds"][name])
    except KeyError as error:
        raise CloudUnknown(f"{path} has no {error} for the cloud {name}") from error


def _read(name: str, path: Path, cloud: dict[str, Any]) -> CloudAccess:
    auth = cloud["auth"]
    return CloudAccess(
        name=name,
        clouds_file=path,
        auth_url=auth["auth_url"],
        username=auth["username"],
        password=auth["password"],
        project_name=auth["project_name"],
        domain_name=auth.get("user_domain_name", "Default"),
        region_name=cloud["region_name"],
        ca_file=Path(cloud["cacert"]),
    )
