"""The catalogue as the cloud has it: looking in, publishing, withdrawing."""

from __future__ import annotations

from collections.abc import Iterable

from ouhai_cloud.catalogue.entry import Entry, from_document
from ouhai_cloud.cloud import published as store
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.published import Published
from ouhai_cloud.errors import EntryConflicts, EntryUnknown


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

    :return: ``published``, ``restored`` (it had been withdrawn) or ``unchanged``.
    :raises EntryConflicts: the version is there with another content.
    :raises Refused: only the centre may.
    """
    there = _same_version(api, entry)
    if there is not None:
        if there.withdrawn:
            store.restore(api, there)
        return "restored" if there.withdrawn else "unchanged"
    titles = {"zh": entry.title("zh"), "en": entry.title("en")}
    new = Published("", entry.application, entry.version, entry.digest, titles, "", False)
    store.publish(api, new, entry.document)
    return "published"


def foresee(api: Api, entry: Entry) -> str:
    """Return what publishing would come to; change nothing.

    :raises EntryConflicts: the version is there with another content.
    """
    there = _same_version(api, entry)
    if there is None:
        return "would be published"
    return "would be restored" if there.withdrawn else "unchanged"


def _same_version(api: Api, entry: Entry) -> Published | None:
    for one in store.published(api):
        if (one.application, one.version) != (entry.application, entry.version):
            continue
        if one.digest != entry.digest:
            raise EntryConflicts(
                f"{entry.application} {entry.version} is in the catalogue with another content "
                f"(digest {one.digest[:12]}, this one's is {entry.digest[:12]}). What was "
                "published does not change: give the new content a version of its own."
            )
        return one
    return None


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
