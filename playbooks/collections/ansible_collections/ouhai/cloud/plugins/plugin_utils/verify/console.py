"""The guest's screen in a browser: its page over TLS, and the websocket behind it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import requests

from ..cloud.errors import CheckFailed
from .scene import Scene
from .websocket import first_frame

TIMEOUT_SECONDS = 20
GREETING = b"RFB 003.008"


def check_console(scene: Scene) -> str:
    """Get a console URL, load its page, and read the VNC server's greeting through the proxy."""
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
    # noVNC's page passes the token on in the websocket's own path.
    path = parse_qs(parts.query)["path"][0]
    greeting = first_frame(
        f"https://{parts.netloc}/{path.lstrip('/')}", scene.settings.ca_file, len(GREETING)
    )
    if greeting != GREETING:
        raise CheckFailed(
            "The console's proxy does not reach the guest's VNC server",
            where=where,
            why=f"It sent {greeting!r} instead of {GREETING!r}.",
            remedy="Look at nova-novncproxy's journal; the compute host's firewall must let it in.",
        )
    return where
