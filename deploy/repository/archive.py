"""Debian's archive, through a private apt that knows nothing of the machine's packages.

With an empty dpkg status the closure is complete: everything a tree needs that
is bootstrapped from nothing.  apt verifies the archive's signatures; what it
downloads is compared again with the SHA256 of the signed indices.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from deploy.repository.errors import RepositoryError
from deploy.repository.index import Index, Package, parse_uris
from deploy.repository.sources import RELEASE, Mirrors

# Of the machine's own settings, how it reaches its mirror (proxy, certificates, retries)
# is wanted; what weakens the verification or belongs to its own lists is not.
_NOT_INHERITED = re.compile(
    r"Acquire::(Allow\w*|GzipIndexes|IndexTargets|Languages|CompressionTypes|cdrom)\b", re.I
)

# Were this process killed, apt would go on, and the next run wait for it.  apt does not heed
# SIGTERM; what it leaves half done is verified before it is used.
_ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")

# Left free on the disk besides what is downloaded.
_MARGIN_BYTES = 256 << 20


class CannotInstall(RepositoryError):
    """The packages of one list cannot be installed together."""


class Archive:
    """The private apt state below `cache`, and the verified .debs in `cache`/debs.

    `lock` is an open file descriptor that apt inherits, so that the lock is held
    until apt has ended even if this process is killed.
    """

    def __init__(self, cache: Path, lock: int, report: Callable[[str], None]) -> None:
        self._apt = cache / "apt"
        self._incoming = cache / "incoming"
        self.debs = cache / "debs"
        self._lock = lock
        self._report = report

    def prepare(self, mirrors: Mirrors) -> None:
        """Write apt's private configuration for these mirrors."""
        for folder in ("lists/partial", "archives/partial", "none"):
            (self._apt / folder).mkdir(parents=True, exist_ok=True)
        self.debs.mkdir(exist_ok=True)
        (self._apt / "status").write_text("")
        (self._apt / "debian.sources").write_text(mirrors.deb822())
        inherited = [
            line
            for line in self._run("apt-config", "dump", private=False).stdout.splitlines()
            if line.startswith("Acquire::") and not _NOT_INHERITED.match(line)
        ]
        config = self._apt / "apt.conf"
        # The address of a proxy may hold a password.
        config.touch(mode=0o600)
        config.write_text("\n".join([*inherited, *self._settings()]) + "\n")

    def _settings(self) -> list[str]:
        values = {
            "Dir::Etc::main": self._apt / "none/apt.conf",
            "Dir::Etc::parts": self._apt / "none",
            "Dir::Etc::sourcelist": self._apt / "debian.sources",
            "Dir::Etc::sourceparts": self._apt / "none",
            "Dir::Etc::preferences": self._apt / "none/preferences",
            "Dir::Etc::preferencesparts": self._apt / "none",
            "Dir::Etc::trusted": self._apt / "none/trusted.gpg",
            "Dir::Etc::trustedparts": self._apt / "none",
            "Dir::State::lists": self._apt / "lists",
            "Dir::State::status": self._apt / "status",
            "Dir::State::extended_states": self._apt / "extended_states",
            "Dir::Cache": self._apt,
            # Never filled: --print-uris leaves out what is already there.
            "Dir::Cache::archives": self._apt / "archives",
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "APT::Install-Recommends": "false",
            "APT::Install-Suggests": "false",
            # A stale list must not pass for a fresh one.
            "APT::Update::Error-Mode": "any",
            "Acquire::GzipIndexes": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "Acquire::http::Timeout": "30",
            "Acquire::https::Timeout": "30",
        }
        if not self._open_to_apt():
            # apt drops its rights to fetch; where `_apt` cannot reach the directory, it fails.
            values["APT::Sandbox::User"] = "root"
        return [f'{name} "{value}";' for name, value in values.items()]

    def update(self) -> None:
        """Fetch the mirror's indices and verify their signatures.

        Raises RepositoryError: mirror unreachable, signature bad, disk full.
        """
        done = self._run("apt-get", "update", "-q", check=False)
        if done.returncode:
            raise _update_error(done.stdout)

    def index(self) -> Index:
        """Read the verified indices.  Raises RepositoryError if one is missing."""
        paths = sorted((self._apt / "lists").glob("*_Packages"))
        for suite in (RELEASE, f"{RELEASE}-updates", f"{RELEASE}-security"):
            if not any(f"_{suite}_main_binary-amd64_Packages" in path.name for path in paths):
                raise RepositoryError(
                    f"the mirror offers no amd64 packages for {suite}",
                    where=str(self._apt / "debian.sources"),
                    todo="name full mirrors of Debian and of its security archive in the apt "
                    "sources of this machine",
                )
        return Index(path.read_text(encoding="utf-8") for path in paths)

    def resolve(self, names: Iterable[str]) -> set[tuple[str, str, str]]:
        """Return (name, version, architecture) of all that installing `names` takes.

        Raises CannotInstall, with apt's own explanation, if they conflict.
        """
        command = ("apt-get", "install", "--print-uris", "-q", "-y", "--no-install-recommends")
        done = self._run(*command, *sorted(set(names)), check=False)
        if done.returncode:
            raise CannotInstall(
                "these packages cannot be installed together",
                why=_essence(done.stdout),
                todo="drop or split what conflicts",
            )
        return parse_uris(done.stdout)

    def fetch(self, packages: Iterable[Package]) -> int:
        """Bring all of `packages` into `debs`, verified; return the bytes downloaded.

        Raises RepositoryError: disk full, mirror unreachable, wrong checksum.
        """
        packages = sorted(packages)
        self._adopt(packages)
        missing = [package for package in packages if not self._cached(package)]
        size = sum(package.size for package in missing)
        if not missing:
            return 0
        free = shutil.disk_usage(self.debs).free
        if free < size + _MARGIN_BYTES:
            raise RepositoryError(
                f"not enough room for the packages: {size >> 20} MiB to download and "
                f"{_MARGIN_BYTES >> 20} MiB in reserve, {free >> 20} MiB free",
                where=str(self.debs),
                todo="free some space, or choose another place with --output",
            )
        self._report(f"downloading {len(missing)} packages, {size / 1e6:.0f} MB")
        self._download(missing)
        self._adopt(missing)
        for package in missing:
            if not (self.debs / package.filename).exists():
                raise RepositoryError(
                    f"{package.filename}: did not arrive, or with a wrong checksum",
                    why=f"the signed index says sha256 {package.sha256}, {package.size} bytes",
                    todo="run this again; if it stays, the mirror (or a proxy) is broken",
                )
        return size

    def prune(self, packages: Iterable[Package]) -> None:
        """Remove cached files that neither `packages` nor any snapshot needs."""
        kept = {package.filename for package in packages}
        for path in self.debs.iterdir():
            if path.name not in kept and path.stat().st_nlink == 1:
                path.unlink()

    def _cached(self, package: Package) -> bool:
        """Tell whether the file is in the cache, whole; remove it if it is damaged."""
        path = self.debs / package.filename
        if not path.exists():
            return False
        if path.stat().st_size == package.size and _sha256(path) == package.sha256:
            return True
        self._report(f"{path}: damaged, fetching it again")
        path.unlink()
        return False

    def _adopt(self, packages: Iterable[Package]) -> None:
        """Move what was downloaded (by this run or an interrupted one) into the cache."""
        if not self._incoming.exists():
            return
        for package in packages:
            path = self._incoming / package.filename
            whole = path.exists() and path.stat().st_size == package.size
            if whole and _sha256(path) == package.sha256:
                if path.is_symlink():
                    # What apt makes of a mirror on a local disk, which may be unmounted.
                    path = Path(shutil.copy(path, path.with_suffix(".copy")))
                path.chmod(0o644)
                if os.geteuid() == 0:
                    os.chown(path, 0, 0)
                path.replace(self.debs / package.filename)
        shutil.rmtree(self._incoming)

    def _download(self, packages: list[Package]) -> None:
        self._incoming.mkdir()
        if os.geteuid() == 0 and self._open_to_apt():
            shutil.chown(self._incoming, "_apt")
        command = [*_ENDS_WITH_US, "apt-get", "download", "-q"]
        command += [f"{p.name}:{p.architecture}={p.version}" for p in packages]
        step = max(50, len(packages) // 10)
        lines: list[str] = []
        arrived = 0
        with subprocess.Popen(
            command,
            cwd=self._incoming,
            env=self._environment(),
            pass_fds=(self._lock,),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                for line in process.stdout or ():
                    lines.append(line)
                    arrived += line.startswith("Get:")
                    if line.startswith("Get:") and arrived % step == 0:
                        self._report(f"downloading: {arrived} of {len(packages)}")
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise _fetch_error("".join(lines))

    def _run(
        self, *command: str, private: bool = True, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        try:
            done = subprocess.run(
                [*_ENDS_WITH_US, *command],
                env=self._environment(private=private),
                pass_fds=(self._lock,),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise RepositoryError(
                f"{_ENDS_WITH_US[0]} is not there", todo="run this on a Debian machine"
            ) from error
        if check and done.returncode:
            raise RepositoryError(f"{' '.join(command)} failed", why=done.stdout)
        return done

    def _environment(self, *, private: bool = True) -> dict[str, str]:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        if private:
            environment["APT_CONFIG"] = str(self._apt / "apt.conf")
        return environment

    def _open_to_apt(self) -> bool:
        """Tell whether the user that apt fetches as can reach its directories."""
        try:
            pwd.getpwnam("_apt")
        except KeyError:
            return False
        path = self._apt.absolute()
        return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _essence(output: str) -> str:
    """Return the telling lines of what apt wrote."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    start = next((i for i, line in enumerate(lines) if "unmet dependencies" in line), None)
    if start is not None:
        return "\n".join(lines[start : start + 20])
    errors = [line for line in lines if line.startswith("E: ") and "Some index" not in line]
    return "\n".join(errors[:6] or lines[-6:])


def _update_error(output: str) -> RepositoryError:
    """Say which of the usual things was wrong with the mirror."""
    if re.search(r"is not signed|GPG error|signatures? (were|was|could)|NO_PUBKEY", output):
        return RepositoryError(
            "the signature of the Debian mirror does not verify: nothing of it is used",
            why=_essence(output),
            todo="check that the mirror is Debian's; update debian-archive-keyring "
            "if a new key signs it",
        )
    if re.search(r"is expired|not valid yet", output):
        return RepositoryError(
            "the index of the Debian mirror is out of date, or this machine's clock is wrong",
            why=_essence(output),
            todo="check the clock; have the mirror brought up to date",
        )
    return _fetch_error(output)


def _fetch_error(output: str) -> RepositoryError:
    if re.search(r"No space left|enough free space", output):
        return RepositoryError(
            "the disk is full", why=_essence(output), todo="free some space, then run this again"
        )
    if re.search(r"Hash Sum mismatch|unexpected size", output):
        return RepositoryError(
            "the mirror delivered something else than its signed index says",
            why=_essence(output),
            todo="run this again in some minutes (a mirror may be in the middle of an update); "
            "if it stays, the mirror or a proxy is broken",
        )
    return RepositoryError(
        "the Debian mirror cannot be reached, or lacks something",
        why=_essence(output),
        todo="check the apt sources, name resolution and proxy of this machine with `apt-get "
        "update`, then run this again; what has arrived is kept",
    )
