"""The lab's cloud and our commands, for a drill: with a register and a record of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from openstack.connection import Connection
from ouhai_cloud import config
from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.archive import ARCHIVE, PATCH_HEADERS, open_archive
from ouhai_cloud.cloud.connection import prepare
from ouhai_cloud.cloud.contents import Item, contents
from ouhai_cloud.cloud.listing import list_all
from ouhai_cloud.cloud.marks import unmark
from ouhai_cloud.tenancy.register.dump import dump
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.report import WORDS
from ouhai_cloud.tenancy.resources import Key, place_of

from tests.drills.belongings import Belongings, expect_kept, furnish
from tests.drills.scratch import ROOTS, SYSTEMS, UNITS, extended, objects
from tests.drills.steps import DrillFailed
from tests.support.bureaus import Bureaus
from tests.support.cloud import connect
from tests.support.lab import Lab

NOTHING_TO_DO = WORDS["nothing"]["en"]
GRACE_ENDS_AT_ONCE = ("--freeze", "--grace-days", "0")
STACK_SECONDS = 180
POLL_SECONDS = 0.05
NEXT_TIME = "run the same command again"
"""What a report must tell, as every error of ours that time mends does."""
RETRY_SECONDS = 20
MEND_SECONDS = 900
"""Three times what Neutron lets pass between two checks of OVN."""
SHOWN_LINES = 20


class ScratchCloud:
    """The lab's cloud with the scratch bureaus.

    The record is a copy of the lab's, so that nothing which a drill breaks outlives it.

    :param folder: for the drill's files.
    """

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.bureaus = lab, Bureaus(lab)
        self._configuration = config.load(self.bureaus.environment())
        self._folder, self._state = folder, folder / "state"
        self._forget()
        self._log = folder / "apply.log"
        self.original = self.bureaus.path
        self.register = extended(self.bureaus.register)
        self._whole = self.write("whole.yaml", self.register)
        self._api = Api(prepare(connect(lab)))
        self.before: Counter[str] = Counter()
        self.swept: Counter[str] = Counter()

    def write(self, name: str, register: Register) -> Path:
        """Write a register to a file of the drill's."""
        path = self._folder / name
        path.write_text(dump(register), encoding="utf-8")
        return path

    def begin(self) -> None:
        """Remove what a killed drill left, see that nothing is to do, and look at the cloud.

        Security groups whose project was gone already stay: nothing tells whose they were.

        :raises DrillFailed: the cloud is not as the lab's register says.
        """
        # Before cleaning: what that leaves behind is the drill's, and goes.
        self._orphans_before = self._orphans()
        self._archived_before = {one.id for one in self._archived()}
        self.clean()
        self.expect_clean(self.original, own_state=True)
        # Retiring makes it and keeps it, so it must not count as something left behind.
        self._had_archive = bool(self._archives())
        open_archive(self._api)
        # Neutron makes a project's default group at the first question about it, whoever asks.
        for one in self._archives():
            self._api.list("network", "/security-groups", project_id=one["id"])
        self.before = self.seen()

    def seen(self) -> Counter[str]:
        """Count what is in the cloud; waits while a service does not answer."""
        return objects(list_all(self._api, self._configuration.directory_domain))

    def run(
        self, *words: str, register: Path | None = None, own_state: bool = False, code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run `openstack bureau WORDS`.

        :param register: by default the one with all scratch bureaus.
        :param own_state: with the lab's own record.
        :raises DrillFailed: it does not end with this exit code.
        """
        file = register or self._whole
        state = None if own_state else self._state
        done = self.bureaus.command(*words, "--register", str(file), state=state)
        if done.returncode != code:
            raise DrillFailed(
                f"`openstack bureau {' '.join(words)}` with {file.name} ended with "
                f"{done.returncode} instead of {code}:\n{tail(done.stdout + done.stderr)}"
            )
        return done

    def apply_until_done(self) -> int:
        """Apply as often as its report asks for; Neutron mends in minutes what it left half-made.

        :return: how often that was.
        :raises DrillFailed: it fails otherwise, or for too long.
        """
        started, tries = time.monotonic(), 0
        while True:
            tries += 1
            done = self.bureaus.command("apply", "--register", str(self._whole), state=self._state)
            if done.returncode == 0:
                return tries
            said = done.stdout + done.stderr
            if NEXT_TIME not in said or time.monotonic() > started + MEND_SECONDS:
                raise DrillFailed(f"apply ended with {done.returncode}:\n{tail(said)}")
            time.sleep(RETRY_SECONDS)

    def retire(self, code: str, *words: str, register: Path) -> str:
        """Take a step of a retirement; return what it printed."""
        return self.run("retire", code, *words, register=register).stdout

    def expect_refused(self, code: str, step: str, why: str, register: Path) -> None:
        """See that a step of retirement is refused, and for which reason.

        :raises DrillFailed: it is not, or another reason is given.
        """
        said = self.run("retire", code, step, register=register, code=1).stderr
        if why not in said:
            raise DrillFailed(f"retire {code} {step} was not refused with `{why}`:\n{tail(said)}")

    def expect_clean(self, register: Path | None = None, *, own_state: bool = False) -> None:
        """See that plan finds nothing to do and drift nothing changed.

        :raises DrillFailed: there is something; shows the plan.
        """
        done = self.run("plan", "--language", "en", register=register, own_state=own_state)
        if done.stdout.strip() != NOTHING_TO_DO:
            name = (register or self._whole).name
            raise DrillFailed(f"plan with {name} is not empty:\n{tail(done.stdout)}")
        self.run("drift", register=register, own_state=own_state)

    def expect_enabled(self, code: str, enabled: bool) -> None:
        """See whether a bureau's domain is enabled; DrillFailed when that is not as expected."""
        domain = self._domain(code)
        if domain is None or domain["enabled"] is not enabled:
            raise DrillFailed(f"domain of {code}: enabled is not {enabled}: {domain}")

    @contextmanager
    def applying(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run an apply in a process group of its own; what runs at the end is killed, all of it."""
        with (
            self._log.open("wb") as log,
            subprocess.Popen(
                ["openstack", "bureau", "apply", "--register", str(self._whole)],
                env=self.bureaus.environment(self._state),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def output(self) -> str:
        """Return what that apply printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def kill_apply(self, seconds: float) -> tuple[int, str]:
        """Start an apply and kill it after some seconds.

        :return: how many changes it had written down, and that in words.
        """
        with self.applying() as process, suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        if process.returncode != -signal.SIGKILL:
            return 0, "it had ended"
        lock = self._state / "lock"
        held = f'"pid": {process.pid},' in (lock.read_text() if lock.exists() else "")
        count = self._recorded()
        return count, f"{'with' if held else 'without'} the lock, {count} changes recorded"

    def wait_for_first_change(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until an apply has made a change, or has ended."""
        while not self._recorded() and process.poll() is None:
            time.sleep(POLL_SECONDS)

    def give_address(self, code: str) -> str:
        """Give a bureau a floating address, so that something is in its projects."""
        project = self._projects(code)[0]
        name = self.lab.variables["external_network"]["name"]
        network = self._api.list("network", "/networks", name=name)[0]
        body = {"floating_network_id": network["id"], "project_id": project["id"]}
        made = self._api.post("network", "/floatingips", {"floatingip": body})
        return str(made["floatingip"]["floating_ip_address"])

    def furnish(self, code: str) -> Belongings:
        """Let a bureau's member make servers, volumes and a stack."""
        one, other = (self._member(code, system) for system in SYSTEMS)
        return furnish(one, other)

    def expect_kept(self, belongings: Belongings) -> None:
        """See that the archive has all of it that is to be kept."""
        expect_kept(self._api, belongings)

    def kill_retire(self, code: str, step: str, word: str, register: Path) -> None:
        """Start a step of a retirement and kill it as soon as it says a word.

        :raises DrillFailed: it ends without saying it.
        """
        words = ["openstack", "bureau", "retire", code, step, "--register", str(register)]
        said = ""
        with subprocess.Popen(
            words,
            env=self.bureaus.environment(self._state),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                for line in process.stderr or ():
                    said += line
                    if word in line:
                        return
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        raise DrillFailed(f"retire {code} {step} ended without saying {word!r}:\n{tail(said)}")

    def expect_users_of_a_stack_alone(self, code: str) -> None:
        """See that users of a stack are left whose stack is gone; waits for Heat to forget it.

        :raises DrillFailed: it is not so, so that nothing is shown by what comes next.
        """
        end = time.monotonic() + STACK_SECONDS
        while "stack" in (left := self._kinds(code)) and time.monotonic() < end:
            time.sleep(RETRY_SECONDS)
        if "stack" in left or "stack_users" not in left:
            raise DrillFailed(f"no users of a stack that is gone, but {sorted(left)}")

    def see_out(self, code: str, register: Path) -> None:
        """Take one that left a register through all steps of its retirement."""
        for words in (GRACE_ENDS_AT_ONCE, ("--archive",), ("--empty",), ("--remove",)):
            self.retire(code, *words, register=register)

    def leave(self) -> None:
        """See all scratch bureaus out.

        :raises DrillFailed: something of them is left.
        """
        self._see_all_out()
        left = [f"{path}/{one['id']} {one['name']}" for path, one in self._left_behind()]
        if left:
            raise DrillFailed("bureaus were seen out and left behind:\n" + "\n".join(left))

    def clean(self) -> None:
        """Remove what is left of the scratch bureaus, whatever state they are in."""
        if any(map(self._domain, ROOTS)):
            # What is not in the record is made or found, so the record then knows all of it.
            self._forget()
            self.apply_until_done()
            self._see_all_out()
        for path, one in self._left_behind():
            self._api.delete("network", f"/{path}/{one['id']}")
            self.swept[f"{path} {one['name']}"] += 1
        self._sweep_archive()

    def close_archive(self) -> None:
        """Remove the archive project if the drill made it and nobody has put anything there."""
        for one in [] if self._had_archive else self._archives():
            if not self._archived():
                self._api.delete("block_storage", f"/os-quota-sets/{one['id']}")
                self._api.delete("identity", f"/projects/{one['id']}")
        for group in self._orphans() - self._orphans_before:
            self._api.delete("network", f"/security-groups/{group}")

    def _forget(self) -> None:
        """Begin with the lab's record again."""
        shutil.rmtree(self._state, ignore_errors=True)
        if self._configuration.state.is_dir():
            shutil.copytree(self._configuration.state, self._state)

    def _see_all_out(self) -> None:
        # Shares end with their agreements, before anybody leaves.
        self.run("apply", register=self.original)
        for code in filter(self._domain, ROOTS):
            self.see_out(code, self.original)

    def _archived(self) -> list[Item]:
        return contents(self._api, [one["id"] for one in self._archives()])

    def _sweep_archive(self) -> None:
        """Delete what came to the archive since the drill began."""
        for one in self._archived():
            if one.id in self._archived_before:
                continue
            if one.what == "image":
                bare = [{"op": "replace", "path": "/protected", "value": False}]
                path = f"/images/{one.id}"
                self._api.send("image", "PATCH", path, body=bare, headers=PATCH_HEADERS)
                self._api.delete("image", path)
            else:
                self._api.delete("block_storage", f"/{one.what}s/{one.id}")

    def _left_behind(self) -> list[tuple[str, Json]]:
        """Return what is left of bureaus that are gone: doubles, and groups of their projects."""
        orphans = self._orphans() - self._orphans_before
        return [
            (path, one)
            for path in ("routers", "networks", "subnetpools", "security-groups")
            for one in self._api.list("network", f"/{path}")
            if one["id"] in orphans or place_of(_key(one)).partition("/")[0] in UNITS
        ]

    def _orphans(self) -> set[str]:
        """Return the ids of security groups of projects that are no more."""
        projects = {one["id"] for one in self._api.list("identity", "/projects")}
        groups = self._api.list("network", "/security-groups")
        return {one["id"] for one in groups if one["project_id"] not in projects}

    def _recorded(self) -> int:
        """Return how many changes are in the journal of an apply that runs or was killed."""
        try:
            return (self._state / "journal.jsonl").read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    def _projects(self, code: str, **search: Any) -> list[Json]:
        domain_id = (self._domain(code) or {}).get("id")
        return self._api.list("identity", "/projects", domain_id=domain_id, **search)

    def _kinds(self, code: str) -> set[str]:
        """Return what kinds of things are in a bureau's projects."""
        found = contents(self._api, [one["id"] for one in self._projects(code)])
        return {one.what for one in found}

    def _member(self, code: str, system: str) -> Connection:
        """Return a connection as a member, to a system's project; the staff is the centre's."""
        (project,) = self._projects(code, tags=f"bureau={code},system={system}")
        centre = next(one for one in self.register.bureaus if one.kind == "centre")
        return self.bureaus.connection(f"{centre.short}-member", project["id"])

    def _domain(self, code: str) -> Json | None:
        found = self._api.list("identity", "/projects", is_domain="true", name=code.lower())
        return found[0] if found else None

    def _archives(self) -> list[Json]:
        return self._api.list("identity", "/projects", name=ARCHIVE)


def _key(one: Json) -> Key:
    """Return the key in the mark of something of Neutron's, empty without one."""
    return unmark(one["description"])[1] or Key("")


def tail(text: str) -> str:
    """Return the last lines of an output, each indented."""
    return "\n".join(f"  {line}" for line in text.splitlines()[-SHOWN_LINES:])
