"""Removal touches one project only, goes on after failures, and keeps what it could not clear."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import openstack.exceptions
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.removal import Removal


def thing(identifier: str, project_id: str, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(id=identifier, name=identifier, project_id=project_id, **more)


def listed(**owners: str) -> SimpleNamespace:
    """Return Heat's answer: stacks by name, each with its project."""
    stacks = [
        {"id": name, "stack_name": name, "stack_status": "CREATE_COMPLETE", "project": owner}
        for name, owner in owners.items()
    ]
    return SimpleNamespace(status_code=200, json=lambda: {"stacks": stacks})


def connections() -> tuple[MagicMock, MagicMock]:
    """Return an administrator and a keeper whose services list nothing unless told to."""
    admin, keeper = MagicMock(), MagicMock()
    for kind in ("ips", "ports", "routers", "networks", "security_groups"):
        getattr(admin.network, kind).return_value = []
    admin.compute.keypairs.return_value = []
    keeper.compute.servers.return_value = []
    keeper.orchestration.get.return_value = listed()
    for kinds in (keeper.block_storage.snapshots, keeper.block_storage.volumes):
        kinds.return_value = []
    return admin, keeper


def test_other_projects_are_never_touched() -> None:
    admin, keeper = connections()
    admin.network.networks.return_value = [thing("ours", "p"), thing("theirs", "q")]
    admin.network.ports.return_value = [
        thing("own", "p", device_owner="compute:nova"),
        thing("metadata", "p", device_owner="network:distributed"),
        thing("foreign", "q", device_owner="compute:nova"),
    ]
    assert Removal(admin, keeper, "p", 1).run(["u"]) == []
    admin.network.delete_network.assert_called_once_with("ours")
    admin.network.delete_port.assert_called_once_with("own")
    admin.identity.delete_project.assert_called_once_with("p")


def test_stacks_of_other_projects_are_never_touched() -> None:
    """Heat lists all projects' stacks to an administrator, whatever project that is scoped to."""
    admin, keeper = connections()
    keeper.orchestration.get.side_effect = [listed(ours="p", theirs="q"), listed(theirs="q")]
    assert Removal(admin, keeper, "p", 1).run([]) == []
    keeper.orchestration.delete_stack.assert_called_once_with("ours")


def test_a_failure_does_not_stop_the_rest_but_keeps_the_project() -> None:
    admin, keeper = connections()
    admin.network.routers.side_effect = openstack.exceptions.HttpException("down")
    admin.network.networks.return_value = [thing("ours", "p")]
    failures = Removal(admin, keeper, "p", 1).run(["u"])
    assert [failure.what for failure in failures] == ["Removing routers failed"]
    admin.network.delete_network.assert_called_once_with("ours")
    admin.identity.delete_user.assert_not_called()
    admin.identity.delete_project.assert_not_called()


def test_security_groups_are_listed_without_a_filter() -> None:
    """Neutron makes a project's default group anew when it is asked for that project's groups."""
    admin, keeper = connections()
    Removal(admin, keeper, "p", 1).run([])
    admin.network.security_groups.assert_called_once_with()
