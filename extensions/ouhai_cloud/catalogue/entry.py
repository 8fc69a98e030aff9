"""An entry of the catalogue: an application in one version, with what a district sets for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema

from ouhai_cloud.catalogue import entry_rules, yaml_lines
from ouhai_cloud.catalogue.serverless import NESTED
from ouhai_cloud.catalogue.yaml_lines import Document
from ouhai_cloud.errors import EntryInvalid, Fault
from ouhai_cloud.language import Language

TARIFF = "tariff"
TARIFF_PRICES = ("core", "memory_gib", "disk_gib", "address")


@dataclass(frozen=True)
class Requirements:
    """The smallest server that an application runs on."""

    cores: int
    memory_mib: int
    disk_gib: int


@dataclass(frozen=True)
class Entry:
    """What is published and what a copy is made from; all texts are as they were read.

    :param texts: ``metadata``, ``template``, ``environment``, where there is one, ``tariff``, and
        nested templates by the names of their types, such as ``nested/web-server.yaml``.
    """

    texts: Mapping[str, str]

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """What the catalogue says about it."""
        return yaml_lines.read(self.texts["metadata"], "metadata").data

    @cached_property
    def template(self) -> Mapping[str, Any]:
        """The Heat template."""
        return yaml_lines.read(self.texts["template"], "template").data

    @cached_property
    def environment(self) -> Mapping[str, Any]:
        """What the district sets, as Heat takes it."""
        return yaml_lines.read(self.texts["environment"], "environment").data

    @cached_property
    def tariff(self) -> Mapping[str, Any]:
        """Prices per month; empty where none are known."""
        text = self.texts.get(TARIFF)
        return yaml_lines.read(text, TARIFF).data if text else {}

    @cached_property
    def nested(self) -> Mapping[str, str]:
        """The nested templates, as Heat takes them: by the names of their types."""
        return {name: text for name, text in self.texts.items() if name.startswith(NESTED)}

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """Every breach of the catalogue's rules in its texts.

        :raises EntryInvalid: one of them cannot be read.
        """
        return entry_rules.check(
            {name: yaml_lines.read(one, name) for name, one in self.texts.items()}
        )

    @property
    def scales(self) -> str:
        """The parameter by which copies grow and shrink while they run; empty for none."""
        return str(self.metadata.get("scales", ""))

    @property
    def uses(self) -> tuple[str, ...]:
        """What `verify` does with a copy as those do whom it serves; see ``uses.USES``."""
        return tuple(map(str, self.metadata.get("uses", ())))

    @property
    def application(self) -> str:
        """Name of the application."""
        return str(self.metadata["application"])

    @property
    def version(self) -> str:
        """Version of the application, such as ``1.2``."""
        return str(self.metadata["version"])

    @property
    def age(self) -> tuple[int, ...]:
        """Its version as numbers, by which versions are in order."""
        return tuple(map(int, self.version.split(".")))

    def requires(self, parameter: str) -> Requirements:
        """Return the smallest server that may be chosen by a parameter."""
        own = self.metadata.get("requires_by_parameter", {}).get(parameter)
        return Requirements(**(own or self.metadata["requires"]))

    @cached_property
    def document(self) -> bytes:
        """All of it in one canonical form, which the digest is of."""
        return json.dumps(dict(self.texts), ensure_ascii=False, sort_keys=True).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, in hexadecimal."""
        return hashlib.sha256(self.document).hexdigest()

    @property
    def code_digest(self) -> str:
        """SHA-256 of what makes a version: metadata and templates, not what a district sets."""
        code: list[Any] = [self.texts["metadata"], self.texts["template"]]
        code += sorted(self.nested.items())
        return hashlib.sha256(json.dumps(code).encode()).hexdigest()

    def title(self, language: Language) -> str:
        """What people call it."""
        return str(self.metadata["title"][language])


def from_document(document: bytes, digest: str) -> Entry:
    """Return the entry that was published.

    :param digest: what its content must be.
    :raises EntryInvalid: the content is not what was published.
    """
    if hashlib.sha256(document).hexdigest() != digest:
        message = "its content is not what was published (digest); tell the centre, use another one"
        raise EntryInvalid((Fault("catalogue entry", 0, "", message),))
    return Entry(json.loads(document))


def load(folder: Path, environment: str) -> Entry:
    """Read and check an application's folder, ``heat-templates/<application>/<version>``.

    :param environment: which of its environments to take, such as ``production``.
    :raises EntryInvalid: with every fault that was found, each with file and line.
    """
    paths = {
        "metadata": folder / "metadata.yaml",
        "template": folder / "template.yaml",
        "environment": folder / f"{environment}.yaml",
    }
    tariff = folder.parent.parent / "tariff.yaml"
    if tariff.is_file():
        paths[TARIFF] = tariff
    nested = sorted((folder / NESTED).glob("*.yaml"))
    paths |= {f"{NESTED}{path.name}": path for path in nested}
    documents = {name: _read(path) for name, path in paths.items()}
    faults = (*_metadata_faults(documents["metadata"], folder), *entry_rules.check(documents))
    if TARIFF in documents:
        faults += tuple(_tariff_faults(documents[TARIFF]))
    if faults:
        raise EntryInvalid(tuple(sorted(faults, key=lambda one: (one.file, one.line))))
    return Entry({name: one.text for name, one in documents.items()})


def _read(path: Path) -> Document:
    try:
        return yaml_lines.read(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        message = f"cannot be read: {error.strerror}; an entry has template.yaml, metadata.yaml "
        message += "and an environment (lab.yaml, production.yaml)"
        raise EntryInvalid((Fault(str(path), 0, "", message),)) from error
    except UnicodeDecodeError as error:
        raise EntryInvalid((Fault(str(path), 0, "", "is not UTF-8; save it so"),)) from error


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of metadata.yaml."""
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def _metadata_faults(document: Document, folder: Path) -> tuple[Fault, ...]:
    found = [
        document.fault(tuple(error.absolute_path), error.message)
        for error in jsonschema.Draft202012Validator(schema()).iter_errors(document.data)
    ]
    named = {"application": folder.resolve().parent.name, "version": folder.resolve().name}
    found += [
        document.fault((key,), f"is {document.data[key]!r}, but its folder says {name!r}")
        for key, name in named.items()
        if key in document.data and document.data[key] != name
    ]
    return tuple(found)


def _tariff_faults(document: Document) -> list[Fault]:
    bad = []
    for name in TARIFF_PRICES:
        price = document.data.get(name)
        if isinstance(price, bool) or not isinstance(price, (int, float)) or price < 0:
            bad.append(document.fault((name,), "a price of 0 or more per month is needed"))
    return bad
