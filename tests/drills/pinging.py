"""One echo request after the other, at a steady pace, and which of them were answered."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from ansible_collections.ouhai.cloud.plugins.module_utils import icmp

LATE_SECONDS = 2.0
"""An answer that comes later counts as lost."""


@dataclass
class Pings:
    """When each request was sent, and when it was answered."""

    sent: dict[int, float] = field(default_factory=dict)
    answered: dict[int, float] = field(default_factory=dict)

    @property
    def lost(self) -> list[int]:
        """Return the numbers of requests without an answer."""
        return [number for number in self.sent if number not in self.answered]

    @property
    def longest_silence(self) -> float:
        """Return the longest time between two answers, in seconds."""
        times = sorted(self.answered.values())
        return max((b - a for a, b in pairwise(times)), default=float("inf"))


@contextmanager
def pinging(address: str, interval_seconds: float = 0.2) -> Iterator[Pings]:
    """Ping an address for as long as the context lasts."""
    pings = Pings()
    stop = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as channel:
        channel.settimeout(0.1)
        channel.connect((address, 0))
        threads = [
            threading.Thread(target=_send, args=(channel, pings, stop, interval_seconds)),
            threading.Thread(target=_receive, args=(channel, pings, stop)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield pings
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def _send(channel: socket.socket, pings: Pings, stop: threading.Event, interval: float) -> None:
    identifier = os.getpid() & 0xFFFF
    number = 0
    while not stop.wait(interval):
        number += 1
        pings.sent[number] = time.monotonic()
        try:
            channel.send(icmp.echo_request(identifier, number & 0xFFFF, icmp.SMALL))
        except OSError:
            continue  # no neighbour just now: lost, like any other


def _receive(channel: socket.socket, pings: Pings, stop: threading.Event) -> None:
    identifier = os.getpid() & 0xFFFF
    end: float | None = None
    while end is None or time.monotonic() < end:
        if stop.is_set() and end is None:
            end = time.monotonic() + LATE_SECONDS
        try:
            packet = channel.recv(2048)
        except OSError:
            continue  # nothing came for a moment, or "no route" about a request
        answer = packet[(packet[0] & 0xF) * 4 :]
        number = int.from_bytes(answer[6:8])
        if answer[0] == 0 and int.from_bytes(answer[4:6]) == identifier:
            pings.answered.setdefault(number, time.monotonic())
