"""Whole lists from APIs that give them in pages or at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

PAGE = 1000
"""Most APIs give no more than this at once, whatever is asked for."""

Row = dict[str, Any]


class Api(Protocol):
    """The part of a keystoneauth adapter that listing needs."""

    def get(self, url: str, **options: Any) -> Any:
        """Send one GET request."""


def whole(api: Api, path: str, name: str, /, **query: str) -> list[Row]:
    """Return a list that comes in one piece.

    :param name: the key of the list in the answer.
    :raises keystoneauth1.exceptions.ClientException: the API refuses or does not answer.
    """
    return list(_body(api, path, query)[name])


def paged(api: Api, path: str, name: str, /, **query: str) -> Iterator[Row]:
    """Yield the rows of a list that comes in pages, followed by the id of the last row.

    :raises keystoneauth1.exceptions.ClientException: the API refuses or does not answer.
    """
    marker: dict[str, str] = {}
    while rows := _body(api, path, query | {"limit": str(PAGE)} | marker)[name]:
        yield from rows
        if len(rows) < PAGE:
            return
        marker = {"marker": rows[-1]["id"]}


def _body(api: Api, path: str, query: Mapping[str, str]) -> Row:
    answer = api.get(path, params=dict(query), raise_exc=True)
    return dict(answer.json())
