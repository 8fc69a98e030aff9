"""Finding the Debian mirror in an apt configuration."""

from __future__ import annotations

import pytest

from deploy.hardware.errors import LabError
from deploy.hardware.mirrors import Mirrors, choose, entries

DEB822 = """\
Types: deb
# a comment in between
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security/
Suites: bookworm-security
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
"""

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb http://other.example/tool stable main
"""

EXPECTED = Mirrors("http://mirror.example/debian", "http://mirror.example/debian-security")


def test_deb822_sources() -> None:
    assert choose(entries(DEB822, deb822=True), "bookworm") == EXPECTED


def test_one_line_sources() -> None:
    assert choose(entries(ONE_LINE, deb822=False), "bookworm") == EXPECTED


def test_a_machine_without_security_mirror_is_refused() -> None:
    with pytest.raises(LabError, match="bookworm-security"):
        choose([("http://mirror.example/debian", ["bookworm"])], "bookworm")


def test_sources_of_trixie_come_from_the_same_mirror() -> None:
    assert EXPECTED.sources("trixie") == [
        "deb http://mirror.example/debian trixie main",
        "deb http://mirror.example/debian trixie-updates main",
        "deb http://mirror.example/debian-security trixie-security main",
    ]
