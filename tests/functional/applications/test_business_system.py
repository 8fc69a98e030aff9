"""The business system on the lab: used from outside while web servers come and go."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.support.applications import Key, Member, members
from tests.support.bureaus import Bureaus
from tests.support.business_system import Reader
from tests.support.website_copy import SiteUnfit

SYSTEM = "relief-test"
TITLE = "社会救助系统"
WORDS = "一条留言 <b>"
SHOWN = "一条留言 &lt;b&gt;"
LEARN_SECONDS = 120
PAUSE_SECONDS = 0.2


class Watch:
    """Asks again and again, and counts who answered and what failed."""

    def __init__(self, reader: Reader) -> None:
        self.answered: Counter[str] = Counter()
        self.failed: list[str] = []
        self._reader = reader
        self._ended = threading.Event()

    @contextmanager
    def on(self) -> Iterator[None]:
        thread = threading.Thread(target=self._ask)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _ask(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            try:
                self.answered[self._reader.member()] += 1
            except (OSError, SiteUnfit) as error:
                self.failed.append(f"{time.strftime('%T')} {error}")


@pytest.fixture(scope="module")
def member(bureaus: Bureaus) -> Member:
    """Return a member at work in the system that has room for four servers."""
    (found,) = [
        Member(bureaus, one.bureau, system)
        for one in members(bureaus)
        for system in one.bureau.systems
        if system.code == SYSTEM
    ]
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until the balancer has learnt something."""
    deadline = time.monotonic() + LEARN_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the balancer did not learn of it in time"
        time.sleep(1)


def test_web_servers_come_and_go_while_people_use_it(member: Member, key: Key, name: str) -> None:
    before = member.things()
    refused = member.app(
        *("deploy", "business-system", name, "--parameter", key.parameter),
        *("--parameter", "web_servers=0"),
    )
    assert refused.returncode == 1 and "1 to 8" in refused.stderr
    words = ("--parameter", key.parameter, "--parameter", f"title={TITLE}")
    copy = member.answer("deploy", "business-system", name, *words)
    seen = {row["Check"]: row["Result"] for row in member.answer("verify", name)}
    assert set(seen.values()) == {"well"} and {"https", "web/0/server"} <= set(seen)

    reader = Reader(copy["health"])
    assert SHOWN in reader.write(WORDS)
    assert reader.member() == f"{name}-web-0"
    servers = {one for one in member.things() if one[0] == "server"}

    preview = member.answer("scale", name, "--count", "2", "--dry-run")
    assert "1 servers" in preview["takes more"] and preview["from"] == 1
    assert {one for one in member.things() if one[0] == "server"} == servers

    watch = Watch(reader)
    with watch.on():
        grown = member.answer("scale", name, "--count", "2")
        assert len(grown["members"].split()) == 2
        both = {f"{name}-web-0", f"{name}-web-1"}
        wait_for(lambda: set(watch.answered) == both)
        assert {one for one in member.things() if one[0] == "server"} > servers
        shrunk = member.answer("scale", name, "--count", "1")
    assert watch.failed == []
    assert shrunk["members"] == copy["members"]
    assert {one for one in member.things() if one[0] == "server"} == servers
    assert {reader.member() for _ in range(4)} == {f"{name}-web-0"}
    assert SHOWN in reader.page()

    done = member.app("delete", name, "--delete-data")
    assert done.returncode == 0, done.stderr
    assert member.things() == before
