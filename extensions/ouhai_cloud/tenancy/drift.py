"""Drift: what somebody changed in the cloud past the register, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ouhai_cloud.tenancy.resources import Key, Resource, Value


class DriftKind(StrEnum):
    """How the cloud differs from what we made."""

    MISSING = "missing"
    CHANGED = "changed"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True)
class Drift:
    """One difference that we did not make.

    :param attribute: the attribute that was changed; empty when the whole resource is meant.
    :param expected: what the register says; None when the whole resource is meant.
    :param seen: what the cloud says; for something unexpected its attributes in words.
    :param resource: as wanted when missing or changed, as seen when unexpected; not compared.
    """

    what: DriftKind
    key: Key
    bureau: str
    attribute: str
    expected: Value
    seen: Value
    resource: Resource = field(compare=False)


@dataclass(frozen=True)
class Accepted:
    """A deviation that somebody decided to live with; it silences this very drift and no other.

    When the register or the cloud moves on, the drift is another one and is shown again.

    :param by: who decided, a user's name on the deploy host.
    :param at: when, ISO 8601 with offset.
    :param why: the reason given.
    """

    what: DriftKind
    key: Key
    attribute: str
    expected: Value
    seen: Value
    by: str
    at: str
    why: str

    def covers(self, drift: Drift) -> bool:
        """Tell whether this is the decision about that drift."""
        return (self.what, self.key, self.attribute, self.expected, self.seen) == (
            drift.what,
            drift.key,
            drift.attribute,
            drift.expected,
            drift.seen,
        )
