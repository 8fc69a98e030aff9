"""The answer of a probe's page `wire`: what it heard, and when, by the auditor's clock.

That something was not heard shows nothing unless somebody listened. The guests' clocks differ, so
a page tells its times by its own clock, and the auditor, who knows when it asked and when the
answer was there, bounds each of them by its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ouhai_cloud.tenancy.audit.frames import Frame, read

FEWEST_ROUNDS = 3
# What a frame may need to travel, and what clocks that tell hundredths may be wrong by.
TRAVEL_SECONDS = 0.5
CLOCK_SECONDS = 0.1

FRAME = re.compile(r"^frame: ((?:[0-9a-f]{2})+)$", re.MULTILINE)
MOMENT = re.compile(r"^(began|listening|stopped|ended): (\d+(?:\.\d+)?)$", re.MULTILINE)
ROUND = re.compile(r"^round: (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)$", re.MULTILINE)
COUNT = re.compile(r"^(rounds|lost): (\d+)$", re.MULTILINE)
RESULT = re.compile(r"^result: ok$", re.MULTILINE)
ERROR = re.compile(r"^error: (.+)$", re.MULTILINE)
MOMENTS = {"began", "listening", "stopped", "ended"}
COUNTS = {"rounds", "lost"}
LAST = re.compile(r"^ended: \d+(?:\.\d+)?\n*\Z", re.MULTILINE)


@dataclass(frozen=True)
class Span:
    """A time that something surely lasted, or surely lies in, by the auditor's clock."""

    start: float
    end: float

    def holds(self, other: Span) -> bool:
        """Tell whether all that was sent in another span arrived within this one."""
        return self.start <= other.start and other.end + TRAVEL_SECONDS <= self.end


@dataclass(frozen=True)
class Answer:
    """What a probe's page `wire` tells.

    :param frames: what it heard.
    :param fault: why that it did not hear something shows nothing; empty when it does show it.
    :param listened: when it surely listened.
    :param rounds: for each time that it sent all its frames, the time in which that surely was.
    """

    frames: tuple[Frame, ...] = ()
    fault: str = ""
    listened: Span | None = None
    rounds: tuple[Span, ...] = ()

    def heard_out(self, sender: Answer) -> int:
        """Count the rounds of a sender that were surely sent while this one listened."""
        if self.listened is None:
            return 0
        return sum(self.listened.holds(one) for one in sender.rounds)


def parse(text: str, seconds: float, asked: Span) -> Answer:
    """Read an answer; what is wrong with it is told in it, as what it heard may still count.

    :param seconds: how long the probe was to listen.
    :param asked: when the page was asked for, and when its answer was there.
    """
    found = (read(bytes.fromhex(hexadecimal)) for hexadecimal in FRAME.findall(text))
    frames = tuple(frame for frame in found if frame is not None)
    moments = {name: float(value) for name, value in MOMENT.findall(text)}
    rounds = [(float(start), float(end)) for start, end in ROUND.findall(text)]
    counts = {name: int(value) for name, value in COUNT.findall(text)}
    if fault := next(_broken(text, moments.keys() | counts.keys()), ""):
        return Answer(frames, fault)
    if counts["rounds"] != len(rounds) or len(rounds) < FEWEST_ROUNDS:
        fault = f"it sent {counts['rounds']} rounds, of which the answer tells {len(rounds)}"
        return Answer(frames, fault)
    if fault := next(_deaf(moments, counts["lost"], seconds, asked), ""):
        return Answer(frames, fault)
    earliest = asked.start - moments["began"]
    latest = max(earliest, asked.end - moments["ended"])
    return Answer(
        frames,
        listened=Span(moments["listening"] + latest, moments["stopped"] + earliest),
        rounds=tuple(Span(start + earliest, end + latest) for start, end in rounds),
    )


def _broken(text: str, told: set[str]) -> Iterator[str]:
    """Yield why an answer is none."""
    if not LAST.search(text):
        yield "the answer was cut off"
    if not RESULT.search(text):
        error = ERROR.search(text)
        yield f"the probe failed: {error[1] if error else text[:80]!r}"
    if missing := (MOMENTS | COUNTS) - told:
        yield f"the answer does not tell {', '.join(sorted(missing))}; is its image up to date?"


def _deaf(moments: dict[str, float], lost: int, seconds: float, asked: Span) -> Iterator[str]:
    """Yield why a probe may not have heard all."""
    if lost:
        yield f"its card lost {lost} frames"
    listened = moments["stopped"] - moments["listening"]
    if listened + CLOCK_SECONDS < seconds:
        yield f"it listened for {listened:.1f} s of {seconds:g}"
    if moments["ended"] - moments["began"] > asked.end - asked.start + CLOCK_SECONDS:
        yield "its clock is faster than the auditor's"
