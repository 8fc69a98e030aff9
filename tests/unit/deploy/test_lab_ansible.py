"""What the operator reads of a playbook's output, and how the lab speaks of time."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.hardware import ansible
from deploy.hardware.ansible import HEADING, environment, failure, follow
from deploy.hardware.layout import layout_from
from deploy.hardware.progress import Progress, duration, table
from deploy.hardware.summary import exports

LOG = """\
PLAY [Database] ****************************************************************

TASK [mariadb : Install] *******************************************************
ok: [control1]

TASK [mariadb : Start the server] **********************************************
[ERROR]: Task failed: Module failed: Unable to start service mariadb
Origin: /tree/playbooks/roles/mariadb/tasks/main.yml:7:7
fatal: [control1]: FAILED! =>
    msg: 'Unable to start service mariadb'
ok: [control2]

PLAY RECAP *********************************************************************
control1 : ok=1 changed=0 unreachable=0 failed=1
"""


def test_failing_task_is_shown_with_its_message_and_no_other() -> None:
    assert failure(LOG).splitlines() == [
        "    TASK [mariadb : Start the server]",
        "    [ERROR]: Task failed: Module failed: Unable to start service mariadb",
        "    Origin: /tree/playbooks/roles/mariadb/tasks/main.yml:7:7",
        "    fatal: [control1]: FAILED! =>",
        "        msg: 'Unable to start service mariadb'",
    ]


def test_failure_before_the_first_play_is_shown() -> None:
    assert "unparsable" in failure("[ERROR]: inventory unparsable\n")


def test_a_good_run_has_no_failure() -> None:
    assert failure("PLAY [A] ***\n\nTASK [b] ***\nok: [c]\n\nPLAY RECAP ***\nc : ok=1\n") == ""


def test_headings_are_recognised_with_brackets_in_them() -> None:
    match = HEADING.match("TASK [nova : Wait for [api]] ****\n".rstrip())
    assert match is not None
    assert match.groups() == ("TASK", "nova : Wait for [api]")


@pytest.mark.parametrize(
    ("silence", "shown"), [(30.0, ["Bureaus"]), (0.0, ["Bureaus", "Bureaus: 1/2 domain:E021, 5 s"])]
)
def test_what_a_long_task_tells_breaks_the_silence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    silence: float,
    shown: list[str],
) -> None:
    monkeypatch.setattr(ansible, "SILENCE_SECONDS", silence)
    lines = ["PLAY [Bureaus] ***\n", "  1/2 domain:E021, 5 s\n", "TASK [Apply] ***\n", "    - x\n"]
    job: Any = SimpleNamespace(log=tmp_path / "bureaus.log", process=SimpleNamespace(stdout=lines))
    follow(job, Progress())
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == shown
    assert job.log.read_text() == "".join(lines)


def test_duration_reads_well() -> None:
    assert [duration(4.24), duration(185.9)] == ["4.2 s", "3 min 05 s"]


def test_table_ends_with_the_total() -> None:
    assert table({"hosts": 5.0, "site": 200.25}).splitlines()[-1].split() == ["total", "205.2", "s"]


def test_exports_can_be_evaluated_whatever_is_in_them() -> None:
    assert exports({"A": "it's", "B": "x"}) == "export A='it'\"'\"'s'\nexport B=x"


def test_ansible_is_told_of_inventory_and_vault_by_the_names_it_knows() -> None:
    values = environment(layout_from({"OUHAI_LAB_STATE": "/srv/ouhai-lab"}, Path("/tree")))
    assert values["ANSIBLE_INVENTORY"] == "/srv/ouhai-lab/inventory/hosts.yml"
    assert values["ANSIBLE_VAULT_PASSWORD_FILE"] == "/srv/ouhai-lab/inventory/.vault-password"
    assert values["ANSIBLE_CONFIG"] == "/tree/ansible.cfg"
