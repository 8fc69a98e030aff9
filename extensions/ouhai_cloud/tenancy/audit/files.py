"""A report's files in a folder: page and data, and one signature that binds both."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.tenancy.audit.page import as_html
from ouhai_cloud.tenancy.audit.report import FORMAT, Report, as_json, result
from ouhai_cloud.tenancy.audit.signing import (
    READABLE,
    SUFFIX,
    SignatureInvalid,
    Trusted,
    sign,
    signing_key,
    verify,
)
from ouhai_cloud.tenancy.files import write_whole

PAGE, DATA = ".html", ".json"


class ReportUnwritable(OuhaiError):
    """A report cannot be written where it should be."""


@dataclass(frozen=True)
class Archive:
    """Where reports go, and the key that signs them; both known to be usable."""

    folder: Path
    key: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """Return the key that checks what this one signed."""
        return self.key.public_key()


@dataclass(frozen=True)
class Checked:
    """A report whose page and data are as they were signed.

    :param result: name of the words that say the result.
    """

    page: Path
    data: Path
    made: datetime
    cloud: str
    result: str
    clean: bool


def archive(folder: Path, state: Path) -> Archive:
    """Return where to write a report, before the audit takes its time.

    :param folder: where the report goes; made when it is not there.
    :param state: where the signing key is kept.
    :raises SignatureInvalid: the signing key cannot be used; the folder is not made then.
    :raises ReportUnwritable: the folder cannot be made or written to.
    """
    key = signing_key(state)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    return Archive(folder, key)


def write(report: Report, into: Archive, language: str) -> tuple[Path, Path]:
    """Write and sign the report, never over another one; return the paths of page and data.

    :raises ReportUnwritable: the disk is full, for example.
    """
    shown = as_html(report, language)
    try:
        page = _reserve(report, into.folder)
        try:
            data = page.with_suffix(DATA)
            text = as_json(report, page.stem, shown)
            write_whole(page, shown, READABLE)
            sign(data, text, into.key)
            write_whole(data, text, READABLE)
        except OSError:
            page.unlink()
            raise
    except OSError as error:
        raise _unwritable(into.folder, error) from error
    return page, data


def check(path: Path, trusted: Trusted) -> Checked:
    """Check page and data of a report, whichever was named, and that it bears its own name.

    :raises SignatureInvalid: one was changed or is missing, they are not of one report, it is
        another report under this name, or another key signed it.
    """
    if path.suffix not in {PAGE, DATA}:
        raise SignatureInvalid(f"{path}: is no report; name its {PAGE} or its {DATA}")
    page, data = (path.with_suffix(suffix) for suffix in (PAGE, DATA))
    document = json.loads(verify(data, trusted))
    if document["format"] != FORMAT:
        raise SignatureInvalid(
            f"{data}: is of format {document['format']}, which does not say its name and page; "
            f"this release checks format {FORMAT}: check it with the release that wrote it"
        )
    if document["name"] != path.stem:
        raise SignatureInvalid(
            f"{path}: is the report {document['name']}, made {document['made']}, under another "
            "name; do not trust it, look for who renamed it and audit again"
        )
    try:
        digest = hashlib.sha256(page.read_bytes()).hexdigest()
    except OSError as error:
        raise SignatureInvalid(
            f"{page}: cannot be read: {error.strerror}; a report is checked together with its page"
        ) from error
    if digest != document["page"]["sha256"]:
        raise SignatureInvalid(
            f"{page}: is not the page that was made with {data.name}; do not trust it, audit again"
        )
    clean, static_only = document["clean"], document["static_only"]
    return Checked(
        page=page,
        data=data,
        made=datetime.fromisoformat(document["made"]),
        cloud=document["cloud"],
        result=result(clean=clean, static_only=static_only),
        clean=clean,
    )


def _reserve(report: Report, folder: Path) -> Path:
    """Return a page of a name that no other report has, made but still empty.

    Audits may end in the same second.
    """
    for number in count(1):
        name = report.name if number == 1 else f"{report.name}-{number}"
        page, *others = (folder / f"{name}{suffix}" for suffix in (PAGE, DATA, DATA + SUFFIX))
        if any(one.exists() for one in others):
            continue
        with suppress(FileExistsError):
            page.touch(exist_ok=False)
            return page
    raise AssertionError  # numbers do not end


def _unwritable(folder: Path, error: OSError) -> ReportUnwritable:
    return ReportUnwritable(
        f"{error.filename or folder}: the report cannot be written: {error.strerror}; name a "
        "folder that you may write to by --report"
    )
