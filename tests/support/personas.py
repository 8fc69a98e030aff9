"""The persona matrix: read, checked, unfolded into cells, and answers judged. No cloud in here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

METHODS = ("get", "post", "put", "patch", "delete")
NOBODY = "nobody"
ELSE = "else"


class MatrixInvalid(Exception):
    """The matrix contradicts itself or names what is not there."""


class Outcome(StrEnum):
    """What comes of an operation."""

    OK = "ok"
    FORBIDDEN = "forbidden"
    HIDDEN = "hidden"
    UNAUTHORIZED = "unauthorized"
    FULL = "full"
    INVALID = "invalid"
    UNTRIED = "untried"


@dataclass(frozen=True)
class Persona:
    """Somebody who asks.

    :param user: who logs in; ``a-…`` and ``b-…`` stand for the bureaus' short names.
    :param roles: roles of a user made for the test, where the directory has no such person.
    :param project: ``a``, ``b`` or ``duties``.
    :param domain: ``a`` or ``b``.
    :param services: the services that it asks; all when empty.
    """

    name: str
    user: str = ""
    roles: tuple[str, ...] = ()
    project: str = ""
    domain: str = ""
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """A request with what it may lead to.

    :param shows: text that the answer must contain to count as ok.
    :param fresh: kind of object that is made anew for each cell.
    :param undo: what is removed when the request succeeds.
    """

    name: str
    service: str
    method: str
    path: str
    expect: Mapping[str, Outcome]
    body: Any = None
    shows: str = ""
    fresh: str = ""
    undo: str = ""


@dataclass(frozen=True)
class Cell:
    """One persona, one operation, one outcome."""

    persona: Persona
    operation: Operation
    expected: Outcome


@dataclass(frozen=True)
class Matrix:
    """All personas and operations."""

    personas: Mapping[str, Persona]
    operations: tuple[Operation, ...]
    services: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        services = dict.fromkeys(one.service for one in self.operations)
        object.__setattr__(self, "services", tuple(services))

    def cells(self, service: str) -> Iterator[Cell]:
        """Yield all cells of a service."""
        for operation in self.operations:
            for persona in self.personas.values():
                if operation.service != service:
                    continue
                if not persona.services or service in persona.services:
                    yield Cell(persona, operation, operation.expect[persona.name])


def load(path: Path) -> Matrix:
    """Read a matrix.

    :raises MatrixInvalid: it names unknown personas, or an operation is not whole.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    personas = {name: _persona(name, row) for name, row in data["personas"].items()}
    groups = {name: (name,) for name in personas} | data["groups"]
    unknown = {one for names in groups.values() for one in names} - set(personas)
    if unknown:
        raise MatrixInvalid(f"groups name unknown personas: {', '.join(sorted(unknown))}")
    operations = tuple(_operation(row, groups, tuple(personas)) for row in data["operations"])
    names = [one.name for one in operations]
    if len(set(names)) < len(names):
        raise MatrixInvalid("two operations have the same name")
    return Matrix(personas, operations)


def _persona(name: str, row: Mapping[str, Any]) -> Persona:
    listed = {key: tuple(row[key]) for key in ("roles", "services") if key in row}
    return Persona(name, **(dict(row) | listed))


def _operation(
    row: Mapping[str, Any], groups: Mapping[str, tuple[str, ...]], personas: tuple[str, ...]
) -> Operation:
    rest = dict(row)
    methods = [method for method in METHODS if method in rest]
    if len(methods) != 1:
        raise MatrixInvalid(f"{row.get('name')}: one of {', '.join(METHODS)} says what is asked")
    path = rest.pop(methods[0])
    expect = _expect(row, groups, personas)
    return Operation(method=methods[0], path=path, **(rest | {"expect": expect}))


def _expect(
    row: Mapping[str, Any], groups: Mapping[str, tuple[str, ...]], personas: tuple[str, ...]
) -> Mapping[str, Outcome]:
    given = {word: Outcome(to) for words, to in row["expect"].items() for word in words.split()}
    otherwise = given.pop(ELSE, None)
    unknown = set(given) - set(groups)
    if otherwise is None or unknown:
        wrong = ", ".join(sorted(unknown)) or "no `else`"
        raise MatrixInvalid(f"{row['name']}: expect: {wrong}; known: {', '.join(groups)}")
    found = dict.fromkeys(personas, otherwise) | {NOBODY: Outcome.UNAUTHORIZED}
    for in_person in (False, True):
        for word, outcome in given.items():
            if (word in personas) is in_person:
                found |= dict.fromkeys(groups[word], outcome)
    return found


def judge(operation: Operation, shows: str, status: int, text: str) -> str:
    """Return what an answer means: an outcome, or the status when it is none of them.

    :param shows: the operation's text with its placeholders filled in.
    """
    if status < 300:
        return Outcome.OK if not shows or shows in text else Outcome.HIDDEN
    if status in (403, 409, 413) and _over_quota(text):
        return Outcome.FULL
    return ANSWERS.get(status, f"status {status} to {operation.method}")


ANSWERS: Mapping[int, str] = {
    400: Outcome.INVALID,
    401: Outcome.UNAUTHORIZED,
    403: Outcome.FORBIDDEN,
    404: Outcome.HIDDEN,
}


def _over_quota(text: str) -> bool:
    lower = text.lower()
    exceeded = "quota" in lower and "exceeded" in lower
    return exceeded or any(word in lower for word in ("overquota", "over limit"))


def wrong(answers: Iterable[tuple[Cell, str]]) -> list[str]:
    """Return a line for each cell that is not as declared."""
    return [
        f"{cell.operation.name} by {cell.persona.name}: {answer} instead of {cell.expected}"
        for cell, answer in answers
        if cell.expected is not Outcome.UNTRIED and answer != cell.expected
    ]


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a template with its ``{a.b}`` filled in; a text that is one placeholder keeps type.

    :raises MatrixInvalid: nothing is known under a name.
    """
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    if not isinstance(template, str) or "{" not in template:
        return template
    before, _, rest = template.partition("{")
    name, _, after = rest.partition("}")
    value = _value(name, values)
    if not before and not after:
        return value
    return f"{before}{value}{fill(after, values)}"


def _value(name: str, values: Mapping[str, Any]) -> Any:
    found: Any = values
    for word in name.split("."):
        if not isinstance(found, Mapping) or word not in found:
            raise MatrixInvalid(f"nothing is known under {{{name}}}")
        found = found[word]
    return found
