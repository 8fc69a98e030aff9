"""From the register to the wanted state: a pure function, the same answer for the same question."""

from __future__ import annotations

from dataclasses import dataclass

from ouhai_cloud.tenancy.addresses import Living
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import State


@dataclass(frozen=True)
class Settings:
    """What the wanted state takes from the inventory.

    :param external_network: name of the extranet in Neutron.
    :param class3_hosts: compute hosts kept for security class 3; none when there are no such.
    """

    external_network: str
    class3_hosts: tuple[str, ...] = ()


def desired(register: Register, settings: Settings, living: Living | None = None) -> State:
    """Return the wanted state of a valid register.

    :param living: subnets and blocks that exist (``addresses.living_of``) and therefore stay.
    :raises AddressesExhausted: the district's range has no room.
    :raises RegisterInvalid: a system asks for more addresses than its living subnet holds.
    """
    raise NotImplementedError
