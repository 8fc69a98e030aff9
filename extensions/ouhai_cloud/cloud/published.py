"""The catalogue's entries in Glance: public images that no list shows, written by the centre.

An image's content never changes once it is there, so a version is what it was when it was
published; Glance gives a deactivated one to nobody, so a withdrawn version cannot be deployed.
"""

from __future__ import annotations

from dataclasses import dataclass

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import Refused

PREFIX = "ouhai_catalogue_"
BYTES = {"Content-Type": "application/octet-stream"}
WITHDRAWN = "deactivated"


@dataclass(frozen=True)
class Published:
    """One version of an application in the catalogue.

    :param digest: SHA-256 of its document, in hexadecimal.
    :param code_digest: the same of what does not change within a version.
    :param titles: by language, ``zh`` and ``en``.
    :param published_at: ISO 8601, UTC.
    """

    id: str
    application: str
    version: str
    digest: str
    code_digest: str
    titles: dict[str, str]
    published_at: str
    withdrawn: bool


def published(api: Api) -> list[Published]:
    """List the catalogue by application and version, what is newest first.

    :raises CloudUnreachable: Glance does not answer.
    """
    api.warm("image")
    rows = api.list("image", "/images", os_hidden="true", visibility="public")
    found = [_published(row) for row in rows if f"{PREFIX}digest" in row]
    newest_first = sorted(found, key=_age, reverse=True)
    return sorted(newest_first, key=lambda one: one.application)


def _age(one: Published) -> tuple[tuple[int, ...], str]:
    return tuple(map(int, one.version.split("."))), one.published_at


def fetch(api: Api, one: Published) -> bytes:
    """Return the document of an entry.

    :raises Refused: it was withdrawn meanwhile.
    """
    return bytes(api.send("image", "GET", f"/images/{one.id}/file").content)


def publish(api: Api, one: Published, document: bytes) -> str:
    """Put an entry into the catalogue and return its id. Nobody sees it before it is whole.

    :param one: its ``id`` and ``published_at`` count for nothing.
    :raises Refused: only the centre may.
    """
    api.warm("image")
    made = api.post("image", "/images", _properties(one))
    path = f"/images/{made['id']}"
    try:
        api.send("image", "PUT", f"{path}/file", body=document, headers=BYTES)
        _patch(api, path, visibility="public", protected=True)
    except Exception:
        api.delete("image", path)
        raise
    return str(made["id"])


def withdraw(api: Api, one: Published) -> None:
    """Let nobody deploy an entry any more; what was made from it stays as it is."""
    api.send("image", "POST", f"/images/{one.id}/actions/deactivate")


def restore(api: Api, one: Published) -> None:
    """Take back that an entry was withdrawn."""
    api.send("image", "POST", f"/images/{one.id}/actions/reactivate")


def remove(api: Api, one: Published) -> None:
    """Take an entry out of the catalogue for good; that it is gone already is as good."""
    path = f"/images/{one.id}"
    try:
        _patch(api, path, protected=False)
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return
    api.delete("image", path)


def _patch(api: Api, path: str, **values: object) -> None:
    changes = [{"op": "replace", "path": f"/{name}", "value": one} for name, one in values.items()]
    headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    api.send("image", "PATCH", path, body=changes, headers=headers)


def _properties(one: Published) -> Json:
    return {
        "name": f"catalogue/{one.application}/{one.version}",
        # Not for booting: one of the formats must be named, and this one promises nothing.
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": "private",
        "os_hidden": True,
        f"{PREFIX}application": one.application,
        f"{PREFIX}version": one.version,
        f"{PREFIX}digest": one.digest,
        f"{PREFIX}code_digest": one.code_digest,
        f"{PREFIX}title_zh": one.titles["zh"],
        f"{PREFIX}title_en": one.titles["en"],
    }


def _published(row: Json) -> Published:
    return Published(
        id=row["id"],
        application=row[f"{PREFIX}application"],
        version=row[f"{PREFIX}version"],
        digest=row[f"{PREFIX}digest"],
        code_digest=row[f"{PREFIX}code_digest"],
        titles={"zh": row[f"{PREFIX}title_zh"], "en": row[f"{PREFIX}title_en"]},
        published_at=row["created_at"],
        withdrawn=row["status"] == WITHDRAWN,
    )
