"""Running a playbook: its output to a log, what it is at to the operator, its failure in words."""

from __future__ import annotations

import re
import time

from deploy.hardware import jobs
from deploy.hardware.errors import JobFailed
from deploy.hardware.inventory import VAULT_KEY_FILE
from deploy.hardware.layout import Layout
from deploy.hardware.progress import Progress

HEADING = re.compile(r"(PLAY|TASK|RUNNING HANDLER) \[(.*)\] \**$")
FAILURE = re.compile(r"(fatal|failed): \[|\[ERROR\]|ERROR!")
FAILURE_LINES_MAX = 40
# What our own actions tell while they work.
TOLD = re.compile(r"  \S")
SILENCE_SECONDS = 30.0


def environment(layout: Layout) -> dict[str, str]:
    """Return the variables with which this lab's playbooks and clients run."""
    return {
        "PATH": f"{layout.venv}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "ANSIBLE_CONFIG": str(layout.tree / "ansible.cfg"),
        # Not the directory: Ansible would take the certificates in it for lists of hosts.
        "ANSIBLE_INVENTORY": str(layout.inventory / "hosts.yml"),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(layout.inventory / VAULT_KEY_FILE),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


def play(layout: Layout, progress: Progress, playbook: str, *arguments: str) -> None:
    """Run playbooks/PLAYBOOK.yml on the lab; raise JobFailed with the failing task's message."""
    path = layout.tree / "playbooks" / f"{playbook}.yml"
    values = {**environment(layout), "ANSIBLE_NOCOLOR": "1"}
    command = [str(layout.venv / "bin/ansible-playbook"), str(path)]
    job = jobs.start(layout, playbook, [*command, *arguments], environment=values, piped=True)
    try:
        follow(job, progress)
        code = job.process.wait()
    finally:
        job.stop()
    if code != 0:
        said = failure(job.log.read_text(errors="replace")) or jobs.tail(job.log)
        raise JobFailed(f"playbooks/{playbook}.yml failed ({code}):\n{said}\nlog: {job.log}")


def follow(job: jobs.Job, progress: Progress) -> None:
    """Write a job's output to its log as it comes, and show plays and tasks.

    What a task tells while it works is shown, too; in a log, where details are not, only when
    nothing else was for a while.

    When each had its first result (Ansible names a task no earlier) goes to a second log,
    NAME.times, for whoever wants to know what took long.
    """
    play_name = ""
    started = shown = time.monotonic()
    with (
        job.log.open("w", buffering=1) as log,
        job.log.with_suffix(".times").open("w", buffering=1) as times,
    ):
        for line in job.process.stdout or ():
            log.write(line)
            now = time.monotonic()
            heading = HEADING.match(line)
            if heading is None:
                if TOLD.match(line):
                    long_silent = now - shown >= SILENCE_SECONDS
                    progress.detail(f"{play_name}: {line.strip()}", milestone=long_silent)
                    if long_silent:
                        shown = now
                continue
            kind, name = heading.groups()
            times.write(f"{now - started:8.1f} s  {kind} {name}\n")
            if kind == "PLAY":
                play_name = name
                shown = now
                progress.detail(name, milestone=True)
            else:
                progress.detail(f"{play_name}: {name}")


def failure(log: str) -> str:
    """Return the parts of a log that tell of failed tasks: their headings and their messages."""
    parts: list[str] = []
    block: list[str] = []
    heading = ""
    for line in [*log.splitlines(), "PLAY RECAP ***"]:
        if HEADING.match(line) or line.startswith("PLAY RECAP"):
            if any(FAILURE.match(text) for text in block):
                parts += [heading, *block]
            heading, block = line.rstrip("* "), []
        elif line.strip() and not re.match(r"(ok|changed|skipping|included): ", line):
            block.append(line)
    return "\n".join(f"    {line}" for line in parts[:FAILURE_LINES_MAX])
