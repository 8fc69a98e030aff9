"""When the module `packages` compiles Python's modules: while apt installs, and after it."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.modules import packages

from tests.unit.playbooks import modules

TIMEOUT_SECONDS = 10


class Host:
    """Installs nothing; knows which packages it has and in which version."""

    def __init__(self, installed: dict[str, str], offered: dict[str, str]) -> None:
        self.installed, self.offered = installed, offered
        self.compiled_beside_apt = threading.Event()
        self.asked: list[str] = []

    def run_command(self, words: list[str], **_: Any) -> tuple[int, str, str]:
        """Take the place of AnsibleModule.run_command."""
        self.asked.append(" ".join(words[:3]))
        text = ""
        if words[0] == "dpkg-query":
            text = "".join(f"{name} ii\n" for name in words if name in self.installed)
        elif words[0] == "apt-cache":
            text = "".join(
                f"{name}:\n  Installed: {self.installed[name]}\n  Candidate: {self.offered[name]}\n"
                for name in words
                if name in self.installed
            )
        elif "install" in words and len(self.installed) == 0:
            assert self.compiled_beside_apt.wait(TIMEOUT_SECONDS)
        return 0, text, ""

    def compile(self, words: list[str], **_: Any) -> Any:
        """Take the place of subprocess.run."""
        assert "compileall" in words
        self.compiled_beside_apt.set()
        return SimpleNamespace(returncode=0)


def installed(
    host: Host, folder: Path, monkeypatch: pytest.MonkeyPatch, *, check_mode: bool = False
) -> dict[str, Any]:
    """Install keystone and our own package; return what the module says."""
    for name in ("MARKER", "LISTED", "SHIM"):
        monkeypatch.setattr(packages, name, str(folder / name))
    monkeypatch.setattr(packages, "BETWEEN_ROUNDS_SECONDS", 0.01)
    monkeypatch.setattr(subprocess, "run", host.compile)
    (folder / "source").touch()
    params = {
        "names": ["keystone", "python3-ouhai-cloud"],
        "following": ["python3-ouhai-cloud"],
        "source": str(folder / "source"),
    }
    run = host.run_command
    return modules.said(monkeypatch, packages, params, check_mode=check_mode, run_command=run)


FINAL = "python3 -m compileall"


def test_modules_are_compiled_while_apt_installs_and_once_more_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host({}, {})
    said = installed(host, tmp_path, monkeypatch)
    assert (said["changed"], said["installed"]) == (True, ["keystone", "python3-ouhai-cloud"])
    assert host.asked[-1] == FINAL
    assert not (tmp_path / "MARKER").exists()


def test_old_code_is_not_compiled_in_the_midst_of_an_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host({"keystone": "27", "python3-ouhai-cloud": "1"}, {"python3-ouhai-cloud": "2"})
    said = installed(host, tmp_path, monkeypatch)
    assert said["installed"] == ["python3-ouhai-cloud"]
    assert not host.compiled_beside_apt.is_set()
    assert host.asked[-1] == FINAL


def test_nothing_is_installed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host({"keystone": "27", "python3-ouhai-cloud": "1"}, {"python3-ouhai-cloud": "1"})
    assert installed(host, tmp_path, monkeypatch)["installed"] == []
    assert FINAL not in host.asked


def test_check_mode_only_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host({}, {})
    said = installed(host, tmp_path, monkeypatch, check_mode=True)
    assert said["installed"] == ["keystone", "python3-ouhai-cloud"]
    assert not [words for words in host.asked if words.startswith("apt-get")]
    assert not (tmp_path / "MARKER").exists()
