"""Looking at a copy from outside, and using it, as those do whom it serves."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from ouhai_cloud.catalogue import database, own_words, setups, website
from ouhai_cloud.catalogue.copies import Copy
from ouhai_cloud.catalogue.lint import VOLUME_PARAMETER
from ouhai_cloud.catalogue.reaching import Unfit
from ouhai_cloud.catalogue.uses import USES
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import CloudUnreachable, Refused
from ouhai_cloud.cloud.stacks import SERVER, VOLUME
from ouhai_cloud.errors import CopyUnknown

NOT_TOLD = (403, 404, 409, 501)
"""Statuses of an answer for a console that there is none for us, which proves nothing."""
# A busy guest, and an emulated one all the more, takes its time to begin to talk.
KEYSCAN_SECONDS = 30


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    :param detail: what was seen, in one line.
    """

    check: str
    good: bool
    detail: str


def verify(api: Api, copy: Copy) -> list[Finding]:
    """Look at the stack, its servers and volumes and its health address; use it from here."""
    complete = copy.stack.status.endswith("_COMPLETE") and not copy.failure
    found = [Finding("stack", complete, copy.failure or copy.stack.status.lower())]
    found += parts(api, copy)
    well = {one.check for one in found if one.good}
    return [*found, answer(copy), *used(api, copy), *own_findings(api, copy, well)]


def answer(copy: Copy) -> Finding:
    """Look at a copy's health address from here."""
    health = str(copy.stack.outputs.get("health") or "")
    if not health:
        return Finding("health", False, "the copy has no health address (output health)")
    target = urlsplit(health)
    probe = PROBES.get(target.scheme)
    if probe is None:
        return Finding("health", False, f"{health}: nobody knows how to look at that")
    return probe(target, copy.stack.outputs)


def parts(api: Api, copy: Copy) -> Iterator[Finding]:
    """Look at a copy's servers and volumes; a volume that it took over is no part of its stack."""
    held = {
        str(id_): name
        for name, id_ in copy.stack.outputs.items()
        if name.endswith(VOLUME_PARAMETER) and id_
    }
    for one in copy.parts:
        if one.type == SERVER:
            status = stacks.server_status(api, one.id) if one.id else "none"
            yield Finding(one.name, status == "ACTIVE", status)
        elif one.type == VOLUME:
            held.setdefault(one.id, one.name)
    for id_, name in held.items():
        status = (stacks.volume_status(api, id_) or "gone") if id_ else "none"
        yield Finding(name, status == "in-use", status)


def own_findings(api: Api, copy: Copy, running: Collection[str]) -> Iterator[Finding]:
    """Return what the guests say of themselves: the cause of what others see from outside.

    A guest of an older image says nothing.

    :param running: names of servers that run; on the console of another one are old words.
    """
    for one in copy.parts:
        if one.type != SERVER or one.name not in running:
            continue
        check = f"{one.name}, own words"
        try:
            said = own_words.last(stacks.console(api, one.id))
        except (Refused, CloudUnreachable) as error:
            if getattr(error, "status", 0) not in NOT_TOLD:
                yield Finding(check, False, f"the console cannot be read: {error}")
            continue
        if said is not None:
            yield Finding(check, said.good(datetime.now(UTC)), str(said))


def used(api: Api, copy: Copy) -> Iterator[Finding]:
    """Use a copy from here in each way that its version names, and leave nothing in it."""
    try:
        setup, _ = setups.read(api, copy.stack)
    except CopyUnknown as error:
        yield Finding("uses", False, str(error))
        return
    for name in setup.entry.uses:
        yield use(name, copy.stack.outputs)


def use(name: str, outputs: Mapping[str, object]) -> Finding:
    """Use a copy in one way.

    :param name: of ``USES``.
    """
    one = USES.get(name)
    if one is None:
        return Finding(name, False, "nobody knows how to do that; a newer client may")
    told = {output: str(outputs.get(output) or "") for output in one.outputs}
    if lacking := [output for output, value in told.items() if not value]:
        return Finding(name, False, f"the copy has not said {', '.join(lacking)} (outputs)")
    try:
        return Finding(name, True, one.attempt(told))
    except Unfit as error:
        return Finding(name, False, " ".join(str(error).split()))
    except (LookupError, TypeError, ValueError) as error:
        return Finding(name, False, f"answers something unexpected: {error!r}")


def _ssh(target: SplitResult, outputs: Mapping[str, object]) -> Finding:
    """Ask for the host key, and compare it with what the guest reported of itself."""
    reported = str(outputs.get("host_key") or "").split()
    host, port = str(target.hostname), target.port or 22
    command = ["ssh-keyscan", "-T", str(KEYSCAN_SECONDS), "-p", str(port), "-t", "ed25519", host]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=KEYSCAN_SECONDS + 5, check=False
        )
    except FileNotFoundError:
        return Finding("ssh", False, "ssh-keyscan is not here; install openssh-client")
    except subprocess.TimeoutExpired:
        done = None
    lines = done.stdout.splitlines() if done else []
    shown = next((line.split()[1:3] for line in lines if not line.startswith("#")), [])
    if not shown:
        return Finding(
            "ssh",
            False,
            f"{host}:{port} shows no host key; ssh does not answer there, or there is no way from "
            "here to there (is ssh_from right, has the copy a floating address?)",
        )
    if shown != reported[:2]:
        return Finding("ssh", False, f"{host}:{port} has another host key than the guest reported")
    return Finding("ssh", True, f"{host}:{port} answers with the host key that the guest reported")


def _postgresql(target: SplitResult, outputs: Mapping[str, object]) -> Finding:
    """Log in to a database as those do whom it serves, and read a row."""
    names = ("certificate_sha256", "reader_password")
    fingerprint, password = (str(outputs.get(name) or "") for name in names)
    try:
        return Finding("postgresql", True, database.look(target, fingerprint, password))
    except database.DatabaseUnfit as error:
        return Finding("postgresql", False, str(error))


def _https(target: SplitResult, outputs: Mapping[str, object]) -> Finding:
    """Look at a website as its readers do."""
    fingerprint, title = (str(outputs.get(name) or "") for name in ("certificate_sha256", "title"))
    try:
        seen = website.look(
            str(target.hostname), target.port or 443, target.path or "/", fingerprint, title
        )
    except Unfit as error:
        return Finding("https", False, str(error))
    return Finding("https", True, seen)


PROBES: Mapping[str, Callable[[SplitResult, Mapping[str, object]], Finding]] = {
    "ssh": _ssh,
    "postgresql": _postgresql,
    "https": _https,
}
