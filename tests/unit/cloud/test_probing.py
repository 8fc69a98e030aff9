"""Probes are removed, whatever happens, and nothing of anybody else's."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from ouhai_cloud.cloud import probing
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.errors import ApplyLocked
from ouhai_cloud.osc.interrupting import orderly
from ouhai_cloud.tenancy.audit import active
from ouhai_cloud.tenancy.lock import locked

Row = dict[str, Any]
OWN, SITES = "auditors", tuple(probing.Site(code, code, code, "out") for code in "AB")


class Cloud:
    """What probing asks of a cloud, in memory."""

    own_project_id = OWN

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.numbers = count(1)
        self.slow = 0.0
        self.busy: set[str] = set()
        self.status = "ACTIVE"
        self.posted = threading.Event()
        for code in "AB":
            fixed = [{"subnet_id": code, "ip_address": "172.20.0.1"}]
            router = {"device_owner": probing.ROUTER_INTERFACE, "fixed_ips": fixed}
            self.add("/ports", f"router-{code}", network_id=code, project_id="bureau", **router)

    def add(self, path: str, name: str, /, **values: Any) -> Row:
        """Make a row."""
        row = {"id": name, "path": path, "mac_address": "02:00:00:00:00:01", **values}
        self.rows[name] = row
        return row

    def warm(self, *_: str) -> None:
        """Do nothing."""

    def list(self, _service: str, path: str, **wanted: str) -> list[Row]:
        """Return the rows that have the values wanted."""
        if path in {"/images", "/flavors"}:
            return [{"name": "probe", "id": "probe"}]
        if path == "/subnets":
            return [{"gateway_ip": "10.0.0.1"}]
        rows = [row for row in list(self.rows.values()) if row["path"] == path]
        wanted = {key: one for key, one in wanted.items() if key not in {"name", "collection"}}
        return [row for row in rows if all(row.get(k) == v for k, v in wanted.items())]

    def post(self, _service: str, path: str, body: Row) -> Row:
        """Make a row in our own project, slowly."""
        ((kind, values),) = body.items()
        if kind == "security_group_rules":
            return {}
        if kind != "security_group":
            self.posted.set()
            time.sleep(self.slow)
        number = next(self.numbers)
        made = values | {"project_id": OWN, "floating_ip_address": f"10.0.0.{number}"}
        if kind == "port":
            made |= {"device_owner": "", "fixed_ips": [{"ip_address": f"172.20.0.{number + 1}"}]}
        return {kind: self.add(path, f"{kind}-{number}", **made)}

    def get(self, _service: str, path: str) -> Row:
        """Return a subnet or a server."""
        if path.startswith("/subnets"):
            return {"subnet": {"cidr": "172.20.0.0/24", "gateway_ip": "172.20.0.1"}}
        return {"server": {"status": self.status}}

    def delete(self, _service: str, path: str) -> None:
        """Remove a row, unless it is in use."""
        name = path.rpartition("/")[2]
        if name in self.busy:
            raise Refused(f"DELETE {path}", 409, "in use")
        self.rows.pop(name, None)

    @property
    def left(self) -> set[str]:
        """What is there, apart from the bureaus' routers."""
        return {name for name in self.rows if not name.startswith("router-")}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setattr(probing, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(probing, "_answers", lambda *_: True)
    return Cloud()


def boot(cloud: Cloud) -> Any:
    return probing.guests(cast(Api, cloud), SITES)


def test_all_is_removed_at_the_end(cloud: Cloud) -> None:
    with boot(cloud) as running:
        assert [one.bureau for one in running] == ["A", "B"]
        assert len(cloud.left) == 7
    assert cloud.left == set()


def test_a_bureaus_things_by_the_same_words_are_not_touched(cloud: Cloud) -> None:
    cloud.add("/security-groups", "theirs", project_id="bureau", description=probing.PREFIX)
    cloud.busy.add("theirs")
    with boot(cloud):
        pass
    assert cloud.left == {"theirs"}


def test_what_cannot_be_removed_is_named_and_all_else_is_removed(cloud: Cloud) -> None:
    kept = ("port-", "security_group-")
    with pytest.raises(probing.ProbesLeft, match="by hand") as raised, boot(cloud):
        cloud.busy |= {one for one in cloud.left if one.startswith(kept)}
    assert len(cloud.busy) == 3
    assert cloud.left == cloud.busy
    assert all(one in str(raised.value) for one in cloud.busy)


def test_why_a_probe_failed_is_told_also_when_something_is_left(cloud: Cloud) -> None:
    cloud.status = "ERROR"
    cloud.busy.add("security_group-1")
    both = r"(?s)did not start.*security_group-1"
    with pytest.raises(probing.ProbesLeft, match=both), boot(cloud):
        pass


def test_two_audits_do_not_remove_each_others_probes(cloud: Cloud, tmp_path: Path) -> None:
    lock = tmp_path / "state/audit.lock"
    with locked(lock), boot(cloud):
        before = cloud.left
        with pytest.raises(ApplyLocked, match="Another run"):
            active.probe(cast(Api, cloud), SITES, lambda _: None, lock)
        assert cloud.left == before


def test_a_probe_that_failed_stops_the_other_one(cloud: Cloud) -> None:
    cloud.status = "ERROR"
    start = time.monotonic()
    with pytest.raises(probing.ProbeUnusable, match="did not start"), boot(cloud):
        pass
    assert time.monotonic() - start < 5
    assert cloud.left == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("slow", [0.0, 0.5])
def test_who_ends_it_while_it_boots_leaves_nothing(
    cloud: Cloud, number: signal.Signals, slow: float
) -> None:
    """Be it a wait for the servers or a request that is under way; also with three signals."""
    cloud.slow, cloud.status = slow, "BUILD"

    over = threading.Event()

    def press() -> None:
        cloud.posted.wait(5)
        for _ in range(3):
            if not over.wait(0.1):
                os.kill(os.getpid(), number)

    presses = threading.Thread(target=press)
    presses.start()
    start = time.monotonic()
    with pytest.raises((KeyboardInterrupt, SystemExit)), orderly():
        try:
            with boot(cloud):
                pass
        finally:
            over.set()
            presses.join()
    assert time.monotonic() - start < 5
    assert cloud.left == set()
