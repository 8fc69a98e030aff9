"""A report's files in a folder, each with its signature."""

from __future__ import annotations

from pathlib import Path

from ouhai_cloud.tenancy.audit.page import as_html
from ouhai_cloud.tenancy.audit.report import Report, as_json
from ouhai_cloud.tenancy.audit.signing import sign, signing_key


def write(report: Report, folder: Path, state: Path, language: str) -> tuple[Path, Path]:
    """Write and sign the report; return the paths of page and data.

    :param folder: where the report goes; made when it is not there.
    :param state: where the signing key is kept.
    :raises SignatureInvalid: the signing key cannot be used; nothing is written then.
    """
    key = signing_key(state)
    folder.mkdir(parents=True, exist_ok=True)
    page, data = (folder / f"{report.name}{suffix}" for suffix in (".html", ".json"))
    page.write_text(as_html(report, language), encoding="utf-8")
    data.write_text(as_json(report), encoding="utf-8")
    for path in (page, data):
        sign(path, key)
    return page, data
