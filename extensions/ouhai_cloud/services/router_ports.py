"""Neutron without the five seconds that it waits for the host of a router's port.

When OVN reports a port as up, Neutron notes on which host it is. If the port has none yet, it looks
again twice, two to three seconds later each time, and the events of all other ports wait. The port
between a router and a subnet never has a host. So every router that is made holds up the servers
that start after it, and sixty bureaus' routers hold them up for many minutes.
"""

from __future__ import annotations

from typing import Any

from neutron.plugins.ml2.drivers.ovn.mech_driver.ovsdb import ovn_client
from neutron_lib import constants
from neutron_lib.services import base

WITHOUT_HOST = (constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_DISTRIBUTED)


class PatientForHostsOnly(ovn_client.OVNClient):
    """Neutron's client of OVN, which notes no host for ports that have none."""

    def update_lsp_host_info(self, context: Any, db_port: Any, up: bool = True) -> None:
        """Note the host of a port, if it can have one.

        :param context: Neutron's context.
        :param db_port: the port as Neutron's database has it.
        :param up: False removes the note.
        """
        if db_port.device_owner not in WITHOUT_HOST:
            super().update_lsp_host_info(context, db_port, up)


class RouterPorts(base.ServicePluginBase):
    """Puts that client in the place of Neutron's, which nobody has made yet.

    The driver makes its client when it first needs it; plugins are loaded before.
    """

    supported_extension_aliases: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        ovn_client.OVNClient = PatientForHostsOnly

    @classmethod
    def get_plugin_type(cls) -> str:
        """Return what tells this plugin from others."""
        return "ouhai-router-ports"

    def get_plugin_description(self) -> str:
        """Return what the plugin does."""
        return "Does not wait for the host of a router's port"
