"""A report's files cannot be changed, exchanged or replaced unseen, and are never written over."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ouhai_cloud.tenancy.audit import files, signing
from ouhai_cloud.tenancy.audit.report import Report
from ouhai_cloud.tenancy.audit.signing import SignatureInvalid

from tests.unit.audit.test_audit_report import NO, YES, report, trial

LATER = datetime(2026, 11, 30, 1, tzinfo=UTC)


def written(folder: Path, made: Report | None = None, host: str = "host") -> tuple[Path, Path]:
    """Write a report as a deploy host does."""
    into = files.archive(folder / "audits", folder / host)
    return files.write(made or report(), into, "zh")


def check(path: Path, host: str = "host") -> files.Checked:
    return files.check(path, signing.own(path.parent.parent / host))


def move(old: Sequence[Path], new: Sequence[Path]) -> None:
    """Put the files of a report, signatures too, in the place of another's."""
    for one, other in zip(old, new, strict=True):
        shutil.copy(one, other)
        signature = one.with_name(one.name + signing.SUFFIX)
        if signature.exists():
            shutil.copy(signature, other.with_name(other.name + signing.SUFFIX))


def test_a_report_is_signed_and_says_when_it_was_made_and_its_result(tmp_path: Path) -> None:
    for path in written(tmp_path):
        found = check(path)
        assert (found.made, found.result, found.clean) == (report().made, "clean", True)
    key = tmp_path / "host" / signing.KEY_NAME
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    copied = signing.given(tmp_path / "audits" / signing.PUBLIC_NAME)
    assert copied.fingerprint == signing.own(tmp_path / "host").fingerprint
    (page, _) = written(tmp_path, report(made=LATER, static_only=True, trials=()))
    assert files.check(page, copied).result == "clean_static"


@pytest.mark.parametrize("changed", [0, 1])
@pytest.mark.parametrize("named", [0, 1])
def test_a_change_of_either_file_is_seen_by_either_name(
    tmp_path: Path, changed: int, named: int
) -> None:
    both = written(tmp_path, report(trials=(trial(negative=YES),)))
    both[changed].write_text(both[changed].read_text().replace("P01", "P02"))
    with pytest.raises(SignatureInvalid, match="audit again"):
        check(both[named])


@pytest.mark.parametrize("named", [0, 1])
@pytest.mark.parametrize("moved", [slice(0, 1), slice(1, 2), slice(0, 2)])
def test_an_old_report_does_not_pass_as_a_new_one(tmp_path: Path, moved: slice, named: int) -> None:
    old = written(tmp_path)
    new = written(tmp_path, report(made=LATER, trials=(trial(negative=YES),)))
    move(list(old)[moved], list(new)[moved])
    with pytest.raises(SignatureInvalid, match=r"another name|not the page"):
        check(new[named])


def test_a_report_signed_by_another_key_is_refused(tmp_path: Path) -> None:
    _, data = written(tmp_path, host="forger")
    signing.signing_key(tmp_path / "host")
    with pytest.raises(SignatureInvalid, match="is not what"):
        check(data)


def test_without_an_own_key_the_key_beside_the_report_is_not_believed(tmp_path: Path) -> None:
    _, data = written(tmp_path, host="forger")
    with pytest.raises(SignatureInvalid, match="--key"):
        check(data)
    assert not (tmp_path / "host").exists()


def test_a_report_without_signature_page_or_key_is_refused(tmp_path: Path) -> None:
    page, data = written(tmp_path)
    with pytest.raises(SignatureInvalid, match="no public key"):
        signing.given(tmp_path / "missing.pub")
    with pytest.raises(SignatureInvalid, match="is no report"):
        check(data.with_name(data.name + signing.SUFFIX))
    page.unlink()
    with pytest.raises(SignatureInvalid, match="together with its page"):
        check(data)
    data.with_name(data.name + signing.SUFFIX).unlink()
    with pytest.raises(SignatureInvalid, match="cannot be read"):
        check(data)


def test_a_report_of_the_former_format_is_told_to_be_one(tmp_path: Path) -> None:
    _, data = written(tmp_path)
    old = json.dumps(json.loads(data.read_text()) | {"format": 1})
    data.write_text(old)
    signing.sign(data, old, signing.signing_key(tmp_path / "host"))
    with pytest.raises(SignatureInvalid, match="format 1"):
        check(data)


def test_a_key_that_others_can_read_signs_nothing(tmp_path: Path) -> None:
    signing.signing_key(tmp_path)
    (tmp_path / signing.KEY_NAME).chmod(0o644)
    with pytest.raises(SignatureInvalid, match="others can read"):
        files.archive(tmp_path / "a", tmp_path)
    assert not (tmp_path / "a").exists()


def test_a_key_that_we_cannot_read_is_told_clearly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing.signing_key(tmp_path)

    def refuse(*_: Any) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    for use in (signing.signing_key, signing.own):
        with pytest.raises(SignatureInvalid, match="Permission denied; audit as the owner"):
            use(tmp_path)


def test_the_key_stays_the_same_also_for_first_audits_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(signing.signing_key, [tmp_path] * 8))
    assert len({signing.fingerprint(one.public_key()) for one in keys}) == 1
    assert [one.name for one in tmp_path.iterdir()] == [signing.KEY_NAME]


def test_a_folder_that_cannot_be_written_to_is_told_before_the_audit(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(files.ReportUnwritable, match="--report"):
        files.archive(tmp_path / "file", tmp_path / "host")
    with pytest.raises(files.ReportUnwritable, match="--report"):
        files.archive(tmp_path / "file" / "below", tmp_path / "host")


def test_audits_that_end_in_the_same_second_keep_both_reports(tmp_path: Path) -> None:
    first = written(tmp_path, report(trials=(trial(control=NO),)))
    second = written(tmp_path)
    assert second[0].stem == f"{first[0].stem}-2"
    assert [check(one).clean for one in (*first, *second)] == [False, False, True, True]
    move(second, first)
    with pytest.raises(SignatureInvalid, match="another name"):
        check(first[0])
    left = {one.name for one in (tmp_path / "audits").iterdir()}
    assert len(left) == 7 and not [one for one in left if one.startswith(".")]


def test_openssl_checks_the_signature_too(tmp_path: Path) -> None:
    _, data = written(tmp_path)
    raw = tmp_path / "raw"
    subprocess.run(
        ["openssl", "base64", "-d", "-A", "-in", f"{data}{signing.SUFFIX}", "-out", raw], check=True
    )
    key = data.with_name(signing.PUBLIC_NAME)
    words: list[str | Path] = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        key,
        "-rawin",
        "-in",
        data,
    ]
    subprocess.run([*words, "-sigfile", raw], check=True, capture_output=True)
