"""What can go wrong before a check has run."""

from __future__ import annotations


class RunnerError(Exception):
    """The checks cannot run; the message says what, why and what to do next."""
