"""Applications on the lab, as a member of a bureau's staff deploys them."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from openstack.connection import Connection
from ouhai_cloud.tenancy.register.model import Bureau, System

from tests.support.bureaus import DIRECTORY, Bureaus

COMMAND_SECONDS = 900
OWN_WORDS = ", own words"
WELL, UNWELL = "well", "NOT WELL"
# A guest looks at itself every minute, or every five where a look takes long.
OWN_WORDS_SECONDS = 600
SSH_SECONDS = 60
SSH = (
    *("ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10"),
    *("-o", "IdentitiesOnly=yes", "-F", "/dev/null"),
)


class CommandFailed(Exception):
    """A command that was to succeed did not; with what it said."""


@dataclass(frozen=True)
class Member:
    """A member of a bureau's staff, at work in one of its systems' projects."""

    bureaus: Bureaus
    bureau: Bureau
    system: System

    @property
    def name(self) -> str:
        """The user's name."""
        return f"{self.bureau.short}-member"

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """The variables by which the person's commands log in."""
        lab, access = self.bureaus.lab, self.bureaus.lab.access
        return {
            **os.environ,
            "PATH": lab.environment["PATH"],
            "OS_CLOUD": "",
            "OS_CLIENT_CONFIG_FILE": "",
            "OS_IDENTITY_API_VERSION": "3",
            "OS_AUTH_URL": access.auth_url,
            "OS_CACERT": str(access.ca_file),
            "OS_REGION_NAME": access.region_name,
            "OS_USERNAME": self.name,
            "OS_USER_DOMAIN_NAME": DIRECTORY,
            "OS_PASSWORD": self.bureaus.password,
            "OS_PROJECT_NAME": self.system.name,
            "OS_PROJECT_DOMAIN_NAME": self.bureau.short,
        }

    def app(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `openstack app WORDS`."""
        return run_app(self.environment, *words)

    def answer(self, *words: str) -> Any:
        """Run `openstack app WORDS -f json` and return what it answers.

        :raises CommandFailed: it did not succeed.
        """
        done = self.app(*words, "-f", "json")
        if done.returncode != 0:
            raise CommandFailed(f"openstack app {' '.join(words)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    @cached_property
    def connection(self) -> Connection:
        """A connection as this person."""
        cloud = Connection(
            auth={
                "auth_url": self.environment["OS_AUTH_URL"],
                "username": self.name,
                "user_domain_name": DIRECTORY,
                "password": self.bureaus.password,
                "project_name": self.system.name,
                "project_domain_name": self.bureau.short,
            },
            region_name=self.environment["OS_REGION_NAME"],
            cacert=self.environment["OS_CACERT"],
            identity_api_version="3",
        )
        cloud.authorize()
        return cloud

    def things(self) -> set[tuple[str, str]]:
        """Return kind and id of all that the project has."""
        cloud, project = self.connection, self.connection.current_project_id
        listed: dict[str, Any] = {
            "server": cloud.compute.servers(),
            "volume": cloud.block_storage.volumes(),
            "snapshot": cloud.block_storage.snapshots(),
            "image": cloud.image.images(owner=project),
            "address": cloud.network.ips(project_id=project),
            "port": cloud.network.ports(project_id=project),
            "security group": cloud.network.security_groups(project_id=project),
            "stack": cloud.orchestration.stacks(),
            "key pair": cloud.compute.keypairs(),
        }
        return {(kind, str(one.id)) for kind, rows in listed.items() for one in rows}


def members(bureaus: Bureaus) -> list[Member]:
    """Return a member of each of the register's bureaus, at work in its first system."""
    found = [one for one in bureaus.register.bureaus if one.kind == "bureau"]
    return [Member(bureaus, one, one.systems[0]) for one in found]


@contextmanager
def copy_name(member: Member) -> Iterator[str]:
    """Give a name for a copy, which is gone in the end with its data, whatever comes of it."""
    name = f"test-{secrets.token_hex(3)}"
    try:
        yield name
    finally:
        if any(row["Name"] == name for row in member.answer("list", "--deployed")):
            done = member.app("delete", name, "--delete-data")
            if done.returncode != 0:
                raise CommandFailed(f"{name} is left behind: {done.stderr}")


def deploy(
    member: Member, application: str, name: str, key: Key, *parameters: str
) -> dict[str, Any]:
    """Deploy a copy and return what its project's members may see of it, secrets included."""
    words = [word for one in (key.parameter, *parameters) for word in ("--parameter", one)]
    member.answer("deploy", application, name, *words)
    shown: dict[str, Any] = member.answer("status", name, "--secrets")
    return shown


def verified(member: Member, name: str) -> dict[str, str]:
    """Return what `openstack app verify` sees from outside, by check.

    :raises CommandFailed: something is not well, or the guests do not say themselves that they are.
    """
    found = {row["Check"]: row["Result"] for row in member.answer("verify", name)}
    said = {check for check in found if check.endswith(OWN_WORDS)}
    if not said:
        raise CommandFailed(f"no guest of {name} says how it is: {found}")
    return {check: result for check, result in found.items() if check not in said}


def await_own_words(member: Member, name: str, words: str, result: str = UNWELL) -> None:
    """Wait until `openstack app verify` shows words of a guest of a copy.

    :param result: what it says of that guest; its exit code must say the same of the copy.
    :raises CommandFailed: it does not.
    """
    deadline = time.monotonic() + OWN_WORDS_SECONDS
    while True:
        done = member.app("verify", name, "-f", "json")
        if not done.stdout:
            raise CommandFailed(f"verify {name}: {done.stderr}")
        rows = json.loads(done.stdout)
        unwell = any(row["Result"] == UNWELL for row in rows)
        if done.returncode != int(unwell):
            raise CommandFailed(f"verify {name} ended with {done.returncode}: {done.stdout}")
        guests = [row for row in rows if row["Check"].endswith(OWN_WORDS)]
        if any(words in row["Seen"] and row["Result"] == result for row in guests):
            return
        if time.monotonic() > deadline:
            raise CommandFailed(f"no guest of {name} says {words!r}: {done.stdout}")
        time.sleep(5)


def run_app(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run `openstack app WORDS` with an environment's rights."""
    return subprocess.run(
        ["openstack", "app", *words],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


@dataclass(frozen=True)
class Key:
    """A key pair of ours in a folder of its own."""

    folder: Path

    @cached_property
    def path(self) -> Path:
        """The private key; made when it is first asked for."""
        path = self.folder / "key"
        command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test@example")
        subprocess.run([*command, "-f", str(path)], check=True)
        return path

    @property
    def parameter(self) -> str:
        """The word by which a copy is told of it."""
        return f"public_key=@{self.path}.pub"

    def ssh(
        self, copy: Mapping[str, Any], command: str, *options: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a copy's guest, whose host key must be the one that it reported."""
        known = self.folder / "known_hosts"
        known.write_text(f"{copy['address']} {copy['host_key']}\n")
        words = (*SSH, "-o", f"UserKnownHostsFile={known}", "-i", str(self.path), *options)
        return subprocess.run(
            [*words, f"debian@{copy['address']}", command],
            capture_output=True,
            text=True,
            timeout=SSH_SECONDS,
            check=False,
        )

    def run(self, copy: Mapping[str, Any], command: str) -> str:
        """Run a command in a copy's guest and return what it says.

        :raises CommandFailed: it did not succeed.
        """
        done = self.ssh(copy, command)
        if done.returncode != 0:
            raise CommandFailed(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout
