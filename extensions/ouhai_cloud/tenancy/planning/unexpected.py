"""Where only we should be, and somebody else is. Anywhere else, others are none of our business."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ouhai_cloud.tenancy.drift import Drift, DriftKind
from ouhai_cloud.tenancy.encoding import in_words
from ouhai_cloud.tenancy.planning.states import States
from ouhai_cloud.tenancy.resources import DOUBLE_OF, Key, Kind, Ref, Resource

EXCLUSIVE: Mapping[Kind, tuple[str, ...]] = {
    Kind.GRANT: ("scope",),
    Kind.PROJECT: ("domain",),
    Kind.LIMIT: ("project",),
    Kind.NETWORK: ("project",),
    Kind.SUBNET: ("network",),
    Kind.INTERFACE: ("router", "subnet"),
    Kind.RULE: ("group",),
    Kind.SHARE: ("network",),
}
"""By kind, the attributes that refer to what nobody else may hang anything on.

Of other kinds members may have their own there; only doubles of ours are unexpected.
"""


def unexpected(states: States, ours: Collection[Key]) -> Iterator[Drift]:
    """Yield what others hung on ours, and what is there another time.

    :param ours: keys of what nobody else may hang anything on; what leaves is none of that.
    """
    for key in sorted(states.observed):
        seen = states.observed[key]
        if _is_unexpected(seen, states, ours):
            words = in_words(seen.attributes)
            yield Drift(DriftKind.UNEXPECTED, key, seen.bureau, "", None, words, seen)


def _is_unexpected(seen: Resource, states: States, ours: Collection[Key]) -> bool:
    if seen.key in states.desired or states.owned(seen) or states.retiring(seen.key):
        return False
    if seen.attributes.get(DOUBLE_OF) in ours:
        return True
    places = (seen.attributes.get(name) for name in EXCLUSIVE.get(seen.kind, ()))
    return any(isinstance(one, Ref) and one.key in ours for one in places)
