"""A register file becomes a register, or every reason why it cannot."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from ouhai_cloud.errors import Fault, RegisterInvalid
from ouhai_cloud.tenancy.register import build, rules, schema, staff_pattern, yaml_text
from ouhai_cloud.tenancy.register.document import Document
from ouhai_cloud.tenancy.register.model import Register


def load(path: Path) -> Register:
    """Read a register from a YAML file.

    :param path: the file; UTF-8, at most 1 MiB.
    :raises RegisterInvalid: with every fault that was found, each with its line.
    """
    raw = read_limited(path, yaml_text.LIMIT_BYTES)
    register = load_text(yaml_text.decode(raw, str(path)), str(path))
    # of these bytes, not of what the file holds by the time somebody asks
    return replace(register, digest=hashlib.sha256(raw).hexdigest())


def load_text(text: str, name: str) -> Register:
    """Read a register from YAML text.

    :param name: what messages call the text, such as the file it came from.
    :raises RegisterInvalid: with every fault that was found, each with its line.
    """
    return accept(yaml_text.parse(text, name))


def accept(document: Document) -> Register:
    """Check a document, wherever it was read from, and return its register.

    :raises RegisterInvalid: with every fault of the schema and of the rules, in file order.
    """
    data = staff_pattern.filled(document.data)
    problems = dict.fromkeys((*schema.check(data), *rules.check(data)))
    # What could not be read is not told again as missing.
    told = {(fault.line, fault.path) for fault in document.faults}
    found = (document.fault(problem) for problem in problems)
    faults = [*document.faults, *(one for one in found if (one.line, one.path) not in told)]
    if faults:
        raise RegisterInvalid(tuple(sorted(faults, key=lambda fault: fault.line)))
    return build.register(data, document.name)


def read_limited(path: Path, limit_bytes: int) -> bytes:
    """Return a file's content, of a large file only so much as shows that it is too large.

    :raises RegisterInvalid: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(limit_bytes + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror}; name the register's file"
        raise RegisterInvalid((Fault(str(path), 0, "", message),)) from error
