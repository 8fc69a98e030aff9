"""What the filters make of services' records."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.filter import services as filters
from hypothesis import given
from hypothesis import strategies as st

from tests.runner.paths import ROOT

FOLDER = str(ROOT / "deploy" / "services")
NAMES = sorted(path.stem for path in (ROOT / "deploy" / "services").glob("*.yml"))
RECORD: dict[str, Any] = {
    "name": "heat",
    "config_path": "/etc/heat/heat.conf",
    "catalogue": {"type": "orchestration", "description": "Orchestration", "path": "/v1"},
    "databases": ["heat", "heat_more"],
    "apis": [
        {"unit": "heat-api", "port": 8004, "wsgi": "/usr/bin/api", "workers": 2},
        {
            "unit": "heat-api-cfn",
            "port": 8000,
            "wsgi": "/usr/bin/cfn",
            "workers": 1,
            "arguments": "--config-file /etc/heat/heat.conf",
            "catalogue": {"name": "heat-cfn", "type": "cloudformation", "path": "/v1"},
        },
    ],
    "daemons": ["heat-engine"],
    "extra_daemons": [{"unit": "heat-more", "program": "/usr/bin/more", "arguments": "--all"}],
    "proxied": [{"name": "console", "port": 6080}, {"name": "web", "port": 80, "public_port": 443}],
    "files": [{"path": "/etc/heat/more", "content": "more\n"}],
}
WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
# oslo.config takes the blanks around a value away.
VALUES = st.text(st.characters(min_codepoint=32, exclude_categories=("C", "Z"))).map(str.strip)


def parse(text: str) -> dict[str, dict[str, list[str]]]:
    """Read a file as oslo.config does, every option as one that may be given several times."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in text.split("\n"):
        if line.startswith("["):
            options = sections.setdefault(line[1:-1], {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            options.setdefault(name.strip(), []).append(value.strip())
    return sections


@given(st.dictionaries(WORDS, st.dictionaries(WORDS, st.lists(VALUES, min_size=1), max_size=4)))
def test_what_is_written_is_read_again(sections: dict[str, dict[str, list[str]]]) -> None:
    assert parse(filters.oslo_conf(sections)) == sections


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (0, "0"), (1.5, "1.5"), ("a b", "a b"), ({"a": 1, "b": "c"}, "a:1,b:c")],
)
def test_values_are_written_as_oslo_config_reads_them(value: object, text: str) -> None:
    assert filters.option_value(value) == text


def test_a_service_gets_its_configuration_units_and_files() -> None:
    files = {
        file["path"]: file for file in filters.service_files(RECORD, {"DEFAULT": {"debug": False}})
    }
    units = "/etc/systemd/system"
    assert list(files) == [
        "/etc/heat/heat.conf",
        "/etc/heat/heat-api-uwsgi-ouhai.ini",
        f"{units}/heat-api.service.d/ouhai.conf",
        "/etc/heat/heat-api-cfn-uwsgi-ouhai.ini",
        f"{units}/heat-api-cfn.service.d/ouhai.conf",
        f"{units}/heat-engine.service.d/ouhai.conf",
        f"{units}/heat-more.service",
        "/etc/heat/more",
    ]
    configuration = files["/etc/heat/heat.conf"]
    assert (configuration["group"], configuration["mode"]) == ("heat", "0640")
    assert "pyargv" not in files["/etc/heat/heat-api-uwsgi-ouhai.ini"]["content"]
    cfn = files["/etc/heat/heat-api-cfn-uwsgi-ouhai.ini"]["content"].splitlines()
    assert "http-socket = 127.0.0.1:8000" in cfn
    assert "pyargv = --config-file /etc/heat/heat.conf" in cfn
    assert "ExecStart=/usr/bin/more --all " in files[f"{units}/heat-more.service"]["content"]
    assert filters.service_units(RECORD) == ["heat-api", "heat-api-cfn", "heat-engine", "heat-more"]


def test_a_service_that_enforces_limits_is_told_its_endpoint() -> None:
    (file,) = filters.limit_files({"glance": "e1"})
    assert file["path"] == "/etc/glance/glance.conf.d/limits.conf"
    assert parse(file["content"]) == {"oslo_limit": {"endpoint_id": ["e1"]}}


def test_ports_are_public_under_their_own_number_unless_said() -> None:
    ports = filters.public_ports([RECORD, {"name": "bare"}])
    assert [(port["name"], port["port"], port["public_port"]) for port in ports] == [
        ("heat-api", 8004, 8004),
        ("heat-api-cfn", 8000, 8000),
        ("console", 6080, 6080),
        ("web", 80, 443),
    ]
    assert filters.local_urls([RECORD])["web"] == "http://127.0.0.1:80/"


def test_the_catalogue_has_the_service_and_its_further_apis() -> None:
    entries = filters.catalogue_services([RECORD, {"name": "bare"}])
    assert [(entry["name"], entry["type"], entry["port"]) for entry in entries] == [
        ("heat", "orchestration", 8004),
        ("heat-cfn", "cloudformation", 8000),
    ]


def test_every_database_has_a_url_with_its_owner() -> None:
    records = [RECORD, {"name": "horizon", "databases": []}]
    urls = filters.database_urls(records, {"heat": "pw"}, "10.0.0.1", "/ca.crt")
    end = "?charset=utf8mb4&ssl_ca=/ca.crt"
    assert urls == {
        "heat": f"mysql+pymysql://heat:pw@10.0.0.1/heat{end}",
        "heat_more": f"mysql+pymysql://heat:pw@10.0.0.1/heat_more{end}",
    }


@given(st.text())
def test_rabbitmq_can_check_a_password_against_its_hash(password: str) -> None:
    stored = base64.b64decode(filters.rabbitmq_password_hash(password))
    salt, digest = stored[:4], stored[4:]
    assert digest == hashlib.sha256(salt + password.encode()).digest()
    assert filters.rabbitmq_password_hash(password) == base64.b64encode(stored).decode()


def test_the_records_of_the_tree_do_not_collide() -> None:
    records = [filters.service_record(name, FOLDER) for name in NAMES]
    assert [record["name"] for record in records] == NAMES
    ports = filters.public_ports(records)
    for field in ("name", "port", "public_port"):
        values = [port[field] for port in ports]
        assert len(set(values)) == len(values), field
    assert [port["name"] for port in ports if port["hosts_only"]] == ["nova-api-metadata"]
    kinds = [entry["type"] for entry in filters.catalogue_services(records)]
    assert len(set(kinds)) == len(kinds)
    databases = [database for record in records for database in record["databases"]]
    assert len(set(databases)) == len(databases)


def test_an_api_takes_chunks_that_are_larger_than_glanceclients() -> None:
    for file in filters.uwsgi_files(RECORD):
        if file["path"].endswith(".ini"):
            options = dict(
                line.split(" = ", 1) for line in file["content"].splitlines() if " = " in line
            )
            assert int(options["chunked-input-limit"]) > 1 << 20
