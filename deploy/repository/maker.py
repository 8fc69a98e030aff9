"""The command `deploy/repository/make`."""

from __future__ import annotations

import argparse
import errno
import fcntl
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deploy.repository import closure, index, own, snapshot, sources, wanted
from deploy.repository.archive import Archive
from deploy.repository.errors import RepositoryError
from deploy.repository.signing import Signer

TREE = Path(__file__).resolve().parents[2]

_DESCRIPTION = """\
Make the signed package repository that hosts and guest images are installed from.

What the tree asks for (deploy/repository/base.yml, deploy/services/*.yml,
deploy/images/*.yml, playbooks/group_vars/all/packages.yml) is fetched with all
that it needs from the Debian mirror of this machine's own apt sources, into a
named snapshot.  Nothing to do, nothing fetched: the answer comes at once.

The progress goes to stderr; the last line on stdout is the snapshot's name.
"""

_EXAMPLES = """\
examples:
  deploy/repository/make
      make it, or answer which snapshot fits the lists
  deploy/repository/make --refresh
      look for newer packages; makes a snapshot only if there are any
  deploy/repository/make --use 20261123-1a2b3c4d
      let `current` point to an older snapshot again
  deploy/repository/make --also deploy/repository/test_packages.yml
      with what the tests install on hosts, for the lab
  deploy/repository/make --output /srv/repository --names-from names.txt
      a repository of other packages, elsewhere

exit status: 0 done, 1 failed (the message says why), 2 wrong usage
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    signal.signal(signal.SIGTERM, _terminated)
    os.umask(0o022)
    options = _options(arguments)
    try:
        name = options.use
        if name:
            with _locked(options.output, _Progress()):
                snapshot.switch(options.output, name)
        else:
            lists = _lists(options.tree, options.names_from, options.also)
            mirrors = sources.find_mirrors(
                sources.read_entries(options.apt_sources), options.apt_sources
            )
            ours = own.read(options.tree)
            name = make(options.output, lists, mirrors, ours, refresh=options.refresh)
    except RepositoryError as error:
        print(f"deploy/repository/make: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"deploy/repository/make: {_system_error(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("deploy/repository/make: interrupted; run it again to go on", file=sys.stderr)
        return 130
    print(name)
    return 0


def make(
    directory: Path,
    lists: wanted.Wanted,
    mirrors: sources.Mirrors,
    ours: own.Own,
    *,
    refresh: bool = False,
) -> str:
    """Make the repository in `directory`, or find that it is made; return the snapshot.

    `ours` is made and taken along if the lists name it.

    Raises RepositoryError, or OSError of the file system.
    """
    report = _Progress()
    inputs = _hash(lists, mirrors, ours)
    with _locked(directory, report) as lock:
        snapshot.clean(directory)
        answers = _Answers(directory / ".cache" / "answers")
        if not refresh and (name := answers.find(directory, inputs)):
            snapshot.switch(directory, name)
            report(f"snapshot {name} has what the lists ask for")
            return name
        name = _make(directory, lists, mirrors, ours, lock, report)
        answers.add(inputs, name)
        # The key is exported before, the lists come last: what `current` names is complete.
        snapshot.switch(directory, name)
    return name


def _make(
    directory: Path,
    lists: wanted.Wanted,
    mirrors: sources.Mirrors,
    ours: own.Own,
    lock: int,
    report: Callable[[str], None],
) -> str:
    archive = Archive(directory / ".cache", lock, report)
    archive.prepare(mirrors)
    report(f"reading the indices of {mirrors.archive} and {mirrors.security}")
    archive.update()
    offered = archive.index()
    debian = own.without(lists, ours)
    closure.check_names(debian, offered)
    packages = closure.closure(debian, offered, archive.resolve, report)
    size = sum(package.size for package in packages)
    report(f"{len(packages)} packages are needed, {size / 1e6:.0f} MB")
    archive.fetch(packages)
    if debian != lists:
        packages.add(own.build(ours, archive.debs))
    with Signer(directory) as signer:
        signer.export(directory / snapshot.KEY)
        name = snapshot.find(directory, packages, archive.debs, signer)
        if name:
            report(f"snapshot {name} is up to date")
        else:
            name = snapshot.write(directory, packages, archive.debs, signer)
            report(f"snapshot {name} written and signed")
    archive.prune(packages)
    return name


def _lists(tree: Path, names_from: Path | None, also: list[Path]) -> wanted.Wanted:
    lists = wanted.from_names(names_from, tree) if names_from else wanted.from_tree(tree)
    return wanted.with_also(lists, also)


class _Answers:
    """Which snapshots were made from which inputs: one small file for each hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, directory: Path, inputs: str) -> str | None:
        """Return a snapshot for these inputs: the current one if it is among them."""
        path = self._folder / inputs
        known = path.read_text().split() if path.exists() else []
        known = [name for name in known if name in snapshot.list_names(directory)]
        if not known or not all((directory / key).exists() for key in snapshot.KEYS):
            return None
        now = snapshot.current(directory)
        return now if now in known else known[-1]

    def add(self, inputs: str, name: str) -> None:
        """Note that `name` was made from `inputs`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / inputs
        known = path.read_text().split() if path.exists() else []
        fresh = path.with_name("." + inputs)
        fresh.write_text("\n".join([*(n for n in known if n != name), name]) + "\n")
        fresh.replace(path)


class _Progress:
    """Writes each step with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, text: str) -> None:
        seconds = time.monotonic() - self._start
        print(f"repository: {seconds:5.1f} s  {text}", file=sys.stderr, flush=True)


def _hash(lists: wanted.Wanted, mirrors: sources.Mirrors, ours: own.Own) -> str:
    """Return what stands for the inputs: when it changes, the closure is looked at anew."""
    content = [
        index.FORMAT,
        [[part.place, sorted(part.packages)] for part in lists.lists()],
        mirrors.suites(),
        str(mirrors.keyring),
        [ours.name, ours.version],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@contextmanager
def _locked(directory: Path, report: Callable[[str], None]) -> Iterator[int]:
    """Let one run at a time write to the repository; yield the lock's descriptor."""
    (directory / ".cache").mkdir(parents=True, exist_ok=True)
    with (directory / ".cache" / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"another run is working on {directory}: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def _system_error(error: OSError) -> RepositoryError:
    todo = {
        errno.ENOSPC: "free some space, or choose another place with --output",
        errno.EDQUOT: "free some space, or choose another place with --output",
        errno.EACCES: "run this as root, or choose another place with --output",
        errno.EPERM: "run this as root, or choose another place with --output",
        errno.EROFS: "choose another place with --output",
    }.get(error.errno or 0, "correct this, then run it again; what has arrived is kept")
    return RepositoryError(error.strerror or str(error), where=str(error.filename or ""), todo=todo)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """Leave as on Ctrl-C, so that child processes are ended too."""
    raise KeyboardInterrupt


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="deploy/repository/make",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cache = Path(os.environ.get("OUHAI_CACHE", "/var/cache/ouhai"))
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        default=cache / "repository",
        help="where the repository is (default: %(default)s; $OUHAI_CACHE moves it)",
    )
    parser.add_argument(
        "--tree", type=Path, default=TREE, help="the source tree to read the lists of"
    )
    parser.add_argument(
        "--names-from",
        type=Path,
        metavar="FILE",
        help="take package names from FILE instead of the tree's lists (the base stays)",
    )
    parser.add_argument(
        "--also",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="also take the `packages` of this YAML file (may be given again)",
    )
    parser.add_argument(
        "--apt-sources",
        type=Path,
        metavar="DIR",
        default=sources.ETC_APT,
        help="take the mirrors from DIR/sources.list and DIR/sources.list.d (default: %(default)s)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--refresh", action="store_true", help="look for newer packages even if nothing changed"
    )
    what.add_argument("--use", metavar="SNAPSHOT", help="only let `current` point to SNAPSHOT")
    options = parser.parse_args(arguments)
    options.output = options.output.absolute()
    return options
