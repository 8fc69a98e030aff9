"""The end of ``up``: where the cloud is, how to get in, where the time went."""

from __future__ import annotations

import shlex
from pathlib import Path

from deploy.hardware import application
from deploy.hardware.addresses import Addresses
from deploy.hardware.layout import Layout
from deploy.hardware.progress import table
from deploy.hardware.register import some_persons
from deploy.hardware.state import State


def summary(layout: Layout, state: State) -> str:
    """Return the text; it holds no secret, only where to find them."""
    first = next(iter(state.hosts))
    persons = ", ".join(some_persons(Path(state.register)))
    hosts = ", ".join(f"{name} ({address})" for name, address in state.hosts.items())
    delivered = application.line(state.delivered) if state.delivered else "none (--app)"
    return f"""
The cloud is up and verified.

  dashboard    https://{Addresses(state.prefix).api}/   (user admin, domain Default)
  certificate  {layout.inventory}/pki/ca.crt   (import it into the browser)
  password     in {layout.inventory}/clouds.yaml
  client       eval "$(deploy/lab env)"; openstack server list --all-projects
  bureaus      openstack bureau list   (register {state.register})
  their staff  {persons}
               of domain district, all with the password that is shown by
               ansible localhost -m debug -a var=secret_directory_people_password
  application  {delivered}
  shell        deploy/lab ssh {first}
  hosts        {hosts}
  logs         {layout.logs}

{table(state.phases)}
"""


def exports(values: dict[str, str]) -> str:
    """Return shell lines for ``eval``."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())
