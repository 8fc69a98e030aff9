"""What a guest in use says of itself: ``ouhai-guest watch`` prints it on the console."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

# As deploy/images/files/debian/usr/local/sbin/ouhai-guest says it; Nova hands ASCII out alone.
LINE = re.compile(r"ouhai-guest: \d+ s: health: (?P<at>\S+): (?P<what>[^:]+): (?P<words>.*)")
WELL = "well"
# It says so every hour at least; what is older tells of a guest that looks no more.
MOST_AGE = timedelta(hours=2)


@dataclass(frozen=True)
class OwnWords:
    """The last that a guest said of itself.

    :param at: by the guest's clock.
    :param what: what is not well, or ``WELL``.
    """

    at: datetime
    what: str
    words: str

    def good(self, now: datetime) -> bool:
        """Tell whether it says that it is well, and still looks."""
        return self.what == WELL and now - self.at < MOST_AGE

    def __str__(self) -> str:
        return f"the guest's last words, of {self.at.isoformat()}: {self.what}: {self.words}"


def last(console: str) -> OwnWords | None:
    """Return what was said last on a console; None where nothing was, as by an older image."""
    for said in reversed(list(LINE.finditer(console))):
        try:
            words = str(json.loads(f'"{said["words"].strip()}"'))
            return OwnWords(datetime.fromisoformat(said["at"]), said["what"], words)
        except ValueError:
            # Something else was written on the console in the same moment.
            continue
    return None
