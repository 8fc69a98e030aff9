"""The kernel of an image, as Glance gets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.images.builder.build import _copy_kernel

HEADER = b"MZ".ljust(510, b"\x90")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEADER + b"\x55\xaa" + b"HdrS", HEADER + b"\x00\x00" + b"HdrS"),
        (HEADER + b"\x01\x02" + b"HdrS", HEADER + b"\x01\x02" + b"HdrS"),
        (b"short", b"short"),
    ],
    ids=["signature", "no signature", "shorter than a sector"],
)
def test_a_kernel_does_not_look_like_a_disk(tmp_path: Path, before: bytes, after: bytes) -> None:
    source, target = tmp_path / "vmlinuz", tmp_path / "kernel"
    source.write_bytes(before)
    _copy_kernel(source, target)
    assert target.read_bytes() == after
