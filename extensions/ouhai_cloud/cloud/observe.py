"""The cloud as a state: what was listed in bulk, read in the tenancy's words. Pure."""

from __future__ import annotations

from ouhai_cloud.cloud import compute, identity, limits, network, security
from ouhai_cloud.cloud.listing import Listing
from ouhai_cloud.cloud.view import View
from ouhai_cloud.tenancy.resources import State

NOTHING: State = {}
# Each refers only to what those before it have noted.
SIGHTS = (
    identity.see_domains,
    identity.see_projects,
    identity.see_grants,
    limits.see_limits,
    limits.see_volume_quotas,
    limits.see_network_quotas,
    network.see_pools,
    network.see_networks,
    network.see_subnets,
    network.see_routers,
    network.see_interfaces,
    network.see_shares,
    security.see_security_groups,
    security.see_rules,
    compute.see_aggregates,
)


def read(listing: Listing, recorded: State = NOTHING, wanted: State = NOTHING) -> State:
    """Return what a listing shows of our bureaus, and what is where only we should be.

    :param recorded: what we made earlier; tells an object that lost its mark.
    :param wanted: what the register asks for; tells an object whose name is in the way.
    """
    view = View(recorded, wanted)
    for see in SIGHTS:
        see(listing, view)
    return view.found
