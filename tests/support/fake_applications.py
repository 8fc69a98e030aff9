"""Glance, Heat, Cinder in memory, as far as applications use them, in the place of ``cloud.api``.

A stack comes to rest at the second look at it. Its resources are those of its template that are
named ``server``, ``volume`` or ``port``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count
from types import SimpleNamespace
from typing import Any

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.errors import Refused

from tests.support.fake_volumes import FakeVolumes

PROJECT = "project-1"
SECRET = "Aa1made"  # noqa: S105 (what an output holds)
GROUP = "OS::Heat::ResourceGroup"
IDS = {"server": "OS::Nova::Server", "volume": "OS::Cinder::Volume", "port": "OS::Neutron::Port"}
FLAVORS = [
    {"id": "f1", "name": "probe", "vcpus": 1, "ram": 128, "disk": 1},
    {"id": "f2", "name": "small", "vcpus": 1, "ram": 1024, "disk": 10},
    {"id": "f3", "name": "medium", "vcpus": 2, "ram": 2048, "disk": 20},
]
BUILD = "00000000-0000-4000-8000-00000000000{}"
LIMITS = {
    "maxTotalVolumes": 4,
    "totalVolumesUsed": 0,
    "maxTotalVolumeGigabytes": 20,
    "totalGigabytesUsed": 0,
    "maxTotalSnapshots": 2,
    "totalSnapshotsUsed": 0,
}


class FakeApplications:
    """Answers as the services would.

    :param centre: whether we may write the catalogue.
    """

    own_project_id = PROJECT

    def __init__(self, *, centre: bool = True) -> None:
        self.centre = centre
        self.requests: Counter[str] = Counter()
        self.images: dict[str, Json] = {}
        """What is in Glance, but guest images."""
        self.builds = {
            BUILD.format(0): "debian",
            BUILD.format(1): "web",
            BUILD.format(2): "database",
        }
        """Names of guest images by their ids."""
        self.stacks: dict[str, Json] = {}
        self.parts: dict[str, list[Json]] = {}
        self.things: dict[str, str] = {}
        self.volumes = FakeVolumes()
        self.networks = [{"id": "n1", "name": "mzj-oa"}]
        self.flavors = list(FLAVORS)
        self.limits = dict(LIMITS)
        self.images_mib = 1000
        self.cores_used = 0
        self.words = ""
        self.unwell = ""
        """The version of which `words` are said; empty for any."""
        self.refusal = ""
        self.invalid = ""
        """What templates must not have in them for Heat to take them; empty for anything."""
        self.console = ""
        self.changes: dict[str, list[str]] = {}
        self.stopped: list[str] = []
        self.started: list[str] = []
        self._members: dict[tuple[str, str, int], str] = {}
        self._ids = count(1)

    def rebuild(self, name: str) -> str:
        """Put a newer image in the place of one, as the centre does, and return its id."""
        old = next(id_ for id_, one in self.builds.items() if one == name)
        self.builds[old] = f"{name} (replaced)"
        made = BUILD.format(len(self.builds))
        self.builds[made] = name
        return made

    def warm(self, *_: str) -> None:
        """Every service is there."""

    def list(self, service: str, path: str, **search: Any) -> list[Json]:
        """Answer a GET of a collection."""
        self.requests[f"GET {path}"] += 1
        if service == "block_storage":
            return self.volumes.list(path, search)
        if path == "/images" and "status" in search:
            return [{"id": id_} for id_, name in self.builds.items() if name == search["name"]]
        if path == "/images":
            wanted = {key: search[key] for key in ("name", "visibility") if key in search}
            return [one for one in self.images.values() if wanted.items() <= one.items()]
        if path == "/stacks":
            named = [
                one
                for one in self.stacks.values()
                if search.get("name") in (None, one["stack_name"])
            ]
            return [one for one in named if search.get("tags", "") in ["", *one["tags"]]]
        if path.endswith("/resources"):
            return [dict(one) for one in self.parts[path.split("/")[3]]]
        rows: dict[str, list[Json]] = {
            "/networks": self.networks,
            "/flavors/detail": self.flavors,
            "/servers": [],
            "/limits": [
                {"resource_name": "class:VCPU", "resource_limit": 4, "project_id": PROJECT}
            ],
            "/registered_limits": [{"resource_name": "servers", "default_limit": 10}],
        }
        return rows[path]

    def get(self, service: str, path: str, **_: Any) -> Json:
        """Answer a GET of one object."""
        self.requests[f"GET {path}"] += 1
        if service == "orchestration":
            id_ = path.split("/")[3]
            if path.endswith("/files"):
                return dict(self.stacks[id_]["files"])
            return {"stack": self._rest(id_)}
        if service == "block_storage" and path != "/limits":
            return self.volumes.get(path)
        noun, id_ = path.strip("/").split("/")[0], path.rpartition("/")[2]
        if id_ in self.builds:
            return {"status": "active"}
        if id_ in self.things:
            return {noun.removesuffix("s"): {"status": self.things[id_]}}
        found = self.images.get(id_) or self._room().get(noun)
        if found is None:
            raise Refused(f"GET {path}", 404, "not found")
        return found

    def _room(self) -> dict[str, Json]:
        names = ("floatingip", "port", "security_group", "security_group_rule")
        return {
            "usages": {"usages": {"INSTANCE": {"VCPU": self.cores_used, "consumer_count": 1}}},
            "limits": {"limits": {"absolute": self.limits}},
            "info": {"usage": {"image_size_total": {"limit": self.images_mib, "usage": 0}}},
            "quotas": {"quota": {name: {"limit": 50, "used": 0} for name in names}},
        }

    def post(self, service: str, path: str, body: Json) -> Json:
        """Answer a POST."""
        self.requests[f"POST {path}"] += 1
        if service == "block_storage":
            return self.volumes.post(path, body, self.images)
        made = {"id": f"id-{next(self._ids)}"}
        if path == "/images":
            created_at = f"2026-11-25T00:00:{len(self.requests):02}Z"
            made |= body | {"created_at": created_at, "status": "queued"}
            self.images[made["id"]] = made
            return made
        self._make_stack(made["id"], body)
        return {"stack": made}

    def send(self, service: str, method: str, path: str, **asked: Any) -> Any:
        """Answer any other request."""
        self.requests[f"{method} {path.rpartition('/')[2]}"] += 1
        body: Any = asked.get("body")
        if path.endswith(("/validate", "/preview")):
            return self._checked(method, path, body)
        id_ = path.split("/")[2]
        if service == "orchestration":
            self._update(path.split("/")[3], body)
        elif service == "block_storage":
            self.volumes.send(path, body)
        elif path.endswith("/action") and "os-getConsoleOutput" in body:
            return _Answer(json.dumps({"output": self.console}).encode())
        elif path.endswith("/action"):
            stop = "os-stop" in body
            (self.stopped if stop else self.started).append(id_)
            self.things[id_] = "SHUTOFF" if stop else "ACTIVE"
        elif path.endswith("/file") and method == "GET":
            return self._file(self.images[id_], path)
        elif path.endswith("/file"):
            self.images[id_] |= {"content": b"".join(_pieces(body)), "status": "active"}
            self.images[id_]["size"] = len(self.images[id_]["content"])
        else:
            self._only_centre(path)
            self._change_image(self.images[id_], path, body)
        return None

    def delete(self, service: str, path: str) -> None:
        """Remove something."""
        self.requests[f"DELETE {path.split('/')[1]}"] += 1
        id_ = path.rpartition("/")[2]
        if path.startswith("/stacks/"):
            self._remove(self.parts[id_])
            del self.stacks[id_]
        if service == "block_storage":
            self.volumes.delete(path)
        self.images.pop(id_, None)
        self.things.pop(id_, None)

    def _file(self, image: Json, path: str) -> Any:
        if image["status"] == "deactivated":
            raise Refused(f"GET {path}", 403, "deactivated")
        return _Answer(image["content"])

    def _only_centre(self, path: str) -> None:
        if not self.centre:
            raise Refused(f"POST {path}", 403, "you are not authorized")

    def _change_image(self, image: Json, path: str, body: Any) -> None:
        if path.endswith("activate"):
            image["status"] = "deactivated" if path.endswith("deactivate") else "active"
        else:
            image.update({one["path"].strip("/"): one["value"] for one in body})

    def _checked(self, method: str, path: str, body: Any) -> Any:
        if path.endswith("/preview"):
            return self._preview(body) if method == "POST" else self._preview_update()
        if self.invalid and self.invalid in str(body["template"]):
            raise Refused("POST /validate", 400, f"Unknown Property {self.invalid}")
        return None

    def _preview(self, body: Any) -> Any:
        if self.refusal:
            raise Refused("POST /stacks/preview", 400, self.refusal)
        defaults = {
            name: one.get("default") for name, one in body["template"]["parameters"].items()
        }
        values = defaults | body["environment"]["parameter_defaults"] | body["parameters"]
        self._check_flavors(body["template"], values)
        found = {"server": {"flavor": values.get("flavor")}, "port": {}}
        if not values["data_volume"]:
            found["volume"] = {"size": values["data_gib"]}
        rows = [
            {"resource_name": name, "resource_type": IDS[name], "properties": properties}
            for name, properties in found.items()
            if name in body["template"]["resources"]
        ]
        members: list[Any] = [
            [
                {
                    "resource_name": "server",
                    "resource_type": IDS["server"],
                    "properties": {"flavor": values["web_flavor"]},
                }
            ]
            for size in _groups(body["template"], values).values()
            for _ in range(size)
        ]
        # What is nested stands in lists, a list for each member within one for the group.
        nested = [members] if members else []
        return SimpleNamespace(json=lambda: {"stack": {"resources": [*rows, *nested]}})

    def _preview_update(self) -> Any:
        if self.refusal:
            raise Refused("PATCH preview", 400, self.refusal)
        words = ("unchanged", "updated", "replaced", "added", "deleted")
        changes = {
            word: [
                {
                    "resource_name": name,
                    "resource_type": IDS[name],
                    "physical_resource_id": "",
                    "resource_status": "",
                    "resource_status_reason": "",
                }
                for name in self.changes.get(word, ())
            ]
            for word in words
        }
        return SimpleNamespace(json=lambda: {"resource_changes": changes})

    def _make_stack(self, id_: str, body: Json) -> None:
        self.stacks[id_] = {
            "id": id_,
            "stack_name": body["stack_name"],
            "creation_time": "2026-11-25T00:00:00Z",
            "files": {},
            "given": {},
        }
        self.parts[id_] = []
        self._change(id_, body, "CREATE")

    def _update(self, id_: str, body: Json) -> None:
        """Patch: what is not named stays, but values of parameters that the template lacks."""
        given = self.stacks[id_]["given"]
        body = {"template": self.stacks[id_]["template"], **body}
        for name in list(given):
            if (
                name in body.get("clear_parameters", ())
                or name not in body["template"]["parameters"]
            ):
                del given[name]
        self._check_flavors(body["template"], given | body.get("parameters", {}))
        self._change(id_, body, "UPDATE")

    def _check_flavors(self, template: Json, values: Json) -> None:
        """Refuse flavors that there are not, in servers and where a parameter must be one."""
        known = {one[word] for one in self.flavors for word in ("id", "name")}
        asked = {
            values.get(name)
            for name, one in template["parameters"].items()
            if {"custom_constraint": "nova.flavor"} in one.get("constraints", ())
        }
        asked |= {values.get("flavor")} if "server" in template["resources"] else set()
        if unknown := asked - known - {None}:
            raise Refused("stack", 400, f"The Flavor {unknown} could not be found")

    def _change(self, id_: str, body: Json, action: str) -> None:
        stack, template = self.stacks[id_], body["template"]
        stack["template"] = template
        stack["files"] |= body.get("files", {})
        stack["given"] |= body.get("parameters", {})
        stack["tags"] = body["tags"].split(",")
        version = template["outputs"].get("version", {}).get("value")
        wanted = [name for name in IDS if name in template["resources"]]
        if stack["given"].get("data_volume"):
            wanted.remove("volume")
        defaults = {name: one.get("default") for name, one in template["parameters"].items()}
        stack["defaults"] = body.get("environment", {}).get("parameter_defaults", {})
        groups = _groups(template, defaults | stack["defaults"] | stack["given"])
        fails = bool(self.words) and self.unwell in ("", version)
        fails = fails and ("server" in wanted or self._grows(id_, groups))
        stack |= {
            "stack_status": f"{action}_IN_PROGRESS",
            "rests": f"{action}_FAILED" if fails else f"{action}_COMPLETE",
        }
        own = [one for one in self.parts[id_] if "links" not in one]
        there = {one["resource_name"]: one for one in own}
        self._remove([one for name, one in there.items() if name not in wanted])
        self.parts[id_] = [there.get(name) or self._part(stack, name) for name in wanted]
        # What fails because something else did comes first in Heat's list, too.
        reasons = {"server": f"{action} aborted", "port": self.words} if fails else {}
        for part in self.parts[id_]:
            part["resource_status_reason"] = reasons.get(part["resource_name"], "")
            failed = part["resource_name"] in reasons
            part["resource_status"] = f"{action}_FAILED" if failed else f"{action}_COMPLETE"
        self.parts[id_] += self._nested(id_, groups, self.words if fails else "", action)
        held = self._data_volume(id_)
        self.volumes.status(held, "in-use" if groups or "server" in wanted else "available")
        values = {"address": "10.0.0.9", "data_volume": held}
        stack["outputs"] = [
            {"output_key": name, "output_value": value}
            for name, value in values.items()
            if name in template["outputs"]
        ]
        stack["outputs"].append({"output_key": "editor_password", "output_value": SECRET})

    def _grows(self, id_: str, groups: Mapping[str, int]) -> bool:
        return any(
            (id_, name, index) not in self._members
            for name, size in groups.items()
            for index in range(size)
        )

    def _nested(
        self, id_: str, groups: Mapping[str, int], words: str, action: str
    ) -> tuple[dict[str, Any], ...]:
        """Return groups, their members, and what these are made of, as Heat lists them."""
        rows = []
        for (stack_id, name, index), thing in list(self._members.items()):
            if stack_id == id_ and index >= groups.get(name, 0):
                del self._members[stack_id, name, index]
                self.things.pop(thing, None)
        for name, size in groups.items():
            status = f"{action}_FAILED" if words else f"{action}_COMPLETE"
            group = f"{id_}-{name}"
            rows.append(_row(name, GROUP, group, id_) | {"resource_status": status})
            rows[-1]["resource_status_reason"] = words
            for index in range(size):
                key, member = (id_, name, index), f"{group}-{index}"
                if key not in self._members:
                    self._members[key] = f"server-{next(self._ids)}"
                    self.things[self._members[key]] = "ACTIVE"
                rows.append(_row(str(index), "nested/x.yaml", member, group))
                rows.append(_row("server", IDS["server"], self._members[key], member))
        return tuple(rows)

    def _data_volume(self, id_: str) -> str:
        own = [
            one["physical_resource_id"]
            for one in self.parts[id_]
            if one["resource_name"] == "volume"
        ]
        return str(next(iter(own), self.stacks[id_]["given"].get("data_volume", "")))

    def _remove(self, parts: Iterable[Json]) -> None:
        for part in parts:
            id_ = part["physical_resource_id"]
            if part["resource_type"] == IDS["server"]:
                for volume in self.volumes.rows["volumes"]:
                    self.volumes.status(volume, "available")
            self.things.pop(id_, None)

    def _part(self, stack: Json, name: str) -> Json:
        thing = f"{name}-{next(self._ids)}"
        if name == "volume":
            thing = self.volumes.add(f"{stack['stack_name']}-data", 1, b"data")
        else:
            self.things[thing] = "ACTIVE" if name == "server" else "DOWN"
        return {
            "resource_name": name,
            "resource_type": IDS[name],
            "physical_resource_id": thing,
        }

    def _rest(self, id_: str) -> Json:
        if id_ not in self.stacks:
            raise Refused(f"GET /stacks/x/{id_}", 404, "not found")
        row = self.stacks[id_]
        now = json.loads(json.dumps(row))
        row["stack_status"] = row["rests"]
        return dict(now)


class _Answer:
    """An answer with content, read as a whole or piece by piece."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def json(self) -> Any:
        """Return what it says to programs."""
        return json.loads(self.content)

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is to be closed."""

    def iter_content(self, _: int) -> Any:
        """Yield it in two pieces."""
        middle = len(self.content) // 2
        yield from (self.content[:middle], self.content[middle:])


def _pieces(body: Any) -> Any:
    return [body] if isinstance(body, bytes) else body


def _groups(template: Json, values: Mapping[str, Any]) -> dict[str, int]:
    """Return how many members each group of a template has."""
    return {
        name: int(values[one["properties"]["count"]["get_param"]])
        for name, one in template["resources"].items()
        if one["type"] == GROUP
    }


def _row(name: str, kind: str, id_: str, stack_id: str) -> dict[str, Any]:
    """Return a resource as Heat lists it."""
    return {
        "resource_name": name,
        "resource_type": kind,
        "physical_resource_id": id_,
        "resource_status": "CREATE_COMPLETE",
        "resource_status_reason": "",
        "links": [{"rel": "stack", "href": f"https://heat/stacks/web1/{stack_id}"}],
    }
