"""What the programs `prepare` of websites share: certificate and database."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import websites
from tests.support.hooks import HOOKS, Guest

PARAMETERS = {"certificate": "", "private_key": "", "name": "portal1", "address": "10.0.0.9"}
SHOWN = "etc/ssl/website/certificate.pem"


class Steps(Guest):
    """A guest that runs one of the shared steps."""

    def step(self, step: str, **parameters: str) -> subprocess.CompletedProcess[str]:
        script = f"set -eu; . {self.folder}/{HOOKS}/website.sh; {step}"
        return self.run(script, **parameters)


@pytest.fixture
def guest(tmp_path: Path) -> Steps:
    return Steps(tmp_path, "website", [], PARAMETERS)


def openssl(*words: str) -> str:
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=True).stdout


def test_a_certificate_is_made_for_name_and_address(guest: Steps) -> None:
    done = guest.step("certificate")
    assert (done.returncode, done.stderr) == (0, "")
    shown = openssl("x509", "-in", f"{guest.folder}/{SHOWN}", "-noout", "-text")
    assert "DNS:portal1, IP Address:10.0.0.9" in shown
    key = guest.folder / "etc/ssl/website/private_key.pem"
    assert key.stat().st_mode & 0o077 == 0


def test_its_own_certificate_stays_at_the_next_start(guest: Steps) -> None:
    guest.step("certificate")
    before = guest.read("etc/ssl/website/certificate.pem")
    guest.step("certificate")
    assert guest.read("etc/ssl/website/certificate.pem") == before


def test_a_given_certificate_is_taken(guest: Steps, tmp_path: Path) -> None:
    made = websites.certificate(tmp_path / "given")
    given = {
        "certificate": made.certificate.read_text(),
        "private_key": made.private_key.read_text(),
    }
    done = guest.step("certificate", **given)
    assert done.returncode == 0, done.stderr
    assert guest.read("etc/ssl/website/certificate.pem").strip() == given["certificate"].strip()


def bad_certificates(folder: Path) -> dict[str, tuple[str, str, str]]:
    one, other = (websites.certificate(folder / name) for name in ("one", "other"))
    late = websites.certificate(folder / "late", days=-1)
    certificate, key = one.certificate.read_text(), one.private_key.read_text()
    return {
        "no key": (certificate, "", "a certificate was given, but no private key"),
        "no certificate": ("", key, "a private key was given, but no certificate"),
        "another's key": (certificate, other.private_key.read_text(), "does not belong to the"),
        "no certificate at all": ("-----BEGIN", key, "the certificate cannot be read"),
        "no key at all": (certificate, "-----BEGIN", "the private key cannot be read"),
        "ended": (late.certificate.read_text(), late.private_key.read_text(), "ended on"),
    }


@pytest.mark.parametrize(
    "case",
    [
        "no key",
        "no certificate",
        "another's key",
        "no certificate at all",
        "no key at all",
        "ended",
    ],
)
def test_a_wrong_certificate_is_refused_and_said(guest: Steps, tmp_path: Path, case: str) -> None:
    certificate, key, words = bad_certificates(tmp_path / "bad")[case]
    done = guest.step("certificate", certificate=certificate, private_key=key)
    assert done.returncode == 1
    assert done.stderr.startswith("TLS: ") and words in done.stderr
    assert not (guest.folder / "etc/ssl/website/certificate.pem").exists()


def test_a_database_that_does_not_start_has_its_own_words(guest: Steps) -> None:
    guest.program("systemctl", "exit 1")
    guest.program("journalctl", 'echo "InnoDB: ibdata1 is damaged ($*)"')
    done = guest.step("database portal www-data")
    assert done.returncode == 1
    assert done.stderr.startswith("mariadb does not start: InnoDB: ibdata1 is damaged")


def test_a_database_that_cannot_be_made_is_not_taken_for_one(guest: Steps) -> None:
    guest.program("mariadbd", "echo '[ERROR] No space left on device'; exit 1")
    done = guest.step("database portal www-data")
    assert done.returncode == 1 and "No space left on device" in done.stderr
    assert not (guest.folder / "srv/data/mariadb").exists()
