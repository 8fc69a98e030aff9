"""The matrix is whole, and a wrong answer cannot pass for a right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import personas
from tests.support.personas import Cell, Matrix, MatrixInvalid, Operation, Outcome, Persona

PATH = Path(__file__).parents[2] / "functional" / "personas.yml"
SERVICES = {"identity", "compute", "network", "image", "block-storage", "orchestration"}


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return personas.load(PATH)


def test_the_matrix_has_several_hundred_cells_over_six_services(matrix: Matrix) -> None:
    cells = [cell for service in matrix.services for cell in matrix.cells(service)]
    assert set(matrix.services) == SERVICES
    assert len(cells) > 400
    assert len({(cell.persona.name, cell.operation.name) for cell in cells}) == len(cells)


def test_nobody_is_unauthorized_everywhere(matrix: Matrix) -> None:
    expected = {one.expect["nobody"] for one in matrix.operations}
    assert expected == {Outcome.UNAUTHORIZED}


def test_each_service_has_cells_of_every_kind(matrix: Matrix) -> None:
    for service in matrix.services:
        found = {cell.expected for cell in matrix.cells(service)}
        assert {Outcome.OK, Outcome.FORBIDDEN, Outcome.UNAUTHORIZED} <= found
        assert Outcome.HIDDEN in found


def test_two_duties_are_none(matrix: Matrix) -> None:
    allowed = {Outcome.OK, Outcome.UNTRIED}
    assert [one.name for one in matrix.operations if one.expect["two-duties"] in allowed] == []


def test_auditor_writes_nothing(matrix: Matrix) -> None:
    writing = [one for one in matrix.operations if one.method != "get"]
    assert {one.expect["auditor"] for one in writing}.isdisjoint({Outcome.OK, Outcome.UNTRIED})


def test_nobody_of_b_is_let_in_to_a(matrix: Matrix) -> None:
    open_to_b = [
        one.name
        for one in matrix.operations
        if one.expect["manager-b"] is Outcome.OK and "{a." in f"{one.path} {one.shows} {one.body}"
    ]
    assert open_to_b == []


OPERATION = Operation("list", "compute", "get", "/servers", {}, shows="{a.server}")


@pytest.mark.parametrize(
    ("status", "text", "outcome"),
    [
        (200, "an s1 in it", "ok"),
        (200, "without", "hidden"),
        (401, "", "unauthorized"),
        (403, "policy", "forbidden"),
        (403, "Quota exceeded for cores", "full"),
        (413, "Request exceeded quota", "full"),
        (409, "Quota exceeded for resources: ['network']", "full"),
        (409, "in use", "status 409 to get"),
        (404, "", "hidden"),
        (300, "", "status 300 to get"),
        (500, "", "status 500 to get"),
    ],
)
def test_answers_are_judged(status: int, text: str, outcome: str) -> None:
    assert personas.judge(OPERATION, "s1", status, text) == outcome


def cell(expected: Outcome) -> Cell:
    return Cell(Persona("reader-b"), OPERATION, expected)


@pytest.mark.parametrize("answer", ["ok", "forbidden", "status 500 to get", "unauthorized"])
def test_a_cell_that_is_not_as_declared_is_told(answer: str) -> None:
    (line,) = personas.wrong([(cell(Outcome.HIDDEN), answer)])
    assert line == f"list by reader-b: {answer} instead of hidden"


def test_a_wrongly_opened_policy_is_caught_in_every_cell_that_was_closed(matrix: Matrix) -> None:
    closed = set(Outcome) - {Outcome.OK, Outcome.UNTRIED}
    for service in matrix.services:
        cells = list(matrix.cells(service))
        told = personas.wrong((one, "ok") for one in cells)
        assert len(told) == sum(one.expected in closed for one in cells)


def test_what_is_as_declared_is_not_told() -> None:
    answers = [(cell(Outcome.HIDDEN), "hidden"), (cell(Outcome.UNTRIED), "-")]
    assert personas.wrong(answers) == []


def test_placeholders_are_filled_and_keep_their_type() -> None:
    values = {"a": {"id": "i", "limit": 3}}
    template: Any = {"x": ["/y/{a.id}/{a.limit}", "{a.limit}"], "z": 1}
    assert personas.fill(template, values) == {"x": ["/y/i/3", 3], "z": 1}
    with pytest.raises(MatrixInvalid, match=r"b\.id"):
        personas.fill("{b.id}", values)


BASE: dict[str, Any] = {
    "personas": {"nobody": {}, "one": {"user": "x"}, "two": {"user": "y"}},
    "groups": {"both": ["one", "two"]},
    "operations": [
        {"name": "o", "service": "s", "get": "/", "expect": {"both": "ok", "else": "hidden"}}
    ],
}


def written(tmp_path: Path, **operation: Any) -> Path:
    base = BASE | {"operations": [BASE["operations"][0] | operation]}
    path = tmp_path / "matrix.yml"
    path.write_text(yaml.safe_dump(base))
    return path


def test_a_persona_counts_more_than_its_group(tmp_path: Path) -> None:
    expect = {"one": "forbidden", "both": "ok", "else": "hidden"}
    (operation,) = personas.load(written(tmp_path, expect=expect)).operations
    assert operation.expect == {"nobody": "unauthorized", "one": "forbidden", "two": "ok"}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"expect": {"both": "ok"}}, "else"),
        ({"expect": {"three": "ok", "else": "ok"}}, "three"),
        ({"post": "/"}, "one of get"),
    ],
)
def test_a_wrong_matrix_is_refused(tmp_path: Path, operation: dict[str, Any], message: str) -> None:
    with pytest.raises(MatrixInvalid, match=message):
        personas.load(written(tmp_path, **operation))
