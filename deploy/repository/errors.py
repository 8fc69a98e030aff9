"""The one kind of error that an operator of the repository sees."""

from __future__ import annotations


class RepositoryError(Exception):
    """Something an operator can act on: what failed, where, why, and what to do next."""

    def __init__(self, what: str, *, where: str = "", why: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.todo = todo

    def __str__(self) -> str:
        lines = [self.what]
        for label, text in (("where", self.where), ("why", self.why), ("do", self.todo)):
            if text:
                lines.append(f"  {label + ':':<7}" + text.strip().replace("\n", "\n         "))
        return "\n".join(lines)
