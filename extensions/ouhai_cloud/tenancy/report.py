"""A plan in words: for people in either language, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ouhai_cloud.errors import ConflictUndecided
from ouhai_cloud.language import Language
from ouhai_cloud.tenancy.changes import Action, Change, Plan
from ouhai_cloud.tenancy.drift import Drift, DriftKind
from ouhai_cloud.tenancy.encoding import in_words, value_text
from ouhai_cloud.tenancy.plan_file import plan_to_json
from ouhai_cloud.tenancy.resources import Value
from ouhai_cloud.tenancy.wording import called

SIGNS: Mapping[Action, str] = {
    Action.ADD: "+",
    Action.CHANGE: "~",
    Action.REMOVE: "-",
    Action.RECORD: "=",
    Action.FORGET: "=",
}
WORDS: Mapping[str, Mapping[Language, str]] = {
    "add": {"en": "to add", "zh": "新增"},
    "change": {"en": "to change", "zh": "变更"},
    "remove": {"en": "to remove", "zh": "删除"},
    "record": {"en": "to record", "zh": "补记录"},
    "forget": {"en": "to forget", "zh": "销记录"},
    "leaving": {"en": "leaving", "zh": "退役"},
    "held": {"en": "waiting", "zh": "待定"},
    "conflict": {"en": "in conflict", "zh": "冲突"},
    "drift": {"en": "drifted", "zh": "漂移"},
    "accepted": {"en": "accepted", "zh": "已接受"},
    "in the way": {"en": "in the way", "zh": "冲突"},
    "missing": {"en": "missing", "zh": "缺失"},
    "changed": {"en": "changed", "zh": "被改动"},
    "unexpected": {"en": "unexpected", "zh": "意外出现"},
    "nothing": {"en": "Nothing to do.", "zh": "无需任何操作。"},
    "district": {"en": "district", "zh": "全区"},
    "in all": {"en": "In all", "zh": "合计"},
    "retire it": {
        "en": "apply leaves it alone; see it out with `openstack bureau retire`",
        "zh": "apply 不处理; 请用 `openstack bureau retire` 退役",
    },
    "blocked": {
        "en": "Not all that the register asks for is done; in the way (x) or waiting (…) is:",
        "zh": "登记册的要求尚未全部实现, 以下冲突 (x) 和待定项 (…) 须先处理:",
    },
    "decide": {
        "en": "Drift is never overwritten: `openstack bureau drift --revert KEY` or `--adopt KEY`.",
        "zh": "漂移不会被覆盖: 请用 `openstack bureau drift --revert KEY` 或 `--adopt KEY` 处理。",
    },
}


def render(plan: Plan, language: Language, names: Mapping[str, str] | None = None) -> str:
    """Return a plan as text, grouped by bureau, with counts.

    :param names: Chinese names of bureaus by code, where known.
    """
    lines = []
    parts = _parts(plan, language)
    for bureau in sorted({code for code, _, _ in parts}):
        own = [(word, line) for code, word, line in parts if code == bureau]
        name = (names or {}).get(bureau, "")
        title = f"{bureau} {name}".strip() or WORDS["district"][language]
        lines += [f"{title}: {_counts((word for word, _ in own), language)}"]
        lines += [f"  {line}" for _, line in own]
    if not lines:
        return WORDS["nothing"][language]
    total = _counts((word for _, word, _ in parts), language)
    lines.append(f"{WORDS['in all'][language]}: {total}")
    if plan.drift:
        lines.append(WORDS["decide"][language])
    return "\n".join(lines)


def require_unblocked(plan: Plan, language: Language) -> None:
    """Raise ConflictUndecided, which lists what is in the way, unless nothing is."""
    if plan.blocked:
        parts = _parts(plan, language)
        lines = [f"  {line}" for _, word, line in parts if word in ("held", "conflict")]
        raise ConflictUndecided("\n".join((WORDS["blocked"][language], *lines)))


def summary(plan: Plan) -> dict[str, int]:
    """Return how many there are of each: add, change, remove, …, drift, accepted."""
    counted = Counter(word for _, word, _ in _parts(plan, "en"))
    return {word: counted[word] for word in _COUNTED} | {"accepted": len(plan.accepted)}


def as_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as data that json can write: the form of ``save_plan``, and a summary."""
    return {"summary": summary(plan), **plan_to_json(plan)}


def describe_drift(drift: Drift, language: Language) -> str:
    """Return one line about drift: what, where, and what was expected."""
    what = WORDS[drift.what.value][language]
    if drift.attribute:
        values = f"{value_text(drift.expected)} → {value_text(drift.seen)}"
        return f"{what} {drift.key} {called(drift.attribute, language)}: {values}"
    seen = f": {value_text(seen_as(drift, language))}" if drift.seen is not None else ""
    return f"{what} {drift.key}{seen}"


def seen_as(drift: Drift, language: Language) -> Value:
    """Return what was seen; of something unexpected, its attributes in words."""
    if drift.what is DriftKind.UNEXPECTED:
        return in_words(drift.resource.attributes, lambda name: called(name, language))
    return drift.seen


_COUNTED = ("add", "change", "remove", "record", "forget", "held", "leaving", "conflict", "drift")


def _parts(plan: Plan, language: Language) -> list[tuple[str, str, str]]:
    """Return bureau, what it counts as, and the line of everything in a plan."""
    return [*_changes(plan, language), *_others(plan, language)]


def _changes(plan: Plan, language: Language) -> Iterator[tuple[str, str, str]]:
    for one in plan.changes:
        yield one.bureau, one.action.value, f"{_line(one, language)}"
    for held in plan.held:
        reason = held.reason.in_(language)
        yield held.change.bureau, "held", f"… {_line(held.change, language)}; {reason}"


def _others(plan: Plan, language: Language) -> Iterator[tuple[str, str, str]]:
    for leaving in plan.leaving:
        what = f"{leaving.key} ({len(leaving.resources)}, {called(leaving.phase, language)})"
        reason = f"{leaving.reason.in_(language)}; {WORDS['retire it'][language]}"
        yield leaving.bureau, "leaving", f"> {what}: {reason}"
    for conflict in plan.conflicts:
        names = ", ".join(called(one, language) for one in conflict.attributes)
        line = f"x {conflict.key} ({names}): {conflict.reason.in_(language)}"
        yield conflict.bureau, "conflict", line
    for drift in plan.drift:
        yield drift.bureau, "drift", f"! {describe_drift(drift, language)}"


def _line(change: Change, language: Language) -> str:
    return f"{SIGNS[change.action]} {change.key}: {change.reason.in_(language)}"


def _counts(words: Iterable[str], language: Language) -> str:
    counted = Counter(words)
    parts = [f"{counted[one]} {WORDS[one][language]}" for one in _COUNTED if counted[one]]
    return ", ".join(parts)
