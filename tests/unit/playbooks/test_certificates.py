"""Certificates: verified by another implementation, renewed when and only when it is needed."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils import certificates
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

NAMES = ["control1", "10.118.0.11", "fd00::11", "10.118.0.10"]


@pytest.fixture(scope="module")
def authority() -> certificates.Authority:
    return certificates.create_authority("test certificate authority")


@pytest.fixture(scope="module")
def key() -> EllipticCurvePrivateKey:
    return certificates.new_key()


def test_openssl_accepts_it_for_its_names_and_no_others(
    tmp_path: Path, authority: certificates.Authority, key: EllipticCurvePrivateKey
) -> None:
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    (tmp_path / "host.crt").write_bytes(certificates.sign(authority, key.public_key(), NAMES))

    def verifies(*options: str) -> bool:
        command = ["openssl", "verify", "-x509_strict", "-CAfile", "ca.crt", *options, "host.crt"]
        return (
            subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
        )

    for purpose in ("sslserver", "sslclient"):
        assert verifies("-purpose", purpose, "-verify_ip", "10.118.0.11")
    assert verifies("-verify_hostname", "control1")
    assert not verifies("-verify_ip", "10.118.0.12")
    assert not verifies("-verify_hostname", "compute1")


def test_a_good_certificate_is_left_alone_also_in_another_order_and_spelling(
    authority: certificates.Authority, key: EllipticCurvePrivateKey
) -> None:
    good = certificates.sign(authority, key.public_key(), NAMES)
    other = ["10.118.0.10", "fd00:0:0:0::11", "10.118.0.11", "control1"]
    assert certificates.renewal_reason(good, authority, key.public_key(), other) is None


@pytest.mark.parametrize(
    ("days", "names", "reason"),
    [
        (29, NAMES, "it ends on"),
        (825, [*NAMES, "more"], "names"),
        (825, NAMES[:2], "names"),
    ],
)
def test_it_is_renewed(
    authority: certificates.Authority,
    key: EllipticCurvePrivateKey,
    days: int,
    names: list[str],
    reason: str,
) -> None:
    old = certificates.sign(authority, key.public_key(), NAMES, days=days)
    found = certificates.renewal_reason(old, authority, key.public_key(), names)
    assert found is not None
    assert reason in found


def test_it_is_renewed_for_another_authority_another_key_and_when_unreadable(
    authority: certificates.Authority, key: EllipticCurvePrivateKey
) -> None:
    old = certificates.sign(authority, key.public_key(), NAMES)
    public = key.public_key()
    stranger = certificates.create_authority("test certificate authority")
    assert certificates.renewal_reason(old, stranger, public, NAMES) is not None
    other_key = certificates.new_key().public_key()
    assert certificates.renewal_reason(old, authority, other_key, NAMES) is not None
    assert certificates.renewal_reason(b"damaged", authority, public, NAMES) is not None
    assert certificates.renewal_reason(None, authority, public, NAMES) == "there is none"


def test_it_does_not_outlive_its_authority(key: EllipticCurvePrivateKey) -> None:
    short = certificates.create_authority("short", days=100)
    pem = certificates.sign(short, key.public_key(), NAMES)
    end = certificates.load_certificate(pem).not_valid_after_utc
    assert end == short.certificate.not_valid_after_utc
    assert end - certificates.now() < datetime.timedelta(days=100)


def test_a_key_opens_with_its_passphrase_only(authority: certificates.Authority) -> None:
    pem = certificates.key_pem(authority.key, "right")
    assert b"ENCRYPTED" in pem
    certificates.load_authority(authority.certificate_pem, pem, "right")
    with pytest.raises(certificates.CertificateError, match="passphrase"):
        certificates.load_authority(authority.certificate_pem, pem, "wrong")


def test_a_request_that_is_not_signed_by_its_key_is_refused(tmp_path: Path) -> None:
    command = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=host"
    done = subprocess.run(
        [*command.split(), "-keyout", "key"], cwd=tmp_path, capture_output=True, check=True
    )
    certificates.request_public_key(done.stdout)
    lines = done.stdout.splitlines()
    spoilt = b"\n".join([*lines[:-2], lines[-2].swapcase(), lines[-1]])
    with pytest.raises(certificates.CertificateError):
        certificates.request_public_key(spoilt)


@pytest.mark.parametrize("name", ["", "温州"])
def test_a_name_that_is_none_is_refused(
    authority: certificates.Authority, key: EllipticCurvePrivateKey, name: str
) -> None:
    with pytest.raises(certificates.CertificateError, match="neither an address nor a DNS name"):
        certificates.sign(authority, key.public_key(), [name])
