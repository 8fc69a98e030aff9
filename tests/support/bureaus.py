"""Bureaus on the lab: the register it plays, what people of a unit may see, and our commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import openstack
import requests
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.forms import form_with
from openstack.connection import Connection
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.register.model import Bureau, Register

from tests.support.lab import ROOT, Lab
from tests.support.leaks import secret_values

DIRECTORY = "district"
DUTIES_NAME = "运维管理"
COMMAND_SECONDS = 600
REQUEST_SECONDS = 60


class LoginRefused(Exception):
    """The dashboard did not let a person in."""


@dataclass(frozen=True)
class Bureaus:
    """The lab's register and the two doors to what it has become."""

    lab: Lab

    @cached_property
    def path(self) -> Path:
        """Return the register that the lab plays."""
        default = str(ROOT / "deploy/register/two-bureaus.yaml")
        return Path(self.lab.environment.get("OUHAI_REGISTER", default))

    @cached_property
    def register(self) -> Register:
        """Return the same, read."""
        return load(self.path)

    @cached_property
    def password(self) -> str:
        """Return the password that all test persons have."""
        return secret_values(self.lab)["secret_directory_people_password"]

    def command(self, *words: str, state: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run `openstack bureau WORDS` as operators do."""
        return subprocess.run(
            ["openstack", "bureau", *words],
            env=self.environment(state),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def environment(self, state: Path | None = None) -> dict[str, str]:
        """Return the variables that the command runs with."""
        ours = {"OUHAI_REGISTER": str(self.path)}
        if state is not None:
            ours["OUHAI_STATE"] = str(state)
        return os.environ | self.lab.environment | ours

    def sees(self, unit: Bureau) -> set[str]:
        """Return the names of the projects that people of a unit must see, and no others."""
        below = [one for one in self.register.bureaus if self._is_below(one, unit)]
        found = {system.name for one in (unit, *below) for system in one.systems}
        # A role on a domain is one on the containers in it; on its own container nobody has one.
        found |= {one.name for one in below}
        return found | ({DUTIES_NAME} if unit.kind == "centre" else set())

    def _is_below(self, one: Bureau, unit: Bureau) -> bool:
        while one.parent is not None:
            one = self.register.bureau(one.parent)
            if one == unit:
                return True
        return False

    def people(self) -> Iterator[tuple[str, Bureau, str]]:
        """Yield each person of a unit: user name, unit, role."""
        for unit in self.register.bureaus:
            for role in ("manager", "member", "reader"):
                yield f"{unit.short}-{role}", unit, role

    def connection(self, user: str, project_id: str) -> Connection:
        """Return a connection as a person, logged in to a project."""
        return openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            auth={
                "auth_url": self.lab.access.auth_url,
                "username": user,
                "user_domain_name": DIRECTORY,
                "password": self.password,
                "project_id": project_id,
            },
            region_name=self.lab.access.region_name,
            cacert=str(self.lab.access.ca_file),
            api_timeout=REQUEST_SECONDS,
        )

    def projects_of(self, user: str, auth_url: str) -> set[str]:
        """Return the names of the projects that Keystone offers a person.

        :raises requests.HTTPError: the person cannot log in.
        """
        who = {"name": user, "domain": {"name": DIRECTORY}, "password": self.password}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}}}
        with requests.Session() as session:
            # REQUESTS_CA_BUNDLE in the environment would win over `verify`
            session.trust_env = False
            session.verify = str(self.lab.access.ca_file)
            answer = session.post(f"{auth_url}/auth/tokens", json=body, timeout=REQUEST_SECONDS)
            answer.raise_for_status()
            token = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
            found = session.get(f"{auth_url}/auth/projects", headers=token, timeout=REQUEST_SECONDS)
            found.raise_for_status()
            return {project["name"] for project in found.json()["projects"]}

    def dashboard_page(self, user: str, dashboard_url: str) -> str:
        """Return what the dashboard shows a person after the login, as HTML.

        :raises LoginRefused: it does not let the person in.
        """
        with requests.Session() as browser:
            browser.trust_env = False
            browser.verify = str(self.lab.access.ca_file)
            page = browser.get(f"{dashboard_url}auth/login/", timeout=REQUEST_SECONDS)
            found = form_with(page.text, "password")
            if found is None:
                raise LoginRefused(f"{page.url} has no login form")
            fields = found[0] | {
                "username": user,
                "password": self.password,
                "domain": DIRECTORY,
            }
            answer = browser.post(
                page.url, data=fields, headers={"Referer": page.url}, timeout=REQUEST_SECONDS
            )
            answer.raise_for_status()
            answer.encoding = "utf-8"
            if form_with(answer.text, "password") is not None:
                raise LoginRefused(f"the dashboard did not let {user} in")
            return answer.text


def project_key(unit: Bureau) -> str:
    """Return the key of a unit's first system's project."""
    return keys.project(unit.code, unit.systems[0].code)
