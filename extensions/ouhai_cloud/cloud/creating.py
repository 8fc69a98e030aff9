"""Creating in Neutron, which makes a double when a request is repeated blindly.

So what got no answer is looked for by its mark before it is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import CloudUnreachable, Unanswered
from ouhai_cloud.cloud.marks import unmark
from ouhai_cloud.tenancy.resources import Key

ROUNDS = 4


def create_marked(api: Api, path: str, bodies: Mapping[Key, Json], *, bulk: bool) -> dict[Key, str]:
    """Create objects of one collection, each with its mark; return their ids.

    :param path: of the collection, such as ``/networks``; its nouns are the path's.
    :param bulk: all by one request, which Neutron does wholly or not at all.
    :raises Refused: Neutron refuses; with bulk, none was made.
    :raises CloudUnreachable: Neutron does not answer for as long as we are patient.
    """
    made: dict[Key, str] = {}
    for _ in range(ROUNDS):
        missing = {key: body for key, body in bodies.items() if key not in made}
        try:
            return made | _post(api, path, missing, bulk=bulk)
        except Unanswered:
            # Listing is repeated until the service is back, so this waits, too.
            made |= _find(api, path, bodies)
            if len(made) == len(bodies):
                return made
    raise CloudUnreachable(
        f"POST {path} of network: no answer in {ROUNDS} attempts; look at Neutron, then apply again"
    )


def _post(api: Api, path: str, bodies: Mapping[Key, Json], *, bulk: bool) -> dict[Key, str]:
    plural = path.strip("/").replace("-", "_")
    singular = plural.removesuffix("s")
    if not bulk:
        return {
            key: str(api.post("network", path, {singular: body})[singular]["id"])
            for key, body in bodies.items()
        }
    answer = api.post("network", path, {plural: list(bodies.values())})
    return _by_mark(answer[plural])


def _find(api: Api, path: str, bodies: Mapping[Key, Json]) -> dict[Key, str]:
    found = _by_mark(api.list("network", path, fields=["id", "description"]))
    return {key: id_ for key, id_ in found.items() if key in bodies}


def _by_mark(objects: list[Json]) -> dict[Key, str]:
    marked = ((unmark(one["description"])[1], str(one["id"])) for one in objects)
    return {key: id_ for key, id_ in marked if key is not None}
