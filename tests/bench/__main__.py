"""The benchmarks; each prints what was measured beside its floor or a peer, and the goal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

# In the order of `all`: what a cloud at rest needs comes before guests, and what replaces the lab
# comes last.
PARTS = {
    "memory": "memory of each service of the hosts (reads only)",
    "rerun": "site.yml with nothing to do, and how it grows with hosts (changes nothing)",
    "boot": "POST server to ACTIVE and page, latencies of the APIs (guests of its own)",
    "applications": "deploy to verified login, beside bare QEMU (guests of its own; see --help)",
    "images": "building guest images (no lab, but its repository)",
    "tenancy": "bureaus: apply, plan, drift beside Ansible's modules and a script (see --help)",
    "tenancy_growth": "bureaus: how register to plan grows to 600 (no lab)",
    "phases": "deploy/lab up, phase by phase (replaces the lab: see phases --help)",
}
REPLACE = "--replace"
# What `all` gives to a part. Periodic tasks come once a minute: memory sees a few rounds of them.
OPTIONS = {"memory": ["--watch", "180"], "phases": [REPLACE]}
HELP = """\
usage: tests/bench/run [PART|all] [OPTION ...]

{description}

parts:
{parts}
  all            all of them, the default; phases only with --replace, since it removes the lab

examples:
  tests/bench/run                     what can be measured without harm to the lab
  tests/bench/run all --replace       everything
  tests/bench/run memory --watch 300
  tests/bench/run phases --cold --replace
  tests/bench/run rerun --help        options of a part

exit codes: 0 goals met, 1 a goal missed, 2 something could not be measured
"""


def main(arguments: Sequence[str]) -> int:
    """Run a part with its options, or all parts; return the worst exit code."""
    if any(word in ("-h", "--help") for word in arguments[:1]):
        print(help_text())
        return 0
    part, *options = arguments or ["all"]
    if part in PARTS:
        return run(part, options)
    if part != "all" or any(word != REPLACE for word in options):
        known = ", ".join([*PARTS, "all"])
        asked = " ".join(arguments)
        print(
            f"tests/bench/run: cannot do `{asked}`: the parts are {known}; `all` takes only "
            f"{REPLACE}. See tests/bench/run --help",
            file=sys.stderr,
        )
        return 2
    return run_all(replace=REPLACE in options)


def run_all(*, replace: bool) -> int:
    """Run every part; without leave to replace the lab, all but phases."""
    code = 0
    for part in PARTS:
        print(f"\n== {part} ==", flush=True)
        if part == "phases" and not replace:
            print(f"not run: it takes the lab down and up again; allow that with `all {REPLACE}`")
            continue
        code = max(code, run(part, OPTIONS.get(part, [])))
    return code


def run(part: str, options: Sequence[str]) -> int:
    """Run one part in a process of its own, so that it measures from a clean start."""
    command = [sys.executable, "-m", f"tests.bench.{part}", *options]
    return subprocess.run(command, check=False).returncode


def help_text() -> str:
    """Return the text of --help."""
    parts = "\n".join(f"  {name:<14} {what}" for name, what in PARTS.items())
    return HELP.format(description=__doc__, parts=parts).rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
