"""What a copy is made of: a version of an application, and the values that were given for it.

A copy carries it in the files that Heat keeps beside a stack's template, and that of its former
version. So it can go back, or into a backup, also when the catalogue has the version no longer, or
with other values of the district's. Values of hidden parameters stay with Heat and are never there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ouhai_cloud.catalogue.entry import Entry
from ouhai_cloud.catalogue.lint import VOLUME_PARAMETER
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.stacks import Stack
from ouhai_cloud.errors import CopyUnknown

PRESENT, FORMER = "ouhai/present.json", "ouhai/former.json"


@dataclass(frozen=True)
class Setup:
    """A version with the values of one copy.

    :param parameters: values that were given, but those of hidden parameters.
    :param hidden: names of hidden parameters that have been given a value.
    :param builds: ids of the images that parameters name, by parameter.
    """

    entry: Entry
    parameters: Mapping[str, Any]
    hidden: tuple[str, ...] = ()
    builds: Mapping[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> dict[str, Any]:
        """What Heat is asked for: the values, with images by id."""
        return {**self.parameters, **self.builds}

    @property
    def text(self) -> str:
        """All of it as a copy carries it."""
        return json.dumps(self.document, ensure_ascii=False, sort_keys=True)

    @property
    def document(self) -> Json:
        """All of it as plain data; see ``from_document``."""
        return {
            "entry": dict(self.entry.texts),
            "parameters": dict(self.parameters),
            "hidden": list(self.hidden),
            "builds": dict(self.builds),
        }

    def same(self, other: Setup) -> bool:
        """Tell whether a copy would be the same with another one; prices make no difference."""
        return self._essence == other._essence

    @property
    def _essence(self) -> tuple[Any, ...]:
        environment = self.entry.texts["environment"]
        return self.entry.code_digest, environment, self.asked, self.hidden

    @property
    def volume_parameters(self) -> tuple[str, ...]:
        """Parameters that take an existing volume; the outputs of these names tell which it is."""
        outputs = self.entry.template["outputs"]
        return tuple(
            name
            for name in self.entry.template["parameters"]
            if name.endswith(VOLUME_PARAMETER) and name in outputs
        )


def of(
    entry: Entry,
    values: Mapping[str, Any],
    builds: Mapping[str, str],
    held: Collection[str] = (),
) -> Setup:
    """Return the setup of an entry with values.

    :param values: all that are given, as Heat takes them.
    :param builds: ids of the images that parameters name.
    :param held: hidden parameters whose values Heat has already.
    """
    known = entry.template["parameters"]
    hidden = {name for name, one in known.items() if one.get("hidden")}
    return Setup(
        entry=entry,
        parameters={name: value for name, value in values.items() if name not in hidden},
        hidden=tuple(sorted(hidden.intersection((*values, *held)))),
        builds=builds,
    )


def from_document(document: Json) -> Setup:
    """Return a setup from plain data."""
    entry = Entry(document["entry"])
    # What was made before builds were noted goes by its images' names.
    builds = document.get("builds", {})
    return Setup(entry, document["parameters"], tuple(document["hidden"]), builds)


def files(present: Setup, former: Setup | None = None) -> dict[str, str]:
    """Return the files that a copy carries."""
    own = {PRESENT: present.text, FORMER: former.text if former else ""}
    return {**present.entry.nested, **own}


def read(api: Api, stack: Stack) -> tuple[Setup, Setup | None]:
    """Return what a copy is made of, and what it was before; None where it was nothing.

    :raises CopyUnknown: it carries nothing.
    """
    carried = stacks.files(api, stack)
    if not carried.get(PRESENT):
        raise CopyUnknown(
            f"{stack.name} does not carry what it was made of: it was not made by `openstack app "
            "deploy`, or by one of long ago. Deploy a new copy with its data volume "
            "(--parameter data_volume=…), then delete this one."
        )
    former = carried.get(FORMER)
    return (
        from_document(json.loads(carried[PRESENT])),
        from_document(json.loads(former)) if former else None,
    )


def template(setup: Setup, beside: Setup | None = None) -> dict[str, Any]:
    """Return the template for Heat, with the hidden parameters of another version beside its own.

    Heat forgets the value of a parameter that a template lacks, and nobody else has it.
    """
    own = setup.entry.template
    if beside is None:
        return dict(own)
    more = {name: beside.entry.template["parameters"][name] for name in beside.hidden}
    return {**own, "parameters": {**more, **own["parameters"]}}


def defaults(entry: Entry) -> dict[str, Any]:
    """Return every default, the district's before the template's.

    Heat keeps the defaults of an earlier environment that a later one does not name.
    """
    named = {
        name: one["default"]
        for name, one in entry.template["parameters"].items()
        if "default" in one and not one.get("hidden")
    }
    return named | dict(entry.environment.get("parameter_defaults", {}))


def blinded(setup: Setup) -> dict[str, Any]:
    """Return the template with something in the place of hidden values, to foresee its size."""
    own = setup.entry.template
    parameters = {
        name: {"type": one["type"], "default": 0 if one["type"] == "number" else "hidden"}
        if name in setup.hidden
        else one
        for name, one in own["parameters"].items()
    }
    return {**own, "parameters": parameters}
