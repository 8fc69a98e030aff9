"""What a register must obey beyond its schema, one small rule each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ouhai_cloud.tenancy.register import (
    rules_allotments,
    rules_names,
    rules_network,
    rules_people,
    rules_tree,
)
from ouhai_cloud.tenancy.register.document import Problem
from ouhai_cloud.tenancy.register.facts import Facts, facts

Rule = Callable[[Facts], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    *rules_names.RULES,
    *rules_tree.RULES,
    *rules_allotments.RULES,
    *rules_people.RULES,
    *rules_network.RULES,
)


def check(data: object) -> Iterator[Problem]:
    """Yield every breach of every rule; values of a wrong type count as absent."""
    of = facts(data)
    for rule in RULES:
        yield from rule(of)
