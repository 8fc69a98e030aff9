"""The steps of a verification, and what each of them needs."""

from __future__ import annotations

from . import console, dashboard, guest, identity, network, page, stack, storage
from .graph import Step

STEPS = (
    Step("project and user", identity.create_project),
    Step("login as a member", identity.log_in, ("project and user",)),
    # The longest way comes first: volume, guest, page.
    Step("volume from the image", storage.create_volume, ("login as a member",)),
    Step("network and subnet", network.create_network, ("login as a member",)),
    Step("security group", network.create_security_group, ("login as a member",)),
    Step("key pair", guest.create_key_pair, ("login as a member",)),
    Step("port", network.create_port, ("network and subnet", "security group")),
    Step(
        "guest from the volume", guest.create_server, ("volume from the image", "port", "key pair")
    ),
    Step("router", network.create_router, ("network and subnet",)),
    Step("floating IP", network.create_floating_ip, ("router", "port")),
    Step("page, user data, metadata", page.check_page, ("guest from the volume", "floating IP")),
    Step("console", console.check_console, ("guest from the volume",)),
    Step("snapshot", storage.create_snapshot, ("guest from the volume",)),
    Step("disk is a clone", storage.check_clone, ("volume from the image",)),
    Step("stack", stack.check_stack, ("login as a member",)),
    Step("dashboard", dashboard.check_dashboard, ("login as a member",)),
)
