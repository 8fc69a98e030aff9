"""What the matrix is asked about: bureaus A and B of the lab's register, and objects of A."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ouhai_cloud.cloud.api import Api, Service
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.register.model import Bureau, Register

from tests.support.lab import ROOT, Lab
from tests.support.leaks import secret_values
from tests.support.persona_asking import PREFIX, Asker, login, password_auth, scope_of
from tests.support.personas import Matrix, Persona

DIRECTORY = "district"
DEFAULT_DOMAIN = "default"
PASSWORD = "secret_directory_people_password"  # noqa: S105 (the name of it in the vault)
WAIT_SECONDS = 180
DUTIES = "duties"


class SceneUnusable(Exception):
    """The lab lacks something that the matrix is asked about."""


@dataclass(frozen=True)
class Scene:
    """All that the matrix needs.

    :param values: what its placeholders stand for.
    """

    api: Api
    register: Register
    values: dict[str, Any]
    askers: dict[str, Asker]

    def make(self, kind: str, name: str) -> Mapping[str, Any]:
        """Make an object of A for one cell; `sweep` removes it."""
        return MAKERS[kind](self, name)


def _project(scene: Scene, name: str) -> Mapping[str, Any]:
    body = {"project": {"name": name, "domain_id": scene.values["a"]["domain"]}}
    return dict(scene.api.post("identity", "/projects", body)["project"])


def _domain(scene: Scene, name: str) -> Mapping[str, Any]:
    body = {"domain": {"name": name, "enabled": False}}
    return dict(scene.api.post("identity", "/domains", body)["domain"])


def _grant(scene: Scene, name: str) -> Mapping[str, Any]:
    made = _project(scene, name)
    group, role = scene.values["b"]["group"], scene.values["reader_role"]
    scene.api.put("identity", f"/projects/{made['id']}/groups/{group}/roles/{role}")
    return made


def _rule(scene: Scene, _name: str) -> Mapping[str, Any]:
    port = 30000 + secrets.randbelow(30000)
    rule = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
    rule |= {"security_group_id": scene.values["a"]["group_of_rules"]}
    rule |= {"project_id": scene.values["a"]["project"]}
    body = {"security_group_rule": rule | {"port_range_min": port, "port_range_max": port}}
    return dict(scene.api.post("network", "/security-group-rules", body)["security_group_rule"])


def _image(scene: Scene, name: str) -> Mapping[str, Any]:
    body = {"name": name, "owner": scene.values["a"]["project"], "visibility": "shared"}
    return scene.api.post("image", "/images", body | {"disk_format": "raw"} | CONTAINER)


CONTAINER = {"container_format": "bare"}
MAKERS: Mapping[str, Callable[[Scene, str], Mapping[str, Any]]] = {
    "project": _project,
    "domain": _domain,
    "grant": _grant,
    "rule": _rule,
    "image": _image,
}


@contextmanager
def scene(lab: Lab, api: Api, matrix: Matrix) -> Iterator[Scene]:
    """Find the bureaus, log everybody in, make A's objects; remove all of it at the end.

    :raises SceneUnusable: a bureau of the register is not in the cloud.
    :raises LoginRefused: a persona cannot log in.
    """
    api.warm("identity", "network", "image", "compute")
    path = lab.environment.get("OUHAI_REGISTER") or ROOT / "deploy/register/two-bureaus.yaml"
    register = load(Path(path))
    sweep(api)
    made = Scene(api, register, _places(api, register), {})
    try:
        made.askers.update(_askers(lab, made, matrix))
        made.values["a"] |= _objects(made)
        yield made
    finally:
        _remove_stacks(made)
        sweep(api)


def _places(api: Api, register: Register) -> dict[str, Any]:
    tops = [one for one in register.bureaus if one.parent is None and one.systems]
    centre = next(one for one in tops if one.kind == "centre")
    a, b = [one for one in tops if one is not centre][:2]
    projects = api.list("identity", "/projects")
    values: dict[str, Any] = {
        "a": _bureau(projects, a, a.systems[0].code),
        "b": _bureau(projects, b, b.systems[0].code),
        DUTIES: _bureau(projects, centre, DUTIES),
        "directory": _id(api, "/domains", DIRECTORY),
        "reader_role": _id(api, "/roles", "reader"),
    }
    for key, bureau in (("a", a), ("b", b)):
        group, domain = bureau.staff.reader[0], values["directory"]
        values[key]["group"] = _id(api, "/groups", group, domain_id=domain)
    return values


def _bureau(projects: list[dict[str, Any]], bureau: Bureau, system: str) -> dict[str, Any]:
    tags = {f"bureau={bureau.code}", f"system={system}"}
    for project in projects:
        if tags <= set(project["tags"]):
            found = {"domain": project["domain_id"], "project": project["id"]}
            return found | {"short": bureau.short, "user": f"{bureau.short}-member"}
    raise SceneUnusable(
        f"{bureau.code}/{system} has no project in the cloud: run `openstack bureau apply`"
    )


def _id(api: Api, path: str, name: str, **query: Any) -> str:
    for row in api.list("identity", path, name=name, **query):
        if row["name"] == name:
            return str(row["id"])
    raise SceneUnusable(f"Keystone knows no {name} in {path}; is the directory there?")


def _askers(lab: Lab, made: Scene, matrix: Matrix) -> dict[str, Asker]:
    auth_url = _keystone(made.api)
    password = secret_values(lab)[PASSWORD]
    ca_file = str(lab.access.ca_file)
    found = {}
    for persona in matrix.personas.values():
        if persona.name in ("nobody", "admin"):
            continue
        if persona.roles:
            auth = _made_up(made, persona)
        else:
            user, directory = _user(made, persona), made.values["directory"]
            auth = password_auth(user, directory, password, scope_of(persona, made.values))
        found[persona.name] = login(persona.name, auth_url, ca_file, auth)
    session = made.api.connection.session
    token = {"methods": ["token"], "token": {"id": session.get_token()}}
    scope = {"project": {"id": made.api.own_project_id}}
    admin = login("admin", auth_url, ca_file, {"identity": token, "scope": scope})
    nobody = Asker("nobody", "", found["member-a"].addresses, ca_file)
    return found | {"admin": admin, "nobody": nobody}


def _keystone(api: Api) -> str:
    endpoint = api.connection.session.get_endpoint(service_type="identity", interface="public")
    return str(endpoint).rstrip("/").removesuffix("/v3") + "/v3"


def _user(made: Scene, persona: Persona) -> str:
    bureau, _, rest = persona.user.partition("-")
    if bureau in ("a", "b"):
        return f"{made.values[bureau]['short']}-{rest}"
    duty = rest.replace("-", "_")
    return str(getattr(made.register.district.duties, duty)[0])


def _made_up(made: Scene, persona: Persona) -> Mapping[str, Any]:
    """Make somebody with the roles of two duties, whom the directory does not have."""
    name, password = f"{PREFIX}{persona.name}", secrets.token_hex(16)
    body = {"user": {"name": name, "domain_id": DEFAULT_DOMAIN, "password": password}}
    user = made.api.post("identity", "/users", body)["user"]
    project = made.values[persona.project]["project"]
    for role in persona.roles:
        role_id = _id(made.api, "/roles", role)
        made.api.put("identity", f"/projects/{project}/users/{user['id']}/roles/{role_id}")
    return password_auth(name, DEFAULT_DOMAIN, password, scope_of(persona, made.values))


def _objects(made: Scene) -> dict[str, Any]:
    """Make A's objects: as the administrator, or as A's member where only a member can."""
    api, a = made.api, made.values["a"]
    name, member = f"{PREFIX}a", made.askers["member-a"]
    mine = {"name": name, "project_id": a["project"]}
    network = api.list("network", "/networks", project_id=a["project"])[0]
    nets = api.list("network", "/networks")
    outside = next(one for one in nets if one["router:external"])
    port = {"port": mine | {"network_id": network["id"]}}
    floating = {"floating_network_id": outside["id"], "project_id": a["project"]}
    body = {"floatingip": floating | {"description": name}}
    limit = next(
        one
        for one in api.list("identity", "/limits", system=True)
        if (one["project_id"], one["resource_name"]) == (a["project"], "class:VCPU")
    )
    return {
        "name": name,
        "network": network["id"],
        "subnet": network["subnets"][0],
        "port": api.post("network", "/ports", port)["port"]["id"],
        "floating": api.post("network", "/floatingips", body)["floatingip"]["id"],
        "group_of_rules": api.post("network", "/security-groups", {"security_group": mine})[
            "security_group"
        ]["id"],
        "image": _image(made, name)["id"],
        "limit": limit["id"],
        "limit_value": limit["resource_limit"],
        "network_quota": api.get("network", f"/quotas/{a['project']}")["quota"]["network"],
        "volume_quota": api.get("block_storage", f"/os-quota-sets/{a['project']}")["quota_set"][
            "volumes"
        ],
        "stacks": f"{member.addresses['orchestration']}/stacks",
    } | _by_member(made, member, name)


def _by_member(made: Scene, member: Asker, name: str) -> dict[str, Any]:
    image = made.api.list("image", "/images", name="probe")[0]["id"]
    flavors = made.api.list("compute", "/flavors")
    flavor = next(one["id"] for one in flavors if one["name"] == "probe")
    server = {"name": name, "imageRef": image, "flavorRef": flavor, "networks": "none"}
    template = {"heat_template_version": "2021-04-16"}
    stack = {"stack_name": name, "template": template}
    made_ids = {
        "server": _made(member, "compute", "/servers", {"server": server})["server"]["id"],
        "volume": _made(member, "block-storage", "/volumes", {"volume": {"name": name, "size": 1}})[
            "volume"
        ]["id"],
        "stack": _made(member, "orchestration", "/stacks", stack)["stack"]["id"],
    }
    for service, kind in (("compute", "server"), ("block-storage", "volume")):
        _wait_for(member, service, kind, made_ids[kind])
    return made_ids


def _made(member: Asker, service: str, path: str, body: Any) -> dict[str, Any]:
    answer = member.ask(service, "post", path, body)
    if answer.status >= 300:
        raise SceneUnusable(f"A's member cannot POST {path}: {answer.status} {answer.text}")
    return dict(answer.data)


def _wait_for(member: Asker, service: str, kind: str, object_id: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        status = member.ask(service, "get", f"/{kind}s/{object_id}").data[kind]["status"].lower()
        if status in ("active", "available"):
            return
        if status == "error":
            raise SceneUnusable(f"{kind} {object_id} of A ended in ERROR")
        time.sleep(1)
    raise SceneUnusable(f"{kind} {object_id} of A is not ready after {WAIT_SECONDS} s")


def _remove_stacks(made: Scene) -> None:
    for name in ("member-a", "member-b", "admin", "system-administrator"):
        asker = made.askers.get(name)
        stacks = asker.ask("orchestration", "get", "/stacks").data if asker else {}
        for one in stacks.get("stacks", ()):
            if asker and one["stack_name"].startswith(PREFIX):
                asker.ask("orchestration", "delete", f"/stacks/{one['stack_name']}/{one['id']}")


# service, path, collection, further query: what may be left of the matrix, by name
LEFT: tuple[tuple[Service, str, str, dict[str, Any]], ...] = (
    ("compute", "/servers", "servers", {"all_tenants": True}),
    ("compute", "/os-aggregates", "aggregates", {}),
    ("compute", "/flavors", "flavors", {"is_public": "None"}),
    ("block_storage", "/volumes", "volumes", {"all_tenants": True}),
    ("image", "/images", "images", {"limit": 1000}),
    ("network", "/routers", "routers", {}),
    ("network", "/ports", "ports", {}),
    ("network", "/networks", "networks", {}),
    ("network", "/floatingips", "floatingips", {}),
    ("network", "/security-groups", "security_groups", {}),
    ("identity", "/users", "users", {"domain_id": DEFAULT_DOMAIN}),
    ("identity", "/roles", "roles", {}),
    ("identity", "/projects", "projects", {}),
    ("identity", "/domains", "domains", {}),
)


def sweep(api: Api) -> None:
    """Remove all that the matrix made and that still is there."""
    for service, path, collection, query in LEFT:
        for row in api.list(service, path, collection=collection, **query):
            name = row.get("name") or row.get("description") or ""
            if name.startswith(PREFIX):
                _delete(api, service, f"{path}/{row['id']}", collection)


def _delete(api: Api, service: Service, path: str, collection: str) -> None:
    if collection == "domains":
        api.patch(service, path, {"domain": {"enabled": False}})
    try:
        api.delete(service, path)
    except Refused as refusal:
        raise SceneUnusable(f"{path} is left over and cannot be removed: {refusal}") from refusal
