"""A second run changes nothing; a third says exactly what somebody has changed by hand.

Each run of site.yml takes most of a minute, so every test reads as much as it can out of one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import leaks, services
from tests.support.lab import Lab
from tests.support.playbooks import Played, play

EDITED = "/etc/glance/glance-api.conf"
SETTING = "rbd_store_pool"
WRONG = f"{SETTING} = somewhere-else"
# A line with a password, which stays in it.
SECRET_SETTING = "connection"
SECRET = "secret_glance_database_password"
MORE = "&read_timeout=30"
READ = f"grep -E '^({SECRET_SETTING}|{SETTING}) *=' {EDITED}"
EDIT = f"sed -i -e 's/^{SETTING} *=.*/{WRONG}/' -e 's/^{SECRET_SETTING} *=.*/&\\{MORE}/' {EDITED}"
# Takes the edited lines out again whatever the test found, should the playbook not have done so.
KEPT = "/run/ouhai-test-kept"
KEEP = f"cp --preserve=all {EDITED} {KEPT}"
PUT_BACK = f"cmp --quiet {KEPT} {EDITED} || cp --preserve=all {KEPT} {EDITED}; rm {KEPT}"


def assert_unchanged(played: Played, hosts: list[str]) -> None:
    """Assert that a run reached these hosts and found nothing to do."""
    assert played.code == 0, played.output
    assert set(hosts) <= set(played.recap), played.output
    assert {host: count for host, count in played.changed.items() if count} == {}, played.output


def start_times(lab: Lab) -> dict[str, dict[str, str]]:
    return {host: services.start_times(lab, host) for host in lab.hosts}


@pytest.fixture
def settled(lab: Lab) -> Iterator[dict[str, dict[str, str]]]:
    """Yield when every service was started; afterwards all of them are the same processes."""
    before = start_times(lab)
    yield before
    after = start_times(lab)
    restarted = {
        host: [name for name in before[host] if after[host].get(name) != before[host][name]]
        for host in lab.hosts
    }
    assert {host: names for host, names in restarted.items() if names} == {}


def test_a_second_run_changes_nothing(lab: Lab, settled: dict[str, dict[str, str]]) -> None:
    assert all(len(times) > 5 for times in settled.values()), settled
    assert_unchanged(play(lab, "site"), lab.hosts)


def test_check_mode_finds_no_difference(lab: Lab, settled: dict[str, dict[str, str]]) -> None:
    played = play(lab, "site", "--check", "--diff")
    assert_unchanged(played, lab.hosts)
    assert played.differences == []


def test_a_group_alone(lab: Lab, settled: dict[str, dict[str, str]]) -> None:
    played = play(lab, "site", "--limit", "compute")
    assert_unchanged(played, lab.groups["compute"])
    assert set(played.recap) <= {*lab.groups["compute"], "localhost"}


def test_a_tag_alone_finds_no_difference(lab: Lab) -> None:
    """What is reckoned from cores and memory is the same without the play that came first."""
    played = play(lab, "site", "--tags", "foundation", "--check", "--diff")
    assert played.code == 0, played.output
    assert played.differences == []


@pytest.fixture
def edited(lab: Lab) -> Iterator[list[str]]:
    """Change two lines of a service's configuration; yield them as they were."""
    lines = lab.ssh(lab.control, f"{KEEP} && {READ}").output.splitlines()
    assert [line.split()[0] for line in lines] == [SECRET_SETTING, SETTING]
    try:
        assert lab.ssh(lab.control, EDIT).code == 0
        yield lines
    finally:
        lab.ssh(lab.control, PUT_BACK)


def test_edited_lines_are_shown_and_a_tag_alone_puts_them_right(
    lab: Lab, edited: list[str]
) -> None:
    secrets = leaks.secret_values(lab)
    checked = play(lab, "site", "--check", "--diff")
    assert checked.code == 0, checked.output
    shown = edited[0].replace(secrets[SECRET], "********")
    assert shown != edited[0]
    differences = [f"-{shown}{MORE}", f"+{shown}", f"-{WRONG}", f"+{edited[1]}"]
    assert checked.differences == differences, checked.output
    forms = leaks.forms(secrets)
    assert [name for name in forms if any(form in checked.output for form in forms[name])] == []
    assert WRONG in lab.ssh(lab.control, f"cat {EDITED}").output, "check mode wrote the file"

    before = start_times(lab)
    played = play(lab, "site", "--tags", "glance")
    assert played.code == 0, played.output
    assert lab.ssh(lab.control, READ).output.splitlines() == edited
    after = start_times(lab)
    restarted = {
        (host, name)
        for host in lab.hosts
        for name in services.differences(before[host], after[host])
    }
    assert restarted == {(lab.control, "glance-api.service")}
    assert_unchanged(play(lab, "site", "--tags", "glance"), [lab.control])


@pytest.fixture
def ending_service(lab: Lab) -> Iterator[str]:
    """Have a service on the control host that starts well, ends a second later and starts anew."""
    name = "ouhai-test-ending"
    run = f"systemd-run --unit={name} --property=Restart=always --property=RestartSec=1"
    try:
        assert lab.ssh(lab.control, f"{run} sh -c 'echo I cannot go on; sleep 1; exit 3'").code == 0
        yield name
    finally:
        lab.ssh(lab.control, f"systemctl stop {name}; systemctl reset-failed {name}")


def test_a_service_that_ends_again_and_again_is_named(lab: Lab, ending_service: str) -> None:
    played = play(lab, "site", "--tags", "answers")
    assert played.code != 0
    assert f"{ending_service}.service does not keep running" in played.output
    assert "I cannot go on" in played.output
