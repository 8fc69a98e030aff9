"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit.naming import visible

if TYPE_CHECKING:
    from ouhai_cloud.tenancy.audit.facts import Facts


class Severity(StrEnum):
    """How bad a hole is; in order, the worst first."""

    CRITICAL = "critical"  # a bureau reaches another one now
    HIGH = "high"  # a bureau reaches another one, or takes its share, with one more step
    MEDIUM = "medium"  # a safeguard is missing


@dataclass(frozen=True)
class Hole:
    """What a check saw.

    :param object: what it is, such as ``port 3f2a… (x)``.
    :param bureaus: codes of the bureaus concerned, without empty ones.
    :param text: what is wrong with it.
    """

    object: str
    bureaus: tuple[str, ...]
    text: Text


def hole(what: str, bureaus: Iterable[str], english: str, chinese: str) -> Hole:
    """Return a hole, all of it visible; codes are sorted, each once, without "no bureau"."""
    codes = tuple(sorted({visible(code) for code in bureaus if code}))
    return Hole(visible(what), codes, Text(visible(english), visible(chinese)))


@dataclass(frozen=True)
class Check:
    """One kind of hole.

    :param code: stable, so that reports of different dates can be compared.
    :param why: why it matters.
    :param remedy: how to close it.
    :param find: looks for it.
    """

    code: str
    severity: Severity
    title: Text
    why: Text
    remedy: Text
    find: Callable[[Facts], Iterable[Hole]] = field(repr=False)


@dataclass(frozen=True)
class Finding:
    """A hole together with the check that found it."""

    check: Check
    hole: Hole

    @property
    def sort_key(self) -> tuple[int, str, str]:
        """Order by severity, then code, then object."""
        return list(Severity).index(self.check.severity), self.check.code, self.hole.object
