"""The report as a page to read and print: one file, nothing fetched from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit.checks import CHECKS
from ouhai_cloud.tenancy.audit.findings import Finding, Severity
from ouhai_cloud.tenancy.audit.naming import visible
from ouhai_cloud.tenancy.audit.report import Report
from ouhai_cloud.tenancy.audit.verdicts import Seen, Trial, Verdict
from ouhai_cloud.tenancy.audit.words import COUNTED, SEVERITY, VERDICT, WORDS

STYLE = """
body { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif;
  max-width: 60em; margin: 2em auto; line-height: 1.6; color: #222; }
h1 { font-size: 1.5em; } h2 { font-size: 1.2em; border-bottom: 1px solid #888; }
table { border-collapse: collapse; width: 100%; margin: 1em 0; }
th, td { border: 1px solid #999; padding: .3em .6em; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { background: #eee; }
.critical, .breached { color: #a00; font-weight: bold; } .high, .inconclusive { color: #a50; }
.isolated, .clean { color: #060; } .finding { break-inside: avoid; }
.signature { margin-top: 4em; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } }
"""


def as_html(report: Report, language: str = "zh") -> str:
    """Return the report as HTML in Chinese (`zh`) or English (`en`)."""
    lang = "zh-CN" if language == "zh" else "en"
    title = WORDS["title"].in_(language)
    sections = (
        _head(report, language),
        _findings(report, language),
        _trials(report, language),
        _checks(report, language),
        f'<p class="signature">{WORDS["signature"].in_(language)}</p>',
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(report.district)} {title} {report.made:%Y-%m-%d}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n" + "\n".join(sections) + "\n</body>\n</html>\n"
    )


def _head(report: Report, language: str) -> str:
    result = WORDS[report.result].in_(language)
    # without trials nothing was shown that could be green
    kind = "critical" if not report.clean else "high" if report.static_only else "clean"
    rows = (
        (WORDS["made"], f"{report.made:%Y-%m-%d %H:%M:%S} UTC"),
        (WORDS["cloud"], report.cloud),
        (WORDS["register"], report.register),
        (WORDS["digest"], report.digest),
        (WORDS["looked_at"], _counts(report, language)),
    )
    body = "".join(
        f"<tr><th>{word.in_(language)}</th><td>{escape(value)}</td></tr>" for word, value in rows
    )
    return (
        f"<h1>{escape(report.district)} {WORDS['title'].in_(language)}</h1>"
        f'<p class="{kind}">{result}</p><table>{body}</table>'
    )


def _counts(report: Report, language: str) -> str:
    return ", ".join(
        f"{COUNTED[name].in_(language) if name in COUNTED else name} {count}"
        for name, count in report.counts.items()
    )


def _findings(report: Report, language: str) -> str:
    head = f"<h2>{WORDS['findings'].in_(language)}</h2>"
    if not report.findings:
        return f'{head}<p class="clean">{WORDS["none"].in_(language)}</p>'
    counted = Counter(one.check.severity for one in report.findings)
    summary = ", ".join(
        f"{SEVERITY[severity].in_(language)} {counted[severity]}"
        for severity in Severity
        if counted[severity]
    )
    return f"{head}<p>{summary}</p>" + "".join(_finding(one, language) for one in report.findings)


def _finding(finding: Finding, language: str) -> str:
    check, hole = finding.check, finding.hole
    rows = (
        (WORDS["object"], hole.object),
        (WORDS["bureaus"], ", ".join(hole.bureaus) or "—"),
        (WORDS["what"], hole.text.in_(language)),
        (WORDS["why"], check.why.in_(language)),
        (WORDS["remedy"], check.remedy.in_(language)),
    )
    body = "".join(
        f"<tr><th>{word.in_(language)}</th><td>{escape(value)}</td></tr>" for word, value in rows
    )
    return (
        f'<div class="finding"><h3>{check.code} {escape(check.title.in_(language))} '
        f'<span class="{check.severity}">{SEVERITY[check.severity].in_(language)}</span></h3>'
        f"<table>{body}</table></div>"
    )


def _trials(report: Report, language: str) -> str:
    head = f"<h2>{WORDS['trials'].in_(language)}</h2>"
    if report.static_only:
        return f"{head}<p>{WORDS['static_only'].in_(language)}</p>"
    columns = ("trial", "direction", "negatives", "controls", "verdict")
    titles = "".join(f"<th>{WORDS[name].in_(language)}</th>" for name in columns)
    rows = "".join(_trial(one, language) for one in report.trials)
    return f"{head}<table><tr>{titles}</tr>{rows}</table>"


def _trial(trial: Trial, language: str) -> str:
    verdict: Verdict = trial.verdict
    cells = (
        f"{trial.code} {escape(trial.title.in_(language))}",
        escape(" → ".join(filter(None, trial.bureaus))),
        _seen(trial.negatives, language),
        _seen(trial.controls, language),
        f'<span class="{verdict}">{VERDICT[verdict].in_(language)}</span>',
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _seen(seen: Iterable[Seen], language: str) -> str:
    words: dict[bool, Text] = {True: WORDS["yes"], False: WORDS["no"]}
    return "<br>".join(
        escape(
            f"{one.what.in_(language)}: {words[one.happened].in_(language)}"
            + (f" ({visible(one.detail)})" if one.detail else "")
        )
        for one in seen
    )


def _checks(report: Report, language: str) -> str:
    found = Counter(one.check.code for one in report.findings)
    rows = "".join(
        f"<tr><td>{check.code}</td><td>{escape(check.title.in_(language))}</td>"
        f"<td>{SEVERITY[check.severity].in_(language)}</td><td>{found[check.code]}</td></tr>"
        for check in CHECKS
    )
    titles = "".join(
        f"<th>{WORDS[name].in_(language)}</th>" for name in ("code", "check", "severity", "found")
    )
    return f"<h2>{WORDS['checks'].in_(language)}</h2><table><tr>{titles}</tr>{rows}</table>"
