"""Templates without their servers, for any template."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ouhai_cloud.catalogue.entry import load
from ouhai_cloud.catalogue.serverless import dependents, references, without_servers

from tests.support.entries import SERVER

NAMES = st.sampled_from("abcdefg")
REFERENCES = st.one_of(
    st.builds(lambda name: {"get_resource": name}, NAMES),
    st.builds(lambda name: {"get_attr": [name, "x"]}, NAMES),
    st.builds(lambda name: {"if": ["yes", {"get_attr": [name, "x", 0]}, "no"]}, NAMES),
    st.just({"get_param": "a"}),
    st.just("a"),
)
SERVERS = st.sampled_from(
    [
        {"type": "OS::Nova::Server"},
        {
            "type": "OS::Heat::ResourceGroup",
            "properties": {"resource_def": {"type": "OS::Nova::Server", "properties": {}}},
        },
    ]
)
OTHERS = st.builds(
    lambda kind, properties, more: {"type": kind, "properties": properties, **more},
    st.sampled_from(["OS::Cinder::Volume", "OS::Neutron::Port", "OS::Heat::Value"]),
    st.dictionaries(st.sampled_from("xy"), REFERENCES, max_size=2),
    st.one_of(
        st.just({}),
        st.builds(lambda name: {"depends_on": name}, NAMES),
        st.builds(lambda names: {"depends_on": names}, st.lists(NAMES, max_size=2)),
    ),
)
TEMPLATES = st.builds(
    lambda resources, outputs: {
        "heat_template_version": "2021-04-16",
        "parameters": {"a": {"type": "string", "constraints": [{"length": {"min": 1}}]}},
        "resources": resources,
        "outputs": {name: {"value": value} for name, value in outputs.items()},
    },
    st.dictionaries(NAMES, st.one_of(SERVERS, OTHERS, OTHERS), min_size=1),
    st.dictionaries(st.sampled_from("opq"), REFERENCES),
)


def reaches_a_server(template: dict[str, Any], name: str) -> bool:
    """Follow references one by one, as nothing else here does."""
    seen, todo = set(), [name]
    while todo:
        one = todo.pop()
        if one in seen or one not in template["resources"]:
            continue
        seen.add(one)
        if "OS::Nova::Server" in repr(template["resources"][one]):
            return True
        todo += references(template["resources"][one])
    return False


@given(TEMPLATES)
def test_nothing_that_stays_refers_to_what_goes(template: dict[str, Any]) -> None:
    bare = without_servers(template)
    gone = set(template["resources"]) - set(bare["resources"])
    assert not gone.intersection(references([bare["resources"], bare["outputs"]]))


@given(TEMPLATES)
def test_what_goes_are_servers_and_what_leads_to_one_and_no_more(template: dict[str, Any]) -> None:
    expected = {one for one in template["resources"] if reaches_a_server(template, one)}
    assert dependents(template) == expected
    lost = set(template["outputs"]) - set(without_servers(template)["outputs"])
    for name, one in template["outputs"].items():
        assert (name in lost) == bool(expected.intersection(references(one)))


@given(TEMPLATES)
def test_doing_it_twice_is_as_good_as_once_and_the_template_stays(template: dict[str, Any]) -> None:
    before = copy.deepcopy(template)
    once = without_servers(template)
    assert without_servers(once) == once
    assert template == before
    assert once["heat_template_version"] == template["heat_template_version"]
    assert once["parameters"] == {"a": {"type": "string"}}


def test_a_server_without_its_server_keeps_data_and_address() -> None:
    bare = without_servers(load(SERVER, "lab").template)
    assert set(bare["resources"]) == {"group", "port", "floating", "volume"}
    assert set(bare["outputs"]) == {"address", "health", "version", "access", "data_volume"}
