"""Cinder's quotas of projects, looked at."""

from __future__ import annotations

from collections.abc import Collection

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.threads import each

THREADS = 8


def volume_quotas(api: Api, project_ids: Collection[str]) -> dict[str, Json]:
    """Return Cinder's quotas by project.

    By one request, where Cinder has our list (``ouhai_cloud.services.volume_quotas``); a cloud
    without it is asked for each project.

    :raises Refused: we lack a right.
    """
    try:
        answer = api.get("block_storage", "/ouhai-quota-sets")
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return dict(each(lambda one: (one, _of(api, one)), project_ids, THREADS))
    apart = {one["id"]: one for one in answer["quota_sets"]}
    return {one: {**answer["defaults"], **apart.get(one, {})} for one in project_ids}


def _of(api: Api, project_id: str) -> Json:
    quota: Json = api.get("block_storage", f"/os-quota-sets/{project_id}")["quota_set"]
    return quota
