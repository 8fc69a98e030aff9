"""How long the APIs take to answer, one request at a time and eight at once.

Beside the public address, with TLS and haproxy, the services' own processes are asked in plain HTTP
on their host: what they could do at best on this very machine, in the same run.
"""

from __future__ import annotations

import ctypes
import os
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from openstack.connection import Connection

from tests.support.capture import first_process
from tests.support.lab import Lab

THREADS = 8
REQUESTS_ALONE = 30
REQUESTS_PER_THREAD = 10
TIMEOUT_SECONDS = 60
CLONE_NEWNET = 0x40000000  # linux/sched.h
# Keystone's default: bcrypt, which takes twelve rounds when password_hash_rounds says nothing.
BCRYPT = """
import bcrypt, statistics, time
def seconds():
    start = time.perf_counter()
    bcrypt.hashpw(b"a password", bcrypt.gensalt(12))
    return time.perf_counter() - start
print(statistics.median(seconds() for _ in range(10)))
"""


@dataclass(frozen=True)
class Medians:
    """Milliseconds of one request by itself, and of one among eight at once."""

    alone_ms: float
    together_ms: float


@dataclass(frozen=True)
class Latency:
    """A request at the public address, and at the service's own process."""

    name: str
    ours: Medians
    bare: Medians


# Medians of a peer: the same release by hand on a machine of this kind, tokens cached, 2 processes
# per service, plain HTTP. (alone, eight threads); None where it was not measured.
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

    def __init__(self, cloud: Connection, ca_file: Path, *, bare: bool = False) -> None:
        """Get a token and the addresses once.

        :param bare: ask the processes themselves; only a thread on their host can.
        """
        self._token = cloud.session.get_token()
        self._ca_file = str(ca_file)
        self._own = threading.local()

        def endpoint(service: str, version: str = "") -> str:
            url = cloud.endpoint_for(service).rstrip("/").removesuffix(version) + version
            parts = urlsplit(url)
            return f"http://127.0.0.1:{parts.port}{parts.path}" if bare else url

        identity, image = endpoint("identity", "/v3"), endpoint("image", "/v2")
        network = endpoint("network", "/v2.0")
        auth = cloud.config.get_auth_args()
        scope = {"project": {"id": cloud.current_project_id}}
        by_token = {"methods": ["token"], "token": {"id": self._token}}
        user = {"id": cloud.current_user_id, "password": auth["password"]}
        by_password = {"methods": ["password"], "password": {"user": user}}
        self.all: dict[str, Callable[[], requests.Response]] = {
            "token from token": self._post(f"{identity}/auth/tokens", by_token, scope),
            "password token": self._post(f"{identity}/auth/tokens", by_password, scope),
            "GET /v3/projects": self._get(f"{identity}/projects"),
            "servers/detail, empty": self._get(f"{endpoint('compute')}/servers/detail"),
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


def measure_all(cloud: Connection, lab: Lab) -> list[Latency]:
    """Measure every request at both places; a failing answer raises HTTPError."""
    host = lab.groups["control"][0]
    namespace = Path(f"/proc/{first_process(lab, host)}/ns/net")
    ours = Requests(cloud, lab.access.ca_file).all
    bare = Requests(cloud, lab.access.ca_file, bare=True).all
    return [
        Latency(name, _measure(ours[name]), _measure(bare[name], namespace)) for name in PEER_MS
    ]


def bcrypt_ms(lab: Lab) -> float:
    """Return what hashing one password takes on the control host: no password token is faster."""
    return float(lab.python(lab.groups["control"][0], BCRYPT)) * 1000


def _measure(request: Callable[[], requests.Response], namespace: Path | None = None) -> Medians:
    def timed_alone() -> list[float]:
        _timed(request)  # opens the connection and fills the caches
        return [_timed(request) for _ in range(REQUESTS_ALONE)]

    initializer = partial(_enter, namespace) if namespace else None
    with ThreadPoolExecutor(1, initializer=initializer) as pool:
        alone = pool.submit(timed_alone).result()
    with ThreadPoolExecutor(THREADS, initializer=initializer) as pool:
        list(pool.map(lambda _: _timed(request), range(THREADS)))
        together = list(pool.map(lambda _: _timed(request), range(THREADS * REQUESTS_PER_THREAD)))
    return Medians(statistics.median(alone), statistics.median(together))


def _enter(namespace: Path) -> None:
    """Give this thread the network of a host of the lab, for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    with namespace.open() as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(namespace))


def _timed(request: Callable[[], requests.Response]) -> float:
    start = time.perf_counter()
    request().raise_for_status()
    return (time.perf_counter() - start) * 1000
