"""Cinder's quotas of all projects by one request, which Cinder's own API has not.

It tells those of one project at a time, so that a look at 230 systems is 230 requests. Cinder's API
loads this by its option ``osapi_volume_extension``; GET ``/v3/PROJECT/ouhai-quota-sets`` answers
with the defaults and what was set apart from them, by project::

    {"defaults": {"volumes": 10, ...}, "quota_sets": [{"id": "0f3c...", "volumes": 4, ...}, ...]}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cinder.api import extensions
from cinder.api.openstack import wsgi
from cinder.db.sqlalchemy import api as database
from cinder.db.sqlalchemy import models
from cinder.policies import quotas as policy
from cinder.quota import GROUP_QUOTAS, QUOTAS

COLLECTION = "ouhai-quota-sets"


class QuotaSets(wsgi.Controller):
    """The collection."""

    def index(self, req: Any) -> dict[str, Any]:
        """Answer whoever may see the quota of any project."""
        context = req.environ["cinder.context"]
        context.authorize(policy.SHOW_POLICY, target={"project_id": None})
        here = context.project_id
        defaults = [one.get_defaults(context, here) for one in (QUOTAS, GROUP_QUOTAS)]
        return {"defaults": defaults[0] | defaults[1], "quota_sets": by_project(_rows(context))}


class VolumeQuotas(extensions.ExtensionDescriptor):
    """Quotas of all projects."""

    name = "VolumeQuotas"
    alias = COLLECTION
    updated = "2026-11-29T00:00:00+00:00"

    def get_resources(self) -> list[Any]:
        """Return what Cinder adds to its API."""
        return [extensions.ResourceExtension(COLLECTION, QuotaSets())]


def by_project(rows: Iterable[tuple[str, str, int]]) -> list[dict[str, Any]]:
    """Return a quota set for each project out of rows of project, resource and limit."""
    sets: dict[str, dict[str, Any]] = {}
    for project_id, resource, limit in rows:
        sets.setdefault(project_id, {"id": project_id})[resource] = limit
    return list(sets.values())


def _rows(context: Any) -> list[tuple[str, str, int]]:
    quota = models.Quota
    columns = (quota.project_id, quota.resource, quota.hard_limit)
    with database.main_context_manager.reader.using(context) as session:
        set_apart = session.query(*columns).filter(quota.deleted.is_(False))
        return [tuple(row) for row in set_apart.filter(quota.hard_limit.is_not(None))]
