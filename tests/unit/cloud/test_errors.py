"""A service's own words out of an error, whichever of the services' forms it has."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from ouhai_cloud.cloud.errors import reason_of


class Answered(Exception):
    """An error with the body of an answer."""

    def __init__(self, body: Any) -> None:
        super().__init__("Bad Request")
        self.response = SimpleNamespace(text=body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        # Heat's: what is beside its message says nothing
        (
            {"code": 400, "title": "Bad Request", "error": {"message": "no flavor huge"}},
            "no flavor huge",
        ),
        ({"error": {"message": "not\n here", "code": 404, "title": "Not Found"}}, "not here"),
        ({"badRequest": {"message": "too large", "code": 400}}, "too large"),
        ({"NeutronError": {"type": "X", "message": "in use", "detail": ""}}, "in use"),
        ({"errors": [{"status": 409, "title": "Conflict", "detail": "moved"}]}, "moved"),
        ("<html>", "Bad Request"),
        ({}, "Bad Request"),
    ],
)
def test_the_words_are_found(body: Any, words: str) -> None:
    assert reason_of(Answered(body)) == words
