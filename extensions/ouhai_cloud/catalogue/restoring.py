"""Restoring a backup as a new copy, in whatever project and cloud the caller is logged in to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from ouhai_cloud.catalogue import copies, data, values
from ouhai_cloud.catalogue.artefact import DISK_FORMAT, Artefact, Manifest, Part
from ouhai_cloud.catalogue.copies import NETWORK, Copy, Proposal, Tell
from ouhai_cloud.catalogue.transfer import MIB, Meter, told
from ouhai_cloud.cloud import images, stacks, volumes
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.errors import BackupUnreadable, NotEnoughLeft

LOCAL = (NETWORK, "nova.keypair")
"""What a value of such a parameter names is in the project that the backup is from."""


@dataclass(frozen=True)
class Plan:
    """What restoring would make; all that can be checked has been.

    :param given: values by parameter, as people write them.
    """

    artefact: Artefact
    given: Mapping[str, str]
    proposal: Proposal


def propose(api: Api, artefact: Artefact, name: str, given: Mapping[str, str], tell: Tell) -> Plan:
    """Check all that can be checked before anything is made, and say what would be.

    :param given: values by parameter that are to be others than they were.
    :raises BackupUnreadable: the file is damaged, or no backup.
    :raises ValuesInvalid: a value is missing, or not allowed here.
    :raises CopyExists: the project has such a stack.
    :raises NotEnoughLeft: the project has no room for it.
    """
    manifest = artefact.manifest
    # Whoever wrote the file wrote its checksums, too: what the catalogue would not take is no copy.
    if faults := manifest.setup.entry.faults:
        raise BackupUnreadable(
            f"{artefact.path} has a template that the catalogue would not take:\n"
            + "\n".join(map(str, faults))
        )
    artefact.check(Meter(artefact.size_bytes, f"{artefact.path.name}: checked", tell))
    chosen = portable(manifest) | dict(given)
    gib = [one.gib for one in manifest.parts]
    proposal = copies.propose(api, manifest.setup.entry, name, chosen, gib)
    largest = max((one.image_bytes for one in manifest.parts), default=0)
    room_mib = images.room_mib(api)
    if room_mib is not None and room_mib * MIB < largest:
        raise NotEnoughLeft(
            f"Nothing was created: the project may have {room_mib} MiB more of images, and "
            f"{largest / MIB:.0f} MiB are needed on the way. Delete some, or apply for more at the "
            "centre."
        )
    return Plan(artefact, chosen, proposal)


def portable(manifest: Manifest) -> dict[str, str]:
    """Return the values of a backup that mean something elsewhere, as people write them."""
    setup = manifest.setup
    known = setup.entry.template["parameters"]
    return {
        name: values.written(value)
        for name, value in setup.parameters.items()
        if name not in setup.volume_parameters
        and not any(
            one.get("custom_constraint") in LOCAL for one in known[name].get("constraints", ())
        )
    }


def restore(api: Api, plan: Plan, tell: Tell) -> Copy:
    """Make a copy out of a backup.

    :raises CopyFailed: it could not be made, in the guest's own words; removing it removes its
        data, too.
    """
    name, manifest = plan.proposal.name, plan.artefact.manifest
    with ExitStack() as undo:
        made = {one.parameter: _volume(api, plan, one, undo, tell) for one in manifest.parts}
        proposal = copies.propose(api, manifest.setup.entry, name, {**plan.given, **made})
        # From here on it is a copy, with its data, also when it fails.
        undo.pop_all()
    try:
        return copies.deploy(api, proposal, tell)
    finally:
        stack = stacks.find(api, name)
        for volume_id in made.values():
            if stack:
                volumes.mark(api, volume_id, **{data.MARK: stack.id})
            else:
                data.remove_volume(api, volume_id)


def _volume(api: Api, plan: Plan, part: Part, undo: ExitStack, tell: Tell) -> str:
    """Make a volume of one in the backup, by way of an image, and return its id."""
    name = f"{plan.proposal.name}-{part.parameter.removesuffix('_volume')}"
    image_id = images.create(api, name, DISK_FORMAT)
    with ExitStack() as gone:
        gone.callback(images.delete, api, image_id)
        pieces = plan.artefact.image(part)
        doing = f"{part.parameter}: uploaded"
        content = images.Content(part.image_bytes, told(pieces, part.image_bytes, doing, tell))
        images.fill(api, image_id, content)
        tell(f"{part.parameter}: volume of the image")
        volume_id = volumes.create(api, name, part.gib, imageRef=image_id)
        undo.callback(data.remove_volume, api, volume_id)
        data.settled_volume(api, volume_id)
    return volume_id
