"""What a plan is made of. All of it is data: plans are compared, saved, shown and executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.drift import Accepted, Drift
from ouhai_cloud.tenancy.resources import Key, Kind, Resource, Value

PLAN_VERSION = 1


class Action(StrEnum):
    """What is done about a resource; ``record`` and ``forget`` touch our memory alone."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    RECORD = "record"
    FORGET = "forget"


CLOUD_ACTIONS = frozenset({Action.ADD, Action.CHANGE, Action.REMOVE})


@dataclass(frozen=True)
class Change:
    """One thing that apply does.

    :param resource: as it is recorded once this is done, with the cloud's id unless it is added;
        for a removal, the resource that goes.
    :param before: the attributes that change, as they are seen now; empty for an addition.
    :param after: the attributes to send: all for an addition, for a change only those that
        change; empty for a removal.
    :param reason: why, for people.
    """

    action: Action
    resource: Resource
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    reason: Text

    @property
    def key(self) -> Key:
        """Key of the resource."""
        return self.resource.key

    @property
    def kind(self) -> Kind:
        """Kind of the resource."""
        return self.resource.kind

    @property
    def bureau(self) -> str:
        """Code of the bureau on whose account it is; empty for the district's own."""
        return self.resource.bureau

    @property
    def id(self) -> str:
        """The cloud's id of the resource; empty for an addition."""
        return self.resource.id


@dataclass(frozen=True)
class Held:
    """A change that waits until something else is decided; apply leaves it alone.

    :param by: keys of what is missing, in conflict, or in the way.
    """

    change: Change
    by: tuple[Key, ...]
    reason: Text


@dataclass(frozen=True)
class Conflict:
    """Something in the cloud that is in the way of a wish, and that no apply may overwrite."""

    wanted: Resource
    seen: Resource
    attributes: tuple[str, ...]
    reason: Text

    @property
    def key(self) -> Key:
        """Key of the resource."""
        return self.wanted.key

    @property
    def bureau(self) -> str:
        """Code of the bureau on whose account it is."""
        return self.wanted.bureau


@dataclass(frozen=True)
class Leaving:
    """A bureau or system that left the register: apply leaves it alone, ``retire`` sees it out.

    :param root: the domain or project that goes.
    :param resources: what hangs on it and is ours, in the order of removal, the root last.
    :param phase: how far its retirement is (retirement.Phase).
    """

    root: Resource
    resources: tuple[Resource, ...]
    phase: str
    reason: Text

    @property
    def key(self) -> Key:
        """Key of the root."""
        return self.root.key

    @property
    def bureau(self) -> str:
        """Code of the bureau that leaves or whose system leaves."""
        return self.root.bureau


@dataclass(frozen=True)
class Plan:
    """What apply would do, and what it would not.

    :param changes: what apply does; ``plan.steps`` puts them in order.
    :param held: what waits for a decision about drift or a conflict.
    :param drift: what somebody changed past the register, without an accepted deviation.
    :param accepted: the accepted deviations that are in force.
    :param desired_digest: of the wanted state.
    :param observed_digest: of what was seen and recorded, and of what was decided earlier:
        accepted deviations that are in force, and retirements.
    """

    changes: tuple[Change, ...]
    held: tuple[Held, ...]
    leaving: tuple[Leaving, ...]
    drift: tuple[Drift, ...]
    conflicts: tuple[Conflict, ...]
    accepted: tuple[Accepted, ...]
    desired_digest: str
    observed_digest: str
    version: int = PLAN_VERSION

    @property
    def empty(self) -> bool:
        """Tell whether apply has nothing to do; drift and leaving may be there all the same."""
        return not self.changes

    @property
    def clean(self) -> bool:
        """Tell whether the cloud is as the register says, deviations accepted."""
        return self.empty and not (self.blocked or self.drift)

    @property
    def blocked(self) -> bool:
        """Tell whether the register asks for something that apply cannot do before a decision."""
        return bool(self.held or self.conflicts)

    def of(self, *actions: Action) -> tuple[Change, ...]:
        """Return the changes with one of these actions."""
        return tuple(one for one in self.changes if one.action in actions)
