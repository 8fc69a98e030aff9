"""Entries: all of the tree pass, and a bad one for each rule does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ouhai_cloud.catalogue import entry_rules, lint, yaml_lines
from ouhai_cloud.catalogue.entry import Entry, from_document, load
from ouhai_cloud.errors import EntryInvalid

from tests.runner.paths import ROOT

TEMPLATES = ROOT / "heat-templates"
FOLDERS = sorted(path.parent for path in TEMPLATES.glob("*/*/template.yaml"))
GOOD = TEMPLATES / "server" / "1"

Files = dict[str, dict[str, Any]]
Change = Callable[[Files], object]


def write(folder: Path, change: Change) -> Path:
    """Write a changed copy of the good entry and return its folder."""
    names = ("template", "metadata", "lab")
    files = {name: yaml.safe_load((GOOD / f"{name}.yaml").read_text()) for name in names}
    files["tariff"] = yaml.safe_load((TEMPLATES / "tariff.yaml").read_text())
    change(files)
    target = folder / "server" / "1"
    target.mkdir(parents=True)
    (folder / "tariff.yaml").write_text(yaml.safe_dump(files.pop("tariff")))
    for name, data in files.items():
        (target / f"{name}.yaml").write_text(yaml.safe_dump(data, allow_unicode=True))
    return target


def unchanged(_: Files) -> None:
    """Leave the entry as it is."""


def faults(folder: Path, change: Change) -> str:
    with pytest.raises(EntryInvalid) as caught:
        load(write(folder, change), "lab")
    assert all(one.line for one in caught.value.faults), "every fault has a line"
    return str(caught.value)


@pytest.mark.parametrize("environment", ["lab", "production"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: f"{one.parent.name}-{one.name}")
def test_every_entry_of_the_tree_passes(folder: Path, environment: str) -> None:
    entry = load(folder, environment)
    assert (entry.application, entry.version) == (folder.parent.name, folder.name)
    assert from_document(entry.document, entry.digest).metadata == entry.metadata


def test_an_unchanged_copy_passes(tmp_path: Path) -> None:
    load(write(tmp_path, unchanged), "lab")


def parameter(name: str, **values: Any) -> Change:
    """Change a parameter of the template."""
    return lambda files: files["template"]["parameters"][name].update(values)


def resource(name: str, **values: Any) -> Change:
    """Change a resource of the template."""
    return lambda files: files["template"]["resources"][name].update(values)


def dropped(*path: str) -> Change:
    """Take something out of a file."""

    def drop(files: Files) -> None:
        part: Any = files
        for word in path[:-1]:
            part = part[word]
        del part[path[-1]]

    return drop


def added_parameter(name: str, **values: Any) -> Change:
    """Add a good parameter that is used, apart from the values given."""

    def add(files: Files) -> None:
        good: dict[str, Any] = {"type": "string", "label": "l", "description": "词 / word"}
        good |= {"constraints": [{"length": {"min": 8}}]}
        template = files["template"]
        template["parameters"][name] = good | values
        template["parameter_groups"][0]["parameters"].append(name)
        template["outputs"]["used"] = {"value": {"get_param": name}}

    return add


def set_user_data(text: str) -> Change:
    def change(files: Files) -> None:
        files["template"]["resources"]["server"]["properties"]["user_data"] = text
        del files["template"]["parameters"]["public_key"]

    return change


def group_twice(files: Files) -> None:
    files["template"]["parameter_groups"][1]["parameters"].append("flavor")


def let_in(**remote: Any) -> Change:
    """Add a rule to the security group."""

    def let(files: Files) -> None:
        rules = files["template"]["resources"]["group"]["properties"]["rules"]
        rules.append({"protocol": "tcp", "port_range_min": 80, "port_range_max": 80, **remote})

    return let


def grouped(depth: int, **definition: Any) -> Change:
    """Add a group of what is defined, or a group of such groups."""

    def add(files: Files) -> None:
        one = definition
        for _ in range(depth):
            properties = {"count": 2, "resource_def": one}
            one = {"type": "OS::Heat::ResourceGroup", "properties": properties}
        files["template"]["resources"]["many"] = one

    return add


OPEN = {"rules": [{"remote_ip_prefix": "0.0.0.0/0", "remote_mode": "remote_ip_prefix"}]}


def unknown_parameter(files: Files) -> None:
    files["template"]["outputs"]["more"] = {"value": {"get_param": "nothing"}}


WORLD: tuple[dict[str, Any], ...] = (
    {},
    {"remote_ip_prefix": "0.0.0.0/0"},
    {"remote_ip_prefix": "0.0.0.0/0", "remote_mode": "remote_ip_prefix"},
    {"remote_ip_prefix": "10.0.0.0/0"},
    {"remote_ip_prefix": "::/0"},
    {"remote_ip_prefix": {"if": ["reachable", "0.0.0.0/0", "10.0.0.0/8"]}},
    {"remote_mode": "remote_ip_prefix"},
)

# rule, what is done to the good entry, what the fault says
BAD: tuple[tuple[Callable[..., Any], Change, str], ...] = (
    (
        lint.version,
        lambda files: files["template"].update(heat_template_version="2013-05-23"),
        "2021-04-16",
    ),
    (lint.grouped, group_twice, "parameters.flavor: is in 2 of the parameter_groups"),
    (lint.grouped, lambda files: files["template"]["parameter_groups"].pop(0), "is in 0 of"),
    (
        lint.grouped,
        lambda files: files["template"]["parameter_groups"][0].pop("label"),
        "a group needs a label",
    ),
    (
        lint.grouped,
        lambda files: files["template"]["parameter_groups"][0]["parameters"].append("x"),
        "names x",
    ),
    (lint.described, parameter("flavor", label=""), "needs a label"),
    (lint.described, parameter("flavor", description=""), "needs a description"),
    *(
        (
            lint.bilingual,
            parameter("flavor", description=words),
            "flavor.description: must be in Chinese",
        )
        for words in ("Size of the server", "云主机的规格", "Size 规格", "Size / 规格", "规格 / 2")
    ),
    (
        lint.bilingual,
        parameter("data_gib", constraints=[{"range": {"min": 1}, "description": "at least 1"}]),
        "data_gib.constraints[0].description: must be in Chinese and English",
    ),
    (
        lint.constrained,
        dropped("template", "parameters", "data_gib", "constraints"),
        "data_gib: needs constraints",
    ),
    (
        lint.listed,
        parameter("data_volume", constraints=[{"custom_constraint": "cinder.volume"}]),
        "empty list",
    ),
    (lint.secrets, added_parameter("admin_password"), "admin_password: is a secret by its name"),
    (
        lint.secrets,
        added_parameter("api_token", hidden=True, default="changeme"),
        "a secret has no default",
    ),
    (
        lint.made_secrets,
        resource(
            "server", properties={"admin_pass": {"get_param": "flavor"}, "password": "letmein1"}
        ),
        "server.properties.password: a secret stands here",
    ),
    *(
        (
            lint.made_secrets,
            grouped(1, type="OS::Nova::Server", properties={"admin_pass": value}),
            "resource_def.properties.admin_pass: a secret stands here",
        )
        for value in ("letmein1", 12345678)
    ),
    (
        lint.made_secrets,
        lambda files: files["template"]["outputs"].update(
            db_password={"value": {"get_param": "flavor"}}
        ),
        "say in the description",
    ),
    (
        lint.passwordless,
        set_user_data("#cloud-config\nssh_pwauth: true\n"),
        "log in with a password",
    ),
    (
        lint.passwordless,
        set_user_data("#cloud-config\nchpasswd: {list: ['root:x']}\n"),
        "log in with a password",
    ),
    (
        lint.passwordless,
        set_user_data("#cloud-config\nusers: [{name: a, hashed_passwd: $6$x}]\n"),
        "log in with a password",
    ),
    (
        lint.allowed,
        resource("group", type="OS::Keystone::User"),
        "the type OS::Keystone::User is forbidden",
    ),
    (
        lint.allowed,
        grouped(2, type="OS::Keystone::User"),
        "many: the type OS::Keystone::User is forbidden",
    ),
    (
        lint.reported,
        dropped("template", "resources", "report"),
        "server: needs a Ouhai::Server::Report",
    ),
    (
        lint.kept,
        dropped("template", "resources", "volume", "deletion_policy"),
        "deletion_policy: Retain",
    ),
    (
        lint.kept,
        grouped(1, type="OS::Cinder::Volume", properties={"size": 1}),
        "many.properties.resource_def: a volume needs deletion_policy: Retain",
    ),
    (
        lint.separable,
        resource("volume", depends_on="server"),
        "volume: depends on a server, so an update would replace it",
    ),
    (
        lint.reusable,
        dropped("template", "outputs", "data_volume"),
        "volume: needs a parameter and an output of one name",
    ),
    *((lint.closed, let_in(**remote), "lets the whole world in") for remote in WORLD),
    (
        lint.closed,
        grouped(1, type="OS::Neutron::SecurityGroup", properties=OPEN),
        "resource_def.properties.rules[0]: lets the whole world in",
    ),
    (
        lint.closed,
        resource("group", properties={"rules": {"if": ["reachable", [{}], []]}}),
        "group.properties.rules: must be a list",
    ),
    (lint.closed, resource("group", properties={"rules": [1]}), "rules[0]: must be a mapping"),
    (lint.outputs, dropped("template", "outputs", "health"), "lacks health"),
    (lint.outputs, dropped("template", "outputs", "address"), "lacks address"),
    (lint.used, unknown_parameter, "nothing is no parameter"),
    (lint.used, dropped("template", "resources", "floating"), "external_network: is not used"),
)


@pytest.mark.parametrize(
    ("rule", "change", "words"), BAD, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_bad_entry_is_refused_by_each_rule(
    tmp_path: Path, rule: Callable[..., Any], change: Change, words: str
) -> None:
    assert words in faults(tmp_path, change)
    text = (tmp_path / "server/1/template.yaml").read_text(encoding="utf-8")
    template = yaml_lines.read(text, "template.yaml")
    assert words in "\n".join(str(template.fault(*one)) for one in rule(template.data))


def test_every_rule_has_a_bad_entry() -> None:
    assert {rule for rule, _, _ in BAD} == set(lint.RULES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dropped("template", "parameters"), "parameters: an application has such a section"),
        (lambda files: files["template"].update(resources=[]), "resources: an application"),
        (lambda files: files["template"]["outputs"].update(x=1), "outputs.x: must be a mapping"),
        (resource("server", properties=None), "resources.server.properties: must be a mapping"),
        (
            grouped(2, type="OS::Heat::Value", properties=None),
            "many.properties.resource_def.properties.resource_def.properties: must be a mapping",
        ),
        (
            resource("group", type="OS::Heat::ResourceGroup"),
            "group.properties.resource_def: must be a mapping",
        ),
        (lambda files: files["template"].update(parameter_groups="a"), "parameter_groups: a list"),
        (lambda files: files["metadata"].update(version="2"), "its folder says '1'"),
        (lambda files: files["metadata"].update(title={"en": "a"}), "title: 'zh' is a required"),
        (lambda files: files["metadata"]["title"].update(zh="a"), "title.zh: 'a' does not match"),
        (lambda files: files["metadata"].update(more=1), "'more' was unexpected"),
        (lambda files: files["metadata"]["requires"].update(cores=0), "requires.cores: 0 is less"),
        (lambda files: files["tariff"].update(core="dear"), "core: a price of 0 or more"),
        (lambda files: files["metadata"].update(uses="mail"), "uses: 'mail' is not of type"),
    ],
)
def test_other_faults_are_told_with_file_line_and_path(
    tmp_path: Path, change: Change, words: str
) -> None:
    assert words in faults(tmp_path, change)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "this is no YAML"),
        ("- a", "must be a mapping"),
        ("a: &x 1\nb: *x", ":2: aliases are not allowed"),
        ("a: " + "x" * (256 * 1024), "more than 262144 bytes"),
    ],
)
def test_what_is_no_mapping_in_yaml_is_refused(tmp_path: Path, text: str, words: str) -> None:
    folder = write(tmp_path, unchanged)
    (folder / "template.yaml").write_text(text)
    with pytest.raises(EntryInvalid, match=r"template\.yaml") as caught:
        load(folder, "lab")
    assert words in str(caught.value)


def test_a_missing_environment_and_other_encodings_are_named(tmp_path: Path) -> None:
    folder = write(tmp_path, unchanged)
    with pytest.raises(EntryInvalid, match=r"test\.yaml: cannot be read"):
        load(folder, "test")
    (folder / "metadata.yaml").write_bytes("标题: x".encode("gbk"))
    with pytest.raises(EntryInvalid, match="not UTF-8"):
        load(folder, "lab")


def test_the_digest_covers_everything_and_a_changed_document_is_refused(tmp_path: Path) -> None:
    one = load(GOOD, "lab")
    dearer = load(write(tmp_path, lambda files: files["tariff"].update(core=61)), "lab")
    assert one.digest != dearer.digest != load(GOOD, "production").digest
    with pytest.raises(EntryInvalid, match="not what was published"):
        from_document(dearer.document, one.digest)


def test_without_a_tariff_there_is_none(tmp_path: Path) -> None:
    folder = write(tmp_path, unchanged)
    (tmp_path / "tariff.yaml").unlink()
    assert load(folder, "lab").tariff == {}


def test_an_entry_is_the_same_after_the_way_through_the_catalogue() -> None:
    entry = load(GOOD, "lab")
    again = from_document(entry.document, entry.digest)
    assert again == Entry(dict(entry.texts))


BUSINESS = TEMPLATES / "business-system" / "1"
NESTED = "nested/web-server.yaml"


def broken(folder: Path, file: str, old: str, new: str) -> str:
    """Return the faults of a business system in one of whose files a text is another."""
    target = folder / "business-system" / "1"
    shutil.copytree(BUSINESS, target)
    text = (target / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (target / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(EntryInvalid) as caught:
        load(target, "lab")
    assert all(one.line for one in caught.value.faults), "every fault has a line"
    return str(caught.value)


GROUPED = NESTED + "\n        properties"

# rule, what is replaced in the nested template by what, what the fault says
BAD_NESTED: tuple[tuple[Callable[..., Any], str, str, str], ...] = (
    (lint.version, "2021-04-16", "2018-08-31", "web-server.yaml:3: heat_template_version: must be"),
    (lint.secrets, "database_password: {type: string, hidden: true}",
     "database_password: {type: string}", "is a secret by its name"),
    (lint.secrets, "database_password: {type: string, hidden: true}",
     "database_password: {type: string, hidden: true, default: letmein1}",
     "parameters.database_password: a secret has no default"),
    (lint.made_secrets, "database_password: {get_param: database_password}",
     "database_password: letmein1", "database_password: a secret stands here"),
    (lint.passwordless, "            #cloud-config", "            ssh_pwauth: true",
     "lets people log in with a password"),
    (lint.allowed, "type: OS::Neutron::Port", "type: OS::Nova::KeyPair",
     "the type OS::Nova::KeyPair is forbidden"),
    (lint.reported, "type: Ouhai::Server::Report", "type: OS::Heat::Value",
     "needs a Ouhai::Server::Report"),
    (lint.transient, "type: OS::Neutron::Port", "type: OS::Cinder::Volume",
     "what is in a nested template goes with its server"),
    (lint.transient, "type: OS::Nova::Server", "type: OS::Heat::Value",
     "a nested template makes servers"),
    (lint.closed, "resources:\n", "resources:\n  open:\n    type: OS::Neutron::SecurityGroup\n"
     "    properties: {rules: [{protocol: tcp}]}\n", "lets the whole world in"),
    (lint.used, "title: {get_param: title}", "title: {get_param: heading}",
     "heading is no parameter"),
    (lint.used, "title: {get_param: title}", "title: a", "parameters.title: is not used"),
)  # fmt: skip
# the same with the file
BAD_ENTRIES: tuple[tuple[Callable[..., Any], str, str, str, str], ...] = (
    (entry_rules.environment, "lab.yaml", "parameter_defaults:\n", "parameter_defaults:\n  x: 1\n",
     "parameter_defaults.x: the template has no such parameter"),
    (entry_rules.environment, "lab.yaml", "parameter_defaults:\n",
     "parameter_defaults:\n  private_key: k\n", "private_key: a secret has no default"),
    (entry_rules.environment, "lab.yaml", "parameter_defaults:\n",
     "resource_registry: {}\nparameter_defaults:\n", "only parameter_defaults belong"),
    (entry_rules.environment, "lab.yaml", "parameter_defaults:\n",
     "parameter_defaults: 1\nmore:\n", "must be a mapping of parameters"),
    (entry_rules.version_output, "template.yaml", 'value: "1"', 'value: "2"',
     "outputs.version: is '2', but metadata.yaml says '1'"),
    (entry_rules.flavors, "metadata.yaml", "  database_flavor:\n", "  title:\n",
     "no flavor is chosen by such a parameter"),
    (entry_rules.scalable, "metadata.yaml", "scales: web_servers", "scales: data_gib",
     "is 'data_gib', which is not the count of one OS::Heat::ResourceGroup"),
    (entry_rules.scalable, "template.yaml", "  database: business\n",
     "  database: {get_param: web_servers}\n",
     "changing web_servers would touch database of the template"),
    (entry_rules.scalable, "template.yaml", "  database: business\n",
     "  database: {get_attr: [web, address]}\n",
     "changing web_servers would touch database of the template"),
    (entry_rules.usable, "metadata.yaml", "scales: web_servers", "scales: web_servers\nuses: [fax]",
     "uses[0]: is 'fax'; there are mail"),
    (entry_rules.usable, "metadata.yaml", "scales: web_servers",
     "scales: web_servers\nuses: [article]",
     "uses[0]: article needs the output editor of the template"),
    (entry_rules.nested_types, "template.yaml", GROUPED, "nested/no.yaml\n        properties",
     "there is no nested/no.yaml in the application's folder"),
    (entry_rules.nested_types, "template.yaml", GROUPED, "OS::Nova::Server\n        properties",
     "web-server.yaml:3: is not used; remove it"),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "old", "new", "said"), BAD_NESTED)
def test_a_bad_nested_template_is_refused_by_each_rule(
    tmp_path: Path, rule: Callable[..., Any], old: str, new: str, said: str
) -> None:
    assert said in broken(tmp_path, NESTED, old, new)
    text = (tmp_path / "business-system/1" / NESTED).read_text(encoding="utf-8")
    template = yaml_lines.read(text, NESTED)
    assert said in "\n".join(str(template.fault(*one)) for one in rule(template.data))


@pytest.mark.parametrize(("rule", "file", "old", "new", "said"), BAD_ENTRIES)
def test_a_bad_entry_as_a_whole_is_refused_by_each_rule(
    tmp_path: Path, rule: Callable[..., Any], file: str, old: str, new: str, said: str
) -> None:
    assert said in broken(tmp_path, file, old, new)
    folder = tmp_path / "business-system/1"
    files = {"environment": "lab.yaml", NESTED: NESTED}
    files |= {name: f"{name}.yaml" for name in ("template", "metadata")}
    documents = {
        name: yaml_lines.read((folder / path).read_text(encoding="utf-8"), path)
        for name, path in files.items()
    }
    assert said in "\n".join(map(str, rule(documents)))


def test_every_rule_of_nested_templates_and_of_entries_has_a_bad_example() -> None:
    assert {rule for rule, *_ in BAD_NESTED} == set(lint.NESTED_RULES)
    assert {rule for rule, *_ in BAD_ENTRIES} == set(entry_rules.ENTRY_RULES)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("OS::Nova::Server", "make a nested template of server and report"),
        ("OS::Nova::KeyPair", "the type OS::Nova::KeyPair is forbidden"),
    ],
)
def test_what_a_group_is_made_of_has_rules(tmp_path: Path, kind: str, said: str) -> None:
    assert said in broken(tmp_path, "template.yaml", GROUPED, f"{kind}\n        properties")


def test_nested_templates_are_part_of_a_version() -> None:
    entry = load(BUSINESS, "lab")
    assert list(entry.nested) == [NESTED] and entry.scales == "web_servers"
    other = Entry({**entry.texts, NESTED: entry.texts[NESTED] + "# changed\n"})
    assert other.code_digest != entry.code_digest
    assert from_document(entry.document, entry.digest).nested == entry.nested


def test_each_flavor_may_need_its_own_size() -> None:
    entry = load(BUSINESS, "lab")
    assert entry.requires("web_flavor").memory_mib == 512
    assert entry.requires("database_flavor").memory_mib == 1024
