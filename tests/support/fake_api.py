"""The services' APIs in memory, as far as tenancy uses them, in the place of ``cloud.api.Api``.

Follows what Keystone 27, Cinder 26, Neutron 26 and Nova 31 answer: immutability, names that are
unique or not, bulk requests that are done wholly or not at all.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from ipaddress import IPv4Network
from itertools import count
from typing import Any, TypeAlias

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.errors import Refused

Rows: TypeAlias = list[Json]
Words: TypeAlias = list[str]

UNIQUE = {"projects": ("domain_id", "name"), "rbac-policies": ("object_id", "target_tenant")}
NEUTRON_DEFAULTS: dict[str, Json] = {
    "networks": {"router:external": False, "admin_state_up": True},
    "subnets": {"host_routes": []},
    "routers": {"external_gateway_info": None, "admin_state_up": True, "routes": []},
    "subnetpools": {},
    "security-groups": {},
    "security-group-rules": {"remote_group_id": None},
    "address-scopes": {},
    "rbac-policies": {},
}
CONTENTS = (
    "os-aggregates",
    "servers",
    "volumes",
    "snapshots",
    "backups",
    "images",
    "floatingips",
    "stacks",
)
OWNER = "network:router_interface"
IMAGE = {"visibility": "private", "os_hidden": "false"}
POOL = {
    "cidr": "10.33.0.0/16",
    "gateway_ip": "10.33.0.1",
    "allocation_pools": [{"start": "10.33.0.2", "end": "10.33.255.254"}],
    "dns_nameservers": [],
    "enable_dhcp": False,
    "host_routes": [],
    "subnetpool_id": None,
}
QUOTAS = {
    "volume": {"volumes": 10, "gigabytes": 1000, "snapshots": 10, "backups": 10},
    "network": {"network": 100, "subnet": 100, "router": 10, "port": 500, "floatingip": 50},
}


class FakeApi:
    """Answers as the services would. ``refuse`` makes requests fail: (method, pattern) → status."""

    region = "ouhai"
    own_project_id = "admin-project"

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.refuse: dict[tuple[str, str], BaseException] = {}
        self.tables: dict[str, dict[str, Json]] = {
            name: {} for name in ("projects", "roles", "groups", "services", "limits", "ports")
        }
        for name in (*NEUTRON_DEFAULTS, *CONTENTS):
            self.tables[name] = {}
        self.quotas: dict[str, dict[str, Json]] = {"volume": {}, "network": {}}
        self.grants: set[str] = set()
        self._ids = count(1)
        self._lock = threading.RLock()

    # What a cloud has before tenancy comes.
    def furnish(self, groups: tuple[str, ...]) -> None:
        """Put in what site.yml makes: roles, services, extranet, the directory and its groups."""
        for name in ("admin", "manager", "member", "reader"):
            self._put_in("roles", {"name": name})
        for name in ("system_administrator", "security_administrator", "auditor"):
            self._put_in("roles", {"name": name})
        for name in ("compute", "image", "identity"):
            self._put_in("services", {"type": name})
        district = self._put_in("projects", self._domain("district"))
        self._put_in("projects", self._domain("Default"))
        for name in groups:
            self._put_in("groups", {"name": name, "domain_id": district["id"]})
        extranet = {"name": "extranet", "description": "", "project_id": "x"}
        network = self._put_in("networks", {**extranet, "router:external": True})
        self.extranet = self._put_in("subnets", {**extranet, **POOL, "network_id": network["id"]})

    @staticmethod
    def _domain(name: str) -> Json:
        return {"name": name, "is_domain": True, "enabled": True, "tags": [], "domain_id": None}

    def put_in(self, table: str, **content: Any) -> Json:
        """Put in something that somebody made without us; return it."""
        return self._put_in(table, content)

    def warm(self, *_: str) -> None:
        """Every service is there."""

    def get(self, _service: str, path: str, **_: Any) -> Json:
        """Answer a GET of one object."""
        self._ask("GET", path)
        if path == "/ouhai-quota-sets":
            apart = [{"id": one, **quota} for one, quota in self.quotas["volume"].items()]
            return {"defaults": self._quota("volume", ""), "quota_sets": apart}
        collection, id_ = path.strip("/").split("/")[:2]
        if collection == "os-quota-sets":
            return {"quota_set": self._quota("volume", id_)}
        if collection == "images":
            return self._of(collection, id_)
        noun = collection.removeprefix("os-").removesuffix("s")
        return {noun: self._of(collection, id_)}

    def list(
        self, _service: str, path: str, *, collection: str = "", system: bool = False, **search: Any
    ) -> Rows:
        """Answer a GET of a collection, filtered as asked."""
        self._ask("GET", path)
        name = collection if collection in self.tables else path.strip("/")
        if name == "security-groups":
            self._ensure_default_group(search.get("project_id", self.own_project_id))
        if "security_group_rules" in (search.pop("fields", None) or ()):
            return [self._with_rules(one) for one in self.tables[name].values()]
        if name == "role_assignments":
            return [self._assignment(one) for one in sorted(self.grants)]
        if name == "quotas":
            known = self.quotas["network"]
            return [{**self._quota("network", one), "project_id": one} for one in known]
        if name == "images":
            return self._images(search)
        if name == "limits" and not system:
            return []
        if name == "projects":
            search["is_domain"] = search.get("is_domain", "false") == "true"
        return [
            dict(one)
            for one in self.tables[name].values()
            if all(one.get(key) == value for key, value in search.items() if key in one)
        ]

    def _with_rules(self, group: Json) -> Json:
        rules = self.tables["security-group-rules"].values()
        own = [dict(one) for one in rules if one["security_group_id"] == group["id"]]
        return {**group, "security_group_rules": own}

    def _images(self, search: Json) -> Rows:
        """Return images as Glance does: community and hidden ones only when they are asked for."""
        asked = {"os_hidden": "false"} | search
        rows = ({**IMAGE, **one} for one in self.tables["images"].values())
        return [
            one
            for one in rows
            if ("visibility" in asked or one["visibility"] != "community")
            and all(one[key] == value for key, value in asked.items() if key in one)
        ]

    def post(self, _service: str, path: str, body: Json, **_: bool) -> Json:
        """Answer a POST of one object or of many."""
        self._ask("POST", path)
        name = path.strip("/")
        if name.endswith("/action"):
            return self._aggregate_action(name.split("/")[1], body)
        noun, content = next(iter(body.items()))
        with self._lock:
            if isinstance(content, list):
                return {noun: self._create_many(name, content)}
            return {noun: self._create(name, content)}

    def put(self, _service: str, path: str, body: Json | None = None) -> Json:
        """Answer a PUT."""
        self._ask("PUT", path)
        parts = path.strip("/").split("/")
        if "roles" in parts:
            self.grants.add(path)
            return {}
        if parts[0] in ("quotas", "os-quota-sets"):
            return self._set_quota(parts, body or {})
        if parts[-1].endswith("_router_interface"):
            return self._interface(parts[1], parts[2], body or {})
        if parts[-1] == "remove_prefixes":
            pool, gone = self._of(*parts[:2]), (body or {})["prefixes"]
            pool["prefixes"] = [one for one in pool["prefixes"] if one not in gone]
            return {}
        one, change = self._of(*parts), next(iter((body or {}).values()))
        kept = map(IPv4Network, change.get("prefixes", ()))
        if "prefixes" in change and not _within(one["prefixes"], list(kept)):
            raise Refused(f"PUT {path}", 400, "prefixes must be a subset of the new prefixes")
        one.update(change)
        return {}

    def patch(self, _service: str, path: str, body: Json) -> Json:
        """Answer a PATCH, refusing what is immutable."""
        self._ask("PATCH", path)
        parts = path.strip("/").split("/")
        table = "projects" if parts[0] == "domains" else parts[0]
        one, change = self._of(table, parts[1]), next(iter(body.values()))
        frozen = one.get("options", {}).get("immutable", False)
        if frozen and change != {"options": {"immutable": False}}:
            raise Refused(f"PATCH {path}", 403, "it is immutable")
        # What does not say that it stays disabled counts as enabling.
        enabling = table == "projects" and not one.get("enabled") and change.get("enabled", True)
        if enabling and not all(above["enabled"] for above in self._above(one)):
            raise Refused(f"PATCH {path}", 403, "it has disabled parents")
        one.update(change)
        return {}

    def delete(self, _service: str, path: str) -> None:
        """Answer a DELETE; what is gone is gone."""
        self._ask("DELETE", path)
        parts = path.strip("/").split("/")
        if "roles" in parts:
            self.grants.discard(path)
        elif parts[0] in ("quotas", "os-quota-sets"):
            self.quotas["network" if parts[0] == "quotas" else "volume"].pop(parts[1], None)
        elif parts[0] == "stacks":
            self._delete_stack(parts[2], abandon=parts[3:] == ["abandon"])
        else:
            table = "projects" if parts[0] == "domains" else parts[0]
            if table == "projects":
                self._check_deletion(path, self.tables[table].get(parts[1], {}))
            self.tables[table].pop(parts[1], None)

    def _delete_stack(self, id_: str, *, abandon: bool) -> None:
        """Take what a stack made with it, wherever that is now; unless the stack is abandoned."""
        stack = self.tables["stacks"].pop(id_, {})
        for volume in [] if abandon else stack.get("volumes", ()):
            self.tables["volumes"].pop(volume, None)

    def _above(self, project: Json) -> Rows:
        """Return the parents of a project, its domain included."""
        parent = self.tables["projects"].get(project.get("parent_id") or "")
        return [parent, *self._above(parent)] if parent else []

    def _check_deletion(self, path: str, project: Json) -> None:
        """Refuse what Keystone refuses to delete; a domain takes its projects with it."""
        if project.get("options", {}).get("immutable"):
            raise Refused(f"DELETE {path}", 403, "it is immutable")
        if project.get("is_domain") and project["enabled"]:
            raise Refused(f"DELETE {path}", 403, "disable it first")
        below = [one for one in self.tables["projects"].values() if project in self._above(one)]
        if below and not project["is_domain"]:
            raise Refused(f"DELETE {path}", 403, "it is not a leaf")
        for one in below:
            del self.tables["projects"][one["id"]]

    def _ask(self, method: str, path: str) -> None:
        with self._lock:
            self.requests[f"{method} {path.split('/')[1]}"] += 1
            for (verb, pattern), error in list(self.refuse.items()):
                if verb == method and re.search(pattern, path):
                    raise error

    def _of(self, table: str, id_: str) -> Json:
        if id_ not in self.tables[table]:
            raise Refused(f"{table}/{id_}", 404, "not found")
        return self.tables[table][id_]

    def _put_in(self, table: str, content: Json) -> Json:
        one = {"id": f"{table}-{next(self._ids)}", **content}
        self.tables[table][one["id"]] = one
        return one

    def _create_many(self, name: str, bodies: Rows) -> Rows:
        if name == "security-group-rules" and len({one["security_group_id"] for one in bodies}) > 1:
            raise Refused("POST rules", 400, "rules of several groups")
        return [self._create(name, one) for one in bodies]

    def _create(self, name: str, body: Json) -> Json:
        content = {**NEUTRON_DEFAULTS.get(name, {}), **body}
        if name == "domains":
            name, content = "projects", {**content, "is_domain": True, "domain_id": None}
        elif name == "projects":
            content["is_domain"] = False
        elif name == "os-aggregates":
            content |= {"metadata": {}, "hosts": []}
        if name in NEUTRON_DEFAULTS:
            content.setdefault("project_id", self.own_project_id)
        if name in ("networks", "security-groups"):
            self._ensure_default_group(content["project_id"])
        for one in self.tables[name].values():
            fields = UNIQUE.get(name, ())
            if fields and all(one.get(field) == content.get(field) for field in fields):
                raise Refused(f"POST /{name}", 409, "exists")
        made = self._put_in(name, content)
        return dict(made)

    def _ensure_default_group(self, project_id: str) -> None:
        """Make a project's default group, as Neutron does at the first occasion."""
        group = {"name": "default", "project_id": project_id}
        there = self.tables["security-groups"].values()
        if not [one for one in there if group.items() <= one.items()]:
            self._put_in("security-groups", {**group, "description": "Default security group"})

    def _quota(self, service: str, project: str) -> Json:
        rest = {"security_group": 10, "security_group_rule": 100, "rbac_policy": 10}
        own = self.quotas[service].get(project, {})
        defaults = {**QUOTAS[service], **rest, "subnetpool": -1, "backup_gigabytes": 1000}
        return {**defaults, **own}

    def _set_quota(self, parts: Words, body: Json) -> Json:
        service = "network" if parts[0] == "quotas" else "volume"
        content = dict(next(iter(body.values())))
        content.pop("force", None)
        with self._lock:
            self.quotas[service].setdefault(parts[1], {}).update(content)
        return body

    def _interface(self, router: str, action: str, body: Json) -> Json:
        with self._lock:
            there = [
                one
                for one in self.tables["ports"].values()
                if one["fixed_ips"][0]["subnet_id"] == body["subnet_id"]
                and one["device_id"] == router
            ]
            if action == "remove_router_interface":
                for one in there:
                    del self.tables["ports"][one["id"]]
                return {}
            if there:
                raise Refused("add_router_interface", 400, "the router already has a port there")
            port = {"device_id": router, "fixed_ips": [body], "device_owner": OWNER}
            return {"port_id": self._put_in("ports", {**port, "status": "ACTIVE"})["id"]}

    def _aggregate_action(self, id_: str, body: Json) -> Json:
        one, (action, content) = self._of("os-aggregates", id_), next(iter(body.items()))
        if action == "set_metadata":
            one["metadata"] |= content["metadata"]
            one["metadata"] = {k: v for k, v in one["metadata"].items() if v is not None}
        elif action == "add_host":
            one["hosts"].append(content["host"])
        else:
            one["hosts"].remove(content["host"])
        return {}

    @staticmethod
    def _assignment(path: str) -> Json:
        parts = path.removeprefix("/OS-INHERIT").strip("/").split("/")
        scope: Json = {parts[0].removesuffix("s"): {"id": parts[1]}}
        if path.startswith("/OS-INHERIT"):
            scope["OS-INHERIT:inherited_to"] = "projects"
        subject = {parts[2].removesuffix("s"): {"id": parts[3]}}
        return {"scope": scope, "role": {"id": parts[5]}, **subject}


def _within(prefixes: Words, others: list[IPv4Network]) -> bool:
    """Tell whether all prefixes lie within others."""
    return all(any(IPv4Network(one).subnet_of(each) for each in others) for one in prefixes)
