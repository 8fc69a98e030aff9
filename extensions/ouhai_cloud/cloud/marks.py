"""How the cloud remembers what an object is: tags in Keystone, a mark in Neutron's descriptions.

Neutron takes tags only by a request of its own for each object; a description comes with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ouhai_cloud.tenancy.resources import Key, Kind

TAG = "ouhai"
_MARK = re.compile(r"\s*\[ouhai (?P<key>[a-z_]+:[^\[\]\s]+)\]\s*$")


def mark(key: Key, description: str = "") -> str:
    """Return a description with the key behind it: ``OA [ouhai network:E021/oa]``."""
    return f"{description} [ouhai {key}]".lstrip()


def unmark(description: str | None) -> tuple[str, Key | None]:
    """Return a description without its mark, and the key in that; None without one."""
    text = description or ""
    found = _MARK.search(text)
    if found is None or found["key"].partition(":")[0] not in tuple(Kind):
        return text, None
    return text[: found.start()], Key(found["key"])


def tagged(tags: Iterable[str]) -> tuple[str, str] | None:
    """Return the codes of bureau and system that tags name, the latter empty for the bureau itself.

    None when they are not ours.
    """
    known = dict(tag.partition("=")[::2] for tag in tags)
    if TAG not in known or not known.get("bureau"):
        return None
    return known["bureau"], known.get("system", "")
