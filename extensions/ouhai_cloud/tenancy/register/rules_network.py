"""Addresses, and what is shared over networks."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from ouhai_cloud.tenancy.register.document import Problem
from ouhai_cloud.tenancy.register.facts import Facts, Unit

PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def address_range(of: Facts) -> Iterator[Problem]:
    """Bureaus' networks have private addresses (RFC 1918)."""
    path = ("district", "address_range")
    if not (text := of.district.text("address_range")):
        return
    try:
        network = IPv4Network(text)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        yield path, f"this is no range of IPv4 addresses: {error}; allowed is 172.20.0.0/17"
        return
    if not any(network.subnet_of(private) for private in PRIVATE):
        within = ", ".join(map(str, PRIVATE))
        yield path, f"{text} is not private; it must lie within one of {within}"


def resolvers(of: Facts) -> Iterator[Problem]:
    """Guests ask DNS servers by IPv4 address."""
    for path, text in of.district.texts("resolvers"):
        try:
            IPv4Address(text)
        except AddressValueError as error:
            yield path, f"this is no IPv4 address: {error}; allowed is 10.1.0.53"


def agreement_parties(of: Facts) -> Iterator[Problem]:
    """An agreement joins two systems of different domains, and each pair once."""
    seen: dict[tuple[str, str], str] = {}
    for one in of.agreements:
        found = [(key, _holder(of, one.text(key))) for key in ("provider", "consumer")]
        for key, holder in found:
            if one.text(key) and holder is None:
                message = f"there is no system {one.text(key)}; name one as UNIT/system"
                yield (*one.path, key), message
        pair = (one.text("provider"), one.text("consumer"))
        (_, provider), (_, consumer) = found
        if provider and consumer:
            for message in _pointless(of, provider, consumer, pair):
                yield (*one.path, "consumer"), message
            if pair in seen:
                message = f"{seen[pair]} agrees on the same already; keep one of the two"
                yield (*one.path, "consumer"), message
            seen.setdefault(pair, one.text("code"))


def _holder(of: Facts, place: str) -> Unit | None:
    code, _, system = place.partition("/")
    unit = of.by_code.get(code)
    known = unit is not None and any(one.text("code") == system for one in unit.systems)
    return unit if known else None


def _pointless(of: Facts, provider: Unit, consumer: Unit, pair: tuple[str, str]) -> Iterator[str]:
    if pair[0] == pair[1]:
        yield f"{pair[0]} shares with itself; name another system"
    elif (top := of.top(provider)) and top == of.top(consumer):
        yield f"both systems are in the domain of {top.code}; agreements are between domains"


RULES = (address_range, resolvers, agreement_parties)
