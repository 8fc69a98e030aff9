"""What one verification has created so far; steps read what earlier ones wrote."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from openstack.connection import Connection

from .settings import PREFIX, Settings


def new_name() -> str:
    """Return a name that no other run uses."""
    return PREFIX + secrets.token_hex(4)


@dataclass
class Scene:
    """Everything carries the name `name`; identifiers are empty until their step has run."""

    settings: Settings
    admin: Connection
    name: str = field(default_factory=new_name)
    # Written into user data and metadata, and looked for on the guest's page.
    marker: str = field(default_factory=lambda: "marker-" + secrets.token_hex(8))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    # The member who does the work, and the administrator scoped to the same project, who clears up.
    member: Connection = field(init=False, repr=False)
    keeper: Connection = field(init=False, repr=False)

    project_id: str = ""
    user_id: str = ""
    image_id: str = ""
    flavor_id: str = ""
    external_network_id: str = ""
    network_id: str = ""
    subnet_id: str = ""
    router_id: str = ""
    security_group_id: str = ""
    port_id: str = ""
    public_key: str = ""
    volume_id: str = ""
    server_id: str = ""
    address: str = ""
