"""Filters that turn a service's record into the files it needs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

DOCUMENTATION = """
name: services
short_description: Turn a service's record into the files it needs
description: See the docstring of each function.
author: ouhai-cloud
"""

UWSGI = """\
[uwsgi]
http-socket = 127.0.0.1:{port}
plugins = python3
wsgi-file = {wsgi}
{pyargv}name = {unit}
uid = {user}
gid = {user}
chdir = /var/lib/{user}
processes = {workers}
# Seen: with several threads, requests that come at once get each other's identity and answers.
threads = 1
enable-threads = true
master = true
lazy-apps = true
# a program that cannot start must fail its unit, not answer every request with 500
need-app = true
thunder-lock = true
buffer-size = 65535
listen = 100
# what Heat and Glance take may be chunked
wsgi-manage-chunked-input = true
http-chunked-input = true
# The default of 1 MiB refuses the chunks of glanceclient, which are as large: Nova sends images of
# servers so.
chunked-input-limit = 8388608
rem-header = Content-Length
paste-logger = true
no-orphans = true
die-on-term = true
worker-reload-mercy = 10
close-on-exec = true
close-on-exec2 = true
log-x-forwarded-for = true
# Neutron tells its API processes apart by the time the master started
start-time = %t
env = OS_OSLO_MESSAGING_RABBIT__PROCESSNAME={unit}
{environment}"""

UWSGI_UNIT = """\
# The package's own start script would listen on every address without TLS; haproxy stands in front.
[Service]
Type=notify
NotifyAccess=all
ExecStart=
ExecStart=/usr/bin/uwsgi_python3 --ini {ini}
SupplementaryGroups=ouhai-pki
"""

DAEMON_UNIT = """\
[Unit]
Description={unit}
After=network-online.target mariadb.service rabbitmq-server.service
Wants=network-online.target

[Service]
User={user}
Environment=OS_OSLO_MESSAGING_RABBIT__PROCESSNAME={unit}
ExecStart={program} {arguments} --log-file /var/log/{user}/{unit}.log
SupplementaryGroups=ouhai-pki
Restart=on-failure
LimitNOFILE=65535

[Install]
WantedBy=multi-user.target
"""

DAEMON_DROP_IN = """\
[Service]
SupplementaryGroups=ouhai-pki
Restart=on-failure
RestartSec=5
"""


def option_value(value: Any) -> str:
    """Write one value the way oslo.config reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ",".join(f"{key}:{item}" for key, item in value.items())
    return str(value)


def oslo_conf(sections: dict[str, dict[str, Any]]) -> str:
    """Render sections to the text of an oslo.config file; a list gives the option several times."""
    lines = ["# Written by Ansible. Change deploy/services/ or config_overrides, not this file."]
    for section, options in sections.items():
        lines += ["", f"[{section}]"]
        for option, value in options.items():
            for item in value if isinstance(value, list) else [value]:
                lines.append(f"{option} = {option_value(item)}")
    return "\n".join(lines) + "\n"


def policy_text(policy: list[dict[str, Any]], duty_checks: dict[str, str]) -> str:
    """Render the text of a policy file for oslo.policy.

    :param policy: groups of rules that share a check, as in group_vars/all/policies.yml.
    :param duty_checks: rules of our own that the checks refer to.
    """
    rules = {**duty_checks, **{rule: g["check"] for g in policy for rule in g["rules"]}}
    # Ansible marks values with where they are from, and YAML takes only strings without marks.
    plain = {str(rule): str(check) for rule, check in rules.items()}
    text: str = yaml.safe_dump(plain, sort_keys=False, width=10_000)
    return f"# Written by Ansible from group_vars/all/policies.yml.\n{text}"


def policy_files(
    policy: list[dict[str, Any]], name: str, duty_checks: dict[str, str]
) -> list[dict[str, str]]:
    """Return a service's policy file, none when it keeps all defaults."""
    if not policy:
        return []
    text = policy_text(policy, duty_checks)
    return [{"path": f"/etc/{name}/policy.yaml", "content": text, "group": name, "mode": "0640"}]


def dashboard_policy_files(
    policies: dict[str, list[dict[str, Any]]], duty_checks: dict[str, str], folder: str
) -> list[dict[str, str]]:
    """Return the services' policies for the dashboard, which offers what they allow.

    :param folder: where they belong on the host, one folder per service.
    """
    return [
        {
            "path": f"{folder}/{name}/policy.yaml",
            "content": policy_text(policy, duty_checks),
            "group": "www-data",
            "mode": "0640",
        }
        for name, policy in policies.items()
    ]


def limit_files(endpoints: dict[str, str]) -> list[dict[str, str]]:
    """Return for each service that enforces limits the file that says which endpoint it is.

    oslo.limit asks for the limits of its endpoint's service and region.

    :param endpoints: ids of endpoints by the name of their service.
    """
    return [
        {
            "path": f"/etc/{name}/{name}.conf.d/limits.conf",
            "content": oslo_conf({"oslo_limit": {"endpoint_id": endpoint}}),
            "group": name,
            "mode": "0640",
        }
        for name, endpoint in endpoints.items()
    ]


def drop_in(unit: str, text: str) -> dict[str, str]:
    """Return the file that changes a packaged unit."""
    return {"path": f"/etc/systemd/system/{unit}.service.d/ouhai.conf", "content": text}


def uwsgi_files(service: dict[str, Any]) -> list[dict[str, str]]:
    """Return the uWSGI configuration and the unit's drop-in for each API of a service."""
    files = []
    for api in service.get("apis", []):
        ini = f"/etc/{service['name']}/{api['unit']}-uwsgi-ouhai.ini"
        arguments = api.get("arguments", "")
        pyargv = f"pyargv = {arguments}\n" if arguments else ""
        variables = api.get("environment", {}).items()
        environment = "".join(f"env = {name}={value}\n" for name, value in variables)
        derived = {"user": service["name"], "pyargv": pyargv, "environment": environment}
        text = UWSGI.format(**{**api, **derived})
        files += [
            {"path": ini, "content": text},
            drop_in(api["unit"], UWSGI_UNIT.format(ini=ini)),
        ]
    return files


def service_files(
    service: dict[str, Any], sections: dict[str, dict[str, Any]]
) -> list[dict[str, str]]:
    """Return every file of a service: its configuration, its units, what its record adds."""
    name = service["name"]
    daemons = [drop_in(unit, DAEMON_DROP_IN) for unit in service.get("daemons", [])]
    extra = [
        {
            "path": f"/etc/systemd/system/{daemon['unit']}.service",
            "content": DAEMON_UNIT.format(**daemon, user=name),
        }
        for daemon in service.get("extra_daemons", [])
    ]
    configuration = {
        "path": service["config_path"],
        "content": oslo_conf(sections),
        "group": name,
        "mode": "0640",
    }
    return [configuration, *uwsgi_files(service), *daemons, *extra, *service.get("files", [])]


def service_units(service: dict[str, Any]) -> list[str]:
    """Return the names of all units of a service."""
    apis = [api["unit"] for api in service.get("apis", [])]
    extra = [daemon["unit"] for daemon in service.get("extra_daemons", [])]
    return [*apis, *service.get("daemons", []), *extra]


def service_record(name: str, folder: str) -> dict[str, Any]:
    """Read a service's record; its templates stay untouched, so only literal fields are of use."""
    record: dict[str, Any] = yaml.safe_load(Path(folder, f"{name}.yml").read_text("utf-8"))
    return dict(record["service"])


def public_ports(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what haproxy offers: name, port (local), public_port, hosts_only."""
    ports = []
    for service in services:
        for api in service.get("apis", []):
            hosts_only = api.get("hosts_only", False)
            port = {"name": api["unit"], "port": api["port"], "public_port": api["port"]}
            ports.append({**port, "hosts_only": hosts_only})
        for proxied in service.get("proxied", []):
            ports.append({"public_port": proxied["port"], "hosts_only": False, **proxied})
    return ports


def local_urls(services: list[dict[str, Any]]) -> dict[str, str]:
    """Return the local address of every API, by the name of its unit."""
    return {port["name"]: f"http://127.0.0.1:{port['port']}/" for port in public_ports(services)}


def catalogue_services(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the services for Keystone's catalogue: name, type, description, port, path."""
    entries = []
    for service in services:
        if "catalogue" in service:
            port = service["apis"][0]["port"]
            entries.append({"name": service["name"], "port": port, **service["catalogue"]})
        for api in service.get("apis", []):
            if "catalogue" in api:
                entries.append({"port": api["port"], **api["catalogue"]})
    return entries


def database_accounts(
    services: list[dict[str, Any]], passwords: dict[str, str]
) -> list[dict[str, Any]]:
    """Return name, password and databases of each service that has databases."""
    return [
        {"name": s["name"], "password": passwords[s["name"]], "databases": s["databases"]}
        for s in services
        if s["databases"]
    ]


def database_urls(
    services: list[dict[str, Any]], passwords: dict[str, str], address: str, ca_file: str
) -> dict[str, str]:
    """Return the SQLAlchemy URL of every database, by the database's name."""
    return {
        database: f"mysql+pymysql://{account['name']}:{account['password']}@{address}/{database}"
        f"?charset=utf8mb4&ssl_ca={ca_file}"
        for account in database_accounts(services, passwords)
        for database in account["databases"]
    }


def rabbitmq_password_hash(password: str) -> str:
    """Return RabbitMQ's salted SHA-256 of a password, the same at every call.

    Source: RabbitMQ documentation, "Credentials and Passwords". The salt is taken from the
    password itself, so that the definitions file does not change from run to run.
    """
    salt = hashlib.sha256(b"ouhai-cloud" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


class FilterModule:
    """The filters, as Ansible looks for them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return each filter under its name."""
        return {
            "limit_files": limit_files,
            "oslo_conf": oslo_conf,
            "policy_files": policy_files,
            "dashboard_policy_files": dashboard_policy_files,
            "service_files": service_files,
            "service_units": service_units,
            "service_record": service_record,
            "public_ports": public_ports,
            "local_urls": local_urls,
            "catalogue_services": catalogue_services,
            "database_accounts": database_accounts,
            "database_urls": database_urls,
            "rabbitmq_password_hash": rabbitmq_password_hash,
        }
