from __future__ import annotations

import pytest

from tests.bench.growth import Line, fit, largest_distance
from tests.bench.rerun import growth_table


def test_a_line_is_found_and_continued() -> None:
    line = fit({1: 12.0, 3: 16.0, 20: 50.0})
    assert line.start == pytest.approx(10)
    assert line.per_host == pytest.approx(2)
    assert line.at(100) == pytest.approx(210)


def test_the_line_is_the_one_of_least_squares() -> None:
    line = fit({0: 0.0, 1: 1.0, 2: 5.0})
    assert line.start == pytest.approx(-0.5)
    assert line.per_host == pytest.approx(2.5)
    assert largest_distance(line, {0: 0.0, 1: 1.0, 2: 5.0}) == pytest.approx(1.0)


def test_one_point_is_no_line() -> None:
    with pytest.raises(ValueError, match="two points"):
        fit({1: 12.0})
    assert "line:" not in growth_table({1: 12.0})


def test_the_table_says_what_a_hundred_hosts_would_take() -> None:
    text = growth_table({1: 12.0, 3: 16.0, 20: 50.0})
    assert "10.0 s + 2.00 s per host" in text
    assert "100 hosts: 210 s at most" in text


def test_a_line_has_a_value_everywhere() -> None:
    assert Line(1.0, 0.5).at(4) == 3.0
