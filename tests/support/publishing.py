"""Versions of applications that the centre offers for the time of a test."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ouhai_cloud.cloud import published as store
from ouhai_cloud.cloud.api import Api

from tests.support.applications import CommandFailed, run_app
from tests.support.lab import Lab


@contextmanager
def published(lab: Lab, api: Api, folders: Mapping[str, Path]) -> Iterator[Mapping[str, str]]:
    """Publish versions of an application as the centre does, and remove them in the end.

    :param folders: the folder of each version.
    :return: the environment of the centre's commands.
    """
    centre = {**os.environ, **lab.environment}
    try:
        done = run_app(centre, "publish", *map(str, folders.values()), "--environment", "lab")
        if done.returncode != 0:
            raise CommandFailed(done.stderr)
        yield centre
    finally:
        for one in store.published(api):
            folder = folders.get(one.version)
            if folder is not None and folder.parent.name == one.application:
                store.remove(api, one)
