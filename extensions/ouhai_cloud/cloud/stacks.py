"""Stacks of Heat, and what they are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ouhai_cloud.cloud.api import Api, Json, Service
from ouhai_cloud.cloud.errors import Refused

SERVER, VOLUME = "OS::Nova::Server", "OS::Cinder::Volume"
PORT, FLOATING_ADDRESS = "OS::Neutron::Port", "OS::Neutron::FloatingIP"
ABORTED = "aborted"
NESTED_DEPTH = 2
"""A group of nested templates: the group, its members, and what these are made of."""

# Where a resource can be looked up, by its type.
PLACES: Mapping[str, tuple[Service, str]] = {
    SERVER: ("compute", "/servers"),
    VOLUME: ("block_storage", "/volumes"),
    FLOATING_ADDRESS: ("network", "/floatingips"),
    PORT: ("network", "/ports"),
    "OS::Neutron::SecurityGroup": ("network", "/security-groups"),
}


@dataclass(frozen=True)
class Stack:
    """A stack.

    :param status: such as ``CREATE_COMPLETE``.
    :param outputs: by name; only where they were asked for.
    """

    id: str
    name: str
    status: str
    reason: str
    tags: tuple[str, ...]
    created_at: str
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Its path in Heat's API."""
        return f"/stacks/{self.name}/{self.id}"


@dataclass(frozen=True)
class Part:
    """A resource of a stack.

    :param id: of the thing itself; empty while there is none.
    """

    name: str
    type: str
    id: str
    status: str
    reason: str


def request(
    name: str,
    template: Mapping[str, Any],
    environment: Json,
    parameters: Mapping[str, Any],
    files: Mapping[str, str],
) -> Json:
    """Return what Heat is asked for a stack.

    :param files: nested templates by the names of their types.
    """
    return {
        "stack_name": name,
        "template": template,
        "environment": environment,
        "parameters": parameters,
        "files": dict(files),
    }


def validate(api: Api, template: Json | str, files: Mapping[str, str]) -> None:
    """Have Heat check a template; values count for nothing, nor whether what they name exists.

    :param files: nested templates by the names of their types, which Heat does not look into.
    :raises Refused: with what Heat finds wrong.
    """
    api.warm("orchestration")
    body: Json = {"template": template, "files": dict(files)}
    api.send("orchestration", "POST", "/validate", body=body)


def preview(api: Api, asked: Json) -> list[Json]:
    """Return the resources that a stack would have, after Heat has checked it; make nothing.

    In the place of what stands for a nested stack are its resources.

    :param asked: see ``request``.
    :return: ``resource_type``, ``resource_name`` and ``properties`` of each.
    :raises Refused: with what Heat finds wrong.
    """
    api.warm("orchestration")
    answer = api.send("orchestration", "POST", "/stacks/preview", body=asked).json()
    return list(_flat(answer["stack"]["resources"]))


def create(api: Api, asked: Json, tags: Collection[str], timeout_minutes: int) -> str:
    """Begin to make a stack and return its id.

    :param asked: see ``request``.
    :raises Refused: Heat refuses it.
    :raises Unanswered: it may have begun.
    """
    body = {**asked, "tags": ",".join(tags), "timeout_mins": timeout_minutes}
    return str(api.post("orchestration", "/stacks", body)["stack"]["id"])


def update(api: Api, stack: Stack, asked: Json, tags: Collection[str]) -> None:
    """Begin to change a stack; parameters and files that are not named stay as they are.

    :param asked: ``template``, ``environment``, ``parameters``, ``clear_parameters``, ``files``.
    :raises Refused: Heat refuses it.
    """
    body = {**asked, "tags": ",".join(tags)}
    api.send("orchestration", "PATCH", stack.path, body=body)


def preview_update(api: Api, stack: Stack, asked: Json) -> Mapping[str, list[Part]]:
    """Return which resources an update would leave ``unchanged``, and so on; change nothing.

    :param asked: see ``update``.
    :return: by ``unchanged``, ``updated``, ``replaced``, ``added`` and ``deleted``.
    :raises Refused: with what Heat finds wrong.
    """
    answer = api.send("orchestration", "PATCH", f"{stack.path}/preview", body=asked).json()
    changes: Mapping[str, list[Json]] = answer["resource_changes"]
    return {word: [_part(row) for row in rows] for word, rows in changes.items()}


def files(api: Api, stack: Stack) -> Mapping[str, str]:
    """Return the files that Heat keeps beside a stack's template."""
    return api.get("orchestration", f"{stack.path}/files")


def find(api: Api, name: str) -> Stack | None:
    """Return the own project's stack of a name, without outputs; None where there is none."""
    api.warm("orchestration")
    return next((one for one in _own(api, name=name) if one.name == name), None)


def tagged(api: Api, tag: str) -> list[Stack]:
    """Return the own project's stacks that have a tag, without outputs."""
    api.warm("orchestration")
    return _own(api, tags=tag)


def show(api: Api, stack: Stack, *, outputs: bool = True) -> Stack | None:
    """Return how a stack is now; None when it is gone."""
    words: Json = {} if outputs else {"resolve_outputs": "false"}
    try:
        found = _stack(api.get("orchestration", stack.path, **words)["stack"])
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return None
    # A deleted stack is found by its id for a while.
    return None if found.status == "DELETE_COMPLETE" else found


def parts(api: Api, stack: Stack) -> list[Part]:
    """Return the resources of a stack and of those nested in it, these as ``web/0/port``."""
    path = f"{stack.path}/resources"
    rows = api.list("orchestration", path, nested_depth=NESTED_DEPTH)
    holders = {row["physical_resource_id"]: row for row in rows}
    return [replace(_part(row), name=_path(row, holders)) for row in rows]


def culprit(found: Collection[Part]) -> Part | None:
    """Return the resource that failed by itself, not because another one did."""
    failed = [one for one in found if one.status.endswith("_FAILED")]
    own = [one for one in failed if ABORTED not in one.reason]
    return next(iter(own or failed), None)


def delete(api: Api, stack: Stack) -> None:
    """Begin to delete a stack."""
    api.delete("orchestration", stack.path)


def there(api: Api, part: Part) -> bool:
    """Tell whether the thing that a resource stands for still exists; False where none can."""
    if part.type not in PLACES or not part.id:
        return False
    service, path = PLACES[part.type]
    api.warm(service)
    try:
        api.get(service, f"{path}/{part.id}")
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return False
    return True


def server_status(api: Api, server_id: str) -> str:
    """Return Nova's word for how a server is, such as ``ACTIVE``."""
    api.warm("compute")
    return str(api.get("compute", f"/servers/{server_id}")["server"]["status"])


def console(api: Api, server_id: str) -> str:
    """Return what is on a server's console, of a server that is off also: from when it ran.

    :raises Refused: there is none, we may not read it, or its host does not answer.
    """
    path = f"/servers/{server_id}/action"
    body: Json = {"os-getConsoleOutput": {}}
    return str(api.send("compute", "POST", path, body=body).json()["output"])


def stop_server(api: Api, server_id: str) -> None:
    """Ask a server's guest to shut down."""
    api.send("compute", "POST", f"/servers/{server_id}/action", body={"os-stop": None})


def start_server(api: Api, server_id: str) -> None:
    """Start a server that was stopped."""
    api.send("compute", "POST", f"/servers/{server_id}/action", body={"os-start": None})


def volume_status(api: Api, volume_id: str) -> str:
    """Return Cinder's word for how a volume is, such as ``in-use``; empty when it is gone."""
    api.warm("block_storage")
    try:
        return str(api.get("block_storage", f"/volumes/{volume_id}")["volume"]["status"])
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return ""


def delete_volume(api: Api, volume_id: str) -> None:
    """Begin to delete a volume."""
    api.delete("block_storage", f"/volumes/{volume_id}")


def networks(api: Api) -> list[Json]:
    """Return the own project's networks: id and name."""
    api.warm("network")
    return api.list("network", "/networks", project_id=api.own_project_id)


def flavors(api: Api) -> list[Json]:
    """Return the flavors: id, name, vcpus, ram (MiB), disk (GiB)."""
    api.warm("compute")
    return api.list("compute", "/flavors/detail", collection="flavors")


def _own(api: Api, **words: Any) -> list[Stack]:
    """Return the own project's stacks: Heat lists an administrator those of all, and says whose."""
    own = api.own_project_id
    rows = api.list("orchestration", "/stacks", **words)
    return [_stack(row) for row in rows if row.get("project", own) == own]


def _flat(rows: Iterable[Any]) -> Iterator[Json]:
    for row in rows:
        if isinstance(row, list):
            yield from _flat(row)
        else:
            yield row


def _path(row: Json, holders: Mapping[str, Json]) -> str:
    """Return a resource's name after that of the resource which stands for the stack it is in.

    :param holders: resources by the id of what they stand for.
    """
    links = {one["rel"]: str(one["href"]) for one in row.get("links") or ()}
    holder = holders.get(links.get("stack", "").rpartition("/")[2])
    own = str(row["resource_name"])
    return f"{_path(holder, holders)}/{own}" if holder else own


def _part(row: Json) -> Part:
    return Part(
        name=row["resource_name"],
        type=row["resource_type"],
        id=row["physical_resource_id"] or "",
        status=row["resource_status"],
        reason=row["resource_status_reason"] or "",
    )


def _stack(row: Json) -> Stack:
    outputs = row.get("outputs") or []
    return Stack(
        id=row["id"],
        name=row["stack_name"],
        status=row["stack_status"],
        reason=row.get("stack_status_reason") or "",
        tags=tuple(row.get("tags") or ()),
        created_at=row["creation_time"],
        outputs={one["output_key"]: one.get("output_value") for one in outputs},
    )
