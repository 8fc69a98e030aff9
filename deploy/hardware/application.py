"""The end of ``up``: an application for one bureau, deployed by a member of its staff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deploy.hardware import jobs, register
from deploy.hardware.errors import JobFailed, LabError
from deploy.hardware.inventory import VAULT_KEY_FILE
from deploy.hardware.layout import Layout
from deploy.hardware.progress import Progress

DEFAULT = "server"
NONE = "none"
DIRECTORY_DOMAIN = "district"
PASSWORD = "secret_directory_people_password"  # noqa: S105 (the name of it in the vault)


def names(layout: Layout) -> list[str]:
    """Return the applications of the tree."""
    return sorted({path.parts[-3] for path in layout.tree.glob("heat-templates/*/*/template.yaml")})


def find(layout: Layout, wish: str) -> str:
    """Return an application's name; raise LabError if the tree has no such one."""
    if wish not in (NONE, *names(layout)):
        raise LabError(f"--app {wish}: there are {', '.join(names(layout))}, and {NONE}")
    return wish


def images(layout: Layout, wish: str) -> set[str]:
    """Return the images that an application's templates ask for when nobody chooses another."""
    import yaml

    paths = layout.tree.glob(f"heat-templates/{wish}/*/template.yaml")
    templates = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    return {
        str(one["default"])
        for template in templates
        for one in template["parameters"].values()
        if {"custom_constraint": "glance.image"} in one.get("constraints", ())
    }


def deliver(
    layout: Layout, progress: Progress, register_file: Path, wish: str, operators: str
) -> dict[str, str]:
    """Deploy the application unless it is there, and return what the summary says of it.

    :param operators: address that its servers are looked after from; other bureaus have some of
        the same network.
    :raises JobFailed: it could not be deployed, or is not well; with what was said.
    """
    bureau, system = register.some_tenant(register_file)
    member = Member(layout, progress, f"{bureau.short}-member", system.name, bureau.short)
    name = f"{bureau.short}-{wish}"
    there = member.ask("status", name)
    if there and there["status"] == "CREATE_FAILED":
        # Nobody has used it. What failed later holds data.
        member.run("delete", name, "--delete-data")
        there = {}
    if there and there["failure"]:
        raise LabError(f"{name} is not well: {there['failure']}")
    if there:
        member.run("verify", name)
        seconds = "already there"
    else:
        values = (f"public_key=@{layout.ssh_key}.pub", f"ssh_from={operators}/32")
        options = (word for one in values for word in ("--parameter", one))
        there = member.run("deploy", wish, name, *options, "-f", "json")
        seconds = f"{there['seconds']} s"
    return {
        "application": wish,
        "name": name,
        "bureau": f"{bureau.name} {system.name}",
        "by": member.name,
        "address": str(there["address"]),
        "access": access(there, layout.ssh_key),
        "seconds": seconds,
    }


def access(copy: dict[str, Any], ssh_key: Path) -> str:
    """Return how to get into a copy, with the key that the lab gave it where it takes one."""
    words = str(copy["access"])
    return f"{words} -i {ssh_key}" if words.startswith("ssh ") else words


def line(delivered: dict[str, str]) -> str:
    """Return one line about what was delivered."""
    return "{application} at {address} for {bureau} (by {by}, {seconds}); {access}".format_map(
        delivered
    )


class Member:
    """Runs ``openstack app`` as a member of a bureau's staff, with that member's own rights.

    :param domain: name of the domain that the project is in.
    """

    def __init__(
        self, layout: Layout, progress: Progress, name: str, project: str, domain: str
    ) -> None:
        """Nothing happens before ask() or run()."""
        self.name = name
        self._layout = layout
        self._progress = progress
        self._environment = environment(layout, name, project, domain)

    def ask(self, *words: str) -> dict[str, Any]:
        """Return what a command that shows something says; nothing when there is nothing."""
        try:
            return self.run(*words, "-f", "json")
        except JobFailed:
            log = self._layout.logs / "application.log"
            return _answer(log.read_text(errors="replace"))

    def run(self, *words: str) -> dict[str, Any]:
        """Run a command, show what it is at, and return what it answers; raise JobFailed."""
        command = [str(self._layout.venv / "bin/openstack"), "app", *words]
        job = jobs.start(
            self._layout, "application", command, environment=self._environment, piped=True
        )
        try:
            with job.log.open("w", buffering=1) as log:
                for text in job.process.stdout or ():
                    log.write(text)
                    if not text.startswith(("{", "}", " ", "+", "|")):
                        self._progress.detail(text.rstrip())
            return _answer(job.wait())
        finally:
            job.stop()


def _answer(said: str) -> dict[str, Any]:
    """Return the JSON object that a command's output ends with; nothing where it has none."""
    _, brace, rest = said.partition("\n{") if not said.startswith("{") else ("", "{", said[1:])
    if not brace:
        return {}
    found: dict[str, Any] = json.JSONDecoder().raw_decode("{" + rest)[0]
    return found


def environment(layout: Layout, user: str, project: str, domain: str) -> dict[str, str]:
    """Return the variables by which a person logs in to a project of a domain."""
    import yaml

    cloud = yaml.safe_load((layout.inventory / "clouds.yaml").read_text())["clouds"]
    (access,) = cloud.values()
    return {
        "OS_CLOUD": "",
        "OS_CLIENT_CONFIG_FILE": "",
        "OS_AUTH_URL": access["auth"]["auth_url"],
        "OS_CACERT": access["cacert"],
        "OS_REGION_NAME": access["region_name"],
        "OS_IDENTITY_API_VERSION": "3",
        "OS_USERNAME": user,
        "OS_USER_DOMAIN_NAME": DIRECTORY_DOMAIN,
        "OS_PASSWORD": secret(layout, PASSWORD),
        "OS_PROJECT_NAME": project,
        "OS_PROJECT_DOMAIN_NAME": domain,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


def secret(layout: Layout, name: str) -> str:
    """Return a secret of the inventory's vault."""
    import yaml
    from ansible.parsing.vault import VaultLib, VaultSecret

    key = (layout.inventory / VAULT_KEY_FILE).read_bytes().strip()
    vault = VaultLib([("default", VaultSecret(key))])
    text = vault.decrypt((layout.inventory / "group_vars/all/secrets.yml").read_bytes())
    return str(yaml.safe_load(text)[name])
