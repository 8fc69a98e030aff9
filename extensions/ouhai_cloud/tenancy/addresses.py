"""The address plan: which subnet each system gets, which blocks each top unit.

Each system gets the smallest subnet that holds its addresses, each top unit a block with room to
grow. What lives never moves: neither a subnet nor a block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import Key, State


@dataclass(frozen=True)
class Living:
    """What is in use and must stay where it is.

    :param subnets: range of each living subnet by key, those of leaving systems included.
    :param blocks: prefixes of each living subnet pool by key.
    """

    subnets: Mapping[Key, IPv4Network] = field(default_factory=dict)
    blocks: Mapping[Key, tuple[IPv4Network, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class AddressPlan:
    """The whole plan: the register's subnets, and each top unit's blocks, merged and sorted."""

    subnets: Mapping[Key, IPv4Network]
    blocks: Mapping[Key, tuple[IPv4Network, ...]]


def living_of(observed: State, recorded: State) -> Living:
    """Return what lives in the cloud, or did when we last looked: what is missing comes back."""
    raise NotImplementedError


def plan_addresses(register: Register, living: Living) -> AddressPlan:
    """Return the address plan of a register.

    :raises AddressesExhausted: the range has no room; says whose, how much, what is free.
    :raises RegisterInvalid: a system asks for more than its living subnet holds.
    """
    raise NotImplementedError
