"""Free addresses, taken piece by piece: always the lowest aligned one that is large enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from ipaddress import IPv4Address, IPv4Network, collapse_addresses, summarize_address_range

LENGTHS = range(33)


class FreeSpace:
    """What is free in some ranges.

    Free space is kept as the largest aligned networks it falls into, by their prefix lengths. An
    aligned piece that is free lies in exactly one of them, so looking at the lowest of each length
    finds the first fit without walking through what is in use.

    :param ranges: the ranges altogether; they may touch but not overlap.
    :param used: what is in use, within the ranges or elsewhere; may overlap.
    """

    def __init__(self, ranges: Iterable[IPv4Network], used: Iterable[IPv4Network] = ()) -> None:
        self._by_length: list[list[int]] = [[] for _ in LENGTHS]
        for piece in _gaps(list(collapse_addresses(ranges)), list(collapse_addresses(used))):
            heappush(self._by_length[piece.prefixlen], int(piece.network_address))

    @property
    def addresses(self) -> int:
        """How many addresses are free."""
        return sum(len(self._by_length[length]) << (32 - length) for length in LENGTHS)

    @property
    def longest_run(self) -> int:
        """How many addresses the largest free network has; 0 when there is none."""
        return next((1 << (32 - length) for length in LENGTHS if self._by_length[length]), 0)

    def take(self, length: int) -> IPv4Network | None:
        """Take the lowest free network of a prefix length; None when there is none."""
        found = min(
            ((self._by_length[one][0], one) for one in range(length + 1) if self._by_length[one]),
            default=None,
        )
        if found is None:
            return None
        start, at = found
        heappop(self._by_length[at])
        for shorter in range(at + 1, length + 1):
            # The upper half stays free, the lower one is halved on.
            heappush(self._by_length[shorter], start + (1 << (32 - shorter)))
        return IPv4Network((start, length))


def _gaps(ranges: list[IPv4Network], used: list[IPv4Network]) -> Iterator[IPv4Network]:
    """Yield what of sorted ranges is not in sorted uses, as the largest aligned networks."""
    at = 0
    for whole in ranges:
        start, end = int(whole.network_address), int(whole.broadcast_address)
        while at < len(used) and int(used[at].broadcast_address) < start:
            at += 1
        while at < len(used) and int(used[at].network_address) <= end:
            yield from _pieces(start, int(used[at].network_address) - 1)
            start = max(start, int(used[at].broadcast_address) + 1)
            if start > end:
                break
            at += 1
        yield from _pieces(start, end)


def _pieces(first: int, last: int) -> Iterable[IPv4Network]:
    if first > last:
        return ()
    return summarize_address_range(IPv4Address(first), IPv4Address(last))
