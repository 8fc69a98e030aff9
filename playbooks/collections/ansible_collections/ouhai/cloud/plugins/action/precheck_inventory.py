"""Check everything that the inventory alone can tell, on the deploy host."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible_collections.ouhai.cloud.plugins.plugin_utils import (
    check_addresses,
    check_groups,
    check_secrets,
    host_expectations,
    inventory_files,
    variable_types,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction
from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import (
    Failure,
    Host,
    Inventory,
    plain,
)

_GLOBAL = (
    "precheck_ports",
    "precheck_group_sizes",
    "secrets_required",
    "secrets_file",
    "vault_password_file",
    "pki_folder",
    "service_names",
    "service_folder",
)


class ActionModule(CheckedAction):
    """Reads variables one by one: one that cannot be evaluated must not hide the rest."""

    _requires_connection = False
    arguments: ClassVar[dict[str, Any]] = {
        "schemas": {"type": "path", "required": True},
        "variables_folder": {"type": "path", "required": True},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return the failures, and what each host has to be like."""
        self._vars = self.task_vars
        self._failures: list[Failure] = []
        schemas = yaml.safe_load(Path(args["schemas"]).read_text(encoding="utf-8"))
        settings = {name: self._evaluate(name) for name in _GLOBAL}
        missing = [name for name, value in settings.items() if value is None]
        if missing:
            raise AnsibleActionFail(
                f"{', '.join(missing)} cannot be evaluated. They are set in "
                f"{args['variables_folder']}; see what the inventory overrides."
            )
        inventory = self._inventory(schemas)
        self._failures += self._check(inventory, settings, schemas, args["variables_folder"])
        repository = self._repository(inventory)
        ports = [*settings["precheck_ports"], *self._record_ports(settings)]
        expected = host_expectations.expectations(
            inventory, ports, repository, str(self._evaluate("secret_ceph_fsid") or "")
        )
        failures = [failure.as_dict() for failure in self._failures]
        return {"changed": False, "failures": failures, "expected": expected}

    def _check(
        self,
        inventory: Inventory,
        settings: Mapping[str, Any],
        schemas: Mapping[str, Any],
        variables_folder: str,
    ) -> list[Failure]:
        declared = inventory_files.declared_names(self._loader, Path(variables_folder))
        declared |= set(settings["secrets_required"])
        for schema in schemas.values():
            declared |= set(schema["properties"])
        required = settings["secrets_required"]
        secrets_file = Path(settings["secrets_file"])
        secrets = {name: self._evaluate(name) for name in required}
        return [
            *check_groups.check_groups(inventory, settings["precheck_group_sizes"]),
            *variable_types.check_names(inventory, declared),
            *variable_types.check_types(inventory, schemas),
            *check_addresses.check_addresses(inventory),
            *_check_api_name(inventory),
            *check_secrets.check_secrets(secrets, required, secrets_file.name),
            *check_secrets.check_files(secrets_file, Path(settings["vault_password_file"])),
            *check_secrets.check_authority(
                Path(settings["pki_folder"]), secrets.get("secret_ca_passphrase")
            ),
        ]

    def _inventory(self, schemas: Mapping[str, Any]) -> Inventory:
        groups = {
            str(name): [str(host) for host in hosts] for name, hosts in self._vars["groups"].items()
        }
        hosts = {}
        for name in groups.get("all", []):
            values = self._host_values(name, schemas["host"]["properties"])
            mine = frozenset(group for group, members in groups.items() if name in members)
            hosts[name] = Host(name, mine, values)
        names = schemas["cloud"]["properties"]
        values = {name: value for name in names if (value := self._evaluate(name)) is not None}
        sources = inventory_files.variable_sources(
            self._loader, self._vars.get("ansible_inventory_sources") or []
        )
        return Inventory(hosts, groups, values, sources)

    def _evaluate(self, name: str) -> Any:
        """Return a variable's value; None when it is not set or cannot be evaluated."""
        if name not in self._vars:
            return None
        try:
            return plain(self._templar.template(self._vars[name]))
        except AnsibleError:
            return None  # what needs it says that it is missing

    def _host_values(self, host: str, names: Iterable[str]) -> dict[str, Any]:
        variables = self._vars["hostvars"][host]
        values = {}
        for name in names:
            try:
                values[name] = plain(variables[name])
            except (KeyError, AnsibleError):
                continue
        return values

    def _record_ports(self, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
        ports = []
        for name in settings["service_names"]:
            path = Path(settings["service_folder"], f"{name}.yml")
            record = yaml.safe_load(path.read_text(encoding="utf-8"))
            ports += host_expectations.record_ports(record["service"])
        return ports

    def _repository(self, inventory: Inventory) -> dict[str, str | None]:
        """Read the repository's key and authority, which are on the deploy host."""
        key = self._read(inventory, "repository_key_file")
        authority = self._read(inventory, "repository_ca_file")
        return {
            "repository_url": inventory.variables.get("repository_url"),
            "repository_key": base64.b64encode(key).decode() if key else None,
            "repository_authority": authority.decode() if authority else None,
        }

    def _read(self, inventory: Inventory, name: str) -> bytes | None:
        path = inventory.variables.get(name)
        if not isinstance(path, str) or not path:
            return None
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            fault = f"cannot be read on the deploy host: {error.strerror}"
        else:
            if content:
                return content
            fault = "is empty"
        self._failures.append(
            Failure(
                inventory.place(name),
                f"{path} {fault}",
                "hosts could not tell whether packages are the right ones",
                "Correct the path; deploy/repository/make writes the key beside the repository.",
            )
        )
        return None


def _check_api_name(inventory: Inventory) -> list[Failure]:
    """Check that the deploy host finds the APIs by their name, as every user will have to."""
    name, address = (inventory.variables.get(key) for key in ("api_name", "api_address"))
    if not isinstance(name, str) or not isinstance(address, str):
        return []
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(name, None, socket.AF_INET)}
    except (socket.gaierror, UnicodeError):
        found = set()
    if address in found:
        return []
    seen = f"resolves to {', '.join(sorted(map(str, found)))}" if found else "does not resolve"
    return [
        Failure(
            f"{inventory.place('api_name')} on the deploy host",
            f"{name} {seen}, it has to be {address} (api_address)",
            "no client would find the cloud",
            f"Add {name} with {address} to the DNS (or /etc/hosts of the deploy host).",
        )
    ]
