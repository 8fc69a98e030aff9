"""Where an inventory's certificate authority is kept on the deploy host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ansible_collections.ouhai.cloud.plugins.plugin_utils import certificates, private_file


class AuthorityUnusable(Exception):
    """The authority's files cannot be used; the message says where, why and what to do."""


@dataclass(frozen=True)
class AuthorityStore:
    """The files ca.key and ca.crt in one folder."""

    folder: Path

    @property
    def certificate_path(self) -> Path:
        """Path of the authority's certificate."""
        return self.folder / "ca.crt"

    @property
    def key_path(self) -> Path:
        """Path of the authority's encrypted key."""
        return self.folder / "ca.key"

    def exists(self) -> bool:
        """Tell whether there is an authority.

        :raises AuthorityUnusable: only one of its two files is there.
        """
        there = [path.exists() for path in (self.key_path, self.certificate_path)]
        if any(there) and not all(there):
            missing = self.certificate_path if there[0] else self.key_path
            raise AuthorityUnusable(
                f"{missing} is missing while its partner exists. Put it back from your backup. To "
                f"start over with a new authority, move {self.folder} away: every host then gets a "
                "new certificate at the next run of site.yml."
            )
        return all(there)

    def create(self, common_name: str, passphrase: str) -> certificates.Authority:
        """Make and save a new authority. The key is written first: a certificate is never without.

        :raises OSError: the folder cannot be written.
        """
        authority = certificates.create_authority(common_name)
        private_file.write(self.key_path, certificates.key_pem(authority.key, passphrase))
        private_file.write(self.certificate_path, authority.certificate_pem, private_file.PUBLIC)
        return authority

    def load(self, passphrase: str) -> certificates.Authority:
        """Read the authority.

        :raises AuthorityUnusable: a file is missing, or the passphrase does not open the key.
        """
        try:
            return certificates.load_authority(
                self.certificate_path.read_bytes(), self.key_path.read_bytes(), passphrase
            )
        except FileNotFoundError as error:
            raise AuthorityUnusable(
                f"There is no certificate authority in {self.folder}: {error.filename} is missing. "
                "Run playbooks/secrets.yml first."
            ) from error
        except OSError as error:
            raise AuthorityUnusable(
                f"{error.filename} cannot be read: {error.strerror}."
            ) from error
        except certificates.CertificateError as error:
            raise AuthorityUnusable(
                f"The certificate authority in {self.folder} cannot be used: {error}. Check that "
                "secret_ca_passphrase and the folder come from the same inventory and backup."
            ) from error
