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

from ouhai_cloud.catalogue.resources import GROUP, each, properties, types, walk, within
from ouhai_cloud.catalogue.serverless import NESTED, dependents, references
from ouhai_cloud.catalogue.yaml_lines import Path
from ouhai_cloud.cloud.stacks import FLOATING_ADDRESS, PORT, SERVER, VOLUME
from ouhai_cloud.language import BILINGUAL

VERSION = "2021-04-16"
OUTPUTS = ("address", "health", "version", "access")
KEPT = (VOLUME, PORT, FLOATING_ADDRESS)
"""What stays while versions come and go: the data and the address."""
VOLUME_PARAMETER = "_volume"
"""How a parameter's name ends that takes an existing volume."""
HORIZON_LISTS = ("nova.flavor", "nova.keypair", "neutron.network", "glance.image")
REPORT = "Ouhai::Server::Report"
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
SECRET = re.compile(r"(?i)pass|secret|token|private_key")
PASSWORD_LOGIN = re.compile(
    r"(?i)ssh_pwauth:\s*(true|yes|1)|chpasswd|(plain_text|hashed)_passwd|\bpasswd:"
)

Found = Iterator[tuple[Path, str]]


def shape(data: Mapping[str, Any]) -> Found:
    """What the other rules rely on: sections are mappings of mappings, and so are properties."""
    for section in ("parameters", "resources", "outputs"):
        part = data.get(section)
        if not isinstance(part, dict) or not part:
            yield (section,), "an application has such a section, as a mapping"
            continue
        for name, one in part.items():
            if not isinstance(one, dict):
                yield (section, str(name)), "must be a mapping"
            elif section == "resources":
                yield from _shape_of_resource(one, (section, str(name)))


def _shape_of_resource(resource: Mapping[str, Any], path: Path) -> Found:
    for inner, one in within(resource, path):
        if not isinstance(properties(one), dict):
            yield (*inner, "properties"), "must be a mapping; leave it out for none"
        elif one.get("type") == GROUP and not isinstance(properties(one).get("resource_def"), dict):
            yield (*inner, "properties", "resource_def"), "must be a mapping: type and properties"


def groups(data: Mapping[str, Any]) -> Found:
    """Parameter groups are a list of mappings."""
    found = data.get("parameter_groups")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
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


def bilingual(data: Mapping[str, Any]) -> Found:
    """Descriptions of parameters and of their constraints are in Chinese and English."""
    for path, value in walk(data["parameters"], ("parameters",)):
        if path[-1] == "description" and not BILINGUAL.fullmatch(str(value)):
            yield path, "must be in Chinese and English, as in 云硬盘 / a volume; people read it"


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
    for path, value in walk(data["resources"], ("resources",)):
        last = str(path[-1])
        if SECRET.search(last) and value:
            yield path, "a secret stands here; let OS::Heat::RandomString make it"
    for name, one in data["outputs"].items():
        if SECRET.search(name) and not SECRET.search(str(one.get("description", ""))):
            yield ("outputs", name), "say in the description that this is a secret"


def passwordless(data: Mapping[str, Any]) -> Found:
    """Nobody logs in to a guest with a password."""
    for path, value in walk(data["resources"], ("resources",)):
        if isinstance(value, str) and (found := PASSWORD_LOGIN.search(value)):
            yield path, f"{found[0]!r} lets people log in with a password; ssh takes keys only"


def allowed(data: Mapping[str, Any]) -> Found:
    """Resources are of types that belong to a bureau's project."""
    for name, one in data["resources"].items():
        for kind in types(one):
            if kind not in ALLOWED_TYPES and not kind.startswith(NESTED):
                yield (
                    ("resources", name),
                    f"the type {kind} is forbidden; allowed are "
                    f"{', '.join(sorted(ALLOWED_TYPES))} and nested templates ({NESTED}*.yaml)",
                )


def reported(data: Mapping[str, Any]) -> Found:
    """Every server has a report, by which creating ends only when the guest is well."""
    reports = [
        _get_resource(properties(one).get("server"))
        for one in data["resources"].values()
        if one.get("type") == REPORT
    ]
    for name, one in data["resources"].items():
        if one.get("type") == SERVER and name not in reports:
            yield ("resources", name), f"needs a {REPORT}, by which the guest says that it is well"
        elif one.get("type") == GROUP and SERVER in types(one):
            yield (
                ("resources", name),
                f"its servers have no {REPORT}; make a nested template of server and report",
            )


def kept(data: Mapping[str, Any]) -> Found:
    """Data outlives the stack."""
    for path, one in each(data):
        if one.get("type") == VOLUME and one.get("deletion_policy") != "Retain":
            yield path, "a volume needs deletion_policy: Retain; data is kept"


def separable(data: Mapping[str, Any]) -> Found:
    """Data and address stay when an update replaces the servers."""
    for name in sorted(dependents(data)):
        if set(KEPT).intersection(types(data["resources"][name])):
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
    kinds = [kind for one in data["resources"].values() for kind in types(one)]
    if SERVER not in kinds:
        yield ("resources",), "a nested template makes servers; put all else into template.yaml"
    for path, one in each(data):
        if one.get("type") in (VOLUME, FLOATING_ADDRESS):
            yield (
                path,
                "belongs into template.yaml: what is in a nested template goes with its server",
            )


def closed(data: Mapping[str, Any]) -> Found:
    """No rule lets the whole world in; the register's ``exposes`` does that."""
    for path, one in each(data):
        if one.get("type") != "OS::Neutron::SecurityGroup":
            continue
        rules, place = properties(one).get("rules", []), (*path, "properties", "rules")
        if not isinstance(rules, list):
            yield place, "must be a list, written out: what it lets in must be seen"
            continue
        for number, rule in enumerate(rules):
            if not isinstance(rule, dict):
                yield (*place, number), "must be a mapping"
            elif rule.get("direction") != "egress" and _worldwide(rule):
                yield (
                    (*place, number),
                    "lets the whole world in; name remote_ip_prefix by a parameter",
                )


def _worldwide(rule: Mapping[str, Any]) -> bool:
    """Tell whether a rule is for every address; one of a remote group is for that group."""
    if rule.get("remote_mode") == "remote_group_id":
        return False
    prefixes = [value for _, value in walk(rule.get("remote_ip_prefix"), ())]
    return any(value is None or str(value).endswith("/0") for value in prefixes)


def outputs(data: Mapping[str, Any]) -> Found:
    """The outputs that commands and panels rely on are there."""
    for name in OUTPUTS:
        if name not in data["outputs"]:
            yield ("outputs",), f"lacks {name}; an application has {', '.join(OUTPUTS)}"


def used(data: Mapping[str, Any]) -> Found:
    """Every parameter is used, and none is used that is not there."""
    seen = set()
    for part in ("conditions", "resources", "outputs"):
        for path, value in walk(data.get(part) or {}, (part,)):
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
    bilingual,
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


def _get_resource(value: Any) -> str:
    return str(value.get("get_resource", "")) if isinstance(value, dict) else ""
