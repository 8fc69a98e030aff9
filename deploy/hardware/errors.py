"""The errors of the lab: each says what, where, why and what to do next."""

from __future__ import annotations

from collections.abc import Sequence


class LabError(Exception):
    """A condition that ends the command; its text is for the operator, not for a developer."""


class RequirementsMissing(LabError):
    """The machine lacks something; carries every finding, not only the first one."""

    def __init__(self, findings: Sequence[str]) -> None:
        """Join the findings into one message, one line each."""
        self.findings = list(findings)
        lines = "\n".join(f"  - {finding}" for finding in self.findings)
        super().__init__(f"this machine cannot carry the lab yet; missing:\n{lines}")


class LabBusy(LabError):
    """Another ``deploy/lab`` works on the same state directory."""


class JobFailed(LabError):
    """A command that the lab ran has failed; names the command and its log."""
