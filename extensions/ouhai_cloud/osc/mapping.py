"""``openstack bureau mapping``: the rules by which Keystone knows staff from elsewhere."""

from __future__ import annotations

import argparse
import json

from ouhai_cloud.osc.base import ArgumentParser, BureauCommand
from ouhai_cloud.tenancy.register.federation import mapping_rules


class ShowMapping(BureauCommand):
    """Print the register's rules for a federated mapping, as JSON.

    Asks no cloud. Who signs on at another identity provider gets the groups that the register
    names. Keystone must keep these groups itself: those of an LDAP domain do not do.

    Examples:
      openstack bureau mapping --groups-domain federated > rules.json
      openstack mapping create ouhai --rules rules.json --schema-version 2.0
    """

    auth_required = False

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument(
            "--groups-domain",
            metavar="<name>",
            required=True,
            help="Name of the domain that has groups by the register's names; not LDAP's",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print the rules."""
        register = self.tenancy(parsed_args).register()
        rules = mapping_rules(register, parsed_args.groups_domain)
        self.app.stdout.write(json.dumps(rules, indent=2) + "\n")
