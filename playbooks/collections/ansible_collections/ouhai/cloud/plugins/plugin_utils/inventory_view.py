"""What the checks get to see of an inventory: plain data, so that they can be tried without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure


@dataclass(frozen=True)
class Host:
    """One host with the values of its variables, as far as they could be evaluated."""

    name: str
    groups: frozenset[str]
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Inventory:
    """Hosts, groups and the variables of the cloud as a whole.

    `sources` says for a variable in which files of the inventory it is set.
    """

    hosts: Mapping[str, Host]
    groups: Mapping[str, Sequence[str]]
    variables: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def place(self, variable: str) -> str:
        """Return a variable's name with the files that set it, for messages."""
        files = ", ".join(self.sources.get(variable, ()))
        return f"{variable} ({files})" if files else variable


def plain(value: Any) -> Any:
    """Return data without the marks that Ansible puts on it, which serialisers do not take."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    return value


__all__ = ["Failure", "Host", "Inventory", "plain"]
