"""Logins of all personas, and the matrix's requests over plain HTTP, as anybody could send them."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from tests.support.personas import Cell, Outcome, Persona, fill, judge

THREADS = 8
TIMEOUT_SECONDS = 60
PREFIX = "x-matrix-"

VERSIONS = {"network": "/v2.0", "image": "/v2"}
"""What the catalogue leaves out of the address."""

VOLUMES = "volumev3"
"""What the catalogue calls block storage."""

JSON_PATCH = "application/openstack-images-v2.1-json-patch"


@dataclass(frozen=True)
class Answer:
    """What a service said."""

    status: int
    text: str

    @property
    def data(self) -> Any:
        """Return the text read as JSON; nothing when it is empty."""
        return json.loads(self.text) if self.text.strip() else {}


@dataclass(frozen=True)
class Asker:
    """A persona with its token; without one, it is nobody.

    :param addresses: where the services are, by type, as its own catalogue says.
    """

    name: str
    token: str
    addresses: Mapping[str, str]
    ca_file: str

    def ask(self, service: str, method: str, path: str, body: Any = None) -> Answer:
        """Send one request; a path may also be a whole address."""
        headers = {"Accept": "application/json"}
        if service == "compute":
            # Cinder refuses the header when it names another service.
            headers["OpenStack-API-Version"] = "compute 2.90"
        if self.token:
            headers["X-Auth-Token"] = self.token
        headers["Content-Type"] = JSON_PATCH if isinstance(body, list) else "application/json"
        url = path if path.startswith("http") else self.addresses[service] + path
        answer = requests.request(
            method,
            url,
            headers=headers,
            data=None if body is None else json.dumps(body),
            verify=self.ca_file,
            timeout=TIMEOUT_SECONDS,
        )
        return Answer(answer.status_code, answer.text)


class LoginRefused(Exception):
    """A persona cannot log in, so the matrix would show nothing."""


def login(name: str, auth_url: str, ca_file: str, auth: Mapping[str, Any]) -> Asker:
    """Get a token.

    :param auth: identity and scope, in Keystone's form.
    :raises LoginRefused: Keystone gives none.
    """
    answer = requests.post(
        f"{auth_url}/auth/tokens", json={"auth": auth}, verify=ca_file, timeout=TIMEOUT_SECONDS
    )
    if answer.status_code != 201:
        raise LoginRefused(f"{name}: {answer.status_code} {answer.text}; auth: {auth['scope']}")
    catalogue = answer.json()["token"].get("catalog", [])
    return Asker(name, answer.headers["X-Subject-Token"], _addresses(catalogue), ca_file)


def _addresses(catalogue: list[dict[str, Any]]) -> dict[str, str]:
    found = {}
    for service in catalogue:
        for endpoint in service["endpoints"]:
            if endpoint["interface"] == "public":
                version = VERSIONS.get(service["type"], "")
                found[service["type"]] = endpoint["url"].rstrip("/") + version
    if VOLUMES in found:
        found["block-storage"] = found[VOLUMES]
    return found


Make = Callable[[str, str], Mapping[str, Any]]
"""Makes an object of a kind, with a name, for one cell."""


class Round:
    """Asks a service's cells, several at a time.

    :param values: what placeholders of the matrix stand for.
    :param make: makes what a cell needs for itself.
    """

    def __init__(self, askers: Mapping[str, Asker], values: Mapping[str, Any], make: Make) -> None:
        self._askers = askers
        self._values = values
        self._make = make
        self._numbers = itertools.count(20000)

    def answers(self, cells: list[Cell]) -> list[tuple[Cell, str]]:
        """Return each cell with what came of it, in their order."""
        with ThreadPoolExecutor(THREADS) as pool:
            return list(zip(cells, pool.map(self._answer, cells), strict=True))

    def _answer(self, cell: Cell) -> str:
        if cell.expected is Outcome.UNTRIED:
            return Outcome.UNTRIED
        operation = cell.operation
        name = f"{PREFIX}{secrets.token_hex(6)}"
        values = {**self._values, "name": name, "number": next(self._numbers)}
        if operation.fresh:
            values["fresh"] = self._make(operation.fresh, name)
        asker = self._askers[cell.persona.name]
        path, body = fill(operation.path, values), fill(operation.body, values)
        answer = asker.ask(operation.service, operation.method, path, body)
        outcome = judge(operation, str(fill(operation.shows, values)), answer.status, answer.text)
        if operation.undo and answer.status < 300:
            undo = str(fill(operation.undo, {**values, "made": answer.data}))
            self._undo(asker, operation.service, undo)
        return outcome if outcome in set(Outcome) else f"{outcome}: {answer.text[:200]}"

    def _undo(self, asker: Asker, service: str, path: str) -> None:
        for one in (asker, self._askers["admin"]):
            if one.ask(service, "delete", path).status < 300:
                return


def scope_of(persona: Persona, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a persona's token is for, in Keystone's form."""
    if persona.domain:
        return {"domain": {"id": values[persona.domain]["domain"]}}
    return {"project": {"id": values[persona.project]["project"]}}


def password_auth(user: str, domain_id: str, password: str, scope: Any) -> Mapping[str, Any]:
    """Return a login by password, in Keystone's form."""
    who = {"name": user, "domain": {"id": domain_id}, "password": password}
    return {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}
