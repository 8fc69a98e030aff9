"""The catalogue as the cloud has it: looking in, publishing, withdrawing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ouhai_cloud.catalogue.entry import Entry, from_document
from ouhai_cloud.cloud import published as store
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.published import Published
from ouhai_cloud.errors import EntryConflicts, EntryInvalid, EntryUnknown, Fault


def choose(rows: Iterable[Published], application: str, version: str = "") -> Published:
    """Return the entry of a version, by default the newest that was not withdrawn.

    :raises EntryUnknown: there is none, or it was withdrawn.
    """
    known = list(rows)
    mine = [one for one in known if one.application == application]
    if not mine:
        names = ", ".join(sorted({one.application for one in known})) or "nothing yet"
        raise EntryUnknown(f"The catalogue has no application {application!r}, but {names}.")
    if version:
        mine = [one for one in mine if one.version == version]
        if not mine:
            raise EntryUnknown(
                f"The catalogue has no {application} {version}; `openstack app list` shows what "
                "it has."
            )
    offered = [one for one in mine if not one.withdrawn]
    if not offered:
        versions = ", ".join(one.version for one in mine)
        raise EntryUnknown(
            f"{application} {versions} was withdrawn by the centre. Copies that run go on; for a "
            "new one take what `openstack app list` offers."
        )
    return offered[0]


def take(api: Api, application: str, version: str = "") -> Entry:
    """Fetch an entry and prove that it is what was published.

    :raises EntryUnknown: there is none, or it was withdrawn.
    :raises EntryInvalid: its content is another.
    """
    one = choose(store.published(api), application, version)
    return from_document(store.fetch(api, one), one.digest)


def publish(api: Api, entry: Entry) -> str:
    """Put an entry into the catalogue; doing so twice is as good as once.

    :return: ``published``, ``revised`` (the district sets other values or prices than it did),
        ``restored`` (it had been withdrawn) or ``unchanged``.
    :raises EntryConflicts: the version is there with another template or metadata.
    :raises Refused: only the centre may.
    """
    there = _same_version(api, entry)
    action = _action(there, entry)
    if action in ("published", "revised"):
        titles = {"zh": entry.title("zh"), "en": entry.title("en")}
        store.publish(
            api,
            Published(
                id="",
                application=entry.application,
                version=entry.version,
                digest=entry.digest,
                code_digest=entry.code_digest,
                titles=titles,
                published_at="",
                withdrawn=False,
            ),
            entry.document,
        )
    if action == "restored":
        store.restore(api, there[0])
    for one in there:
        if one.digest != entry.digest:
            store.remove(api, one)
    return action


def foresee(api: Api, entry: Entry) -> str:
    """Have Heat check an entry, and return what publishing would come to; change nothing.

    :raises EntryConflicts: the version is there with another template or metadata.
    :raises EntryInvalid: with what Heat finds wrong in its templates.
    """
    _ask_heat(api, entry)
    action = _action(_same_version(api, entry), entry)
    return action if action == "unchanged" else f"would be {action}"


def _ask_heat(api: Api, entry: Entry) -> None:
    templates: dict[str, Any] = {"template.yaml": dict(entry.template), **entry.nested}
    faults = []
    for file, template in templates.items():
        try:
            stacks.validate(api, template, entry.nested)
        except Refused as refusal:
            if refusal.status != 400:
                raise
            place = f"{entry.application}/{entry.version}/{file}"
            faults.append(Fault(place, 0, "", f"Heat refuses it: {refusal.reason}"))
    if faults:
        raise EntryInvalid(tuple(faults))


def _action(there: list[Published], entry: Entry) -> str:
    if not there:
        return "published"
    if there[0].digest != entry.digest:
        return "revised"
    return "restored" if there[0].withdrawn else "unchanged"


def _same_version(api: Api, entry: Entry) -> list[Published]:
    """Return what the catalogue has of an entry's version, the newest first.

    There is more than one only where publishing was cut off between making and removing.
    """
    mine = (entry.application, entry.version)
    found = [one for one in store.published(api) if (one.application, one.version) == mine]
    for one in found:
        if one.code_digest != entry.code_digest:
            raise EntryConflicts(
                f"{entry.application} {entry.version} is in the catalogue with another template "
                f"or metadata (digest {one.code_digest[:12]}, here {entry.code_digest[:12]}). "
                "A version that was published does not change: copy the folder to a new version."
            )
    return found


def withdraw(api: Api, application: str, version: str) -> bool:
    """Let nobody deploy a version any more; return whether that is new.

    :raises EntryUnknown: there is no such version.
    :raises Refused: only the centre may.
    """
    for one in store.published(api):
        if (one.application, one.version) == (application, version):
            if not one.withdrawn:
                store.withdraw(api, one)
            return not one.withdrawn
    raise EntryUnknown(
        f"The catalogue has no {application} {version}; `openstack app list` shows what it has."
    )
