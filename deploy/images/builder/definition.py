"""What an image is: its YAML file, read into frozen records and checked.

An image that names a `base` is that image and more: lists of the two are joined, mappings are
merged, and any other value replaces the base's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.images.builder.errors import DefinitionInvalid

KINDS = ("initramfs", "disk")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Initramfs:
    """The file system in memory that a guest starts from."""

    files: tuple[Path, ...]
    programs: tuple[str, ...]
    modules: Mapping[str, tuple[str, ...]]
    """Sets of modules by name; the image's own scripts say when they load which."""


@dataclass(frozen=True)
class Disk:
    """The guest's disk: one ext4 file system without partitions."""

    label: str
    uuid: str
    size_mib: int
    files: tuple[Path, ...]
    """Folders; where two have a file of one name, the later one's is taken."""
    programs: tuple[str, ...]
    not_installed: tuple[str, ...]
    exclude: tuple[str, ...]
    include: tuple[str, ...]
    commands: tuple[str, ...]
    cleanup: tuple[str, ...]
    """Commands too, after those of every image that is built on this one."""


@dataclass(frozen=True)
class Definition:
    """One image, as its file describes it."""

    paths: tuple[Path, ...]
    """The YAML files that describe it, the base's first."""
    name: str
    kind: str
    packages: tuple[str, ...]
    boot_packages: tuple[str, ...]
    initramfs: Initramfs
    disk: Disk
    properties: Mapping[str, str]
    min_disk_gib: int
    min_ram_mib: int

    @property
    def disk_packages(self) -> tuple[str, ...]:
        """The packages that are installed on the disk."""
        return tuple(name for name in self.packages if name not in self.disk.not_installed)


class _Section:
    """A mapping of the file; its keys are taken one by one, so that the rest can be named."""

    def __init__(self, path: Path, where: str, value: object) -> None:
        self.path, self.where = path, where
        if not isinstance(value, dict):
            raise self.invalid("is not a mapping of keys to values")
        self.values: dict[str, Any] = dict(value)

    def invalid(self, text: str) -> DefinitionInvalid:
        return DefinitionInvalid(
            f"{self.path}: {self.where} {text}; correct the file"
            " (deploy/images/probe.yml is an example)"
        )

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        value = self.values.pop(key, default)
        if value is None:
            raise self.invalid(f"lacks the key '{key}'")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.invalid(
                f"key '{key}' is {value!r}, expected a value of type {kind.__name__}"
            )
        return value

    def strings(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        values = self.take(key, list, default)
        for value in values:
            if not isinstance(value, str):
                raise self.invalid(f"key '{key}' holds {value!r}, which is not a string")
        if len(set(values)) != len(values):
            raise self.invalid(f"key '{key}' names something twice")
        return tuple(values)

    def positive(self, key: str) -> int:
        value: int = self.take(key, int)
        if value <= 0:
            raise self.invalid(f"key '{key}' is {value}, expected a number above 0")
        return value

    def folders(self, key: str) -> tuple[Path, ...]:
        folders = tuple(self.path.parent / name for name in self.strings(key))
        for folder in folders:
            if not folder.is_dir():
                raise self.invalid(f"key '{key}' names {folder}, which is not a directory")
        return folders

    def end(self) -> None:
        if self.values:
            raise self.invalid(f"has unknown keys: {', '.join(sorted(map(str, self.values)))}")


def _initramfs(section: _Section) -> Initramfs:
    modules = _Section(section.path, "initramfs.modules", section.take("modules", dict))
    result = Initramfs(
        files=section.folders("files"),
        programs=section.strings("programs", []),
        modules={name: modules.strings(name) for name in list(modules.values)},
    )
    section.end()
    return result


def _disk(section: _Section) -> Disk:
    result = Disk(
        label=section.take("label", str),
        uuid=section.take("uuid", str),
        size_mib=section.positive("size_mib"),
        files=section.folders("files"),
        programs=section.strings("programs", []),
        not_installed=section.strings("not_installed", []),
        exclude=section.strings("exclude", []),
        include=section.strings("include", []),
        commands=section.strings("commands", []),
        cleanup=section.strings("cleanup", []),
    )
    if not _UUID.fullmatch(result.uuid):
        raise section.invalid(f"key 'uuid' is {result.uuid!r}, expected a UUID in lower case")
    if len(result.label.encode()) > 16:
        raise section.invalid("key 'label' is longer than the 16 bytes that ext4 allows")
    section.end()
    return result


def parse(path: Path, document: object, bases: tuple[Path, ...] = ()) -> Definition:
    """Check a document read from `path` and return the image it describes.

    :param bases: the files of what it is built on, which the document has in it already.
    :raises DefinitionInvalid: a key is missing, unknown or of the wrong type.
    """
    top = _Section(path, "the image", document)
    packages = top.strings("packages")
    properties = top.take("properties", dict)
    for key, value in properties.items():
        if not isinstance(value, str):
            raise top.invalid(f"property '{key}' is {value!r}; Glance takes strings, so quote it")
    result = Definition(
        paths=(*bases, path),
        name=top.take("name", str),
        kind=top.take("kind", str),
        packages=packages,
        boot_packages=top.strings("boot_packages"),
        initramfs=_initramfs(_Section(path, "initramfs", top.take("initramfs", dict))),
        disk=_disk(_Section(path, "disk", top.take("disk", dict))),
        properties=properties,
        min_disk_gib=top.positive("min_disk_gib"),
        min_ram_mib=top.positive("min_ram_mib"),
    )
    top.end()
    if not _NAME.fullmatch(result.name) or result.name != path.stem:
        raise top.invalid(f"key 'name' is {result.name!r}, expected the file's name '{path.stem}'")
    if result.kind not in KINDS:
        raise top.invalid(f"key 'kind' is {result.kind!r}, expected one of {', '.join(KINDS)}")
    for key, names in (
        ("boot_packages", result.boot_packages),
        ("disk.not_installed", result.disk.not_installed),
    ):
        unknown = [name for name in names if name not in packages]
        if unknown:
            raise top.invalid(f"key '{key}' names {', '.join(unknown)}, absent from 'packages'")
    if result.disk.size_mib > result.min_disk_gib * 1024:
        raise top.invalid("key 'min_disk_gib' is smaller than the disk's size_mib")
    return result


def merge(base: Any, own: Any) -> Any:
    """Return `own` on top of `base`, both as YAML has them."""
    if isinstance(base, dict) and isinstance(own, dict):
        both = {key: merge(base[key], own[key]) for key in base.keys() & own.keys()}
        return {**base, **own, **both}
    if isinstance(base, list) and isinstance(own, list):
        return [*base, *own]
    return own


def load(path: Path) -> Definition:
    """Read the image described by the YAML file `path`, and what it is built on.

    :raises DefinitionInvalid: there is no such file, it is not YAML, or it describes no image.
    """
    document = _read(path)
    bases: list[Path] = []
    while isinstance(document, dict) and "base" in document:
        base = path.parent / f"{document.pop('base')}.yml"
        if base in (path, *bases):
            raise DefinitionInvalid(
                f"{path}: the image is built on itself by way of {base.name}; correct key 'base'"
            )
        bases.insert(0, base)
        document = merge(_read(base), document)
    return parse(path, document, tuple(bases))


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.yml"))) or "none"
        raise DefinitionInvalid(
            f"there is no image '{path.stem}': {path} does not exist; known images: {known}"
        ) from error
    except yaml.YAMLError as error:
        raise DefinitionInvalid(f"{path}: not YAML: {error}; correct the file") from error
