"""How long the APIs take to answer, one request at a time and eight at once."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from openstack.connection import Connection

THREADS = 8
REQUESTS_ALONE = 30
REQUESTS_PER_THREAD = 10
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Latency:
    """Medians in milliseconds."""

    name: str
    alone_ms: float
    together_ms: float


# Medians of a peer: the same release by hand on the same machine, tokens cached, 2 processes per
# service. (alone, eight threads); None where it was not measured.
PEER_MS: dict[str, tuple[float, float | None]] = {
    "token from token": (5.7, 39),
    "password token": (238, 1000),
    "GET /v3/projects": (17, None),
    "servers/detail, empty": (34, 133),
    "glance images": (5.9, None),
    "neutron networks": (97, None),
}


class Requests:
    """The requests that are measured; each thread keeps a connection of its own."""

    def __init__(self, cloud: Connection, ca_file: Path) -> None:
        """Get a token and the addresses once."""
        self._token = cloud.session.get_token()
        self._ca_file = str(ca_file)
        self._own = threading.local()
        identity = cloud.endpoint_for("identity").rstrip("/").removesuffix("/v3") + "/v3"
        image = cloud.endpoint_for("image").rstrip("/").removesuffix("/v2") + "/v2"
        network = cloud.endpoint_for("network").rstrip("/").removesuffix("/v2.0") + "/v2.0"
        auth = cloud.config.get_auth_args()
        scope = {"project": {"id": cloud.current_project_id}}
        by_token = {"methods": ["token"], "token": {"id": self._token}}
        user = {"id": cloud.current_user_id, "password": auth["password"]}
        by_password = {"methods": ["password"], "password": {"user": user}}
        self.all: dict[str, Callable[[], requests.Response]] = {
            "token from token": self._post(f"{identity}/auth/tokens", by_token, scope),
            "password token": self._post(f"{identity}/auth/tokens", by_password, scope),
            "GET /v3/projects": self._get(f"{identity}/projects"),
            "servers/detail, empty": self._get(f"{cloud.endpoint_for('compute')}/servers/detail"),
            "glance images": self._get(f"{image}/images"),
            "neutron networks": self._get(f"{network}/networks"),
        }

    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
            # REQUESTS_CA_BUNDLE in the environment would win over `verify`
            self._own.session.trust_env = False
            self._own.session.verify = self._ca_file
        session: requests.Session = self._own.session
        return session

    def _get(self, url: str) -> Callable[[], requests.Response]:
        headers = {"X-Auth-Token": self._token}
        return lambda: self._session().get(url, headers=headers, timeout=TIMEOUT_SECONDS)

    def _post(
        self, url: str, identity: dict[str, Any], scope: dict[str, Any]
    ) -> Callable[[], requests.Response]:
        body = {"auth": {"identity": identity, "scope": scope}}
        return lambda: self._session().post(url, json=body, timeout=TIMEOUT_SECONDS)


def measure(name: str, request: Callable[[], requests.Response]) -> Latency:
    """Measure one request both ways; a failing answer raises HTTPError."""
    _timed(request)  # opens the connection and fills the caches
    alone = [_timed(request) for _ in range(REQUESTS_ALONE)]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: _timed(request), range(THREADS)))
        together = list(pool.map(lambda _: _timed(request), range(THREADS * REQUESTS_PER_THREAD)))
    return Latency(name, statistics.median(alone), statistics.median(together))


def _timed(request: Callable[[], requests.Response]) -> float:
    start = time.perf_counter()
    request().raise_for_status()
    return (time.perf_counter() - start) * 1000
