"""Looking at a copy from outside: a real ssh-keyscan, stood in for by a script."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ouhai_cloud.catalogue.verifying import PROBES

TARGET = urlsplit("ssh://10.0.0.9:22")


def keyscan(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "ssh-keyscan"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("script", "good", "words"),
    [
        ("echo '# banner'; echo '10.0.0.9 ssh-ed25519 AAAA'", True, "answers with the host key"),
        ("echo '10.0.0.9 ssh-ed25519 BBBB'", False, "another host key than the guest reported"),
        ("exit 1", False, "shows no host key"),
    ],
)
def test_the_host_key_must_be_the_reported_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, good: bool, words: str
) -> None:
    keyscan(tmp_path, monkeypatch, script)
    found = PROBES["ssh"](TARGET, {"host_key": "ssh-ed25519 AAAA"})
    assert found.good is good and words in found.detail


def test_a_guest_that_reported_no_key_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyscan(tmp_path, monkeypatch, "echo '10.0.0.9 ssh-ed25519 AAAA'")
    assert not PROBES["ssh"](TARGET, {}).good


def test_without_the_program_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "install openssh-client" in PROBES["ssh"](TARGET, {}).detail
