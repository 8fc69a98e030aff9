"""X.509 for one inventory: its own authority and what it signs. Pure: no file is touched.

Keys are EC P-256: small, quick to sign with, and accepted by everything that Debian 13 ships.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 825
"""The longest validity that common TLS clients accept."""

RENEW_DAYS = 30
"""A certificate with less than this left is signed anew."""

_CLOCK_ALLOWANCE = datetime.timedelta(hours=1)
_COMMON_NAME_LENGTH = 64


class CertificateError(Exception):
    """Something given to this module cannot be used; the message says what."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority that can sign."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def now() -> datetime.datetime:
    """Return the present, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Generate a private key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: str | None = None) -> bytes:
    """Return a key as PKCS#8 PEM, encrypted when there is a passphrase."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def load_key(pem: bytes, passphrase: str | None = None) -> ec.EllipticCurvePrivateKey:
    """Read a private key.

    :raises CertificateError: the passphrase is wrong, or it is not an EC key.
    """
    try:
        key = serialization.load_pem_private_key(
            pem, passphrase.encode() if passphrase is not None else None
        )
    except (ValueError, TypeError) as error:
        raise CertificateError("the passphrase does not open it, or it is not a key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError("it is not an EC key")
    return key


def load_certificate(pem: bytes) -> x509.Certificate:
    """Read a certificate.

    :raises CertificateError: it is not one.
    """
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise CertificateError("it is not a PEM certificate") from error


def create_authority(common_name: str, days: int = AUTHORITY_DAYS) -> Authority:
    """Make a new, self-signed certificate authority that may sign no further authorities."""
    key = new_key()
    name = _name(common_name)
    end = now() + datetime.timedelta(days=days)
    certificate = (
        _builder(name, name, key.public_key(), end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def load_authority(certificate_pem: bytes, encrypted_key_pem: bytes, passphrase: str) -> Authority:
    """Read a certificate authority.

    :raises CertificateError: the passphrase is wrong, or the two do not belong together.
    """
    authority = Authority(
        load_certificate(certificate_pem), load_key(encrypted_key_pem, passphrase)
    )
    if authority.certificate.public_key() != authority.key.public_key():
        raise CertificateError("the key and the certificate do not belong together")
    return authority


def sign(
    authority: Authority,
    public_key: CertificatePublicKeyTypes,
    names: Sequence[str],
    days: int = CERTIFICATE_DAYS,
) -> bytes:
    """Return a PEM certificate for server and client use, with DNS names and IP addresses.

    The first name is also the common name. It never outlives its authority.

    :raises CertificateError: there is no name.
    """
    if not names:
        raise CertificateError("a certificate needs at least one name or address")
    alternatives = x509.SubjectAlternativeName(general_names(names))
    end = min(now() + datetime.timedelta(days=days), authority.certificate.not_valid_after_utc)
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        _builder(_name(names[0]), authority.certificate.subject, public_key, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(authority_id, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def request_public_key(request_pem: bytes) -> CertificatePublicKeyTypes:
    """Return the public key of a signing request whose signature proves possession of the key.

    Everything else in the request is ignored: a host does not choose its own names.

    :raises CertificateError: it is not a request, or its signature is wrong.
    """
    try:
        request = x509.load_pem_x509_csr(request_pem)
    except ValueError as error:
        raise CertificateError("it is not a PEM signing request") from error
    if not request.is_signature_valid:
        raise CertificateError("the signing request's signature is wrong")
    return request.public_key()


def renewal_reason(
    certificate_pem: bytes | None,
    authority: Authority,
    public_key: CertificatePublicKeyTypes,
    names: Sequence[str],
) -> str | None:
    """Say why a certificate has to be signed (again), or None when it is good."""
    if not certificate_pem:
        return "there is none"
    try:
        certificate = load_certificate(certificate_pem)
        certificate.verify_directly_issued_by(authority.certificate)
    except CertificateError as error:
        return str(error)
    except (InvalidSignature, ValueError, TypeError):
        return "it was signed by another authority"
    return _outdated(certificate, public_key, names)


def _outdated(
    certificate: x509.Certificate, public_key: CertificatePublicKeyTypes, names: Sequence[str]
) -> str | None:
    if certificate.public_key() != public_key:
        return "it is for another key"
    if certificate.not_valid_after_utc - now() < datetime.timedelta(days=RENEW_DAYS):
        return f"it ends on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if certificate_names(certificate) != _written(general_names(names)):
        return "names or addresses have changed"
    return None


def certificate_names(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names and IP addresses that a certificate is for, sorted."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return _written(extension.value)


def general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    """Tell addresses from DNS names, dropping doubles.

    :raises CertificateError: a name is empty or not ASCII.
    """
    return [_general_name(name) for name in dict.fromkeys(names)]


def describe(certificate_pem: bytes | None) -> str:
    """Return a few readable lines on a certificate, for diffs."""
    if not certificate_pem:
        return ""
    try:
        certificate = load_certificate(certificate_pem)
    except CertificateError as error:
        return f"unreadable: {error}\n"
    return (
        f"subject: {certificate.subject.rfc4514_string()}\n"
        f"issuer: {certificate.issuer.rfc4514_string()}\n"
        f"names: {', '.join(certificate_names(certificate))}\n"
        f"ends: {certificate.not_valid_after_utc:%Y-%m-%d}\n"
        f"sha256: {certificate.fingerprint(hashes.SHA256()).hex()}\n"
    )


def _written(names: Iterable[x509.GeneralName]) -> list[str]:
    """Return names in one spelling (there are several for an IPv6 address), sorted."""
    return sorted(str(name.value) for name in names)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name or not name.isascii():
        raise CertificateError(f"{name!r} is neither an address nor a DNS name")
    return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    text = common_name[:_COMMON_NAME_LENGTH]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    end: datetime.datetime,
) -> x509.CertificateBuilder:
    """Start a certificate that began an hour ago: a host whose clock is behind accepts it."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - _CLOCK_ALLOWANCE)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
