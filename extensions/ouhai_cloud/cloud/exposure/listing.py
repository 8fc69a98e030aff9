"""All lists of the audit at once, by a few threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.exposure import holdings, identity, network
from ouhai_cloud.cloud.exposure.model import Exposure
from ouhai_cloud.cloud.marks import tagged
from ouhai_cloud.cloud.threads import together

QUOTAS = ("limits", "network_quotas", "volume_quotas")
"""Three listings, one kind of thing."""


@dataclass(frozen=True)
class Field:
    """What of the cloud is the register's.

    :param domains: names of the bureaus' domains; those that bear a mark are theirs anyhow.
    :param directory: name of the domain that staff log in from.
    :param duty_groups: the groups of the centre's duties, whose members are listed.
    """

    domains: frozenset[str]
    directory: str
    duty_groups: tuple[str, ...]


def expose(api: Api, field: Field) -> Exposure:
    """List all that the static audit looks at; half a list would show a cloud too clean.

    :raises CloudUnreachable: a service does not answer.
    :raises Refused: we lack a right.
    """
    api.warm("identity", "network", "compute", "image", "block_storage")
    projects = identity.projects(api)
    domain_ids = {
        one.id
        for one in projects
        if one.is_domain and (one.name in field.domains or tagged(one.tags))
    }
    ours = [one.id for one in projects if not one.is_domain and one.domain_id in domain_ids]
    asked: dict[str, Callable[[], Any]] = {
        "memberships": partial(identity.memberships, api, field.directory, field.duty_groups),
        "volume_quotas": partial(holdings.volume_quotas, api, ours),
    }
    asked |= {listing.__name__: partial(listing, api) for listing in LISTINGS}
    found = together(asked)
    quotas = tuple(quota for name in QUOTAS for quota in found.pop(name))
    return Exposure(projects=projects, quotas=quotas, **found)


LISTINGS: tuple[Callable[[Api], Any], ...] = (
    identity.grants,
    identity.implications,
    identity.trusts,
    network.networks,
    network.shares,
    network.subnets,
    network.routers,
    network.ports,
    network.floating,
    network.groups,
    network.address_groups,
    network.rules,
    holdings.servers,
    holdings.images,
    holdings.limits,
    holdings.network_quotas,
)
"""Each gives the field of `Exposure` that it is named for."""
