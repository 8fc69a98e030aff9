"""Removes a verification's project with all in it. Nothing of another project is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from ..cloud.errors import CLOUD_ERRORS, CheckFailed, from_cloud
from ..cloud.waiting import Wait


class Removal:
    """One project, cleared up by an administrator who is scoped to it."""

    def __init__(
        self, admin: Connection, keeper: Connection, project_id: str, timeout_seconds: float
    ) -> None:
        """Take two connections: one to everything, one scoped to the project."""
        self.admin = admin
        self.keeper = keeper
        self.project_id = project_id
        self.timeout_seconds = timeout_seconds

    def run(self, user_ids: Iterable[str]) -> list[CheckFailed]:
        """Remove everything; go on after a failure and return what went wrong.

        The project stays when something in it does, so that the next run finds it again.
        """
        users = list(user_ids)
        parts: list[tuple[str, Callable[[], None]]] = [
            ("Removing stacks and servers", self._guests),
            ("Removing floating IPs", self._floating_ips),
            ("Removing snapshots", self._snapshots),
            ("Removing volumes", self._volumes),
            ("Removing routers", self._routers),
            ("Removing ports", self._ports),
            ("Removing networks", self._networks),
            ("Removing security groups", self._security_groups),
            ("Removing key pairs", lambda: self._key_pairs(users)),
        ]
        failures = [failure for part in parts if (failure := _attempt(*part))]
        if not failures:
            last = _attempt("Removing user and project", lambda: self._identity(users))
            failures += [last] if last else []
        return failures

    def _guests(self) -> None:
        # Both at once: a stack's removal and a guest's do not wait for each other.
        heat, nova = self.keeper.orchestration, self.keeper.compute
        for stack in self._stacks():
            heat.delete_stack(stack.id)
        for server in self._own(nova.servers()):
            nova.delete_server(server.id)
        self._gone("stacks", self._stacks, "heat-engine's journal")
        self._gone("servers", lambda: list(self._own(nova.servers())), "nova-compute's journal")

    def _stacks(self) -> list[SimpleNamespace]:
        """Return the project's stacks: Heat lists those of all projects to an administrator.

        openstacksdk does not pass on whose a stack is.
        """
        answer = self.keeper.orchestration.get("/stacks")
        openstack.exceptions.raise_from_response(answer)
        listed = [
            SimpleNamespace(
                id=one["id"],
                name=one["stack_name"],
                status=one["stack_status"],
                project_id=one["project"],
            )
            for one in answer.json()["stacks"]
        ]
        return list(self._own(listed))

    def _floating_ips(self) -> None:
        for address in self._own(self.admin.network.ips()):
            self.admin.network.delete_ip(address.id)

    def _snapshots(self) -> None:
        storage = self.keeper.block_storage
        for snapshot in self._own(storage.snapshots()):
            storage.delete_snapshot(snapshot.id)
        self._gone("snapshots", lambda: list(storage.snapshots()), "cinder-volume's journal")

    def _volumes(self) -> None:
        storage = self.keeper.block_storage
        for volume in self._own(storage.volumes()):
            storage.delete_volume(volume.id)
        self._gone("volumes", lambda: list(storage.volumes()), "cinder-volume's journal")

    def _routers(self) -> None:
        network = self.admin.network
        for router in self._own(network.routers()):
            for port in network.ports(device_id=router.id):
                if port.device_owner == "network:router_interface":
                    network.remove_interface_from_router(router.id, port_id=port.id)
            network.delete_router(router.id)

    def _ports(self) -> None:
        # Neutron removes its own ports (DHCP, metadata: `network:…`) with the network.
        for port in self._own(self.admin.network.ports()):
            if not port.device_owner.startswith("network:"):
                self.admin.network.delete_port(port.id)

    def _networks(self) -> None:
        for network in self._own(self.admin.network.networks()):
            self.admin.network.delete_network(network.id)

    def _security_groups(self) -> None:
        # Listed without a filter: asking for one project's groups creates its `default` anew.
        for group in self._own(self.admin.network.security_groups()):
            self.admin.network.delete_security_group(group.id)

    def _key_pairs(self, user_ids: list[str]) -> None:
        for user_id in user_ids:
            for pair in self.admin.compute.keypairs(user_id=user_id):
                self.admin.compute.delete_keypair(pair.name, user_id=user_id)

    def _identity(self, user_ids: list[str]) -> None:
        for user_id in user_ids:
            self.admin.identity.delete_user(user_id)
        self.admin.identity.delete_project(self.project_id)

    def _own(self, resources: Iterable[Any]) -> Iterator[Any]:
        """Pass on only what is the project's: an ignored filter must not cost anybody a server."""
        return (item for item in resources if item.project_id == self.project_id)

    def _gone(self, kind: str, list_them: Callable[[], list[Any]], look_at: str) -> None:
        def states() -> str:
            return ", ".join(f"{item.name} is {item.status}" for item in list_them())

        Wait(
            what=f"All {kind} of project {self.project_id} are removed",
            where=f"project {self.project_id}",
            remedy=f"Look at {look_at}; run verify.yml again, it removes leftovers first.",
            timeout_seconds=self.timeout_seconds,
        ).until(lambda: True if not list_them() else None, states)


def _attempt(name: str, work: Callable[[], None]) -> CheckFailed | None:
    try:
        work()
    except CheckFailed as failure:
        return failure
    except CLOUD_ERRORS as error:
        return from_cloud(error, name)
    return None
