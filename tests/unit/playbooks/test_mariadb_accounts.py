"""The statements that bring MariaDB's accounts in line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.modules.mariadb_accounts import native_hash, statements

ACCOUNT = {"name": "nova", "password": "pw", "databases": ["nova", "nova_api"]}
PRESENT = {
    "databases": [("mysql",), ("nova",), ("nova_api",)],
    "users": [("nova", native_hash("pw"), "1")],
    # MariaDB shows the underscore, a wildcard there, as it was given or escaped.
    "grants": [("nova", "nova"), ("nova", r"nova\_api")],
}


class Cursor:
    """Answers the module's three questions in their order."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = iter(answers.values())

    def execute(self, _query: str) -> None:
        """Take a question."""

    def fetchall(self) -> Sequence[tuple[str, ...]]:
        """Answer it."""
        rows: Sequence[tuple[str, ...]] = next(self.answers)
        return rows


def actions(**changes: Any) -> list[str]:
    return [action for action, _, _ in statements(Cursor(PRESENT | changes), [ACCOUNT])]


def test_the_hash_is_mariadbs() -> None:
    assert native_hash("password") == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"


def test_nothing_is_needed_when_all_is_there() -> None:
    assert actions() == []


def test_everything_is_made_on_an_empty_server() -> None:
    assert actions(databases=[], users=[], grants=[]) == [
        "account nova",
        "database nova",
        "grant on nova to nova",
        "database nova_api",
        "grant on nova_api to nova",
    ]


@pytest.mark.parametrize(
    "user", [("nova", native_hash("old"), "1"), ("nova", native_hash("pw"), "0")]
)
def test_another_password_or_no_tls_replaces_the_account_and_its_grants(
    user: tuple[str, str, str],
) -> None:
    assert actions(users=[user]) == [
        "account nova",
        "grant on nova to nova",
        "grant on nova_api to nova",
    ]


def test_a_grant_of_another_account_does_not_count() -> None:
    assert actions(grants=[("nova", "nova"), ("heat", "nova_api")]) == ["grant on nova_api to nova"]


def test_a_password_is_only_ever_a_parameter() -> None:
    account = ACCOUNT | {"password": "tell-nobody"}
    needed = statements(Cursor(PRESENT | {"users": []}), [account])
    assert [values for _, _, values in needed if values] == [["tell-nobody"]]
    assert "tell-nobody" not in "".join(action + text for action, text, _ in needed)
