"""What tempest's results say."""

from __future__ import annotations

import enum
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

import subunit


class Status(enum.Enum):
    """How a test ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    """One test, or the set-up of a class of tests: then all tests of the class ended like it."""

    test: str
    status: Status
    detail: str = ""
    seconds: float = 0.0

    def failed(self, detail: str) -> Result:
        """The same test, taken for a failure."""
        return replace(self, status=Status.FAILED, detail=f"{detail}\n{self.detail}".strip())


_STATUSES = {
    "success": Status.PASSED,
    "xfail": Status.PASSED,
    "skip": Status.SKIPPED,
    "fail": Status.FAILED,
    "uxsuccess": Status.FAILED,
}


class _Collector:
    """Receives the events of a subunit stream."""

    def __init__(self) -> None:
        self.results: dict[str, Result] = {}
        self.announced: set[str] = set()
        self._details: dict[str, bytearray] = {}
        self._started: dict[str, Any] = {}

    def startTestRun(self) -> None:  # noqa: N802  (the name that subunit calls)
        pass

    def stopTestRun(self) -> None:  # noqa: N802  (the name that subunit calls)
        pass

    def status(
        self,
        *,
        test_id: str | None = None,
        test_status: str | None = None,
        file_bytes: bytes | None = None,
        timestamp: Any = None,
        **_: object,
    ) -> None:
        if test_id is None:
            return
        self.announced.add(test_id)
        if file_bytes:
            self._details.setdefault(test_id, bytearray()).extend(file_bytes)
        if test_status == "inprogress":
            self._started[test_id] = timestamp
        elif test_status in _STATUSES:
            started = self._started.get(test_id)
            seconds = (timestamp - started).total_seconds() if started and timestamp else 0.0
            detail = self._details.get(test_id, b"").decode(errors="replace").strip()
            self.results[test_id] = Result(test_id, _STATUSES[test_status], detail, seconds)


def read(stream: bytes) -> list[Result]:
    """The results in a subunit stream, by name. A test that never ended is a failure."""
    collector = _Collector()
    subunit.ByteStreamToStreamResult(io.BytesIO(stream), non_subunit_name="stdout").run(collector)
    classes = [name for test in collector.results if (name := _class_set_up(test))]
    for test in collector.announced - collector.results.keys():
        if not any(test.startswith(f"{name}.") for name in classes):
            collector.results[test] = Result(test, Status.FAILED, "it never ended")
    return sorted(collector.results.values(), key=lambda result: result.test)


def junit(results: Sequence[Result]) -> str:
    """The results as a JUnit file."""
    suite = ElementTree.Element("testsuite", name="tempest")
    for result in results:
        case = ElementTree.SubElement(
            suite, "testcase", name=result.test, time=f"{result.seconds:.1f}"
        )
        if result.status is Status.FAILED:
            ElementTree.SubElement(case, "failure").text = _printable(result.detail)
        elif result.status is Status.SKIPPED:
            ElementTree.SubElement(case, "skipped", message=_printable(result.detail))
    return ElementTree.tostring(suite, encoding="unicode")


def text(results: Sequence[Result]) -> str:
    """The results for a person: skips with reasons, failures with what is known, the slowest."""
    lines = []
    for result in results:
        if result.status is Status.SKIPPED:
            lines.append(f"skipped  {result.test}\n         {result.detail.splitlines()[0]}")
    for result in results:
        if result.status is Status.FAILED:
            lines.append(f"FAILED   {result.test}\n{result.detail}\n")
    slowest = sorted(results, key=lambda result: -result.seconds)[:5]
    lines += [f"{result.seconds:6.1f} s  {result.test}" for result in slowest]
    counts = (f"{sum(r.status is status for r in results)} {status.value}" for status in Status)
    return "\n".join([*lines, ", ".join(counts)])


def _class_set_up(test: str) -> str:
    """`a.b.Class` of `setUpClass (a.b.Class)`, else nothing."""
    if test.startswith("setUpClass (") and test.endswith(")"):
        return test.removeprefix("setUpClass (").removesuffix(")")
    return ""


def _printable(value: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter for letter in value if letter.isprintable() or letter in "\n\t")
