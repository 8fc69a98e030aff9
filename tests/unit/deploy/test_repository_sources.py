"""The mirrors, from a machine's own apt sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.repository import sources
from deploy.repository.errors import RepositoryError

DEB822 = """\
# Debian
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm
# a comment within
  bookworm-updates
Components: main
Trusted: yes
Signed-By: {keyring}

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main contrib
Signed-By: {keyring}
"""


@pytest.fixture
def keyring(tmp_path: Path) -> Path:
    """Return a file that stands for Debian's keys."""
    path = tmp_path / "debian-archive-keyring.gpg"
    path.touch()
    return path


def test_deb822(keyring: Path) -> None:
    entries = sources.parse_deb822(DEB822.format(keyring=keyring), "x")
    assert entries[0].suites == ("bookworm", "bookworm-updates")
    mirrors = sources.find_mirrors(entries)
    assert mirrors == sources.Mirrors(
        "http://mirror.example/debian", "http://mirror.example/debian-security", keyring
    )


def test_one_line_style(keyring: Path) -> None:
    text = f"""
    # deb http://commented.example/debian bookworm main
    deb-src http://sources.example/debian bookworm main
    deb [arch=amd64 signed-by={keyring}] http://a.example/debian bookworm main contrib # c
    deb [signed-by={keyring}] https://s.example/security bookworm-security main
    """
    mirrors = sources.find_mirrors(sources.parse_list(text, "x"))
    assert (mirrors.archive, mirrors.security) == (
        "http://a.example/debian",
        "https://s.example/security",
    )


@pytest.mark.parametrize(
    "line",
    [
        "deb [signed-by=/k/other.gpg] https://vendor.example/debian bookworm main",
        "deb https://vendor.example/products bookworm main",
        "deb https://vendor.example/debian bookworm stable",
        "deb https://vendor.example/debian bookworm-backports main",
        "deb https://vendor.example/debian bookworm-vendor main",
    ],
)
def test_other_archives_are_not_taken_for_debian(line: str) -> None:
    with pytest.raises(RepositoryError, match="no source for Debian"):
        sources.find_mirrors(sources.parse_list(line, "x"))


def test_the_security_archive_must_be_there(keyring: Path) -> None:
    line = f"deb [signed-by={keyring}] http://a.example/debian bookworm main"
    with pytest.raises(RepositoryError, match="trixie-security main"):
        sources.find_mirrors(sources.parse_list(line, "x"))


def test_a_mirror_list_of_the_cloud_images(keyring: Path) -> None:
    text = DEB822.format(keyring=keyring).replace(
        "http://mirror.example/debian/", "mirror+file:///etc/apt/mirrors/debian.list"
    )
    mirrors = sources.find_mirrors(sources.parse_deb822(text, "x"))
    assert mirrors.archive == "mirror+file:///etc/apt/mirrors/debian.list"


def test_a_disabled_source_is_none() -> None:
    assert not sources.parse_deb822("Enabled: no\nTypes: deb\nURIs: http://a/debian\n", "x")


def test_only_files_that_apt_reads_are_read(tmp_path: Path, keyring: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "debian.sources").write_text(DEB822.format(keyring=keyring))
    (parts / "other.list.disabled").write_text("deb http://a.example/debian bookworm main")
    (tmp_path / "sources.list").write_text("deb http://b.example/debian bookworm main")
    places = [Path(entry.place).name for entry in sources.read_entries(tmp_path)]
    assert places == ["sources.list", "debian.sources", "debian.sources"]


def test_our_sources_trust_nothing_unsigned(keyring: Path) -> None:
    text = sources.find_mirrors(sources.parse_deb822(DEB822.format(keyring=keyring), "x")).deb822()
    assert "rusted" not in text
    assert text.count(f"Signed-By: {keyring}") == 3
    assert [line.split()[1] for line in text.splitlines() if line.startswith("Suites")] == [
        "trixie",
        "trixie-updates",
        "trixie-security",
    ]
