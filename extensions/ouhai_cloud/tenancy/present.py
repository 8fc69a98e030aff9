"""The present: register, cloud and memory looked at once, and the plan that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.listing import Listing, list_all
from ouhai_cloud.cloud.marks import unmark
from ouhai_cloud.cloud.observe import read
from ouhai_cloud.cloud.site import Site
from ouhai_cloud.cloud.target import CloudTarget
from ouhai_cloud.config import Configuration, ConfigurationInvalid
from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.changes import Plan
from ouhai_cloud.tenancy.desired import Settings, desired
from ouhai_cloud.tenancy.extranet import refuse_shortage
from ouhai_cloud.tenancy.mapping.quotas import ceilings
from ouhai_cloud.tenancy.plan import make_plan
from ouhai_cloud.tenancy.planning.states import homes
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import Key, State
from ouhai_cloud.tenancy.state import Memory, StateStore


@dataclass(frozen=True)
class Present:
    """What is wanted, seen and remembered now.

    :param extranet: its name.
    :param extranet_addresses: how many the extranet gives out.
    """

    site: Site
    memory: Memory
    desired: State
    observed: State
    plan: Plan
    extranet: str
    extranet_addresses: int

    @property
    def ids(self) -> Mapping[Key, str]:
        """The cloud's ids by key; what was seen counts more than what is remembered."""
        states = (self.memory.resources, self.observed)
        return {key: one.id for state in states for key, one in state.items() if one.id}

    @property
    def homes(self) -> Mapping[Key, Key]:
        """The domain of each project."""
        return homes(self.observed, self.desired)

    def require_extranet(self) -> None:
        """Refuse to plan for more addresses on the extranet than it gives out.

        :raises AddressesExhausted: the register asks for more.
        """
        refuse_shortage(self.desired, self.extranet, self.extranet_addresses)

    @property
    def target(self) -> CloudTarget:
        """What carries out changes."""
        return CloudTarget(self.site)


def look(api: Api, register: Register, configuration: Configuration, store: StateStore) -> Present:
    """Look at everything and make the plan.

    :raises CloudUnreachable: a service does not answer.
    :raises AddressesExhausted: the register asks for more addresses than the district's range has.
    :raises StateUnreadable: our own files are damaged.
    """
    memory = store.load()
    listing = list_all(api, configuration.directory_domain)
    # Addresses that exist decide where new ones go, and wishes whose names are in the way.
    seen = read(listing, memory.resources)
    settings = Settings(external_network(listing, configuration), configuration.class3_hosts)
    living = living_of(seen, memory.resources, register.district.address_range)
    wanted = desired(register, settings, living)
    extranet = settings.external_network
    observed = read(listing, memory.resources, wanted)
    decided = memory.accepted, memory.retirements
    plan = make_plan(wanted, observed, memory.resources, *decided, ceilings(register))
    site, addresses = Site.of(api, listing), listing.pool_size(extranet)
    return Present(site, memory, wanted, observed, plan, extranet, addresses)


def external_network(listing: Listing, configuration: Configuration) -> str:
    """Return the extranet's name: the configured one, or the only one that there is.

    A system's network that somebody made an external one is drift, and no candidate.

    :raises ConfigurationInvalid: it cannot be told.
    """
    names = sorted(
        one["name"]
        for one in listing.networks
        if one.get("router:external") and unmark(one["description"])[1] is None
    )
    if configuration.external_network in names:
        return configuration.external_network
    if configuration.external_network or len(names) != 1:
        raise ConfigurationInvalid(
            f"Which network is the extranet? external_network is "
            f"{configuration.external_network or 'not set'}, the cloud has "
            f"{', '.join(names) or 'none'}; set $OUHAI_EXTERNAL_NETWORK to one of them"
        )
    return str(names[0])
