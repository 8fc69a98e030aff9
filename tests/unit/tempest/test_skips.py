from __future__ import annotations

from pathlib import Path

import pytest

from tests.tempest.results import Result, Status
from tests.tempest.skips import Skip, SkipsInvalid, explain, load

SWIFT = Skip(r"\.object_storage\.", "There is no object storage here.")


def test_our_own_reasons_are_valid() -> None:
    assert all(skip.reason.endswith(".") for skip in load())


@pytest.mark.parametrize(
    "entry",
    [
        "{test: a}",
        "{test: a, reason: flaky}",
        "{test: '(', reason: a b c d}",
        "{test: a, reason: a b c d, exlude: true}",
    ],
)
def test_entry_without_a_real_reason_is_refused(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "skips.yml"
    path.write_text(f"skips: [{entry}]")
    with pytest.raises(SkipsInvalid):
        load(path)


def test_explained_skip_stays_one_with_both_reasons() -> None:
    skipped = Result("setUpClass (tempest.api.object_storage.test.T)", Status.SKIPPED, "no swift")
    (result,) = explain([skipped], [SWIFT])
    assert result.status is Status.SKIPPED
    assert result.detail == "There is no object storage here. (no swift)"


def test_unexplained_skip_is_a_failure() -> None:
    (result,) = explain([Result("tempest.api.volume.T", Status.SKIPPED, "why not")], [SWIFT])
    assert result.status is Status.FAILED
    assert "gives no reason" in result.detail


def test_failure_is_not_explained_away() -> None:
    failed = Result("tempest.api.object_storage.T", Status.FAILED, "oops")
    assert explain([failed], [SWIFT]) == [failed]
