"""Neutron's client of OVN, with two faults of its own mended.

**It waits five seconds for the host of a router's port.** When OVN reports a port as up, Neutron
notes on which host it is. If the port has none yet, it looks again twice, two to three seconds
later each time, and the events of all other ports wait. The port between a router and a subnet
never has a host. So every router that is made holds up the servers that start after it, and sixty
bureaus' routers hold them up for many minutes.

**It takes its own copy of OVN's database for the truth.** Each API process has one, and it may not
have heard yet of what another process has just made. Then the update of a port is dropped, with
the words that the port was deleted or that there is no such network, and the caller gets status
200. So the subnet of a network that is a moment old stays without DHCP options, its guests without
an address and without metadata, until Neutron's own repair minutes later. A port that is made while
the copy lacks the subnet's DHCP options has none for as long as it lives.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from neutron.common.ovn import utils
from neutron.plugins.ml2.drivers.ovn.mech_driver.ovsdb import ovn_client
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.services import base

WITHOUT_HOST = (constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_DISTRIBUTED)
# As long as Neutron waits for a switch, the one thing for which it does wait.
PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.05


class DhcpOptionsMissing(RuntimeError):
    """OVN's database, as this process sees it, has no DHCP options for a subnet that has DHCP."""


class Client(ovn_client.OVNClient):
    """Neutron's client of OVN; it looks for no host where none can be, and waits for its copy."""

    def update_lsp_host_info(self, context: Any, db_port: Any, up: bool = True) -> None:
        """Note the host of a port, if it can have one.

        :param context: Neutron's context.
        :param db_port: the port as Neutron's database has it.
        :param up: False removes the note.
        """
        if db_port.device_owner not in WITHOUT_HOST:
            super().update_lsp_host_info(context, db_port, up)

    def create_port(self, context: Any, port: Mapping[str, Any]) -> None:
        """Make a port in OVN, once its switch is known here.

        :param context: Neutron's context.
        :param port: the port as the API shows it.
        """
        switch = utils.ovn_name(port["network_id"])
        _wait_until(lambda: self._nb_idl.lookup("Logical_Switch", switch, default=None))
        super().create_port(context, port)

    def update_port(
        self, context: Any, port: Mapping[str, Any], port_object: Mapping[str, Any] | None = None
    ) -> None:
        """Change a port in OVN, once it is known here; one that is deleted meanwhile is let be.

        :param context: Neutron's context.
        :param port: the port as the API shows it.
        :param port_object: the port before.
        """
        id_ = port["id"]
        if not utils.is_lsp_ignored(port):
            _wait_until(
                lambda: (
                    self._nb_idl.lookup("Logical_Switch_Port", id_, default=None)
                    or not self._listed(self._plugin.get_ports, id=[id_])
                )
            )
        super().update_port(context, port, port_object)

    def _get_subnet_dhcp_options_for_port(self, port: Mapping[str, Any], ip_version: int) -> Any:
        """Return the DHCP options of a port's subnet, None if it has no DHCP.

        :raises DhcpOptionsMissing: it has DHCP, but OVN's database has no options for it in time.
        """
        look = super()._get_subnet_dhcp_options_for_port
        found = look(port, ip_version)
        # Subnets of IPv6 have options in some modes only.
        if found is not None or ip_version != constants.IP_VERSION_4:
            return found
        ids = [one["subnet_id"] for one in port["fixed_ips"]]
        wanted = self._listed(
            self._plugin.get_subnets, id=ids, ip_version=[ip_version], enable_dhcp=[True]
        )
        if wanted and (found := _wait_until(lambda: look(port, ip_version))) is None:
            raise DhcpOptionsMissing(
                f"OVN's northbound database has no DHCP options for subnet {', '.join(wanted)} of "
                f"port {port['id']}; without them its guest would get no address. "
                "neutron-ovn-db-sync-util --ovn-neutron_sync_mode repair makes them."
            )
        return found

    @staticmethod
    def _listed(method: Callable[..., Any], **filters: Any) -> list[str]:
        """Return the ids of what Neutron's own database has."""
        admin = neutron_context.get_admin_context()
        return [one["id"] for one in method(admin, filters=filters, fields=["id"])]


def _wait_until(look: Callable[[], Any]) -> Any:
    """Look until something is seen or patience is at its end; return what was seen last."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return found


class OvnClient(base.ServicePluginBase):
    """Puts that client in the place of Neutron's, which nobody has made yet.

    The driver makes its client when it first needs it; plugins are loaded before.
    """

    supported_extension_aliases: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        ovn_client.OVNClient = Client

    @classmethod
    def get_plugin_type(cls) -> str:
        """Return what tells this plugin from others."""
        return "ouhai-ovn-client"

    def get_plugin_description(self) -> str:
        """Return what the plugin does."""
        return "Looks for no host of a router's port, and waits for what others have just made"
