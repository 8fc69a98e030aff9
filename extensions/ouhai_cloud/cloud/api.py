"""Requests to the services as JSON: counted, limited in number and time, repeated where safe."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from keystoneauth1.identity.v3 import Token
from openstack.connection import Connection
from requests import Response
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from ouhai_cloud.cloud.errors import (
    SDK_ERRORS,
    CloudUnreachable,
    Refused,
    Unanswered,
    never_sent,
    passing,
    reason_of,
    status_of,
)

Json: TypeAlias = dict[str, Any]
Body: TypeAlias = Json | list[Json] | bytes | Iterable[bytes]
Service = Literal[
    "identity", "network", "compute", "block_storage", "image", "placement", "orchestration"
]

# How many requests a service gets at a time. More makes Neutron slower, not faster.
AT_A_TIME: Mapping[Service, int] = {"identity": 6, "network": 4}
AT_A_TIME_ELSE = 8
PATIENCE_SECONDS = 90.0
GLANCE_ROOT = "/v2"


class Api:
    """What asks and tells the cloud; may be used from many threads.

    :param connection: logged in (``connection.connect`` or ``connection.prepare``).
    :param patience_seconds: how long a request is repeated while a service is down.
    """

    def __init__(self, connection: Connection, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.connection = connection
        self.requests: Counter[str] = Counter()
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._gates: dict[str, threading.BoundedSemaphore] = {}
        self._system: Token | None = None
        self._made_of = ""
        connection.session.session.hooks["response"].append(self._count)

    def warm(self, *services: Service) -> None:
        """Build the services' clients, which openstacksdk does at first use and not for threads.

        :raises CloudUnreachable: a service is not in the catalogue or does not answer.
        """
        for service in services:
            try:
                getattr(self.connection, service)
            except SDK_ERRORS as error:
                raise CloudUnreachable(
                    f"The service {service} cannot be used: {reason_of(error)}"
                ) from error

    @property
    def region(self) -> str:
        """The region that we work in."""
        return str(self.connection.config.region_name or "")

    @property
    def own_project_id(self) -> str:
        """The project that we are logged in to."""
        return str(self.connection.session.get_project_id() or "")

    def get(self, service: Service, path: str, *, system: bool = False, **params: Any) -> Json:
        """Return one object; ``system`` asks with a token for the system as a whole."""
        return self._json(self.send(service, "GET", path, params=params, system=system))

    def list(
        self,
        service: Service,
        path: str,
        *,
        collection: str = "",
        system: bool = False,
        **params: Any,
    ) -> list[Json]:
        """Return all of a collection, page by page.

        :param collection: its name in the answer; by default the last word of the path.
        """
        collection = collection or path.rpartition("/")[2].replace("-", "_")
        found: list[Json] = []
        answer = self.get(service, path, system=system, **params)
        found += answer[collection]
        while following := _next(answer, collection):
            answer = self._json(self.send(service, "GET", following, system=system))
            found += answer[collection]
        return found

    def post(self, service: Service, path: str, body: Json, *, again: bool = False) -> Json:
        """Create something.

        :param again: repeat when no answer comes, as the service refuses a double by itself.
        :raises Unanswered: no answer, and not to be repeated blindly.
        """
        return self._json(self.send(service, "POST", path, body=body, again=again))

    def put(self, service: Service, path: str, body: Json | None = None) -> Json:
        """Set something; doing so twice is as good as once."""
        return self._json(self.send(service, "PUT", path, body=body))

    def patch(self, service: Service, path: str, body: Json) -> Json:
        """Change parts of something."""
        return self._json(self.send(service, "PATCH", path, body=body))

    def delete(self, service: Service, path: str) -> None:
        """Remove something; that it is gone already is as good."""
        try:
            self.send(service, "DELETE", path)
        except Refused as refusal:
            if refusal.status != 404:
                raise

    def send(  # noqa: PLR0913 (one argument for each part of a request)
        self,
        service: Service,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        params: Json | None = None,
        headers: Mapping[str, str] | None = None,
        system: bool = False,
        again: bool = True,
        stream: bool = False,
    ) -> Response:
        """Send one request, repeated for a bounded time while the service is down.

        :param body: sent as JSON, bytes as they are.
        :param stream: return when the answer begins; its content is read from it later.
        :raises Refused: the service refused it.
        :raises CloudUnreachable: it did not answer for as long as we are patient.
        :raises Unanswered: it may have been carried out, and ``again`` is False.
        """
        doing = f"{method} {path.partition('?')[0]} of {service}"
        content = "json" if isinstance(body, dict | list | None) else "data"
        options: Json = {"params": params or None, content: body, "connect_retries": 0}
        options |= {
            "headers": dict(headers or {}),
            "status_code_retries": 0,
            "raise_exc": True,
            "stream": stream,
            "microversion": _version(service),
        }

        def attempt() -> Response:
            client = getattr(self.connection, service)
            if system:
                options["auth"] = self._system_token()
            with self._gate(service):
                answer: Response = client.request(path, method, **options)
            return answer

        def may_repeat(error: BaseException) -> bool:
            return passing(error) and (again or never_sent(error))

        retrying = Retrying(
            retry=retry_if_exception(may_repeat),
            wait=wait_random_exponential(multiplier=0.3, max=5),
            stop=stop_after_delay(self._patience_seconds),
            reraise=True,
        )
        try:
            return retrying(attempt)
        except SDK_ERRORS as error:
            raise self._named(error, doing, again=again) from error

    def offers(self, service: Service) -> bool:
        """Tell whether the catalogue names a service."""
        client = getattr(self.connection, service)
        return client.get_endpoint() is not None

    def for_project(self, project_id: str) -> Api:
        """Return the same for another project, as the same user.

        :raises CloudUnreachable: we have no role there, or Keystone does not answer.
        """
        try:
            other = self.connection.connect_as(project_id=project_id)
            other.session.get_token()
        except SDK_ERRORS as error:
            raise CloudUnreachable(
                f"Logging in to project {project_id}: {reason_of(error)}"
            ) from error
        return Api(other, self._patience_seconds)

    def _named(self, error: BaseException, doing: str, *, again: bool) -> Exception:
        if status_of(error) and not passing(error):
            return Refused(doing, status_of(error), reason_of(error))
        if not passing(error):
            return CloudUnreachable(f"{doing}: cannot be asked ({reason_of(error)})")
        if not again and not never_sent(error):
            return Unanswered(f"{doing}: no answer ({reason_of(error)})")
        return CloudUnreachable(
            f"{doing}: no answer within {self._patience_seconds:.0f} s ({reason_of(error)}); "
            "look at the service, then run the same command again"
        )

    def _gate(self, service: Service) -> threading.BoundedSemaphore:
        with self._lock:
            if service not in self._gates:
                size = AT_A_TIME.get(service, AT_A_TIME_ELSE)
                self._gates[service] = threading.BoundedSemaphore(size)
            return self._gates[service]

    def _system_token(self) -> Token:
        """Return what gets a token for the whole system out of the one that we have.

        When the session gets another, as before its own ends, so do we: Keystone lets no token
        outlive the one that it was made of.
        """
        session = self.connection.session
        # Without the lock: this may be a request, and those are counted under it.
        token = session.get_token()
        with self._lock:
            if self._system is None or token != self._made_of:
                self._made_of = token
                self._system = Token(session.auth.auth_url, token, system_scope="all")
            return self._system

    def _count(self, response: Response, **_: Any) -> None:
        port = response.request.url.split("/")[2] if response.request.url else ""
        with self._lock:
            self.requests[f"{response.request.method} {port}"] += 1

    @staticmethod
    def _json(response: Response) -> Json:
        if not response.content:
            return {}
        document: Json = response.json()
        return document


def _next(answer: Json, collection: str) -> str:
    """Return where the next page is, for any form of saying so."""
    if "next" in answer:
        # Glance's is a path from its root on; ours begin after the version.
        return str(answer["next"]).removeprefix(GLANCE_ROOT)
    links = answer.get("links")
    if isinstance(links, dict):
        return str(links.get("next") or "")
    pages = answer.get(f"{collection}_links") or []
    return next((str(page["href"]) for page in pages if page["rel"] == "next"), "")


def _version(service: Service) -> str | None:
    """Return the version of an API that we ask for, where its answers depend on one."""
    # From 3.18 on Cinder tells whose a backup is, from 3.40 on it reverts volumes to snapshots.
    return {"placement": "1.38", "compute": "2.90", "block_storage": "3.40"}.get(service)
