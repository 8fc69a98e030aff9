"""Neutron's client of OVN, with two faults of its own mended.

**It waits five seconds for the host of a router's port.** When OVN reports a port as up, Neutron
notes on which host it is. If the port has none yet, it looks again twice, two to three seconds
later each time, and the events of all other ports wait. The port between a router and a subnet
never has a host. So every router that is made holds up the servers that start after it, and sixty
bureaus' routers hold them up for many minutes.

**It makes ports that never get an address.** A port takes its DHCP options from the process's own
copy of OVN's database. If another process has just made the subnet, that copy may not have them
yet; the port is then made without, nobody notices, and the guest gets no address for as long as it
lives. Neutron waits for the switch in the same place, but not for these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tenacity
from neutron.plugins.ml2.drivers.ovn.mech_driver.ovsdb import ovn_client
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.services import base

WITHOUT_HOST = (constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_DISTRIBUTED)
# As long as Neutron waits for the switch.
PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.05


class DhcpOptionsMissing(RuntimeError):
    """OVN's database, as this process sees it, has no DHCP options for a subnet that has DHCP."""


class Client(ovn_client.OVNClient):
    """Neutron's client of OVN; it looks for no host where none can be, and waits for DHCP."""

    def update_lsp_host_info(self, context: Any, db_port: Any, up: bool = True) -> None:
        """Note the host of a port, if it can have one.

        :param context: Neutron's context.
        :param db_port: the port as Neutron's database has it.
        :param up: False removes the note.
        """
        if db_port.device_owner not in WITHOUT_HOST:
            super().update_lsp_host_info(context, db_port, up)

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(DhcpOptionsMissing),
        wait=tenacity.wait_fixed(LOOK_SECONDS),
        stop=tenacity.stop_after_delay(PATIENCE_SECONDS),
        reraise=True,
    )
    def _get_subnet_dhcp_options_for_port(self, port: Mapping[str, Any], ip_version: int) -> Any:
        """Return the DHCP options of a port's subnet, None if it has no DHCP.

        :raises DhcpOptionsMissing: it has DHCP, but OVN's database has no options for it in time.
        """
        found = super()._get_subnet_dhcp_options_for_port(port, ip_version)
        # Subnets of IPv6 have options in some modes only.
        if found is None and ip_version == constants.IP_VERSION_4:
            ids = [one["subnet_id"] for one in port["fixed_ips"]]
            filters = {"id": ids, "ip_version": [ip_version], "enable_dhcp": [True]}
            if missing := self._plugin.get_subnets(
                neutron_context.get_admin_context(), filters=filters, fields=["id"]
            ):
                names = ", ".join(one["id"] for one in missing)
                raise DhcpOptionsMissing(
                    f"OVN's northbound database has no DHCP options for subnet {names} of port "
                    f"{port['id']}; without them its guest would get no address. "
                    "neutron-ovn-db-sync-util --ovn-neutron_sync_mode repair makes them."
                )
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
        return "Looks for no host of a router's port, and waits for a subnet's DHCP options"
