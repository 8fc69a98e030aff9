"""Upload built images and reconcile flavors, on the deploy host."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction
from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud.connection import connect
from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud.errors import (
    CLOUD_ERRORS,
    CheckFailed,
    from_cloud,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.images import (
    flavors,
    glance,
    manifest,
    retired,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.images.changes import Change

display = Display()

# Seen: an image of three small files takes as long as one of 500 MiB.
AT_A_TIME = 2


class ActionModule(CheckedAction):
    """Runs in the controller, where the images are and where progress can be shown."""

    _supports_diff = True
    _requires_connection = False
    arguments: ClassVar[dict[str, Any]] = {
        "clouds_file": {"type": "path", "required": True},
        "cloud": {"type": "str", "required": True},
        "images_directory": {"type": "path", "required": True},
        "images": {"type": "list", "elements": "str", "required": True},
        "flavors": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": flavors.FIELDS,
        },
    }
    refusals = (CheckFailed,)

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Plan, show, apply."""
        try:
            return self._ensure(args)
        except CLOUD_ERRORS as error:
            raise from_cloud(error, "Uploading images") from None

    def _ensure(self, args: dict[str, Any]) -> dict[str, Any]:
        names = [str(name) for name in args["images"]]
        folder = Path(args["images_directory"])
        # All manifests first: a missing one must not show after an upload of minutes.
        manifests = [manifest.load(folder, name) for name in names]
        cloud = connect(Path(args["clouds_file"]), str(args["cloud"]))
        changes = flavors.plan_flavors(cloud, args["flavors"])
        for item in manifests:
            changes += glance.plan_image(cloud, item)
        applied = self._apply(changes)
        # What these uploads replaced may be unused at once.
        applied += self._apply(retired.plan_retired(cloud, names))
        return {
            "changed": bool(applied),
            "changes": [change.summary for change in applied],
            "diff": {
                "before": "".join(f"{change.before}\n" for change in applied if change.before),
                "after": "".join(f"{change.after}\n" for change in applied if change.after),
            },
        }

    def _apply(self, changes: list[Change]) -> list[Change]:
        """Apply changes, none of which needs another; then fail with the first failure, if any."""
        if not self._task.check_mode:
            with ThreadPoolExecutor(AT_A_TIME) as pool:
                applied = [pool.submit(_apply_one, change) for change in changes]
            for one in applied:
                one.result()
        return changes


def _apply_one(change: Change) -> None:
    start = time.monotonic()
    change.apply()
    display.display(f"  {change.summary:<60} {time.monotonic() - start:6.1f} s")
