"""The guest's screen in a browser: its page over TLS, and the websocket behind it."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
from ouhai_cloud.cloud import console

from ..cloud.errors import CheckFailed
from .scene import Scene

TIMEOUT_SECONDS = 20


def check_console(scene: Scene) -> str:
    """Get a console URL, load its page, and log in to the VNC server through the proxy."""
    url = scene.member.compute.create_server_remote_console(
        scene.server_id, protocol="vnc", type="novnc"
    ).url
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if parts.scheme != "https":
        raise CheckFailed(
            "The console's address is not HTTPS",
            where=where,
            why="[vnc] novncproxy_base_url of nova-compute names a plain address.",
            remedy="Correct it in playbooks/group_vars or the Nova role and run site.yml.",
        )
    requests.get(
        url, timeout=TIMEOUT_SECONDS, verify=str(scene.settings.ca_file)
    ).raise_for_status()
    try:
        console.screen(console.behind(url), str(scene.settings.ca_file))
    except OSError as error:
        raise CheckFailed(
            "The console's proxy does not reach the guest's VNC server over TLS",
            where=where,
            why=str(error),
            remedy="Look at nova-novncproxy's journal; the compute host's firewall must let it in, "
            "and both must have a certificate of the cloud's authority.",
        ) from error
    return where
