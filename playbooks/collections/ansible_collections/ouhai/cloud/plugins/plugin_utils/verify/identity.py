"""A project with a member, for the time of the verification."""

from __future__ import annotations

import os
import socket
import time

from openstack.connection import Connection

from ..cloud.connection import connect_as, connect_to_project
from ..cloud.errors import CheckFailed
from .scene import Scene
from .settings import TAG


def owner_mark() -> str:
    """Say which process made a project, so that the next run knows whether it still works."""
    return f"verify.yml host={socket.gethostname()} pid={os.getpid()} time={int(time.time())}"


def create_project(scene: Scene) -> str:
    """Create project and user; assign `member` to the user and `admin` to ourselves."""
    identity, domain = scene.admin.identity, scene.settings.domain_id
    project = identity.create_project(
        name=scene.name, domain_id=domain, tags=[TAG], description=owner_mark()
    )
    scene.project_id = project.id
    scene.keeper = keeper_of(scene.admin, project.id)
    user = identity.create_user(
        name=scene.name,
        domain_id=domain,
        password=scene.password,
        description=owner_mark(),
    )
    scene.user_id = user.id
    member = identity.find_role("member")
    if member is None:
        raise CheckFailed(
            "The role `member` is missing",
            where="Keystone",
            why="GET /v3/roles?name=member is empty.",
            remedy="Run site.yml with --tags keystone: its bootstrap creates the role.",
        )
    identity.assign_project_role_to_user(project.id, user.id, member.id)
    return ""


def log_in(scene: Scene) -> str:
    """Get a token with the new user's password."""
    scene.member = connect_as(
        scene.admin,
        username=scene.name,
        password=scene.password,
        project_id=scene.project_id,
        domain_id=scene.settings.domain_id,
    )
    services = scene.member.service_catalog
    return f"{len(services)} services in the catalogue"


def keeper_of(admin: Connection, project_id: str) -> Connection:
    """Become `admin` in a project and connect to it; the assignment ends with the project."""
    role = admin.identity.find_role("admin", ignore_missing=False)
    admin.identity.assign_project_role_to_user(project_id, admin.current_user_id, role.id)
    return connect_to_project(admin, project_id)
