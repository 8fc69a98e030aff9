"""What was seen so far: each object under its key, so that what refers to it finds it by its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.marks import tagged, unmark
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import (
    DOUBLE_OF,
    Key,
    Kind,
    Ref,
    Resource,
    State,
    Value,
    kind_of,
    place_of,
)

Name = tuple[Kind, str, Value]
"""Kind, name, and what the name is unique in (a domain's or project's Ref) or None."""

WITHIN: Mapping[Kind, str] = {
    Kind.PROJECT: "domain",
    Kind.NETWORK: "project",
    Kind.SECURITY_GROUP: "project",
    Kind.SUBNET: "network",
}


class View:
    """Collects what is seen.

    :param recorded: what we made earlier; its ids tell an object that lost its mark or name.
    :param wanted: what the register asks for; its names tell what is in the way of a wish.
    """

    def __init__(self, recorded: State, wanted: State) -> None:
        self.found: dict[Key, Resource] = {}
        self._by_id: dict[tuple[Kind, str], Key] = {}
        self._recorded = {(one.kind, one.id): one.key for one in recorded.values() if one.id}
        self._named = {
            (one.kind, str(one.attributes["name"]), one.attributes.get(WITHIN.get(one.kind, ""))): (
                one.key
            )
            for one in wanted.values()
            if "name" in one.attributes
        }

    def in_order(self, kind: Kind, objects: Sequence[Json]) -> list[Json]:
        """Return objects, those that we recorded first, then those with a mark.

        So nobody else's takes a key from them by its name alone, also when our record was lost.
        """
        return sorted(
            objects, key=lambda one: ((kind, one["id"]) not in self._recorded, not _marked(one))
        )

    def recorded(self, kind: Kind, id_: str) -> Key | None:
        """Return the key that we know an id under from earlier."""
        return self._recorded.get((kind, id_))

    def named(self, kind: Kind, name: str, within: Value = None) -> Key | None:
        """Return the key of the wish for an object of a name."""
        return self._named.get((kind, name, within))

    def pick(self, kind: Kind, id_: str, *candidates: Key | None) -> Key:
        """Return the key for an object: the first candidate that is free, else a foreign one."""
        for candidate in candidates:
            if candidate is not None and candidate not in self.found:
                return candidate
        return keys.foreign(kind, id_)

    def note_marked(
        self, key: Key, id_: str, attributes: Mapping[str, Value], genuine: Key | None
    ) -> None:
        """Add what has our mark, or none: ours under the mark's key, else a double of what is.

        :param genuine: the key in a mark that counts.
        """
        foreign = key == keys.foreign(kind_of(key), id_)
        double = {DOUBLE_OF: str(genuine)} if genuine is not None and foreign else {}
        owned = genuine is not None and key == genuine
        self.note(key, id_, {**attributes, **double}, owned=owned)

    def note(
        self, key: Key, id_: str, attributes: Mapping[str, Value], *, owned: bool = False
    ) -> None:
        """Add what was seen under its key."""
        kind = kind_of(key)
        bureau = self._bureau(key, attributes)
        self.found[key] = Resource(kind, key, bureau, dict(attributes), id=id_, owned=owned)
        self._by_id[kind, id_] = key

    def key_of(self, kind: Kind, id_: str) -> Key | None:
        """Return the key of what was seen under an id."""
        return self._by_id.get((kind, id_))

    def ref(self, kind: Kind, id_: str | None) -> Ref | None:
        """Return a reference to an object by its id; to a foreign key when it is not ours."""
        if not id_:
            return None
        return Ref(self.key_of(kind, id_) or keys.foreign(kind, id_))

    def owned(self, key: Key | None) -> bool:
        """Tell whether something seen is ours."""
        return key is not None and key in self.found and self.found[key].owned

    def _bureau(self, key: Key, attributes: Mapping[str, Value]) -> str:
        """Return the code of the bureau: the key's, or for foreign things that of their place."""
        place = place_of(Key(str(attributes.get(DOUBLE_OF, key))))
        if not place.startswith("?"):
            code = place.partition("/")[0]
            return "" if code in (keys.DISTRICT, keys.CLASS_3) else code
        for value in attributes.values():
            if isinstance(value, Ref) and value.key in self.found:
                return self.found[value.key].bureau
        return ""


def _marked(one: Json) -> bool:
    return unmark(one.get("description"))[1] is not None or tagged(one.get("tags", ())) is not None
