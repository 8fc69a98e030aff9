"""A certificate authority that the cloud does not know, and what it has signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ansible_collections.ouhai.cloud.plugins.plugin_utils import certificates


@dataclass(frozen=True)
class Foreign:
    """Files of somebody else's authority; the certificate is of the kind that our hosts have."""

    authority: Path
    certificate: Path
    key: Path


def write_foreign(folder: Path, name: str = "somebody") -> Foreign:
    """Write the certificate of a fresh authority, and a certificate that it has signed.

    :param name: whose certificate it is.
    """
    files = Foreign(folder / "ca.crt", folder / "host.crt", folder / "host.key")
    authority = certificates.create_authority("somebody else's authority", days=1)
    key = certificates.new_key()
    files.authority.write_bytes(authority.certificate_pem)
    files.certificate.write_bytes(certificates.sign(authority, key.public_key(), [name]))
    files.key.write_bytes(certificates.key_pem(key))
    return files
