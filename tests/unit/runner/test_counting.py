from __future__ import annotations

from pathlib import Path

from tests.runner.counting import Count, count_junit


def junit(path: Path, cases: str) -> Path:
    path.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return path


def test_counts_each_kind_once(tmp_path: Path) -> None:
    cases = "<testcase/><testcase><failure/></testcase><testcase><error/></testcase>"
    cases += "<testcase><skipped/></testcase><testcase><failure/><error/></testcase>"
    assert count_junit(junit(tmp_path / "a.xml", cases)) == Count(1, 3, 1)


def test_file_cut_short_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<testsuites><testsuite>")
    assert count_junit(path) == Count(failed=1)


def test_closing_line_names_skips_only_when_there_are_some() -> None:
    assert (Count(3) + Count(failed=1)).closing_line() == "3 passed, 1 failed"
    assert Count(3, 0, 2).closing_line() == "3 passed, 0 failed, 2 skipped"
