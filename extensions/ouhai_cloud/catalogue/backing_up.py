"""Backing a copy up into a file: its guests are down for as long as a snapshot takes.

What is made in the cloud on the way bears the name of the copy's stack, and is gone in the end,
also when we are cut off. Meanwhile the copy's volumes are marked: a second backup would start the
guests under the first one. After one that was killed the mark stays, and is discarded when asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ouhai_cloud.catalogue import copies, data, guests, setups, sizing, verifying
from ouhai_cloud.catalogue.artefact import DISK_FORMAT, Manifest, Part, Writer
from ouhai_cloud.catalogue.copies import Copy, Tell
from ouhai_cloud.catalogue.setups import Setup
from ouhai_cloud.catalogue.sizing import Size
from ouhai_cloud.catalogue.transfer import told
from ouhai_cloud.catalogue.waiting import wait
from ouhai_cloud.cloud import images, volumes
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.headroom import headroom
from ouhai_cloud.cloud.volumes import Snapshot, Volume
from ouhai_cloud.errors import CopyFailed, MoveRefused, NotEnoughLeft

ANSWER_SECONDS = 600.0
IMAGE_SECONDS = 3600.0
BEGUN = "ouhai-backup-begun"
"""Metadata of a copy's volumes while a backup of them is made: of which stack, and since when."""
PASSING = ("queued", "saving", "uploading", "importing")


@dataclass(frozen=True)
class Plan:
    """What a backup would be of; all that can be checked has been.

    :param volumes: data volumes by the parameter that takes such a one.
    :param answers: whether its health address answers to whoever asks from here.
    """

    copy: Copy
    setup: Setup
    volumes: Mapping[str, Volume]
    answers: bool


@dataclass(frozen=True)
class Backup:
    """A backup that was made.

    :param down_seconds: from shutting the guests down until the copy answered again, or until its
        guests ran where it does not answer from here. 0 where they did not run before.
    """

    path: Path
    manifest: Manifest
    size_bytes: int
    down_seconds: float


def propose(api: Api, name: str, *, discard_unfinished: bool = False) -> Plan:
    """Check all that can be checked before a copy is backed up.

    :param discard_unfinished: remove what a backup that is not at its end made.
    :raises MoveRefused: the copy is not whole, or somebody backs it up.
    :raises NotEnoughLeft: the project has no room for what is made on the way.
    """
    copy = copies.look(api, name)
    setup, _ = setups.read(api, copy.stack)
    if copy.failure or not copy.stack.status.endswith("_COMPLETE"):
        raise MoveRefused(
            f"{name} is not whole ({copy.stack.status}), so a backup would not be either. "
            f"{copy.failure}"
        )
    held = data.data_volumes(api, copy, setup)
    # A copy that had such a volume before may have left its mark, and its snapshots went with it.
    # A client before this one named no stack.
    marks = (one.marks[BEGUN].rpartition(" ") for one in held.values() if BEGUN in one.marks)
    begun = [since for stack_id, _, since in marks if stack_id in ("", copy.stack.id)]
    if begun and not discard_unfinished:
        raise MoveRefused(
            f"A backup of {name} was begun at {begun[0]} and is not at its end, or was killed. Two "
            "at once would spoil each other. If nobody makes that one any more, run this command "
            "again with --discard-unfinished."
        )
    if begun:
        sweep(api, copy)
    gib = [one.gib for one in held.values()]
    # All snapshots at once, and then one volume after the other.
    taken = Size(snapshots=len(gib), volumes=1, volume_gib=sum(gib) + max(gib, default=0))
    sizing.check_room(taken, headroom(api))
    room_mib = images.room_mib(api)
    if room_mib == 0:
        raise NotEnoughLeft(
            "Nothing was created: the project may have no more images, and a volume goes out of "
            "the cloud by way of one. Delete some, or apply for more at the centre."
        )
    return Plan(copy, setup, held, verifying.answer(copy).good)


def back_up(api: Api, plan: Plan, path: Path, tell: Tell) -> Backup:
    """Write a backup of a copy into a file.

    :param path: which must not exist.
    :raises BackupUnwritable: it cannot be written there; the copy is as it was.
    :raises CopyFailed: the cloud does not do its part; the copy is as it was, or says how it is.
    """
    with ExitStack() as undo:
        writer = undo.enter_context(Writer(path))
        undo.callback(_end, api, plan)
        for one in plan.volumes.values():
            volumes.mark(api, one.id, **{BEGUN: f"{plan.copy.stack.id} {_now()}"})
        start = time.monotonic()
        running = guests.shut_down(api, plan.copy, tell)
        try:
            taken_at = _now()
            taken = _snapshots(api, plan)
        finally:
            for _ in running:
                tell(f"server: starting again after {time.monotonic() - start:.0f} s")
            runs = guests.start(api, running)
        if not runs:
            raise CopyFailed(
                f"{plan.copy.stack.name} does not start again; look: openstack app status "
                f"{plan.copy.stack.name}"
            )
        with _answering(plan, start, tell) as down:
            parts = [_export(api, plan, writer, name, taken[name], tell) for name in plan.volumes]
            manifest = Manifest(plan.copy.stack.name, plan.setup, taken_at, tuple(parts))
            size_bytes = writer.finish(manifest)
    return Backup(path, manifest, size_bytes, down() if running else 0.0)


def sweep(api: Api, copy: Copy) -> None:
    """Remove all that a backup of a copy made on its way, this one or one that was killed.

    :raises CopyFailed: something stays.
    """
    name = _name(copy)
    for image_id in images.named(api, name):
        images.delete(api, image_id)
    for volume in volumes.volumes(api, name=name):
        data.remove_volume(api, volume.id)
    for snapshot in volumes.snapshots(api, name=name):
        data.forget(api, [snapshot], _say_nothing)


def _end(api: Api, plan: Plan) -> None:
    """Leave nothing behind; as long as something is, the mark stays too."""
    sweep(api, plan.copy)
    for one in plan.volumes.values():
        volumes.unmark(api, one.id, BEGUN)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _say_nothing(_: str) -> None:
    """Nobody waits for what was on the way."""


def _name(copy: Copy) -> str:
    return f"ouhai-backup-{copy.stack.id}"


def _snapshots(api: Api, plan: Plan) -> dict[str, Snapshot]:
    name = _name(plan.copy)
    made = {
        parameter: volumes.take_snapshot(api, one.id, name)
        for parameter, one in plan.volumes.items()
    }
    return {parameter: data.settled_snapshot(api, one) for parameter, one in made.items()}


@contextmanager
def _answering(plan: Plan, start: float, tell: Tell) -> Iterator[partial[float]]:
    """Ask the copy meanwhile until it answers; give what tells how long it did not."""
    ended = threading.Event()
    down: list[float] = [time.monotonic() - start]

    def look() -> None:
        if wait(lambda: ended.is_set() or verifying.answer(plan.copy).good, ANSWER_SECONDS):
            down[0] = time.monotonic() - start
            tell(f"{plan.copy.stack.name}: answers again, after {down[0]:.0f} s")
        else:
            tell(f"{plan.copy.stack.name}: does not answer since {ANSWER_SECONDS:.0f} s; verify it")

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(look) if plan.answers else None
        try:
            yield partial(down.__getitem__, 0)
            if asking:
                asking.result()
        finally:
            ended.set()


def _export(
    api: Api, plan: Plan, writer: Writer, parameter: str, taken: Snapshot, tell: Tell
) -> Part:
    """Write a snapshot into the file, by way of a volume and an image."""
    name = _name(plan.copy)
    tell(f"{parameter}: volume of the snapshot")
    volume_id = volumes.create(api, name, taken.gib, snapshot_id=taken.id)
    data.settled_volume(api, volume_id)
    tell(f"{parameter}: image of the volume")
    image_id = volumes.upload(api, volume_id, name, DISK_FORMAT)
    wait(lambda: images.status(api, image_id) not in PASSING, IMAGE_SECONDS)
    status = images.status(api, image_id)
    if status != "active":
        raise CopyFailed(
            f"{plan.copy.stack.name}: no image of its volume can be made (its status: {status}); "
            "has the project room for it (openstack limits show), is there room where images are?"
        )
    size_bytes = images.size(api, image_id)
    pieces = told(images.read(api, image_id), size_bytes, f"{parameter}: downloaded", tell)
    part = writer.add(parameter, taken.gib, pieces)
    if part.image_bytes != size_bytes:
        raise CopyFailed(
            f"{parameter}: {part.image_bytes} of {size_bytes} bytes came; run the command again"
        )
    images.delete(api, image_id)
    data.remove_volume(api, volume_id)
    data.forget(api, [taken], _say_nothing)
    return part
