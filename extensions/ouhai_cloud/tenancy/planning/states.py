"""The three states side by side, and whose something is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, State
from ouhai_cloud.tenancy.retirement import DISABLED, Phase, Retirement

SETTINGS_OF_A_PROJECT = frozenset({Kind.LIMIT, Kind.VOLUME_QUOTA, Kind.NETWORK_QUOTA})


@dataclass(frozen=True)
class States:
    """Wanted, observed and recorded state, and how far those that leave are."""

    desired: State
    observed: State
    recorded: State
    retirements: Mapping[Key, Retirement] = field(default_factory=dict)

    def memory(self, key: Key) -> Resource | None:
        """Return what we remember of a resource.

        None when what is seen is another object than the one that we made: somebody deleted ours
        and made their own in its place. What retirement disabled, we know to be disabled.
        """
        memory, seen = self.recorded.get(key), self.observed.get(key)
        if memory is None or seen is None:
            return memory
        if memory.id and seen.id and memory.id != seen.id:
            return None
        retirement = self.retirements.get(key)
        if retirement is not None and retirement.phase in DISABLED:
            return replace(memory, attributes={**memory.attributes, "enabled": False})
        return memory

    def owned(self, seen: Resource) -> bool:
        """Tell whether something seen was made by us: by our memory, or by its mark."""
        return seen.owned or self.memory(seen.key) is not None

    def ours_to_set(self, seen: Resource) -> bool:
        """Tell whether something wanted may be brought in line: ours, or a setting of what is."""
        if self.owned(seen):
            return True
        project = seen.attributes.get("project")
        if seen.kind not in SETTINGS_OF_A_PROJECT or not isinstance(project, Ref):
            return False
        home = self.observed.get(project.key)
        return home is not None and self.owned(home)

    def retiring(self, key: Key) -> bool:
        """Tell whether somebody began to retire a domain or project."""
        retirement = self.retirements.get(key)
        return retirement is not None and retirement.phase is not Phase.REMOVED

    def is_new(self, key: Key) -> bool:
        """Tell whether something wanted was never there."""
        return key in self.desired and key not in self.observed and key not in self.recorded


def direct_refs(resource: Resource) -> Iterator[Key]:
    """Yield the keys of what a resource hangs on; members of sets are none of that."""
    for value in resource.attributes.values():
        if isinstance(value, Ref):
            yield value.key


def homes(*states: State) -> dict[Key, Key]:
    """Return the domain of each project."""
    domains = (
        (one.key, one.attributes.get("domain"))
        for state in states
        for one in state.values()
        if one.kind is Kind.PROJECT
    )
    return {key: domain.key for key, domain in domains if isinstance(domain, Ref)}
