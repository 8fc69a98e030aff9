"""Lists everything in a cloud that a verification may leave behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openstack.connection import Connection

from .scene import Scene
from .settings import PREFIX


@dataclass(frozen=True)
class Thing:
    """One resource.

    `owner` is a project, or a user for what belongs to users; `parent` what it is attached to.
    """

    kind: str
    id: str
    name: str
    owner: str
    parent: str = ""

    def __str__(self) -> str:
        """Name it the way an operator searches for it."""
        return f"{self.kind} {self.name or '(no name)'} {self.id}"


def survey(admin: Connection, user_id: str = "") -> set[Thing]:
    """List all projects' resources. Key pairs can only be listed per user.

    Neutron is never asked for one project's security groups: asking creates its default group.
    """
    compute, storage, network = admin.compute, admin.block_storage, admin.network
    things: set[Thing] = set()
    things |= _things("server", compute.servers(all_projects=True))
    things |= _things("volume", storage.volumes(all_projects=True))
    things |= _things("snapshot", storage.snapshots(all_projects=True))
    things |= _things("floating ip", network.ips(), name="description")
    things |= _things("port", network.ports(), parent="device_id")
    things |= _things("router", network.routers())
    things |= _things("subnet", network.subnets())
    things |= _things("network", network.networks())
    things |= _things("security group", network.security_groups())
    things |= _things("image", admin.image.images(), owner="owner_id")
    things |= _things("project", admin.identity.projects(), owner="id")
    things |= _things("trust", admin.identity.trusts(), name="id", owner="trustor_user_id")
    for domain in admin.identity.domains():
        things |= _things("user", admin.identity.users(domain_id=domain.id), owner="id")
    if user_id:
        things |= {
            Thing("key pair", f"{user_id}/{pair.name}", pair.name, user_id)
            for pair in compute.keypairs(user_id=user_id)
        }
    return things


def left_behind(scene: Scene, after: set[Thing]) -> list[Thing]:
    """Return what belongs to this verification, by owner, name, or what it is attached to."""
    own = {scene.project_id, scene.user_id, scene.router_id, scene.server_id} - {""}

    def belongs(thing: Thing) -> bool:
        # Heat names projects and users of its own domain after the project or the stack.
        return (
            bool({thing.id, thing.owner, thing.parent} & own)
            or thing.name.startswith(PREFIX)
            or any(identifier in thing.name for identifier in own)
        )

    return sorted((thing for thing in after if belongs(thing)), key=str)


def differences(before: set[Thing], after: set[Thing]) -> list[str]:
    """Say what appeared and what vanished; only means something on an idle cloud."""
    old, new = {(t.kind, t.id): t for t in before}, {(t.kind, t.id): t for t in after}
    appeared = [f"new: {new[key]}" for key in sorted(new.keys() - old.keys())]
    return appeared + [f"gone: {old[key]}" for key in sorted(old.keys() - new.keys())]


def counts(things: set[Thing]) -> str:
    """Return a short line such as "3 servers, 12 ports"."""
    kinds = sorted({thing.kind for thing in things})
    return ", ".join(f"{sum(t.kind == kind for t in things)} {kind}s" for kind in kinds)


def _things(
    kind: str,
    resources: Iterable[Any],
    *,
    name: str = "name",
    owner: str = "project_id",
    parent: str = "",
) -> set[Thing]:
    return {
        Thing(
            kind,
            resource.id,
            getattr(resource, name) or "",
            getattr(resource, owner) or "",
            (getattr(resource, parent) or "") if parent else "",
        )
        for resource in resources
    }
