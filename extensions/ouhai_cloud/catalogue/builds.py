"""Which images a copy's servers are made of: people name them, a copy keeps to the very ones.

The centre replaces an image under its name when it has built a newer one. A copy keeps what it has
until it is updated. So servers of one kind are alike, and who goes back gets the software back,
too. A copy's tags name them, by which the centre sees that it still needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ouhai_cloud.catalogue import values
from ouhai_cloud.catalogue.entry import Entry
from ouhai_cloud.catalogue.setups import Setup
from ouhai_cloud.cloud import images
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.errors import ValuesInvalid

IMAGE = "glance.image"


def choose(api: Api, entry: Entry, checked: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids of the images that an application's parameters name, by parameter.

    :param checked: values that were given, as ``values.check`` returned them.
    :raises ValuesInvalid: there is no such image, or there are several.
    """
    chosen, faults = {}, []
    for parameter, name in values.effective(entry, checked, IMAGE).items():
        found = images.usable(api, name)
        if len(found) == 1:
            (chosen[parameter],) = found
        elif found:
            ids = ", ".join(found)
            faults.append(f"  {parameter} = {name!r}: several images are called so; take one {ids}")
        else:
            faults.append(
                f"  {parameter} = {name!r}: there is no such image (any more); see `openstack "
                "image list`, or ask the centre for it"
            )
    if faults:
        raise ValuesInvalid(f"{entry.application} {entry.version}", tuple(faults))
    return chosen


def renewed(api: Api, setup: Setup) -> Setup:
    """Return a setup with other images of the same names in the place of those that are gone.

    :raises ValuesInvalid: there is none of that name either.
    """
    gone = [name for name, id_ in setup.builds.items() if not images.usable(api, id_)]
    if not gone:
        return setup
    anew = choose(api, setup.entry, setup.parameters)
    return replace(setup, builds={**setup.builds, **{name: anew[name] for name in gone}})
