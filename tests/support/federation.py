"""Staff as another identity provider would announce them, before Keystone's own mapping engine."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.tenancy.register.federation import (
    GROUPS_ATTRIBUTE,
    SCHEMA_VERSION,
    USER_ATTRIBUTE,
)

from tests.support.lab import Lab

UNANSWERED = 0
PROTOCOL = "mapped"
"""The name of a method that Keystone offers as it is."""
ISSUER_ATTRIBUTE = "HTTP_OIDC_ISS"
ENGINE = """
import json, pathlib, subprocess, tempfile
asked = json.loads({asked!r})
found = []
with tempfile.TemporaryDirectory() as folder:
    rules, assertion = pathlib.Path(folder, "rules"), pathlib.Path(folder, "assertion")
    rules.write_text(json.dumps(asked["mapping"]))
    for one in asked["assertions"]:
        lines = [name + ": " + value for name, value in one.items()]
        assertion.write_text("\\n".join(lines), encoding="utf-8")
        words = ["keystone-manage", "mapping_engine", "--rules", rules, "--input", assertion]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        # What it logs comes before, on the same channel.
        found.append(json.loads(done.stdout[done.stdout.index("{{\\n"):]))
print(json.dumps(found))
"""
LOGIN = """
import http.client, json, urllib.error, urllib.request

def ask(path, headers, body=None):
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request("http://127.0.0.1:{port}/v3" + path, data, headers)
    return urllib.request.urlopen(request, timeout=60)

def login(assertion):
    # What stands in front of Keystone sets variables; to Keystone a header looks the same.
    headers = {{
        name.removeprefix("HTTP_").replace("_", "-"): value.encode().decode("latin-1")
        for name, value in assertion.items()
    }}
    try:
        token = ask({path!r}, headers).headers["X-Subject-Token"]
    except urllib.error.HTTPError as error:
        return error.code
    except http.client.RemoteDisconnected:
        return {unanswered}
    mine = json.load(ask("/auth/projects", {{"X-Auth-Token": token}}))["projects"]
    return {{project["name"]: roles(token, project["id"]) for project in mine}}

def roles(token, project):
    identity = {{"methods": ["token"], "token": {{"id": token}}}}
    body = {{"auth": {{"identity": identity, "scope": {{"project": {{"id": project}}}}}}}}
    answer = ask("/auth/tokens", {{"Content-Type": "application/json"}}, body)
    return sorted(role["name"] for role in json.load(answer)["token"]["roles"])

print(json.dumps([login(one) for one in json.loads({asked!r})]))
"""


def assertion(user: str, *groups: str) -> dict[str, str]:
    """Return what is said of a person, in the names that the rules are about."""
    return {USER_ATTRIBUTE: user, GROUPS_ATTRIBUTE: ";".join(groups)}


def mapping(rules: Sequence[Json]) -> Json:
    """Return a mapping as Keystone takes it."""
    return {"schema_version": SCHEMA_VERSION, "rules": list(rules)}


def mapped(lab: Lab, rules: Sequence[Json], assertions: Sequence[Mapping[str, str]]) -> list[Json]:
    """Return what `keystone-manage mapping_engine` makes of assertions, one by one.

    :raises LabUnusable: it refuses the rules or an assertion.
    """
    asked = json.dumps({"mapping": mapping(rules), "assertions": assertions})
    return list(json.loads(lab.python(lab.control, ENGINE.format(asked=asked), timeout=300)))


@dataclass(frozen=True)
class Provider:
    """An identity provider that Keystone knows.

    :param issuer: how it calls itself; a secret of the test's, so that nobody else gets in by it.
    """

    id: str
    issuer: str

    @property
    def path(self) -> str:
        """Where its people log in, below the address of the identity service."""
        return f"/OS-FEDERATION/identity_providers/{self.id}/protocols/{PROTOCOL}/auth"

    def login(
        self, lab: Lab, port: int, assertions: Sequence[Mapping[str, str]], issuer: str = ""
    ) -> list[Any]:
        """Log people in; return for each the roles by project's name, or the status of a refusal.

        Where Keystone's process fails, that is ``UNANSWERED``.

        :param port: Keystone's on the control host, behind all that would set such variables.
        :param issuer: who announces them, by default the provider itself.
        """
        announced = [{**one, ISSUER_ATTRIBUTE: issuer or self.issuer} for one in assertions]
        code = LOGIN.format(
            port=port, path=self.path, asked=json.dumps(announced), unanswered=UNANSWERED
        )
        return list(json.loads(lab.python(lab.control, code, timeout=300)))


@contextmanager
def twins(api: Api, directory: str, names: Collection[str]) -> Iterator[str]:
    """Make groups in Keystone's own database with the roles of the directory's of these names.

    :param directory: name of the directory's domain.
    :return: the name of the domain that they are in; it is removed at the end with all of them.
    """
    (home,) = api.list("identity", "/domains", name=directory)
    originals = api.list("identity", "/groups", domain_id=home["id"])
    name = f"ouhai-test-{secrets.token_hex(4)}"
    with _domain(api, name) as domain:
        twin = {}
        for one in originals:
            if one["name"] in names:
                body = {"group": {"name": one["name"], "domain_id": domain}}
                twin[one["id"]] = api.post("identity", "/groups", body)["group"]["id"]
        for grant in api.list("identity", "/role_assignments"):
            group = twin.get(grant.get("group", {}).get("id"))
            if group:
                api.put("identity", _path(grant, group))
        yield name


def _path(grant: Json, group: str) -> str:
    """Return the path of a grant for another group."""
    scope = dict(grant["scope"])
    inherited = scope.pop("OS-INHERIT:inherited_to", "")
    ((kind, target),) = scope.items()
    path = f"/{kind}s/{target['id']}/groups/{group}/roles/{grant['role']['id']}"
    return f"/OS-INHERIT{path}/inherited_to_{inherited}" if inherited else path


@contextmanager
def _domain(api: Api, name: str) -> Iterator[str]:
    made = api.post("identity", "/domains", {"domain": {"name": name}})["domain"]["id"]
    try:
        yield made
    finally:
        api.patch("identity", f"/domains/{made}", {"domain": {"enabled": False}})
        api.delete("identity", f"/domains/{made}")


@contextmanager
def provider(api: Api, rules: Sequence[Json]) -> Iterator[Provider]:
    """Make an identity provider, with a domain for its people, and a mapping; remove all of it."""
    name, issuer = f"ouhai-test-{secrets.token_hex(4)}", f"https://{secrets.token_hex(16)}.example"
    federation = "/OS-FEDERATION"
    with ExitStack() as undo:
        domain = undo.enter_context(_domain(api, name))
        made = f"{federation}/mappings/{name}"
        api.put("identity", made, {"mapping": mapping(rules)})
        undo.callback(api.delete, "identity", made)
        home = f"{federation}/identity_providers/{name}"
        body = {"enabled": True, "domain_id": domain, "remote_ids": [issuer]}
        api.put("identity", home, {"identity_provider": body})
        undo.callback(api.delete, "identity", home)
        spoken = {"mapping_id": name, "remote_id_attribute": ISSUER_ATTRIBUTE}
        api.put("identity", f"{home}/protocols/{PROTOCOL}", {"protocol": spoken})
        undo.callback(api.delete, "identity", f"{home}/protocols/{PROTOCOL}")
        yield Provider(name, issuer)
