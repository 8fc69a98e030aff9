"""The commands as openstackclient runs them, on services in memory."""

import json
from argparse import Namespace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ouhai_cloud.cloud.capacity import Physical
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.errors import (
    ConflictUndecided,
    DriftUndecided,
    OuhaiError,
    PlanOutdated,
    RetirementRefused,
)
from ouhai_cloud.osc.base import BureauCommand
from ouhai_cloud.osc.capacity import ShowCapacity
from ouhai_cloud.osc.drift import ShowDrift
from ouhai_cloud.osc.lists import ListBureaus, ShowBureau
from ouhai_cloud.osc.mapping import ShowMapping
from ouhai_cloud.osc.plans import ApplyBureaus, PlanBureaus
from ouhai_cloud.osc.retire import RetireBureau
from ouhai_cloud.tenancy.register.dump import dump
from ouhai_cloud.tenancy.register.federation import mapping_rules

from tests.support.tenancy_bench import REGISTER_FILE, Bench


class Client:
    """Runs a command the way openstackclient does."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bench = Bench(folder)
        self.folder = folder
        self.register = REGISTER_FILE
        monkeypatch.setenv("OUHAI_STATE", str(folder / "state"))
        monkeypatch.setenv("OUHAI_CLASS3_HOSTS", "compute3")

    def run(self, command: type[BureauCommand], *words: str) -> tuple[int, str]:
        """Return exit code and output."""
        stdout = StringIO()
        manager = SimpleNamespace(bureau=self.bench.api)
        app: Any = SimpleNamespace(
            client_manager=manager, stdout=stdout, options=Namespace(timing=False)
        )
        made = command(app, None)
        options = ("--register", str(self.register), "--language", "en")
        parsed = made.get_parser("openstack bureau").parse_args([*options, *words])
        return made.run(parsed), stdout.getvalue()

    def rows(self, command: type[BureauCommand], *words: str) -> list[dict[str, Any]]:
        """Return a list's rows."""
        rows: list[dict[str, Any]] = json.loads(self.run(command, *words, "-f", "json")[1])
        return rows

    def project(self, *tags: str) -> dict[str, Any]:
        """Return the project that has these tags."""
        projects = self.bench.api.tables["projects"].values()
        return next(one for one in projects if set(tags) <= set(one["tags"]))

    def leave(self, code: str, system: str = "") -> None:
        """Take a unit or a system out of the register."""
        self.bench.leave(code, system)
        self.register = self.folder / "register.yaml"
        self.register.write_text(dump(self.bench.register))


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    return Client(tmp_path, monkeypatch)


@pytest.fixture
def applied(client: Client) -> Client:
    assert client.run(ApplyBureaus)[0] == 0
    return client


def test_list_shows_the_registers_units(client: Client) -> None:
    rows = client.rows(ListBureaus, "--kind", "school")
    assert [(row["Code"], row["Name"], row["Parent"]) for row in rows] == [
        ("E021S01", "瓯海中学", "E021")
    ]


def test_show_tells_what_was_made(applied: Client) -> None:
    shown = json.loads(applied.run(ShowBureau, "E021", "-f", "json")[1])
    systems = {one["code"]: one for one in shown["systems"]}
    assert shown["domain id"] and systems["oa"]["project id"]
    assert systems["oa"]["network"].startswith("172.20.")


def test_a_unit_that_is_not_there_is_named(client: Client) -> None:
    with pytest.raises(OuhaiError, match="no unit E999"):
        client.run(ShowBureau, "E999")


def test_without_a_register_the_command_says_how_to_name_one(client: Client) -> None:
    client.register = Path()
    with pytest.raises(OuhaiError):
        client.run(ListBureaus)


def test_mapping_prints_the_rules_as_json(client: Client) -> None:
    code, text = client.run(ShowMapping, "--groups-domain", "federated")
    assert code == 0 and json.loads(text) == mapping_rules(client.bench.register, "federated")


def test_plan_has_an_exit_code_for_pending_changes_when_asked(client: Client) -> None:
    assert client.run(PlanBureaus)[0] == 0
    code, text = client.run(PlanBureaus, "--detailed-exitcode")
    assert code == 2 and "E021" in text
    client.run(ApplyBureaus)
    assert client.run(PlanBureaus, "--detailed-exitcode")[0] == 0


@pytest.mark.parametrize(
    ("language", "says", "drift"),
    [("en", "not ours", "in the way"), ("zh", "非本系统创建", "冲突")],
)
def test_what_is_in_the_way_fails_when_all_else_is_done(
    client: Client, language: str, says: str, drift: str
) -> None:
    taken: dict[str, Any] = {
        "name": "mzj",
        "domain_id": None,
        "parent_id": None,
        "tags": [],
        "is_domain": True,
    }
    client.bench.api.put_in("projects", **taken, enabled=True)
    assert client.run(PlanBureaus)[0] == 0
    assert client.run(PlanBureaus, "--detailed-exitcode")[0] == 3
    with pytest.raises(ConflictUndecided) as raised:
        client.run(ApplyBureaus, "--language", language)
    lines = str(raised.value).splitlines()
    assert any(line.startswith("  x domain:E022") and says in line for line in lines)
    assert any(line.startswith("  … + project:E022/oa") for line in lines)
    assert client.project("bureau=E021") and not client.bench.present().plan.changes
    found = client.rows(ShowDrift, "--language", language)
    assert any(one["Drift"] == drift and says in one["Seen"] for one in found)
    # Nothing is left to do, and yet the register is not met.
    assert client.run(PlanBureaus, "--detailed-exitcode")[0] == 3


def test_plan_has_a_row_for_each_line(client: Client) -> None:
    lines = client.run(PlanBureaus)[1].splitlines()
    rows = client.rows(PlanBureaus)
    assert len(rows) == len([line for line in lines if line.startswith("  ")]) > 100
    first = next(row for row in rows if row["Key"] == "project:E021/oa")
    assert (first["Bureau"], first["What"]) == ("E021", "add")
    assert f"  + project:E021/oa: {first['Reason']}" in lines
    assert client.run(PlanBureaus, "-c", "Key")[1].splitlines() == [row["Key"] for row in rows]


@pytest.mark.parametrize("form", ["table", "csv", "yaml", "value"])
def test_plan_speaks_the_clients_formats(client: Client, form: str) -> None:
    code, text = client.run(PlanBureaus, "-f", form, "--detailed-exitcode")
    assert code == 2
    assert "project:E021/oa" in text and "+ project" not in text


def test_apply_says_what_it_did(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    first = client.rows(ApplyBureaus)
    assert len(first) > 100 and all(row["Done"] and not row["Error"] for row in first)
    assert f"{len(first)}/{len(first)}" in capsys.readouterr().err
    assert client.rows(ApplyBureaus) == []
    assert client.run(ApplyBureaus)[1].splitlines() == ["Nothing to do.", "0 changes made"]


def test_a_saved_plan_is_executed_only_while_the_cloud_has_not_moved(client: Client) -> None:
    saved = str(client.folder / "plan.json")
    client.run(PlanBureaus, "--plan", saved)
    client.run(ApplyBureaus, "--plan", saved)
    with pytest.raises(PlanOutdated):
        client.run(ApplyBureaus, "--plan", saved)


def test_drift_is_listed_reverted_and_adopted(applied: Client) -> None:
    quotas = applied.bench.api.quotas["network"]
    first, second = list(quotas)[-2:]
    assert applied.run(ShowDrift)[0] == 0
    quotas[first]["port"], quotas[second]["port"] = 999, 999
    assert applied.run(ShowDrift)[0] == 3
    rows = applied.rows(ShowDrift)
    assert [(row["Attribute"], row["Seen"]) for row in rows] == [("port", "999")] * 2
    applied.run(ShowDrift, "--adopt", rows[0]["Key"], "--why", "load test")
    assert [row["Key"] for row in applied.rows(ShowDrift)] == [rows[1]["Key"]]
    assert applied.run(ShowDrift, "--revert", "all")[0] == 0
    assert sorted([quotas[first]["port"], quotas[second]["port"]])[0] < 999
    # What was adopted is reverted by its name alone; a wrong name beside it changes nothing.
    with pytest.raises(DriftUndecided, match="has not drifted"):
        applied.run(ShowDrift, "--revert", rows[0]["Key"], "--revert", "network:E021/oa")
    assert sorted([quotas[first]["port"], quotas[second]["port"]])[1] == 999
    assert applied.run(ShowDrift, "--revert", rows[0]["Key"])[0] == 0
    assert sorted([quotas[first]["port"], quotas[second]["port"]])[1] < 999


def test_an_unexpected_project_is_not_deleted_but_seen_out(applied: Client) -> None:
    domain = applied.project("bureau=E021")["id"]
    content = {"name": "mine", "domain_id": domain, "parent_id": domain, "tags": []}
    made = applied.bench.api.put_in("projects", **content, enabled=True, is_domain=False)
    assert applied.run(ShowDrift)[0] == 3
    assert applied.run(ShowDrift, "--revert", "all")[0] == 0
    assert made["id"] in applied.bench.api.tables["projects"]
    place = f"?/{made['id']}"
    assert "in_service; may follow: freeze" in applied.rows(RetireBureau, place)[-1]["Name"]


def test_adopting_needs_a_reason_and_a_drift(applied: Client) -> None:
    with pytest.raises(DriftUndecided, match="--why"):
        applied.run(ShowDrift, "--adopt", "network:E021/oa")
    with pytest.raises(DriftUndecided, match="has not drifted"):
        applied.run(ShowDrift, "--revert", "network:E021/oa")


def test_what_is_in_the_register_does_not_leave(applied: Client) -> None:
    with pytest.raises(RetirementRefused, match="take it out there first"):
        applied.run(RetireBureau, "E021/oa")


def test_a_system_is_frozen_and_thawed(applied: Client) -> None:
    applied.leave("E022", "oa")
    assert applied.run(ApplyBureaus)[0] == 0
    mine = applied.project("system=oa", "bureau=E022")
    applied.run(RetireBureau, "E022/oa", "--freeze", "--grace-days", "7")
    assert mine["enabled"] is False and mine["options"] == {"immutable": True}
    report = applied.rows(RetireBureau, "E022/oa", "--report")
    assert "grace; may follow" in report[-1]["Name"]
    with pytest.raises(RetirementRefused, match="in grace until"):
        applied.run(RetireBureau, "E022/oa", "--archive")
    applied.run(RetireBureau, "E022/oa", "--thaw")
    assert mine["enabled"] is True


@pytest.mark.parametrize("days", ["-1", "x", "1.5"])
def test_days_of_grace_are_a_number_from_0_on(
    applied: Client, days: str, capsys: pytest.CaptureFixture[str]
) -> None:
    applied.leave("E022")
    with pytest.raises(SystemExit):
        applied.run(RetireBureau, "E022", "--freeze", f"--grace-days={days}")
    assert f"'{days}' is no number of days; give 0 or more" in capsys.readouterr().err


def test_a_bureau_is_seen_out_to_the_end(applied: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    applied.leave("E022")
    monkeypatch.setattr("ouhai_cloud.tenancy.leaving.open_archive", lambda api: api)
    applied.run(RetireBureau, "E022", "--freeze", "--grace-days", "0")
    applied.run(RetireBureau, "E022", "--archive")
    api = applied.bench.api
    project = applied.project("system=oa", "bureau=E022")["id"]
    applied.run(RetireBureau, "E022", "--empty")
    left = {"name": "left", "status": "ACTIVE", "tenant_id": project}
    api.tables["servers"]["s"] = {"id": "s", **left}
    with pytest.raises(RetirementRefused, match="not empty"):
        applied.run(RetireBureau, "E022", "--remove")
    api.tables["servers"].clear()
    applied.run(RetireBureau, "E022", "--remove")
    assert not [one for one in api.tables["projects"].values() if "bureau=E022" in one["tags"]]
    assert not [one for one in api.tables["routers"].values() if one["name"] == "mzj"]
    assert applied.bench.present().plan.clean


def test_a_retirement_speaks_chinese(
    applied: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    applied.leave("E022")
    monkeypatch.setattr("ouhai_cloud.tenancy.leaving.open_archive", lambda api: api)
    project = applied.project("system=oa", "bureau=E022")["id"]
    address = {"floating_ip_address": "10.1.0.1", "status": "DOWN", "project_id": project}
    applied.bench.api.put_in("floatingips", **address)

    def said(*words: str) -> list[str]:
        rows = applied.rows(RetireBureau, "E022", "--language", "zh", *words)
        return [str(row.get("What", row.get("Name"))) for row in rows]

    assert said()[-1] == "在用; 下一步可为: freeze"
    assert "可解冻至 20" in said("--freeze", "--grace-days", "0")[0]
    assert said("--archive") == ["完成; 云硬盘由 --empty 保留"]
    assert said("--empty") == ["浮动 IP 10.1.0.1 已释放", "已核实: 其项目中没有任何遗留"]
    assert "empty: 浮动 IP 10.1.0.1 已释放" in capsys.readouterr().err


def test_what_was_done_is_said_before_a_later_failure(
    applied: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    applied.leave("E022")
    monkeypatch.setattr("ouhai_cloud.tenancy.leaving.open_archive", lambda api: api)
    applied.run(RetireBureau, "E022", "--freeze", "--grace-days", "0")
    applied.run(RetireBureau, "E022", "--archive")
    project = applied.project("system=oa", "bureau=E022")["id"]
    for name in ("10.1.0.1", "10.1.0.2"):
        address = {"floating_ip_address": name, "status": "DOWN", "project_id": project}
        last = applied.bench.api.put_in("floatingips", **address)
    applied.bench.api.refuse["DELETE", last["id"]] = Refused("DELETE", 409, "in use")
    with pytest.raises(Refused):
        applied.run(RetireBureau, "E022", "--empty")
    assert "empty: floating address 10.1.0.1 released" in capsys.readouterr().err


def test_capacity_sums_up_what_the_register_grants(
    applied: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = {"VCPU": 2, "MEMORY_MB": 8192, "DISK_GB": 50}
    pool = Physical(present, {**present, "VCPU": 32}, present, 50.0, 40.0)
    monkeypatch.setattr("ouhai_cloud.cloud.capacity.physical", lambda _: pool)
    none = {"VCPU": 1, "MEMORY_MB": 1024, "DISK_GB": 1, "servers": 1}
    volumes = {"gigabytes": 2, "snapshots": 3}
    monkeypatch.setattr("ouhai_cloud.cloud.capacity.used", lambda _, ids: dict.fromkeys(ids, none))
    monkeypatch.setattr(
        "ouhai_cloud.cloud.capacity.volumes_used", lambda _, ids: dict.fromkeys(ids, volumes)
    )
    rows = applied.rows(ShowCapacity)
    cores = {row["Unit"]: row for row in rows if row["Resource"] == "cores"}
    tops = [one for one in applied.bench.register.bureaus if one.parent is None]
    assert cores["(pool)"]["Granted"] == sum(one.allotment.cores for one in tops)
    assert cores["(pool)"]["Physical"] == 2 and cores["(pool)"]["Offered"] == 32
    assert cores["E021"]["Enforced"] <= cores["E021"]["Granted"]
    assert cores["E021"]["Used"] == 4
    used = {row["Resource"]: row["Used"] for row in rows if row["Unit"] == "E021"}
    assert (used["disk_gib"], used["addresses"], used["snapshots"]) == (12, 4, 12)
