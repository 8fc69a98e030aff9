"""What the task asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Only what carries this prefix AND the tag is ever removed as a leftover of an earlier run.
PREFIX = "ouhai-verify-"
TAG = "ouhai-verify"

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "clouds_file": {"type": "path", "required": True},
    "cloud": {"type": "str", "required": True},
    "ca_file": {"type": "path", "required": True},
    "image": {"type": "str", "required": True},
    "flavor": {"type": "str", "required": True},
    "external_network": {"type": "str", "required": True},
    "dashboard_url": {"type": "str", "required": True},
    "dashboard_language": {"type": "str", "default": "zh-hans"},
    "project_range": {"type": "str", "default": "192.168.250.0/24"},
    "domain_id": {"type": "str", "default": "default"},
    "build_timeout_seconds": {"type": "int", "default": 180},
    "page_timeout_seconds": {"type": "int", "default": 180},
    "removal_timeout_seconds": {"type": "int", "default": 180},
    "control_command": {"type": "list", "elements": "str", "default": []},
    "volume_pool": {"type": "str", "default": "volumes"},
    "report_file": {"type": "path", "required": True},
    "keep": {"type": "bool", "default": False},
    "alone": {"type": "bool", "default": False},
}


@dataclass(frozen=True)
class Settings:
    """The task's arguments; `plugins/modules/verify.py` documents each."""

    clouds_file: Path
    cloud: str
    ca_file: Path
    image: str
    flavor: str
    external_network: str
    dashboard_url: str
    dashboard_language: str
    project_range: str
    domain_id: str
    build_timeout_seconds: int
    page_timeout_seconds: int
    removal_timeout_seconds: int
    report_file: Path
    keep: bool
    alone: bool
    volume_pool: str
    control_command: list[str] = field(default_factory=list)


def from_arguments(arguments: dict[str, Any]) -> Settings:
    """Convert validated task arguments. Ansible's marked strings become plain ones."""
    values: dict[str, Any] = {
        name: str(value) if isinstance(value, str) else value for name, value in arguments.items()
    }
    for name in ("clouds_file", "ca_file", "report_file"):
        values[name] = Path(values[name])
    values["dashboard_url"] = values["dashboard_url"].rstrip("/") + "/"
    values["control_command"] = [str(word) for word in values["control_command"]]
    return Settings(**values)
