"""What a guest in use says of itself: ``ouhai-guest watch`` prints it on the console."""

from __future__ import annotations

import re
from dataclasses import dataclass

# As deploy/images/files/debian/usr/local/sbin/ouhai-guest says it.
LINE = re.compile(r"ouhai-guest: \d+ s: health: (?P<since>\S+): (?P<what>[^:]+): (?P<words>.*)")
WELL = "well"


@dataclass(frozen=True)
class OwnWords:
    """The last that a guest said of itself; it speaks when something has changed.

    :param since: date and time of the guest's clock.
    :param what: what is not well, or ``WELL``.
    """

    since: str
    what: str
    words: str

    @property
    def good(self) -> bool:
        """Whether it says that it is well."""
        return self.what == WELL

    def __str__(self) -> str:
        return f"the guest says since {self.since}: {self.what}: {self.words}"


def last(console: str) -> OwnWords | None:
    """Return what was said last on a console; None where nothing was, as by an older image."""
    said = list(LINE.finditer(console))
    return (
        OwnWords(**{name: one.strip() for name, one in said[-1].groupdict().items()})
        if said
        else None
    )
