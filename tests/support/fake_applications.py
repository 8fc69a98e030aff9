"""Glance and Heat in memory, as far as the catalogue uses them, in the place of ``cloud.api.Api``.

A stack comes to rest at the second look at it.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import count
from types import SimpleNamespace
from typing import Any

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.errors import Refused

PROJECT = "project-1"
SECRET = "Aa1made"  # noqa: S105 (what an output holds)
IDS = {"server": "OS::Nova::Server", "volume": "OS::Cinder::Volume", "port": "OS::Neutron::Port"}
FLAVORS = [
    {"id": "f1", "name": "probe", "vcpus": 1, "ram": 128, "disk": 1},
    {"id": "f2", "name": "small", "vcpus": 1, "ram": 1024, "disk": 10},
]


class FakeApplications:
    """Answers as the services would.

    :param centre: whether we may write the catalogue.
    """

    own_project_id = PROJECT

    def __init__(self, *, centre: bool = True) -> None:
        self.centre = centre
        self.requests: Counter[str] = Counter()
        self.images: dict[str, Json] = {}
        self.documents: dict[str, bytes] = {}
        self.stacks: dict[str, Json] = {}
        self.parts: dict[str, list[Json]] = {}
        self.things: dict[str, str] = {}
        self.networks = [{"id": "n1", "name": "mzj-oa"}]
        self.cores_used = 0
        self.words = ""
        self.refusal = ""
        self.stopped: list[str] = []
        self._ids = count(1)

    def warm(self, *_: str) -> None:
        """Every service is there."""

    def list(self, _service: str, path: str, **search: Any) -> list[Json]:
        """Answer a GET of a collection."""
        self.requests[f"GET {path}"] += 1
        if path == "/images":
            return [one for one in self.images.values() if one["visibility"] == "public"]
        if path == "/stacks":
            named = [
                one
                for one in self.stacks.values()
                if search.get("name") in (None, one["stack_name"])
            ]
            return [one for one in named if search.get("tags", "") in ["", *one["tags"]]]
        if path.endswith("/resources"):
            return self.parts[path.split("/")[3]]
        rows: dict[str, list[Json]] = {
            "/networks": self.networks,
            "/flavors/detail": FLAVORS,
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
            return {"stack": self._rest(path.split("/")[3])}
        if path == "/usages":
            return {"usages": {"INSTANCE": {"VCPU": self.cores_used, "consumer_count": 1}}}
        if path == "/limits":
            names = (
                "maxTotalVolumes",
                "totalVolumesUsed",
                "maxTotalVolumeGigabytes",
                "totalGigabytesUsed",
            )
            return {"limits": {"absolute": dict(zip(names, (4, 0, 20, 0), strict=True))}}
        if path.startswith("/quotas/"):
            names = ("floatingip", "port", "security_group", "security_group_rule")
            return {"quota": {name: {"limit": 50, "used": 0} for name in names}}
        noun, id_ = path.strip("/").split("/")
        if id_ not in self.things:
            raise Refused(f"GET {path}", 404, "not found")
        return {noun.removesuffix("s"): {"status": self.things[id_]}}

    def post(self, _service: str, path: str, body: Json) -> Json:
        """Answer a POST."""
        self.requests[f"POST {path}"] += 1
        made = {"id": f"id-{next(self._ids)}"}
        if path == "/images":
            self._only_centre(path)
            created_at = f"2026-11-25T00:00:{len(self.requests):02}Z"
            made |= body | {"created_at": created_at, "status": "queued"}
            self.images[made["id"]] = made
            return made
        self._make_stack(made["id"], body)
        return {"stack": made}

    def send(self, _service: str, method: str, path: str, **asked: Any) -> Any:
        """Answer any other request."""
        self.requests[f"{method} {path.rpartition('/')[2]}"] += 1
        body, id_ = asked.get("body"), path.split("/")[2]
        if path == "/stacks/preview":
            return self._preview(body)
        if path.endswith("/action"):
            self.stopped.append(id_)
            self.things[id_] = "SHUTOFF"
        elif path.endswith("/file") and method == "GET":
            if self.images[id_]["status"] == "deactivated":
                raise Refused(f"GET {path}", 403, "deactivated")
            return SimpleNamespace(content=self.documents[id_])
        else:
            self._only_centre(path)
            self._change_image(self.images[id_], path, body)
        return None

    def delete(self, _service: str, path: str) -> None:
        """Remove something."""
        self.requests[f"DELETE {path.split('/')[1]}"] += 1
        id_ = path.rpartition("/")[2]
        if path.startswith("/stacks/"):
            for part in self.parts[id_]:
                if part["resource_type"] != IDS["volume"]:
                    self.things.pop(part["physical_resource_id"], None)
                else:
                    self.things[part["physical_resource_id"]] = "available"
            del self.stacks[id_]
        self.images.pop(id_, None)
        self.things.pop(id_, None)

    def _only_centre(self, path: str) -> None:
        if not self.centre:
            raise Refused(f"POST {path}", 403, "you are not authorized")

    def _change_image(self, image: Json, path: str, body: Any) -> None:
        if path.endswith("/file"):
            self.documents[image["id"]], image["status"] = body, "active"
        elif path.endswith("activate"):
            image["status"] = "deactivated" if path.endswith("deactivate") else "active"
        else:
            image.update({one["path"].strip("/"): one["value"] for one in body})

    def _preview(self, body: Any) -> Any:
        if self.refusal:
            raise Refused("POST /stacks/preview", 400, self.refusal)
        given = body["parameters"] | {}
        defaults = body["environment"]["parameter_defaults"]
        flavor = given.get("flavor", defaults["flavor"])
        size = given.get("data_gib", defaults["data_gib"])
        found = [("server", {"flavor": flavor}), ("volume", {"size": size}), ("port", {})]
        rows = [
            {"resource_name": name, "resource_type": IDS[name], "properties": values}
            for name, values in found
        ]
        return SimpleNamespace(json=lambda: {"stack": {"resources": rows}})

    def _make_stack(self, id_: str, body: Json) -> None:
        status = "CREATE_FAILED" if self.words else "CREATE_COMPLETE"
        self.stacks[id_] = {
            "id": id_,
            "stack_name": body["stack_name"],
            "stack_status": "CREATE_IN_PROGRESS",
            "rests": status,
            "tags": body["tags"].split(","),
            "creation_time": "2026-11-25T00:00:00Z",
            "outputs": [
                {"output_key": "address", "output_value": "10.0.0.9"},
                {"output_key": "editor_password", "output_value": SECRET},
            ],
        }
        self.parts[id_] = [self._part(id_, name) for name in IDS]
        # What fails because something else did comes first in Heat's list, too.
        reasons = {"server": "CREATE aborted", "port": self.words} if self.words else {}
        for part in self.parts[id_]:
            part["resource_status_reason"] = reasons.get(part["resource_name"], "")
            failed = part["resource_name"] in reasons
            part["resource_status"] = "CREATE_FAILED" if failed else "CREATE_COMPLETE"

    def _part(self, id_: str, name: str) -> Json:
        thing = f"{name}-of-{id_}"
        self.things[thing] = {"server": "ACTIVE", "volume": "in-use"}.get(name, "DOWN")
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
