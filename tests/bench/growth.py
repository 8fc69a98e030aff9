"""The line through measured points, and what it says beyond them."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Seconds as a function of hosts: `start` + `per_host` * hosts."""

    start: float
    per_host: float

    def at(self, hosts: int) -> float:
        """Return the seconds for this many hosts."""
        return self.start + self.per_host * hosts


def fit(points: Mapping[int, float]) -> Line:
    """Return the least-squares line through seconds by hosts; ValueError below two points."""
    if len(points) < 2:
        raise ValueError(f"a line takes two points, here is {len(points)}")
    slope, intercept = statistics.linear_regression(list(points), list(points.values()))
    return Line(intercept, slope)


def largest_distance(line: Line, points: Mapping[int, float]) -> float:
    """Return how many seconds the worst point is off the line."""
    return max(abs(line.at(hosts) - seconds) for hosts, seconds in points.items())
