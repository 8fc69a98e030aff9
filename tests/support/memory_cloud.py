"""A cloud in memory that is as strict as the real one: what is refused there is refused here.

It keeps ids, refuses names that are taken, references to nothing, addresses that overlap, and the
removal of what something hangs on; and it can die in the middle of an apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from itertools import count, pairwise
from threading import Lock

from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.apply import Outcome, execute
from ouhai_cloud.tenancy.changes import Change, Plan
from ouhai_cloud.tenancy.journal import GONE, Journal
from ouhai_cloud.tenancy.planning.compare import UNCHANGEABLE
from ouhai_cloud.tenancy.planning.states import homes
from ouhai_cloud.tenancy.resources import FIXED, Key, Kind, Ref, Resource, State, Value
from ouhai_cloud.tenancy.target import Ids, Result

MARKED = frozenset(Kind) - {
    Kind.GRANT,
    Kind.INTERFACE,
    Kind.SHARE,
    Kind.VOLUME_QUOTA,
    Kind.NETWORK_QUOTA,
}
UNIQUE_NAMES = frozenset({Kind.DOMAIN, Kind.PROJECT})
DEFAULT_VOLUME_QUOTA: Mapping[str, Value] = {
    "volumes": 10,
    "gigabytes": 1000,
    "snapshots": 10,
    "backups": 10,
    "backup_gigabytes": 1000,
}
Work = Callable[[Resource, Ids], str]


class Killed(BaseException):
    """The process was killed here; nothing may catch it."""


class Refused(Exception):
    """The cloud says no."""


class MemoryCloud:
    """See ``tenancy.target.Target``; resources by key, as an observer would name them."""

    def __init__(self) -> None:
        self.resources: dict[Key, Resource] = {}
        self.operations = 0
        self.dies_after: int | None = None
        self.answers_before_dying = True
        self.down: frozenset[Kind] = frozenset()
        self._ids = count(1)
        self._lock = Lock()

    def observe(self) -> State:
        """Return what is there; Cinder has a quota for every project that there is."""
        seen = dict(self.resources)
        for one in self.resources.values():
            quota = keys.volume_quota(one.key)
            if one.kind is Kind.PROJECT and quota not in seen:
                attributes = {"project": Ref(one.key), **DEFAULT_VOLUME_QUOTA}
                seen[quota] = Resource(
                    Kind.VOLUME_QUOTA, quota, one.bureau, attributes, id=one.id, owned=one.owned
                )
        return seen

    def add(self, kind: Kind, wanted: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Make resources."""
        return self._each(kind, wanted, ids, self._add)

    def change(self, kind: Kind, wanted: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Write attributes."""
        return self._each(kind, wanted, ids, self._change)

    def remove(self, kind: Kind, gone: Sequence[Resource], ids: Ids) -> Iterator[Result]:
        """Remove resources."""
        return self._each(kind, gone, ids, self._remove)

    def put(self, resource: Resource) -> None:
        """Make something past everybody, as an administrator with a client would."""
        self.resources[resource.key] = replace(resource, id=f"hand-{next(self._ids)}")

    def alter(self, key: Key, **attributes: Value) -> None:
        """Change something past everybody."""
        one = self.resources[key]
        self.resources[key] = replace(one, attributes={**one.attributes, **attributes})

    def drop(self, key: Key) -> None:
        """Delete something past everybody."""
        del self.resources[key]

    def _each(
        self, kind: Kind, resources: Sequence[Resource], ids: Ids, work: Work
    ) -> Iterator[Result]:
        for one in resources:
            if one.kind is not kind:
                raise ValueError(f"{one.key} among resources of kind {kind}")
            yield self._answer(one, ids, work)

    def _answer(self, resource: Resource, ids: Ids, work: Work) -> Result:
        with self._lock:
            self._live()
            try:
                if resource.kind in self.down:
                    raise Refused("the service does not answer")
                id_ = work(resource, ids)
            except Refused as refusal:
                return Result(resource.key, error=str(refusal))
            self.operations += 1
            if not self.answers_before_dying:
                self._live()
            return Result(resource.key, id=id_)

    def _live(self) -> None:
        if self.dies_after is not None and self.operations >= self.dies_after:
            raise Killed

    def _add(self, wanted: Resource, ids: Ids) -> str:
        if wanted.key in self.resources:
            if self.resources[wanted.key].attributes == wanted.attributes:
                return self.resources[wanted.key].id
            raise Refused(f"{wanted.key} exists and is another")
        self._check_refs(wanted, ids)
        self._check(wanted)
        made = replace(wanted, id=f"id-{next(self._ids)}", owned=wanted.kind in MARKED, reason="")
        self.resources[wanted.key] = made
        return made.id

    def _change(self, wanted: Resource, ids: Ids) -> str:
        if wanted.kind is Kind.VOLUME_QUOTA and wanted.key not in self.resources:
            self.resources[wanted.key] = self.observe()[wanted.key]
        now = self.resources.get(wanted.key)
        if now is None or now.id != wanted.id:
            raise Refused(f"{wanted.key} is not there")
        stuck = set(wanted.attributes) & UNCHANGEABLE.get(wanted.kind, frozenset())
        if stuck or wanted.kind in FIXED:
            raise Refused(f"{wanted.key}: {stuck or 'nothing'} can be changed")
        self._check_refs(wanted, ids)
        changed = replace(now, attributes={**now.attributes, **wanted.attributes})
        self._check(changed)
        self.resources[wanted.key] = changed
        return changed.id

    def _remove(self, gone: Resource, ids: Ids) -> str:
        hanging = [one.key for one in self.resources.values() if gone.key in refs(one.attributes)]
        if hanging:
            raise Refused(f"{gone.key} is in use by {hanging[0]}")
        if ids.get(gone.key) != gone.id:
            raise Refused(f"{gone.key} is not known by the id {gone.id}")
        self.resources.pop(gone.key, None)
        return ""

    def _check_refs(self, wanted: Resource, ids: Ids) -> None:
        for ref in refs(wanted.attributes):
            if ref not in self.resources or ids.get(ref) != self.resources[ref].id:
                raise Refused(f"{wanted.key} refers to {ref}, which is not there")

    def _check(self, wanted: Resource) -> None:
        others = [
            one
            for one in self.resources.values()
            if one.kind is wanted.kind and one.key != wanted.key
        ]
        if wanted.kind in UNIQUE_NAMES and _name(wanted) in map(_name, others):
            raise Refused(f"{wanted.key}: its name is taken")
        if wanted.kind is Kind.SUBNET_POOL:
            overlapping = pairwise(sorted(one for each in (wanted, *others) for one in pool(each)))
            if any(one.overlaps(two) for one, two in overlapping):
                raise Refused(f"{wanted.key} overlaps another pool")
        if wanted.kind is Kind.SUBNET:
            self._check_subnet(wanted, others)

    def _check_subnet(self, wanted: Resource, others: Sequence[Resource]) -> None:
        own = cidr(wanted)
        if any(cidr(one).overlaps(own) for one in others):
            raise Refused(f"{wanted.key} overlaps another subnet")
        source = wanted.attributes["pool"]
        prefixes = pool(self.resources[source.key]) if isinstance(source, Ref) else []
        if not any(own.subnet_of(one) for one in prefixes):
            raise Refused(f"{wanted.key} is not in its pool")


class MemoryJournal(Journal):
    """A journal that keeps the recorded state itself."""

    def __init__(self, recorded: State) -> None:
        self.recorded = dict(recorded)

    def record(self, change: Change, id_: str) -> None:
        """Do to the recorded state what the real journal's lines do when they are replayed."""
        if change.action in GONE:
            self.recorded.pop(change.key, None)
        else:
            self.recorded[change.key] = replace(change.resource, id=id_)


def carry_out(plan: Plan, cloud: MemoryCloud, journal: Journal, recorded: State) -> Outcome:
    """Execute a plan on the cloud in memory, as ``openstack bureau apply`` would."""
    seen = {**recorded, **cloud.observe()}
    ids = {key: one.id for key, one in seen.items() if one.id}
    asked = {one.key: one.resource for one in plan.changes}
    return execute(plan, cloud, journal, ids, homes(seen, asked))


def refs(attributes: Mapping[str, Value]) -> set[Key]:
    """Return all keys that attributes refer to."""
    values = (
        one
        for value in attributes.values()
        for one in (value if isinstance(value, tuple) else (value,))
    )
    return {one.key for one in values if isinstance(one, Ref)}


def cidr(subnet: Resource) -> IPv4Network:
    """Return a subnet's range."""
    return IPv4Network(str(subnet.attributes["cidr"]))


def pool(resource: Resource) -> list[IPv4Network]:
    """Return a pool's prefixes."""
    prefixes = resource.attributes["prefixes"]
    return [IPv4Network(str(one)) for one in prefixes] if isinstance(prefixes, tuple) else []


def _name(resource: Resource) -> tuple[Value, Value]:
    return resource.attributes.get("domain"), resource.attributes.get("name")
