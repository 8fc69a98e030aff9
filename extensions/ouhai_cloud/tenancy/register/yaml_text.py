"""YAML read strictly: only what YAML 1.2's core schema means, and every value knows its line.

The document is built from the parser's events instead of by ``yaml.safe_load``, so that nothing
is ever expanded: no anchors and aliases (a "YAML bomb" is made of them), no tags, no merge keys,
no ``no`` that turns into false and no ``0123`` that turns into 83.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import yaml

from ouhai_cloud.errors import Fault, RegisterInvalid
from ouhai_cloud.tenancy.register.document import Document, Path, Place, dotted

LIMIT_BYTES = 1024 * 1024
LIMIT_DEPTH = 12

# Control characters, halves of characters, and separators that only YAML counts as ends of lines.
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def decode(raw: bytes, name: str) -> str:
    """Return the text of a file's content; RegisterInvalid when it is too large or not UTF-8."""
    if len(raw) > LIMIT_BYTES:
        raise RegisterInvalid((Fault(name, 0, "", _too_large(len(raw))),))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = "the file is not UTF-8 (GBK, perhaps); save it as UTF-8"
        raise RegisterInvalid((Fault(name, line, "", message),)) from error


def parse(text: str, name: str) -> Document:
    """Read the text of a register.

    :param name: the file as the user named it, for messages.
    :raises RegisterInvalid: it is no YAML, or uses more of YAML than a register needs.
    """
    if (size := len(text.encode("utf-8", "surrogatepass"))) > LIMIT_BYTES:
        raise RegisterInvalid((Fault(name, 0, "", _too_large(size)),))
    _check_characters(text, name)
    builder = _Builder(name, yaml.parse(text, Loader=_LOADER))
    try:
        root = builder.read()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        message = f"this is no YAML ({problem}); look at the indentation, quotes and brackets of "
        message += "this line and of the one before"
        fault = Fault(name, mark.line + 1 if mark else 0, "", message)
        raise RegisterInvalid((*builder.faults, fault)) from error
    return Document(name, root, builder.places, tuple(builder.faults))


def _too_large(size: int) -> str:
    return f"the register has {size} bytes, at most {LIMIT_BYTES} are read; is this the right file?"


def _check_characters(text: str, name: str) -> None:
    """Refuse what no editor shows before YAML's reader stumbles over it without a line."""
    faults = [
        Fault(name, number, "", f"there is the unseen character U+{ord(char):04X}; remove it")
        for number, line in enumerate(text.split("\n"), 1)
        for char in line.removesuffix("\r")
        if unicodedata.category(char) in _REFUSED and char != "\t"
    ]
    if faults:
        raise RegisterInvalid(tuple(faults[:20]))


class _Builder:
    """Builds data out of events; what it refuses but can step over is in ``faults``."""

    def __init__(self, name: str, events: Iterator[yaml.Event]) -> None:
        self._name = name
        self._events = events
        self.faults: list[Fault] = []
        self.places: dict[Path, Place] = {}

    def read(self) -> object:
        """Return the data of the one document in the text."""
        documents = 0
        root: object = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                value = self._value(next(self._events), ())
                root = root if documents > 1 else value
                if documents > 1:
                    self._refuse(event, (), "a second YAML document begins; a register is one")
        return root

    def _value(self, event: yaml.Event, path: Path) -> object:
        self.places.setdefault(path, Place(_line(event)))
        if isinstance(event, yaml.AliasEvent):
            message = f"the alias *{event.anchor} is not allowed; write the value out"
            raise RegisterInvalid((*self.faults, self._fault(event, path, message)))
        self._check_plain(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if len(path) >= LIMIT_DEPTH:
            message = f"nested deeper than {LIMIT_DEPTH} levels; a register needs fewer"
            raise RegisterInvalid((*self.faults, self._fault(event, path, message)))
        return (
            self._mapping(path) if isinstance(event, yaml.MappingStartEvent) else self._list(path)
        )

    def _list(self, path: Path) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, object]:
        items: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            if key in items:
                self._refuse(event, (*path, key), "stands here twice; keep one of the two")
            self.places.setdefault((*path, key), Place(_line(event)))
            value = self._value(next(self._events), (*path, key))
            items.setdefault(key, value)
        return items

    def _key(self, event: yaml.Event, path: Path) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            message = "a key must be a plain word"
            raise RegisterInvalid((*self.faults, self._fault(event, path, message)))
        self._check_plain(event, path)
        return str(event.value)

    def _check_plain(self, event: yaml.Event, path: Path) -> None:
        if (anchor := getattr(event, "anchor", None)) is not None:
            self._refuse(event, path, f"the anchor &{anchor} is not allowed; remove it")
        if (tag := getattr(event, "tag", None)) is not None:
            self._refuse(event, path, f"the tag {tag} is not allowed; write text in quotes")

    def _refuse(self, event: yaml.Event, path: Path, message: str) -> None:
        self.faults.append(self._fault(event, path, message))

    def _fault(self, event: yaml.Event, path: Path, message: str) -> Fault:
        return Fault(self._name, _line(event), dotted(path), message)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _scalar(text: str) -> object:
    """Return what an unquoted word means after YAML 1.2's core schema, numbers being whole."""
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE.match(text) else text
