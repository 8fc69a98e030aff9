"""A compute host kept for security class 3: its systems run there alone, and nobody else does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from openstack.compute.v2.flavor import Flavor
from openstack.connection import Connection
from openstack.exceptions import ForbiddenException
from ouhai_cloud.tenancy.mapping.quotas import compute_limits
from ouhai_cloud.tenancy.register.model import Bureau, Register, System

from tests.drills.steps import DrillFailed, Steps
from tests.support.bureaus import Bureaus
from tests.support.guests import FLAVOR, IMAGE, GuestUnusable, booted
from tests.support.lab import Lab
from tests.support.playbooks import play

NAME = "ouhai-drill-class3"


def keep(done: Steps, lab: Lab, cloud: Connection, host: str, other: str) -> None:
    """Keep a host, start guests of class 3 and 2 with only one of the two hosts in service.

    :raises DrillFailed: one started where it must not, or did not where it may.
    """
    bureaus = Bureaus(lab)
    flavor = cloud.compute.find_flavor(FLAVOR, ignore_missing=False)
    three, two = (_system(bureaus.register, number, flavor) for number in (3, 2))
    with done.step(f"bureaus.yml keeps {host} for security class 3"):
        _bureaus(lab, "-e", json.dumps({"class3_hosts": [host]}))
    try:
        for serving, starts, waits in ((host, three, two), (other, two, three)):
            idle = other if serving == host else host
            with done.step(f"{idle} is out of service"), _disabled(cloud, idle):
                found = _host_of(bureaus, cloud, *starts)
                refused = _host_of(bureaus, cloud, *waits)
                done.seen(f"{starts[1].name} on {found}, {waits[1].name} on {refused or 'none'}")
                if (found, refused) != (serving, ""):
                    raise DrillFailed(f"expected {serving} for the former, none for the latter")
    finally:
        with done.step("bureaus.yml without it"):
            _bureaus(lab)


def _system(register: Register, security_class: int, flavor: Flavor) -> tuple[Bureau, System]:
    """Return the first system of a class whose allotment is enough for a guest, and its bureau.

    :raises DrillFailed: there is none.
    """
    needs = {
        "class:VCPU": flavor.vcpus,
        "class:MEMORY_MB": flavor.ram,
        "class:DISK_GB": flavor.disk,
    }
    for bureau in register.bureaus:
        for system in bureau.systems if bureau.kind == "bureau" else ():
            limits = compute_limits(system.allotment)
            if system.security_class == security_class and all(
                need <= limits[resource] for resource, need in needs.items()
            ):
                return bureau, system
    raise DrillFailed(
        f"no bureau of the register {register.source} has a system of security class "
        f"{security_class} whose allotment is enough for a guest of flavor {flavor.name}: bring "
        "the lab up with another register"
    )


def _bureaus(lab: Lab, *options: str) -> None:
    played = play(lab, "bureaus", *options)
    if played.code != 0:
        raise DrillFailed(f"bureaus.yml {' '.join(options)} failed:\n{played.output[-4000:]}")


@contextmanager
def _disabled(cloud: Connection, host: str) -> Iterator[None]:
    """Let the scheduler give a host to nobody."""
    (service,) = cloud.compute.services(binary="nova-compute", host=host)
    cloud.compute.disable_service(service)
    try:
        yield
    finally:
        cloud.compute.enable_service(service)


def _host_of(bureaus: Bureaus, cloud: Connection, bureau: Bureau, system: System) -> str:
    """Boot a guest as a member of a bureau does; return its host, empty when there is none.

    :raises DrillFailed: the member may not.
    """
    tags = f"bureau={bureau.code},system={system.code}"
    (project,) = cloud.identity.projects(tags=tags)
    member = bureaus.connection(f"{bureau.short}-member", project.id)
    try:
        image = member.image.find_image(IMAGE, ignore_missing=False)
        flavor = member.compute.find_flavor(FLAVOR, ignore_missing=False)
        asked = {"name": NAME, "image_id": image.id, "flavor_id": flavor.id, "networks": "none"}
        with booted(member, asked) as server_id:
            return str(cloud.compute.get_server(server_id).hypervisor_hostname)
    except ForbiddenException as error:
        raise DrillFailed(
            f"{bureau.short}-member may not start a guest in {system.name}, by a policy or because "
            f"the allotment is used up: {error}"
        ) from error
    except GuestUnusable as error:
        if "No valid host" not in str(error):
            raise
        return ""
