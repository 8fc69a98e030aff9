"""Which packages the tree asks for, and in which file each one is named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from deploy.repository.errors import RepositoryError

BASE = Path("deploy/repository/base.yml")
HOSTS = Path("playbooks/group_vars/all/packages.yml")
SERVICES = Path("deploy/services")
IMAGES = Path("deploy/images")

# Debian policy 5.6.7.  It also keeps a name from being read as an option of apt.
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")


@dataclass(frozen=True)
class PackageList:
    """The packages that one place of the tree asks for.

    `place` is what an error message shows: the file, and the key within it.
    """

    place: str
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """Everything the repository has to hold.

    `hosts` are installed side by side on a host, on top of `base`; each of
    `images` is a tree of its own and may conflict with the hosts' packages.
    """

    base: tuple[PackageList, ...]
    hosts: tuple[PackageList, ...]
    images: tuple[PackageList, ...]

    def lists(self) -> tuple[PackageList, ...]:
        """Return all lists, those of the base tree first."""
        return (*self.base, *self.hosts, *self.images)

    def places(self, name: str) -> list[str]:
        """Return the places that ask for the package `name`."""
        return [part.place for part in self.lists() if name in part.packages]


def names(packages: Any, place: str) -> PackageList:
    """Check a list of package names as it came out of YAML.

    Raises RepositoryError naming `place` if it is no list of Debian package names.
    """
    if not isinstance(packages, list):
        raise RepositoryError(
            f"{place}: a list of package names is expected here",
            why=f"found {'nothing' if packages is None else type(packages).__name__}",
            todo="write a YAML list; `[]` if nothing is needed",
        )
    for name in packages:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise RepositoryError(
                f"{place}: {name!r} is no Debian package name",
                why="plain names only: no version, no suite, no template",
                todo="correct the name in this file",
            )
    return PackageList(place, tuple(dict.fromkeys(packages)))


def from_tree(tree: Path) -> Wanted:
    """Read the lists of the source tree at `tree`.

    Raises RepositoryError if a file is missing or is not what it should be.
    """
    groups = load(tree, HOSTS).get("host_packages")
    if not isinstance(groups, dict):
        raise RepositoryError(
            f"{HOSTS}: `host_packages` is missing or is no mapping",
            where=str(tree / HOSTS),
            todo="write `host_packages: {all: [...], control: [...], ...}`",
        )
    base = [names(load(tree, BASE).get("packages"), str(BASE))]
    hosts: list[PackageList] = []
    for group, packages in groups.items():
        # Every host takes `all`, so it belongs to what each other list is resolved with.
        part = names(packages, f"{HOSTS}: host_packages.{group}")
        (base if group == "all" else hosts).append(part)
    return Wanted(tuple(base), (*hosts, *_services(tree)), tuple(_images(tree)))


def from_names(path: Path, tree: Path) -> Wanted:
    """Read `path` instead of the tree's lists: names on lines, `#` starts a comment.

    The base tree's list is still taken from `tree`.  Raises RepositoryError.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(
            f"{path}: cannot read the list of names", why=str(error), todo="check --names-from"
        ) from error
    words = [word for line in text.splitlines() for word in line.partition("#")[0].split()]
    base = names(load(tree, BASE).get("packages"), str(BASE))
    return Wanted((base,), (names(words, str(path)),), ())


def with_also(wanted: Wanted, files: Iterable[Path]) -> Wanted:
    """Return `wanted` with the `packages` of further YAML files, for hosts.

    Raises RepositoryError if a file is missing or is not what it should be.
    """
    more = [names(load(Path(), path).get("packages"), str(path)) for path in files]
    return replace(wanted, hosts=(*wanted.hosts, *more))


def _services(tree: Path) -> list[PackageList]:
    """Return the `packages` of each service, which are below the key `service`."""
    lists = []
    for path in sorted((tree / SERVICES).glob("*.yml")):
        place = SERVICES / path.name
        record = load(tree, place).get("service")
        packages = record.get("packages") if isinstance(record, dict) else record
        lists.append(names(packages, str(place)))
    return lists


def _images(tree: Path) -> list[PackageList]:
    """Return the `packages` of each image, after those of the image that it is built on."""
    own, bases = {}, {}
    for path in sorted((tree / IMAGES).glob("*.yml")):
        place = IMAGES / path.name
        content = load(tree, place)
        own[path.stem] = names(content.get("packages"), str(place))
        bases[path.stem] = content.get("base")
    lists = []
    for image, part in own.items():
        packages, base, seen = part.packages, bases[image], {image}
        while base is not None:
            if base not in own or base in seen:
                raise RepositoryError(
                    f"{part.place}: the image cannot be built on {base!r}",
                    why="it is built on itself" if base in seen else "there is no such image",
                    todo="correct the key `base`",
                )
            seen.add(base)
            packages, base = (*own[base].packages, *packages), bases[base]
        lists.append(PackageList(part.place, tuple(dict.fromkeys(packages))))
    return lists


def load(tree: Path, name: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file of the tree.

    Raises RepositoryError if it is missing or is no mapping.
    """
    try:
        content = yaml.safe_load((tree / name).read_text(encoding="utf-8"))
    except OSError as error:
        raise RepositoryError(
            f"{name}: cannot read the list of packages",
            where=str(tree / name),
            why=error.strerror or str(error),
            todo="check that --tree names the top of the source tree",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RepositoryError(
            f"{name}: not valid YAML", where=str(tree / name), why=str(error), todo="correct it"
        ) from error
    if not isinstance(content, dict):
        raise RepositoryError(
            f"{name}: a YAML mapping is expected", where=str(tree / name), todo="correct it"
        )
    return content
