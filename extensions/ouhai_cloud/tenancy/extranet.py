"""Whether the extranet has room for all floating addresses and gateways that the register brings.

Who comes last would be refused by Neutron, perhaps years after the quota was promised.
"""

from __future__ import annotations

from ouhai_cloud.errors import AddressesExhausted
from ouhai_cloud.tenancy.resources import Kind, State


def refuse_shortage(wanted: State, name: str, there: int) -> None:
    """Refuse a wanted state that asks for more addresses on the extranet than there are.

    :param name: of the extranet.
    :param there: how many addresses it gives out.
    :raises AddressesExhausted: they are not enough.
    """
    floating = sum(
        _whole(one.attributes["floatingip"])
        for one in wanted.values()
        if one.kind is Kind.NETWORK_QUOTA
    )
    gateways = sum(one.kind is Kind.ROUTER for one in wanted.values())
    if floating + gateways > there:
        raise AddressesExhausted(
            f"The register's systems may have {floating} floating addresses, and the routers of "
            f"its bureaus take {gateways} more, but {name} gives out {there}. Widen the pool of "
            "external_network in the inventory and run site.yml, or register fewer systems."
        )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
