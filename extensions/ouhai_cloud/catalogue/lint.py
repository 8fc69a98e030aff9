"""Rules that a template of the catalogue keeps, beyond what Heat itself asks for.

What Horizon's form does with a template is the reason for some: with parameter groups it hides
every parameter that is in none, and it offers an empty list for custom constraints it does not
know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ouhai_cloud.catalogue.serverless import NESTED, dependents, references
from ouhai_cloud.catalogue.uses import USES
from ouhai_cloud.catalogue.yaml_lines import Document, Path
from ouhai_cloud.cloud.stacks import FLOATING_ADDRESS, PORT, SERVER, VOLUME
from ouhai_cloud.errors import Fault

VERSION = "2021-04-16"
OUTPUTS = ("address", "health", "version", "access")
KEPT = (VOLUME, PORT, FLOATING_ADDRESS)
"""What stays while versions come and go: the data and the address."""
VOLUME_PARAMETER = "_volume"
"""How a parameter's name ends that takes an existing volume."""
HORIZON_LISTS = ("nova.flavor", "nova.keypair", "neutron.network", "glance.image")
REPORT = "Ouhai::Server::Report"
GROUP = "OS::Heat::ResourceGroup"
ALLOWED_TYPES = frozenset(
    {
        REPORT,
        SERVER,
        VOLUME,
        "OS::Cinder::VolumeAttachment",
        "OS::Heat::RandomString",
        GROUP,
        "OS::Heat::Value",
        "OS::Neutron::FloatingIP",
        "OS::Neutron::Port",
        "OS::Neutron::SecurityGroup",
        "OS::Nova::ServerGroup",
    }
)
SECRET = re.compile(r"(?i)passw|passphrase|secret|token|private_key")
PASSWORD_LOGIN = re.compile(r"(?i)ssh_pwauth:\s*(true|yes|1)|chpasswd|plain_text_passwd|\bpasswd:")
WORLD = ("0.0.0.0/0", "::/0", None)

Found = Iterator[tuple[Path, str]]


def check(documents: Mapping[str, Document]) -> tuple[Fault, ...]:
    """Return every breach of the rules in an entry.

    :param documents: ``template``, ``environment``, ``metadata`` and nested templates.
    """
    template = documents["template"]
    nested = {name: one for name, one in documents.items() if name.startswith(NESTED)}
    wrong_shape = [
        template.fault(*one) for one in (*_shape(template.data), *_groups(template.data))
    ]
    wrong_shape += [each.fault(*one) for each in nested.values() for one in _shape(each.data)]
    if wrong_shape:
        return tuple(wrong_shape)
    found = [template.fault(*one) for rule in RULES for one in rule(template.data)]
    for each in nested.values():
        found += [each.fault(*one) for rule in NESTED_RULES for one in rule(each.data)]
    found += [documents["environment"].fault(*one) for one in _environment(documents)]
    found += [documents["metadata"].fault(*one) for one in _parameters_named(documents)]
    found += [documents["metadata"].fault(*one) for one in _uses(documents)]
    found += [template.fault(*one) for one in _version_output(documents)]
    found += _nested_types(template, nested)
    return tuple(found)


def _shape(data: Mapping[str, Any]) -> Found:
    """What the other rules rely on: sections are mappings of mappings."""
    for section in ("parameters", "resources", "outputs"):
        part = data.get(section)
        if not isinstance(part, dict) or not part:
            yield (section,), "an application has such a section, as a mapping"
            continue
        for name, one in part.items():
            if not isinstance(one, dict):
                yield (section, str(name)), "must be a mapping"


def _groups(data: Mapping[str, Any]) -> Found:
    groups = data.get("parameter_groups")
    if not isinstance(groups, list) or not all(isinstance(one, dict) for one in groups):
        yield ("parameter_groups",), "a list of groups, each with label and parameters, is needed"


def version(data: Mapping[str, Any]) -> Found:
    """The template has the version of Heat's language that the platform is tested with."""
    if data.get("heat_template_version") != VERSION:
        yield ("heat_template_version",), f"must be {VERSION}"


def grouped(data: Mapping[str, Any]) -> Found:
    """Every parameter is in one labelled group: Horizon hides the others."""
    members: list[str] = []
    for number, group in enumerate(data["parameter_groups"]):
        if not group.get("label"):
            yield ("parameter_groups", number), "a group needs a label, which people see"
        inside = group.get("parameters")
        members += map(str, inside if isinstance(inside, list) else [])
    counts = Counter(members)
    for name in data["parameters"]:
        if counts[name] != 1:
            yield (
                ("parameters", name),
                f"is in {counts[name]} of the parameter_groups; put it into one, or Horizon's "
                "form hides it or shows it twice",
            )
    for name in sorted(set(members) - set(data["parameters"])):
        yield ("parameter_groups",), f"names {name}, which is no parameter"


def described(data: Mapping[str, Any]) -> Found:
    """Every parameter has a label and a description."""
    for name, one in data["parameters"].items():
        for word in ("label", "description"):
            if not one.get(word):
                yield ("parameters", name), f"needs a {word}, which people see"


def constrained(data: Mapping[str, Any]) -> Found:
    """Every parameter has constraints; a boolean is one by its type."""
    for name, one in data["parameters"].items():
        constraints = one.get("constraints")
        if one.get("type") != "boolean" and not (isinstance(constraints, list) and constraints):
            yield (
                ("parameters", name),
                "needs constraints (allowed_values, range, length, allowed_pattern, "
                "custom_constraint): wrong values must fail before anything is made",
            )


def listed(data: Mapping[str, Any]) -> Found:
    """Custom constraints are those that Horizon has a list for."""
    for name, one in data["parameters"].items():
        for number, constraint in enumerate(one.get("constraints") or []):
            custom = constraint.get("custom_constraint") if isinstance(constraint, dict) else None
            if custom and custom not in HORIZON_LISTS:
                yield (
                    ("parameters", name, "constraints", number),
                    f"for {custom} Horizon shows an empty list that nobody can choose from; "
                    f"use allowed_pattern, or one of {', '.join(HORIZON_LISTS)}",
                )


def secrets(data: Mapping[str, Any]) -> Found:
    """Parameters that are secrets are hidden, and have no default but what Heat makes."""
    for name, one in data["parameters"].items():
        if not SECRET.search(name):
            continue
        if one.get("hidden") is not True:
            yield ("parameters", name), "is a secret by its name: hidden: true"
        if one.get("default") not in (None, ""):
            yield (
                ("parameters", name),
                "a secret has no default; take an empty one to mean that OS::Heat::RandomString "
                "makes it",
            )


def made_secrets(data: Mapping[str, Any]) -> Found:
    """No secret stands in a template; an output that is one says so."""
    for path, value in _walk(data["resources"], ("resources",)):
        last = str(path[-1])
        if SECRET.search(last) and isinstance(value, str) and value:
            yield path, "a secret stands here; let OS::Heat::RandomString make it"
    for name, one in data["outputs"].items():
        if SECRET.search(name) and not SECRET.search(str(one.get("description", ""))):
            yield ("outputs", name), "say in the description that this is a secret"


def passwordless(data: Mapping[str, Any]) -> Found:
    """Nobody logs in to a guest with a password."""
    for path, value in _walk(data["resources"], ("resources",)):
        if isinstance(value, str) and (found := PASSWORD_LOGIN.search(value)):
            yield path, f"{found[0]!r} lets people log in with a password; ssh takes keys only"


def allowed(data: Mapping[str, Any]) -> Found:
    """Resources are of types that belong to a bureau's project."""
    for name, one in data["resources"].items():
        for kind in _types(one):
            if kind not in ALLOWED_TYPES and not kind.startswith(NESTED):
                yield (
                    ("resources", name),
                    f"the type {kind} is forbidden; allowed are "
                    f"{', '.join(sorted(ALLOWED_TYPES))} and nested templates ({NESTED}*.yaml)",
                )


def reported(data: Mapping[str, Any]) -> Found:
    """Every server has a report, by which creating ends only when the guest is well."""
    reports = [
        _get_resource(one.get("properties", {}).get("server"))
        for one in data["resources"].values()
        if one.get("type") == REPORT
    ]
    for name, one in data["resources"].items():
        if one.get("type") == SERVER and name not in reports:
            yield ("resources", name), f"needs a {REPORT}, by which the guest says that it is well"
        elif one.get("type") == GROUP and SERVER in _types(one):
            yield (
                ("resources", name),
                f"its servers have no {REPORT}; make a nested template of server and report",
            )


def kept(data: Mapping[str, Any]) -> Found:
    """Data outlives the stack."""
    for name, one in data["resources"].items():
        if one.get("type") == VOLUME and one.get("deletion_policy") != "Retain":
            yield ("resources", name), "a volume needs deletion_policy: Retain; data is kept"


def separable(data: Mapping[str, Any]) -> Found:
    """Data and address stay when an update replaces the servers."""
    for name in sorted(dependents(data)):
        if data["resources"][name].get("type") in KEPT:
            yield (
                ("resources", name),
                "depends on a server, so an update would replace it, too; a volume, port or "
                "floating address must stay as it is without its server",
            )


def reusable(data: Mapping[str, Any]) -> Found:
    """Each volume's id is told by an output, and can be given by a parameter of that name."""
    told = {
        volume
        for name, one in data["outputs"].items()
        if name.endswith(VOLUME_PARAMETER) and name in data["parameters"]
        for volume in references(one)
    }
    for name, one in data["resources"].items():
        if one.get("type") == VOLUME and name not in told:
            yield (
                ("resources", name),
                f"needs a parameter and an output of one name that ends in {VOLUME_PARAMETER} (as "
                "data_volume): the one takes an existing volume in its place, the other tells "
                "its id; backup and restore go by them",
            )


def transient(data: Mapping[str, Any]) -> Found:
    """A nested template makes servers, and nothing that stays when these are replaced."""
    kinds = [kind for one in data["resources"].values() for kind in _types(one)]
    if SERVER not in kinds:
        yield ("resources",), "a nested template makes servers; put all else into template.yaml"
    for name, one in data["resources"].items():
        if one.get("type") in (VOLUME, FLOATING_ADDRESS):
            yield (
                ("resources", name),
                "belongs into template.yaml: what is in a nested template goes with its server",
            )


def closed(data: Mapping[str, Any]) -> Found:
    """No rule lets the whole world in; the register's ``exposes`` does that."""
    for name, one in data["resources"].items():
        if one.get("type") != "OS::Neutron::SecurityGroup":
            continue
        for number, rule in enumerate(one.get("properties", {}).get("rules") or []):
            if not isinstance(rule, dict) or rule.get("direction") == "egress":
                continue
            if rule.get("remote_ip_prefix") in WORLD and not rule.get("remote_mode"):
                yield (
                    ("resources", name, "properties", "rules", number),
                    "lets the whole world in; name remote_ip_prefix by a parameter",
                )


def outputs(data: Mapping[str, Any]) -> Found:
    """The outputs that commands and panels rely on are there."""
    for name in OUTPUTS:
        if name not in data["outputs"]:
            yield ("outputs",), f"lacks {name}; an application has {', '.join(OUTPUTS)}"


def used(data: Mapping[str, Any]) -> Found:
    """Every parameter is used, and none is used that is not there."""
    seen = set()
    for part in ("conditions", "resources", "outputs"):
        for path, value in _walk(data.get(part) or {}, (part,)):
            if path[-1] == "get_param" or (len(path) > 1 and path[-2:] == ("get_param", 0)):
                seen.add(str(value))
                if not str(value).startswith("OS::") and value not in data["parameters"]:
                    yield path, f"{value} is no parameter"
    for name in data["parameters"]:
        if name not in seen:
            yield ("parameters", name), "is not used; remove it"


RULES: tuple[Callable[[Mapping[str, Any]], Found], ...] = (
    version,
    grouped,
    described,
    constrained,
    listed,
    secrets,
    made_secrets,
    passwordless,
    allowed,
    reported,
    kept,
    separable,
    reusable,
    closed,
    outputs,
    used,
)

NESTED_RULES: tuple[Callable[[Mapping[str, Any]], Found], ...] = (
    version,
    secrets,
    made_secrets,
    passwordless,
    allowed,
    reported,
    transient,
    closed,
    used,
)


def _environment(documents: Mapping[str, Document]) -> Found:
    """An environment sets parameters that there are, and no secrets."""
    data = documents["environment"].data
    for name in set(data) - {"parameter_defaults"}:
        yield (str(name),), "only parameter_defaults belong into an environment"
    defaults = data.get("parameter_defaults")
    if not isinstance(defaults, dict):
        yield ("parameter_defaults",), "must be a mapping of parameters to values"
        return
    for name in defaults:
        if name not in documents["template"].data["parameters"]:
            yield ("parameter_defaults", str(name)), "the template has no such parameter"
        elif SECRET.search(name):
            yield ("parameter_defaults", str(name)), "a secret has no default"


def _version_output(documents: Mapping[str, Document]) -> Found:
    """The output ``version`` says what the metadata says."""
    said = documents["template"].data["outputs"].get("version", {}).get("value")
    meant = documents["metadata"].data.get("version")
    if said is not None and said != meant:
        yield ("outputs", "version"), f"is {said!r}, but metadata.yaml says {meant!r}"


def _parameters_named(documents: Mapping[str, Document]) -> Found:
    """Parameters that the metadata names are what it takes them for."""
    metadata, template = documents["metadata"].data, documents["template"].data
    flavors = {
        name
        for name, one in template["parameters"].items()
        if {"custom_constraint": "nova.flavor"} in (one.get("constraints") or [])
    }
    for name in metadata.get("requires_by_parameter") or ():
        if name not in flavors:
            yield ("requires_by_parameter", str(name)), "no flavor is chosen by such a parameter"
    scales = metadata.get("scales")
    if scales is not None and not scaled_group(template, scales):
        yield ("scales",), f"is {scales!r}, which is not the count of one {GROUP} in the template"
    elif scales is not None:
        for name in _touched(template, scales):
            yield (
                ("scales",),
                f"changing {scales} would touch {name} of the template; nothing but the count of "
                "the group may depend on it, and on the group nothing but metadata of servers",
            )


def _uses(documents: Mapping[str, Document]) -> Found:
    """What `verify` does with a copy is known, and the copy tells what that needs."""
    named, outputs = documents["metadata"].data.get("uses"), documents["template"].data["outputs"]
    for number, name in enumerate(named if isinstance(named, list) else ()):
        use = USES.get(str(name))
        if use is None:
            yield ("uses", number), f"is {name!r}; there are {', '.join(USES)}"
            continue
        for output in use.outputs:
            if output not in outputs:
                yield ("uses", number), f"{name} needs the output {output} of the template"


def _touched(template: Mapping[str, Any], parameter: str) -> Iterator[str]:
    """Return resources that a change of a group's size would replace or change in another way."""
    group = scaled_group(template, parameter)
    for name, one in template["resources"].items():
        own = "count" if name == group else "metadata" if one.get("type") == SERVER else ""
        rest = {word: part for word, part in one.get("properties", {}).items() if word != own}
        uses = [value for path, value in _walk(rest, ()) if path[-1] == "get_param"]
        if parameter in uses or group in references(rest):
            yield name


def scaled_group(template: Mapping[str, Any], parameter: str) -> str:
    """Return the group whose size a parameter is; empty unless there is one and only one."""
    found = [
        name
        for name, one in template["resources"].items()
        if one.get("type") == GROUP
        and one.get("properties", {}).get("count") == {"get_param": parameter}
    ]
    return str(found[0]) if len(found) == 1 else ""


def _nested_types(template: Document, nested: Mapping[str, Document]) -> list[Fault]:
    """Every nested template is there and used."""
    found, named = [], set()
    for document in (template, *nested.values()):
        for name, one in document.data["resources"].items():
            for kind in _types(one):
                named.add(kind)
                if kind.startswith(NESTED) and kind not in nested:
                    message = f"there is no {kind} in the application's folder"
                    found.append(document.fault(("resources", name), message))
    unused = [one for name, one in nested.items() if name not in named]
    return [*found, *(one.fault((), "is not used; remove it") for one in unused)]


def _types(part: Mapping[str, Any]) -> list[str]:
    """Return the type of a resource, and of those that it is a group of."""
    definition = part.get("properties", {}).get("resource_def") if part.get("type") == GROUP else {}
    inner = [str(definition.get("type"))] if definition else []
    return [str(part.get("type")), *inner]


def _get_resource(value: Any) -> str:
    return str(value.get("get_resource", "")) if isinstance(value, dict) else ""


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield every plain value with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*path, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, (*path, number))
    else:
        yield path, value
