"""The guest's screen in a browser: its page over TLS, and the websocket behind it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

from ..cloud.errors import CheckFailed
from .scene import Scene
from .websocket import opened

TIMEOUT_SECONDS = 20
# RFC 6143: both sides' version, the one kind of login that the proxy offers, all is well.
VERSION = b"RFB 003.008\n"
NO_PASSWORD = b"\x01"
LOGGED_IN = bytes(4)


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
    said = log_in(url, scene.settings.ca_file)
    if said != VERSION + LOGGED_IN:
        raise CheckFailed(
            "The console's proxy does not reach the guest's VNC server over TLS",
            where=where,
            why=f"{said!r} was said instead of {VERSION + LOGGED_IN!r}.",
            remedy="Look at nova-novncproxy's journal; the compute host's firewall must let it in, "
            "and both must have a certificate of the cloud's authority.",
        )
    return where


def log_in(url: str, ca_file: Path) -> bytes:
    """Return what a VNC server says first, and of the login, through the proxy of a console's URL.

    Between the two, the proxy and the VNC server begin with TLS.

    :raises ConnectionError: the proxy refuses or closes.
    """
    parts = urlsplit(url)
    # noVNC's page passes the token on in the websocket's own path.
    path = parse_qs(parts.query)["path"][0]
    with opened(f"https://{parts.netloc}/{path.lstrip('/')}", ca_file) as stream:
        version = stream.receive(len(VERSION))
        stream.send(version)
        kinds = stream.receive(stream.receive(1)[0])
        if NO_PASSWORD not in kinds:
            return version + kinds
        stream.send(NO_PASSWORD)
        return version + stream.receive(len(LOGGED_IN))
