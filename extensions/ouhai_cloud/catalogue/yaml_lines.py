"""YAML of a catalogue entry as plain data, and the line on which each part of it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ouhai_cloud.errors import EntryInvalid, Fault

Path = tuple[str | int, ...]
"""Keys and indices from the document's root: ``("parameters", "flavor", "label")``."""

LIMIT_BYTES = 256 * 1024
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.CSafeLoader):
    """Takes a date for text, as Heat does: a template's version is one."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (the form that PyYAML wants)
        first: [one for one in resolvers if one[0] != TIMESTAMP]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Document:
    """A file of an entry.

    :param name: the file as the user named it, for messages.
    :param text: as it was read.
    :param lines: line of each part by its path, counted from 1.
    """

    name: str
    text: str
    data: dict[str, Any]
    lines: Mapping[Path, int]

    def fault(self, path: Path, message: str) -> Fault:
        """Return what is wrong at a path together with its line, or that of what it is part of."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Fault(self.name, self.lines.get(known, 1), dotted(path), message)


def read(text: str, name: str) -> Document:
    """Read the text of a file of an entry.

    :param name: what messages call it.
    :raises EntryInvalid: it is too large, no YAML, no mapping, or uses aliases.
    """
    if len(text.encode()) > LIMIT_BYTES:
        message = f"it has more than {LIMIT_BYTES} bytes; put large files into the image"
        raise EntryInvalid((Fault(name, 0, "", message),))
    try:
        _refuse_aliases(text, name)
        node = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 (it is a safe one)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = f"this is no YAML ({getattr(error, 'problem', None) or error})"
        raise EntryInvalid((Fault(name, mark.line + 1 if mark else 0, "", message),)) from error
    if not isinstance(data, dict) or node is None:
        raise EntryInvalid((Fault(name, 1, "", "it must be a mapping of names to values"),))
    return Document(name, text, data, dict(_lines(node, ())))


def dotted(path: Path) -> str:
    """Return a path as people read it: ``parameters.flavor.constraints[0]``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def _refuse_aliases(text: str, name: str) -> None:
    """Refuse aliases, of which a few lines can be made that fill the memory."""
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise EntryInvalid((Fault(name, line, "", "aliases are not allowed; write it out"),))


def _lines(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            yield from _lines(value, inner)
            yield inner, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _lines(item, (*path, number))
