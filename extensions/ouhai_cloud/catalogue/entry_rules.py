"""Rules that an entry keeps as a whole, beside those of ``lint`` for each of its templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ouhai_cloud.catalogue import lint
from ouhai_cloud.catalogue.resources import GROUP, each, properties, walk
from ouhai_cloud.catalogue.serverless import NESTED, references
from ouhai_cloud.catalogue.uses import USES
from ouhai_cloud.catalogue.yaml_lines import Document
from ouhai_cloud.cloud.stacks import SERVER
from ouhai_cloud.errors import Fault

Documents = Mapping[str, Document]
"""``template``, ``environment``, ``metadata``, and nested templates by the names of their types."""


def check(documents: Documents) -> tuple[Fault, ...]:
    """Return every breach of the rules in an entry.

    :param documents: ``template``, ``environment``, ``metadata`` and nested templates.
    """
    template = documents["template"]
    nested = _nested(documents)
    wrong_shape = [
        template.fault(*one) for one in (*lint.shape(template.data), *lint.groups(template.data))
    ]
    wrong_shape += [
        document.fault(*one) for document in nested.values() for one in lint.shape(document.data)
    ]
    if wrong_shape:
        return tuple(wrong_shape)
    found = [template.fault(*one) for rule in lint.RULES for one in rule(template.data)]
    for document in nested.values():
        found += [document.fault(*one) for rule in lint.NESTED_RULES for one in rule(document.data)]
    found += [fault for rule in ENTRY_RULES for fault in rule(documents)]
    return tuple(found)


def environment(documents: Documents) -> Iterator[Fault]:
    """An environment sets parameters that there are, and no secrets."""
    document, template = documents["environment"], documents["template"]
    for name in set(document.data) - {"parameter_defaults"}:
        yield document.fault((str(name),), "only parameter_defaults belong into an environment")
    defaults = document.data.get("parameter_defaults")
    if not isinstance(defaults, dict):
        message = "must be a mapping of parameters to values"
        yield document.fault(("parameter_defaults",), message)
        return
    for name in defaults:
        path = ("parameter_defaults", str(name))
        if name not in template.data["parameters"]:
            yield document.fault(path, "the template has no such parameter")
        elif lint.SECRET.search(name):
            yield document.fault(path, "a secret has no default")


def version_output(documents: Documents) -> Iterator[Fault]:
    """The output ``version`` says what the metadata says."""
    template = documents["template"]
    said = template.data["outputs"].get("version", {}).get("value")
    meant = documents["metadata"].data.get("version")
    if said is not None and said != meant:
        message = f"is {said!r}, but metadata.yaml says {meant!r}"
        yield template.fault(("outputs", "version"), message)


def flavors(documents: Documents) -> Iterator[Fault]:
    """Parameters that the metadata names for a larger server choose a flavor."""
    metadata, template = documents["metadata"], documents["template"].data
    known = {
        name
        for name, one in template["parameters"].items()
        if {"custom_constraint": "nova.flavor"} in (one.get("constraints") or [])
    }
    for name in metadata.data.get("requires_by_parameter") or ():
        if name not in known:
            path = ("requires_by_parameter", str(name))
            yield metadata.fault(path, "no flavor is chosen by such a parameter")


def scalable(documents: Documents) -> Iterator[Fault]:
    """The parameter by which copies scale is the size of one group, and touches nothing else."""
    metadata, template = documents["metadata"], documents["template"].data
    scales = metadata.data.get("scales")
    if scales is None:
        return
    if not scaled_group(template, scales):
        message = f"is {scales!r}, which is not the count of one {GROUP} in the template"
        yield metadata.fault(("scales",), message)
        return
    for name in _touched(template, scales):
        yield metadata.fault(
            ("scales",),
            f"changing {scales} would touch {name} of the template; nothing but the count of "
            "the group may depend on it, and on the group nothing but metadata of servers",
        )


def usable(documents: Documents) -> Iterator[Fault]:
    """What `verify` does with a copy is known, and the copy tells what that needs."""
    metadata, told = documents["metadata"], documents["template"].data["outputs"]
    named = metadata.data.get("uses")
    for number, name in enumerate(named if isinstance(named, list) else ()):
        use = USES.get(str(name))
        if use is None:
            yield metadata.fault(("uses", number), f"is {name!r}; there are {', '.join(USES)}")
            continue
        for output in use.outputs:
            if output not in told:
                message = f"{name} needs the output {output} of the template"
                yield metadata.fault(("uses", number), message)


def nested_types(documents: Documents) -> Iterator[Fault]:
    """Every nested template is there and used."""
    nested, named = _nested(documents), set()
    for document in (documents["template"], *nested.values()):
        for path, one in each(document.data):
            kind = str(one.get("type"))
            named.add(kind)
            if kind.startswith(NESTED) and kind not in nested:
                yield document.fault(path, f"there is no {kind} in the application's folder")
    for name, document in nested.items():
        if name not in named:
            yield document.fault((), "is not used; remove it")


ENTRY_RULES: tuple[Callable[[Documents], Iterator[Fault]], ...] = (
    environment,
    version_output,
    flavors,
    scalable,
    usable,
    nested_types,
)


def _nested(documents: Documents) -> dict[str, Document]:
    return {name: one for name, one in documents.items() if name.startswith(NESTED)}


def _touched(template: Mapping[str, Any], parameter: str) -> Iterator[str]:
    """Return resources that a change of a group's size would replace or change in another way."""
    group = scaled_group(template, parameter)
    for name, one in template["resources"].items():
        own = "count" if name == group else "metadata" if one.get("type") == SERVER else ""
        rest = {word: part for word, part in properties(one).items() if word != own}
        uses = [value for path, value in walk(rest, ()) if path[-1] == "get_param"]
        if parameter in uses or group in references(rest):
            yield name


def scaled_group(template: Mapping[str, Any], parameter: str) -> str:
    """Return the group whose size a parameter is; empty unless there is one and only one."""
    found = [
        name
        for name, one in template["resources"].items()
        if one.get("type") == GROUP and properties(one).get("count") == {"get_param": parameter}
    ]
    return str(found[0]) if len(found) == 1 else ""
