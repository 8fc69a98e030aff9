"""A plan in words, in either language: as text, and row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ouhai_cloud.errors import ConflictUndecided
from ouhai_cloud.language import Language
from ouhai_cloud.tenancy.changes import Action, Plan
from ouhai_cloud.tenancy.drift import Drift, DriftKind
from ouhai_cloud.tenancy.encoding import in_words, value_text
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


class Row(NamedTuple):
    """One thing in a plan.

    :param bureau: code of the bureau on whose account it is; empty for the district's own.
    :param what: what it counts as: add, change, remove, record, forget, held, leaving, conflict,
        drift.
    :param sign: what a line of text begins with.
    :param about: what is said beside the key; may be empty.
    :param reason: why, or what was seen; may be empty.
    """

    bureau: str
    what: str
    sign: str
    key: str
    about: str
    reason: str

    @property
    def line(self) -> str:
        """Return it as a line of text."""
        words = " ".join(filter(None, (self.sign, self.key, self.about)))
        return f"{words}: {self.reason}" if self.reason else words


def render(plan: Plan, language: Language, names: Mapping[str, str] | None = None) -> str:
    """Return a plan as text, grouped by bureau, with counts.

    :param names: Chinese names of bureaus by code, where known.
    """
    lines = []
    listed = list(rows(plan, language))
    for bureau in sorted({one.bureau for one in listed}):
        own = [one for one in listed if one.bureau == bureau]
        name = (names or {}).get(bureau, "")
        title = f"{bureau} {name}".strip() or WORDS["district"][language]
        lines += [f"{title}: {_counts(own, language)}"]
        lines += [f"  {one.line}" for one in own]
    if not lines:
        return WORDS["nothing"][language]
    lines.append(f"{WORDS['in all'][language]}: {_counts(listed, language)}")
    if plan.drift:
        lines.append(WORDS["decide"][language])
    return "\n".join(lines)


def require_unblocked(plan: Plan, language: Language) -> None:
    """Raise ConflictUndecided, which lists what is in the way, unless nothing is."""
    if plan.blocked:
        listed = rows(plan, language)
        lines = [f"  {one.line}" for one in listed if one.what in ("held", "conflict")]
        raise ConflictUndecided("\n".join((WORDS["blocked"][language], *lines)))


def rows(plan: Plan, language: Language) -> Iterator[Row]:
    """Yield everything in a plan: changes in their order, then what apply leaves alone."""
    for one in plan.changes:
        reason = one.reason.in_(language)
        yield Row(one.bureau, one.action.value, SIGNS[one.action], one.key, "", reason)
    for held in plan.held:
        change = held.change
        reason = f"{change.reason.in_(language)}; {held.reason.in_(language)}"
        yield Row(change.bureau, "held", f"… {SIGNS[change.action]}", change.key, "", reason)
    for leaving in plan.leaving:
        about = f"({len(leaving.resources)}, {called(leaving.phase, language)})"
        reason = f"{leaving.reason.in_(language)}; {WORDS['retire it'][language]}"
        yield Row(leaving.bureau, "leaving", ">", leaving.key, about, reason)
    for conflict in plan.conflicts:
        about = f"({', '.join(called(one, language) for one in conflict.attributes)})"
        reason = conflict.reason.in_(language)
        yield Row(conflict.bureau, "conflict", "x", conflict.key, about, reason)
    for drift in plan.drift:
        yield _drifted(drift, language)


def _drifted(drift: Drift, language: Language) -> Row:
    sign = f"! {WORDS[drift.what.value][language]}"
    about, reason = "", ""
    if drift.attribute:
        about = called(drift.attribute, language)
        reason = f"{value_text(drift.expected)} → {value_text(drift.seen)}"
    elif drift.seen is not None:
        reason = value_text(seen_as(drift, language))
    return Row(drift.bureau, "drift", sign, drift.key, about, reason)


def seen_as(drift: Drift, language: Language) -> Value:
    """Return what was seen; of something unexpected, its attributes in words."""
    if drift.what is DriftKind.UNEXPECTED:
        return in_words(drift.resource.attributes, lambda name: called(name, language))
    return drift.seen


_COUNTED = ("add", "change", "remove", "record", "forget", "held", "leaving", "conflict", "drift")


def _counts(listed: Iterable[Row], language: Language) -> str:
    counted = Counter(one.what for one in listed)
    parts = [f"{counted[one]} {WORDS[one][language]}" for one in _COUNTED if counted[one]]
    return ", ".join(parts)
