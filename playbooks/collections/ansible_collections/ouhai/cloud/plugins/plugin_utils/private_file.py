"""Files on the deploy host that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

OWNER_ONLY = 0o600
PUBLIC = 0o644


def write(path: Path, content: bytes, mode: int = OWNER_ONLY) -> None:
    """Write a file so that an interruption leaves the old content or the new, never a part.

    The content is never on disk with a wider mode than `mode`.

    :raises OSError: the folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def has_mode(path: Path, mode: int) -> bool:
    """Tell whether a file has exactly these permission bits.

    :raises OSError: the file cannot be read.
    """
    return stat.S_IMODE(path.stat().st_mode) == mode
