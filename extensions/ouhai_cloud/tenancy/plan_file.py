"""A plan as a file: all that apply needs, in a form that people and other programs can read."""

from __future__ import annotations

import json
from pathlib import Path

from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.changes import PLAN_VERSION, Action, Change, Conflict, Held, Leaving, Plan
from ouhai_cloud.tenancy.drift import Accepted, Drift, DriftKind
from ouhai_cloud.tenancy.encoding import (
    Json,
    attributes_from_json,
    attributes_to_json,
    resource_from_json,
    resource_to_json,
    value_from_json,
    value_to_json,
)
from ouhai_cloud.tenancy.files import write_whole
from ouhai_cloud.tenancy.resources import Key

READABLE = 0o644
KIND_OF_FILE = "ouhai-cloud plan"


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan as JSON, with all that apply needs.

    :raises OSError: the file cannot be written.
    """
    text = json.dumps(plan_to_json(plan), ensure_ascii=False, indent=1)
    write_whole(path, text + "\n", READABLE)


def load_plan(path: Path) -> Plan:
    """Read a plan that ``save_plan`` wrote.

    :raises OuhaiError: it is no plan, or one of another version.
    """
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
        if form["file"] != KIND_OF_FILE or form["version"] != PLAN_VERSION:
            raise OuhaiError(
                f"{path} is {form['file']} version {form['version']}, and this program reads "
                f"{KIND_OF_FILE} version {PLAN_VERSION}: make the plan again with this program."
            )
        return plan_from_json(form)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OuhaiError(
            f"{path} cannot be read as a plan ({type(error).__name__}: {error}): make it again "
            "with `openstack bureau plan --plan FILE`."
        ) from error


def plan_to_json(plan: Plan) -> Json:
    """Return a plan's JSON form."""
    return {
        "file": KIND_OF_FILE,
        "version": plan.version,
        "desired_digest": plan.desired_digest,
        "observed_digest": plan.observed_digest,
        "changes": [_change(one) for one in plan.changes],
        "held": [
            {"change": _change(one.change), "by": list(one.by), "reason": _text(one.reason)}
            for one in plan.held
        ],
        "leaving": [_leaving(one) for one in plan.leaving],
        "drift": [_drift(one) for one in plan.drift],
        "conflicts": [_conflict(one) for one in plan.conflicts],
        "accepted": [accepted_to_json(one) for one in plan.accepted],
    }


def plan_from_json(form: Json) -> Plan:
    """Return the plan of a JSON form.

    :raises KeyError: a field is missing.
    :raises ValueError: a value has no known form.
    """
    return Plan(
        changes=tuple(_read_change(one) for one in form["changes"]),
        held=tuple(
            Held(
                _read_change(one["change"]),
                tuple(Key(key) for key in one["by"]),
                _read_text(one["reason"]),
            )
            for one in form["held"]
        ),
        leaving=tuple(_read_leaving(one) for one in form["leaving"]),
        drift=tuple(_read_drift(one) for one in form["drift"]),
        conflicts=tuple(_read_conflict(one) for one in form["conflicts"]),
        accepted=tuple(accepted_from_json(one) for one in form["accepted"]),
        desired_digest=form["desired_digest"],
        observed_digest=form["observed_digest"],
        version=form["version"],
    )


def accepted_to_json(accepted: Accepted) -> Json:
    """Return the JSON form of an accepted deviation."""
    return {
        "what": accepted.what.value,
        "key": accepted.key,
        "attribute": accepted.attribute,
        "expected": value_to_json(accepted.expected),
        "seen": value_to_json(accepted.seen),
        "by": accepted.by,
        "at": accepted.at,
        "why": accepted.why,
    }


def accepted_from_json(form: Json) -> Accepted:
    """Return the accepted deviation of a JSON form.

    :raises KeyError: a field is missing.
    :raises ValueError: a value has no known form.
    """
    return Accepted(
        DriftKind(form["what"]),
        Key(form["key"]),
        form["attribute"],
        value_from_json(form["expected"]),
        value_from_json(form["seen"]),
        form["by"],
        form["at"],
        form["why"],
    )


def _text(text: Text) -> Json:
    return {"en": text.english, "zh": text.chinese}


def _read_text(form: Json) -> Text:
    return Text(form["en"], form["zh"])


def _change(change: Change) -> Json:
    return {
        "action": change.action.value,
        "resource": resource_to_json(change.resource),
        "before": attributes_to_json(change.before),
        "after": attributes_to_json(change.after),
        "reason": _text(change.reason),
    }


def _read_change(form: Json) -> Change:
    return Change(
        Action(form["action"]),
        resource_from_json(form["resource"]),
        attributes_from_json(form["before"]),
        attributes_from_json(form["after"]),
        _read_text(form["reason"]),
    )


def _leaving(leaving: Leaving) -> Json:
    return {
        "root": resource_to_json(leaving.root),
        "resources": [resource_to_json(one) for one in leaving.resources],
        "phase": str(leaving.phase),
        "reason": _text(leaving.reason),
    }


def _read_leaving(form: Json) -> Leaving:
    return Leaving(
        resource_from_json(form["root"]),
        tuple(resource_from_json(one) for one in form["resources"]),
        form["phase"],
        _read_text(form["reason"]),
    )


def _drift(drift: Drift) -> Json:
    return {
        "what": drift.what.value,
        "key": drift.key,
        "bureau": drift.bureau,
        "attribute": drift.attribute,
        "expected": value_to_json(drift.expected),
        "seen": value_to_json(drift.seen),
        "resource": resource_to_json(drift.resource),
    }


def _read_drift(form: Json) -> Drift:
    return Drift(
        DriftKind(form["what"]),
        Key(form["key"]),
        form["bureau"],
        form["attribute"],
        value_from_json(form["expected"]),
        value_from_json(form["seen"]),
        resource_from_json(form["resource"]),
    )


def _conflict(conflict: Conflict) -> Json:
    return {
        "wanted": resource_to_json(conflict.wanted),
        "seen": resource_to_json(conflict.seen),
        "attributes": list(conflict.attributes),
        "reason": _text(conflict.reason),
    }


def _read_conflict(form: Json) -> Conflict:
    return Conflict(
        resource_from_json(form["wanted"]),
        resource_from_json(form["seen"]),
        tuple(form["attributes"]),
        _read_text(form["reason"]),
    )
