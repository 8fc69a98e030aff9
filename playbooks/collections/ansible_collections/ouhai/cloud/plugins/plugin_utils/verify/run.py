"""A verification from beginning to end: sweep, steps, removal, proof."""

from __future__ import annotations

from collections.abc import Callable

from openstack.connection import Connection

from ..cloud.connection import connect
from ..cloud.errors import CheckFailed
from . import graph, survey, sweep
from .graph import Outcome, Step
from .plan import STEPS
from .removal import Removal
from .scene import Scene
from .settings import Settings

Show = Callable[[Outcome], None]


def verify(settings: Settings, show: Show) -> list[Outcome]:
    """Run everything and return how it went; what was created is gone then, unless `keep` is set.

    :raises CheckFailed: nobody can log in, so that nothing was begun.
    """
    admin = connect(settings.clouds_file, settings.cloud)
    scene = Scene(settings, admin)
    outcomes: list[Outcome] = []

    def one(name: str, work: Callable[[Scene], str]) -> bool:
        outcome = graph.run_step(Step(name, work), scene)
        outcomes.append(outcome)
        show(outcome)
        return outcome.state is graph.State.OK

    if not one("leftovers of earlier runs", lambda _: _swept(admin, settings)):
        return outcomes
    before: set[survey.Thing] = set()

    def look(_: Scene) -> str:
        before.update(survey.survey(admin))
        return survey.counts(before)

    if not one("what is there before", look):
        return outcomes
    try:
        outcomes += graph.run_all(STEPS, scene, show)
    finally:
        # Also when a step raised what it should not have.
        if not settings.keep:
            one("removal", _remove)
    if not settings.keep:
        one("nothing left behind", lambda _: _prove(scene, before))
    return outcomes


def _swept(admin: Connection, settings: Settings) -> str:
    removed = sweep.sweep(admin, settings)
    return f"removed {', '.join(removed)}" if removed else "none"


def _remove(scene: Scene) -> str:
    if not scene.project_id:
        return "nothing was created"
    failures = Removal(
        scene.admin, scene.keeper, scene.project_id, scene.settings.removal_timeout_seconds
    ).run([scene.user_id] if scene.user_id else [])
    if failures:
        raise CheckFailed(
            "Not everything was removed",
            where=f"project {scene.name}",
            why="\n".join(str(failure) for failure in failures),
            remedy="Run verify.yml again: it removes leftovers first.",
        )
    return ""


def _prove(scene: Scene, before: set[survey.Thing]) -> str:
    after = survey.survey(scene.admin, scene.user_id)
    left = [str(thing) for thing in survey.left_behind(scene, after)]
    if scene.settings.alone:
        left += survey.differences(before, after)
    if left:
        raise CheckFailed(
            "The verification left something behind",
            where=f"cloud {scene.settings.cloud}, project {scene.name}",
            why="\n".join(left),
            remedy="Remove these by hand, and look at the journal of the service that kept them.",
        )
    return survey.counts(after)
