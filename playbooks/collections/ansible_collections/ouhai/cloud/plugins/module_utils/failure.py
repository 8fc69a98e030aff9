"""What a check found wrong, in the words that the operator gets to read."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Failure:
    """One thing that stands in the way of a deployment.

    `where` is a host, a variable with its file, or a group; `what` is the condition that was seen;
    `why` is what would go wrong because of it; `remedy` is what to do next.
    """

    where: str
    what: str
    why: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """Return it as plain data, as it travels in a task's result."""
        return asdict(self)
