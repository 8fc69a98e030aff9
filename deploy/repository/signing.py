"""The repository's own key: made once, kept in a directory that nobody else reads."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

from deploy.repository.errors import RepositoryError

_OWNER = "ouhai-cloud package repository"


class Signer:
    """A context within which files are signed; no gpg-agent is left behind after it."""

    def __init__(self, directory: Path) -> None:
        self._home = directory / ".gnupg"

    def __enter__(self) -> Signer:
        try:
            if not self._home.exists():
                self._generate()
            self.fingerprint = self._fingerprint()
        except BaseException:
            # __exit__ is not called when entering fails.
            self._stop_agent(self._home)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop_agent(self._home)

    def export(self, path: Path) -> None:
        """Write the public key for apt's Signed-By to `path`, and as text beside it (.asc)."""
        self._write(path, self._gpg(self._home, "--export", self.fingerprint))
        text = self._gpg(self._home, "--armor", "--export", self.fingerprint)
        self._write(path.with_suffix(".asc"), text)

    @staticmethod
    def _write(path: Path, key: bytes) -> None:
        if path.exists() and path.read_bytes() == key:
            return
        fresh = path.with_name("." + path.name + ".new")
        fresh.write_bytes(key)
        fresh.chmod(0o644)
        fresh.replace(path)

    def sign(self, release: Path) -> None:
        """Write `InRelease` and `Release.gpg` next to `release`.

        Raises RepositoryError if gpg fails.
        """
        options = ("--local-user", self.fingerprint, "--digest-algo", "SHA512", "--output")
        for name, mode in (("InRelease", "--clearsign"), ("Release.gpg", "--detach-sign")):
            output = str(release.with_name(name))
            self._gpg(self._home, "--armor", *options, output, mode, str(release))

    def _generate(self) -> None:
        # In a directory aside: an interrupted run leaves no half-made key behind.
        fresh = self._home.with_name(".gnupg.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        try:
            # No expiry: hosts must be able to reinstall from an old snapshot.
            self._gpg(fresh, "--quick-generate-key", _OWNER, "ed25519", "sign", "never")
        finally:
            self._stop_agent(fresh)
        fresh.rename(self._home)

    def _fingerprint(self) -> str:
        if self._home.stat().st_mode & 0o077:
            raise RepositoryError(
                "the signing key can be read by others",
                where=str(self._home),
                todo=f"find out since when, then: chmod 0700 {self._home}",
            )
        listing = self._gpg(self._home, "--with-colons", "--list-secret-keys").decode()
        for line in listing.splitlines():
            if line.startswith("fpr:"):
                return line.split(":")[9]
        raise RepositoryError(
            "there is no signing key in the repository's key directory",
            where=str(self._home),
            todo="restore it from a backup; or remove the directory to make a new key, and run "
            "the playbooks so that every host learns it",
        )

    @staticmethod
    def _gpg(home: Path, *arguments: str) -> bytes:
        command = ["gpg", "--homedir", str(home), "--batch", "--no-tty", "--quiet", "--yes"]
        command += ["--pinentry-mode", "loopback", "--passphrase", "", *arguments]
        try:
            done = subprocess.run(command, capture_output=True, check=False, env=_environment())
        except FileNotFoundError as error:
            raise RepositoryError(
                "gpg is not installed", todo="apt-get install gpg gpg-agent"
            ) from error
        if done.returncode:
            raise RepositoryError(
                "gpg could not use the signing key",
                where=str(home),
                why=done.stderr.decode(errors="replace"),
                todo="if it names a socket, choose an --output with a shorter path "
                "(sockets allow about 90 characters)",
            )
        return done.stdout

    @staticmethod
    def _stop_agent(home: Path) -> None:
        if home.exists() and shutil.which("gpgconf"):
            command = ["gpgconf", "--homedir", str(home), "--kill", "all"]
            subprocess.run(command, capture_output=True, check=False, env=_environment())


def verify(snapshot: Path, key: Path, release: str) -> bool:
    """Tell whether the InRelease of a snapshot is signed by the public key in `key`."""
    signed = snapshot / "dists" / release / "InRelease"
    command = ["gpgv", "--quiet", "--keyring", str(key.absolute()), str(signed)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _environment() -> dict[str, str]:
    # A GNUPGHOME or a language of the caller's must not change what gpg does.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
