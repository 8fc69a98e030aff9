"""SQLAlchemy works with its compiled part: without it there is no error, only time lost."""

from __future__ import annotations

from tests.support.lab import Lab

COMPILED = "from sqlalchemy.util._has_cy import HAS_CYEXTENSION; print(HAS_CYEXTENSION)"


def test_the_compiled_part_is_there(lab: Lab) -> None:
    for host in lab.groups["control"]:
        assert lab.python(host, COMPILED).strip() == "True", host
