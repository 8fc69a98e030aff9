"""The conditions that stop us; each message says what, where, why and what to do next."""

from __future__ import annotations

from dataclasses import dataclass


class OuhaiError(Exception):
    """Base of every error that a user may see; its text is meant for people."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    :param file: the file as the user named it, empty for input that is no file.
    :param line: line in it, counted from 1; 0 when no line can be told.
    :param path: where in the document, such as ``bureaus[3].systems[0].code``.
    :param message: what is wrong and what is allowed.
    """

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line or "")) if part)
        where = f"{self.path}: " if self.path else ""
        return f"{place}: {where}{self.message}" if place else f"{where}{self.message}"


class RegisterInvalid(OuhaiError):
    """A bureau register breaks its rules; carries every fault found, not the first alone."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


class EntryInvalid(OuhaiError):
    """A catalogue entry breaks its rules; carries every fault found."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


class EntryUnknown(OuhaiError):
    """The catalogue has no such application or version, or it was withdrawn."""


class EntryConflicts(OuhaiError):
    """This version is in the catalogue already, with another content."""


class ValuesInvalid(OuhaiError):
    """Values for an application's parameters are unknown, missing or not allowed."""

    def __init__(self, application: str, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join((f"Nothing was created. {application}:", *faults)))


class NotEnoughLeft(OuhaiError):
    """A project's limits and quotas leave too little for what is asked; nothing was created."""


class CopyUnknown(OuhaiError):
    """The project has no copy of an application by this name."""


class CopyClosed(OuhaiError):
    """The caller may not look into the project's copies."""


class CopyExists(OuhaiError):
    """The project has a stack by this name already."""


class CopyFailed(OuhaiError):
    """A copy of an application could not be made, or is not well."""


class MoveRefused(OuhaiError):
    """A copy cannot be brought to another version; nothing was changed."""


class BackupUnreadable(OuhaiError):
    """A file is no backup of an application, or is damaged."""


class BackupUnwritable(OuhaiError):
    """A backup cannot be written where it should be."""


class AddressesExhausted(OuhaiError):
    """The district's range has no room left for what the register asks for."""


class PlanOutdated(OuhaiError):
    """The cloud or the register moved since the plan was made."""


class ApplyLocked(OuhaiError):
    """Another apply holds the lock."""


class ApplyIncomplete(OuhaiError):
    """Some changes could not be made; the next apply goes on from here."""


class ConflictUndecided(OuhaiError):
    """Something is in the way of what the register asks for; somebody must decide about it."""


class DriftUndecided(OuhaiError):
    """Somebody changed the cloud past the register; that must be adopted or reverted first."""


class RetirementRefused(OuhaiError):
    """A step of leaving may not follow now."""


class StateUnreadable(OuhaiError):
    """A file that tenancy wrote earlier is damaged, or of a version that is not known here."""
