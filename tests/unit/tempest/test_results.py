from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import subunit

from tests.tempest import results
from tests.tempest.results import Result, Status

START = datetime(2026, 1, 1, tzinfo=UTC)


class Stream:
    """Writes what tempest would."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._writer = subunit.StreamResultToBytes(self._bytes)

    def event(self, test: str, status: str, detail: str = "", seconds: float = 0) -> Stream:
        """Add an event of a test."""
        when = START + timedelta(seconds=seconds)
        if detail:
            self._writer.status(
                test_id=test, file_name="reason", file_bytes=detail.encode(), timestamp=when
            )
        self._writer.status(test_id=test, test_status=status, timestamp=when)
        return self

    def read(self) -> list[Result]:
        """Read it back."""
        return results.read(self._bytes.getvalue())


def test_reads_statuses_details_and_times() -> None:
    stream = Stream().event("a.B.one", "inprogress").event("a.B.one", "success", seconds=2.5)
    stream.event("a.B.two", "fail", "it broke").event("a.B.three", "skip", "no swift")
    one, three, two = stream.read()
    assert one == Result("a.B.one", Status.PASSED, "", 2.5)
    assert two == Result("a.B.two", Status.FAILED, "it broke")
    assert three == Result("a.B.three", Status.SKIPPED, "no swift")


def test_test_that_never_ended_failed() -> None:
    (only,) = Stream().event("a.B.one", "exists").event("a.B.one", "inprogress").read()
    assert (only.status, only.detail) == (Status.FAILED, "it never ended")


def test_class_that_was_skipped_speaks_for_its_tests() -> None:
    stream = Stream().event("a.B.one", "exists").event("a.B.two", "exists")
    (only,) = stream.event("setUpClass (a.B)", "skip", "not here").read()
    assert only == Result("setUpClass (a.B)", Status.SKIPPED, "not here")


def test_junit_can_be_parsed_whatever_a_test_printed() -> None:
    found = [Result("a", Status.FAILED, "\x1b[1m<oops>\x00"), Result("b", Status.SKIPPED, "why")]
    suite = ElementTree.fromstring(results.junit(found))  # noqa: S314  (made one line above)
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.text == "[1m<oops>"
    assert len(suite.findall("testcase/skipped")) == 1


def test_text_names_reasons_and_failures() -> None:
    shown = results.text([Result("a", Status.FAILED, "oops"), Result("b", Status.SKIPPED, "why")])
    assert "FAILED   a\noops" in shown
    assert "skipped  b\n         why" in shown
    assert shown.endswith("0 passed, 1 failed, 1 skipped")
