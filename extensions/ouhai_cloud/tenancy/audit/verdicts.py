"""What a probe's trial means; a negative counts only beside a control that succeeded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ouhai_cloud.language import Text


class Verdict(StrEnum):
    """What a trial shows."""

    ISOLATED = "isolated"
    BREACHED = "breached"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Seen:
    """One thing that a trial looked for.

    :param what: what was tried.
    :param happened: whether it came about.
    :param detail: what was seen, in the probe's words.
    """

    what: Text
    happened: bool
    detail: str = ""


@dataclass(frozen=True)
class Trial:
    """Attempts to reach another bureau, and what shows that the attempts were alive.

    :param code: stable, such as ``P03``.
    :param bureaus: codes of the attacker and of the one attacked.
    :param negatives: what must not happen.
    :param controls: what must happen: the same means reach what they may reach.
    """

    code: str
    title: Text
    bureaus: tuple[str, str]
    negatives: tuple[Seen, ...]
    controls: tuple[Seen, ...]

    @property
    def verdict(self) -> Verdict:
        """Judge: one breach is a breach; without every control nothing was shown."""
        if any(seen.happened for seen in self.negatives):
            return Verdict.BREACHED
        shown = self.negatives and self.controls and all(one.happened for one in self.controls)
        return Verdict.ISOLATED if shown else Verdict.INCONCLUSIVE
