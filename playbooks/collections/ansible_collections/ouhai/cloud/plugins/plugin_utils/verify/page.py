"""The page that the guest serves, fetched from outside through its floating IP."""

from __future__ import annotations

from typing import Any

import requests

from ..cloud.errors import CheckFailed
from ..cloud.waiting import Wait
from .control_host import about_port
from .guest import METADATA_KEY, console_tail
from .scene import Scene

ATTEMPT_TIMEOUT_SECONDS = 3
METADATA_TIMEOUT_SECONDS = 30


def check_page(scene: Scene) -> str:
    """Wait for the page, then check that user data and metadata arrived in the guest."""
    page = _fetch(scene, "", scene.settings.page_timeout_seconds).text
    metadata = _fetch(scene, "metadata.json", METADATA_TIMEOUT_SECONDS).json()
    said = dict(line.split(": ", 1) for line in page.splitlines() if ": " in line)
    marker = metadata.get("meta", {}).get(METADATA_KEY)
    # The marker also stands in the metadata's lines.
    user_data = [line for line in page.splitlines() if line.startswith("user_data: ")]
    _require(scene, "user data", scene.marker in "\n".join(user_data), page)
    _require(scene, "metadata", metadata.get("uuid") == scene.server_id, page)
    _require(scene, "metadata", marker == scene.marker, page)
    _require(scene, "public key", scene.public_key in _keys(metadata), page)
    return f"{scene.address}, metadata by {said.get('metadata_source', 'unknown')}"


def _fetch(scene: Scene, path: str, timeout_seconds: float) -> requests.Response:
    page = _Page(f"http://{scene.address}/{path}")
    return Wait(
        what="The guest's page answers",
        where=f"{page.address}, from the deploy host",
        remedy="With PROBE READY on the console the way to the guest is broken: the route from "
        "here to the external network, br-ex on the gateway host, the security group. Without "
        "it, the guest got no address or metadata: without dhcpv4_options OVN gives none; else "
        "look at ovn-controller and neutron-ovn-metadata-agent on the compute host.",
        timeout_seconds=timeout_seconds,
    ).until(
        page.get,
        lambda: (
            f"{page.reason}. The console ends with:\n{console_tail(scene)}\n{about_port(scene)}"
        ),
    )


class _Page:
    """A page that is asked for until it answers, and the reason why it does not yet."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.reason = "never asked"

    def get(self) -> requests.Response | None:
        """Return the answer, or None while there is none."""
        try:
            answer = requests.get(self.address, timeout=ATTEMPT_TIMEOUT_SECONDS)
        except requests.RequestException as error:
            self.reason = str(error)
            return None
        self.reason = f"status {answer.status_code}"
        return answer if answer.status_code == 200 else None


def _keys(metadata: dict[str, Any]) -> str:
    return "\n".join(str(key) for key in metadata.get("public_keys", {}).values())


def _require(scene: Scene, what: str, holds: bool, page: str) -> None:
    if not holds:
        raise CheckFailed(
            f"The guest runs, but its {what} did not arrive",
            where=f"http://{scene.address}/",
            why=f"The page says:\n{page[:1500]}",
            remedy="Look at neutron-ovn-metadata-agent on the compute host, at nova-api-metadata, "
            "and whether both have the same shared secret.",
        )
