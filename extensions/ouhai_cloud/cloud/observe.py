"""The cloud as a state: listed in bulk, then read in the tenancy's words. Reading is pure."""

from __future__ import annotations

from ouhai_cloud.cloud import compute, identity, limits, network, security
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.listing import Listing, list_all
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


def observe(
    api: Api, directory_domain: str, recorded: State = NOTHING, wanted: State = NOTHING
) -> State:
    """List the cloud and read it.

    :param directory_domain: name of the domain whose groups are the directory's.
    :raises CloudUnreachable: a service does not answer.
    :raises Refused: we lack a right.
    """
    return read(list_all(api, directory_domain), recorded, wanted)
