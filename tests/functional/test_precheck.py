"""playbooks/precheck.yml on real hosts: every bad input is named, and nothing is changed anywhere.

Each test spoils a copy of the lab's inventory, or for a moment a host, and reads the report.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ouhai.cloud.plugins.plugin_utils import vault_file

from tests.support.lab import ROOT, Lab

PORT = 45678
ELSEWHERE = 8044
OS_RELEASE = "/run/ouhai-test-os-release"
UNIT = "ouhai-test-listener"
FINGERPRINT = """
dpkg-query --show --showformat '${Package} ${Version} ${Status}\\n' | sha256sum
find /etc -xdev -type f -exec sha256sum {} + | sort | sha256sum
find /etc -xdev -printf '%p %m %u %g %l\\n' | sort | sha256sum
systemctl list-units --state=active --plain --no-legend --type=service | cut -d' ' -f1 |
    grep -v -e '^session' -e '^user' | sort | sha256sum
find /root /var/lib /srv -xdev -maxdepth 2 -name '*ansible*' | sort
ls -A /tmp | grep -v systemd-private | sort
"""

Precheck = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def inventory(lab: Lab, tmp_path: Path) -> Path:
    """Return the folder of a copy of the lab's inventory."""
    folder = tmp_path / "inventory"
    for name in ("group_vars", "pki"):
        shutil.copytree(lab.inventory / name, folder / name)
    for name in ("hosts.yml", ".vault-password"):
        shutil.copy2(lab.inventory / name, folder / name)
    return folder


@pytest.fixture
def precheck(lab: Lab, inventory: Path) -> Iterator[Precheck]:
    """Return a function that runs the playbook; afterwards every host is as it was."""

    def run(
        *options: str, password: Path | None = None, **variables: Any
    ) -> subprocess.CompletedProcess[str]:
        environment = lab.environment | {
            "ANSIBLE_VAULT_PASSWORD_FILE": str(password or inventory / ".vault-password"),
            "ANSIBLE_NOCOLOR": "1",
        }
        command = ["ansible-playbook", "-i", str(inventory / "hosts.yml"), *options]
        command += ["playbooks/precheck.yml", "--extra-vars", json.dumps(variables)]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    before = fingerprints(lab)
    yield run
    assert fingerprints(lab) == before


def fingerprints(lab: Lab) -> dict[str, str]:
    return {host: lab.ssh(host, FINGERPRINT).output for host in lab.hosts}


def assert_reported(done: subprocess.CompletedProcess[str], *seen: str) -> None:
    """Assert that the playbook failed and its report has all of this."""
    report = " ".join(done.stdout.split())
    assert done.returncode == 2, done.stdout + done.stderr
    assert [text for text in seen if text not in report] == [], done.stdout


def change(inventory: Path, **changes: Any) -> None:
    path = inventory / "group_vars" / "all" / "lab.yml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def host_address(lab: Lab) -> str:
    return lab.ssh(lab.control, "hostname -I").output.split()[0]


@contextmanager
def done_on(lab: Lab, host: str, command: str, undo: str) -> Iterator[None]:
    """Spoil something on a host for the time of a test."""
    try:
        answer = lab.ssh(host, command)
        assert answer.code == 0, answer.errors
        yield
    finally:
        lab.ssh(host, undo)


def test_the_lab_passes(precheck: Precheck) -> None:
    done = precheck()
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_duplicate_address(lab: Lab, inventory: Path, precheck: Precheck) -> None:
    hosts = yaml.safe_load((inventory / "hosts.yml").read_text())
    taken = host_address(lab)
    hosts["all"]["children"]["compute"] = {"hosts": {"double": {"ansible_host": taken}}}
    (inventory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    assert_reported(precheck(), "is used 2 times", "host_address of double")


def test_overlapping_ranges(lab: Lab, inventory: Path, precheck: Precheck) -> None:
    change(inventory, project_range=lab.variables["management_range"])
    assert_reported(precheck(), "overlap", "management_range", "project_range")


def test_a_host_without_memory(lab: Lab, precheck: Precheck) -> None:
    done = precheck(precheck_memory_gib={"control": 100_000})
    assert_reported(done, "GiB of memory, 100000 GiB are needed", f"where: {lab.control}")


def test_a_wrong_operating_system(lab: Lab, precheck: Precheck) -> None:
    old = f'printf \'ID=debian\\nVERSION_ID="12"\\nPRETTY_NAME="Debian 12"\\n\' > {OS_RELEASE}'
    others = [host for host in lab.hosts if host != lab.control]
    with done_on(lab, lab.control, old, f"rm -f {OS_RELEASE}"):
        done = precheck(f"--limit={lab.control}", precheck_os_release_file=OS_RELEASE)
    assert_reported(done, "the operating system is Debian 12")
    assert all(f"where: {host}" not in done.stdout for host in others)


@pytest.mark.parametrize(("seconds", "direction"), [(60, "behind"), (-60, "ahead of")])
def test_a_skewed_clock(lab: Lab, precheck: Precheck, seconds: int, direction: str) -> None:
    done = precheck(precheck_clock_offset_seconds=seconds)
    assert_reported(done, f"s {direction} the deploy host's", lab.control)


def test_a_missing_secret(inventory: Path, precheck: Precheck) -> None:
    path = inventory / "group_vars" / "all" / "secrets.yml"
    password = vault_file.load_password(inventory / ".vault-password")
    values, _ = vault_file.read(path, password)
    del values["secret_admin_password"]
    vault_file.write(path, values | {"secret_nova_password": "nova"}, password)
    done = precheck()
    assert_reported(
        done,
        "the secret is missing where: secret_admin_password",
        "the secret is not a good password: it has 4 characters",
    )


def test_an_unknown_variable(inventory: Path, precheck: Precheck) -> None:
    change(inventory, api_adress="10.0.0.1")
    assert_reported(precheck(), "api_adress (group_vars/all/lab.yml)", "Did you mean api_address?")


def test_an_empty_control_group(inventory: Path, precheck: Precheck) -> None:
    path = inventory / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    hosts["all"]["children"]["cloud"]["children"]["control"] = {}
    path.write_text(yaml.safe_dump(hosts))
    assert_reported(precheck(), "the group is empty", "where: group control")


def test_a_port_that_is_taken(lab: Lab, precheck: Precheck) -> None:
    listen = f"systemd-run --quiet --unit={UNIT} python3 -m http.server {PORT} && sleep 2"
    port = {"port": PORT, "protocol": "tcp", "groups": ["control"], "units": ["haproxy"]}
    with done_on(lab, lab.control, listen, f"systemctl stop {UNIT}"):
        done = precheck(precheck_ports=[port | {"service": "a test"}])
    assert_reported(done, f"port {PORT}/tcp is in use by python3", f"{UNIT}.service")


def test_a_port_that_its_own_service_has(lab: Lab, precheck: Precheck) -> None:
    listen = f"systemd-run --quiet --unit={UNIT} python3 -m http.server {PORT} && sleep 2"
    port = {"port": PORT, "protocol": "tcp", "groups": ["control"], "units": [UNIT]}
    with done_on(lab, lab.control, listen, f"systemctl stop {UNIT}"):
        done = precheck(precheck_ports=[port | {"service": "a test"}])
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_mtu_that_is_too_small(lab: Lab, precheck: Precheck) -> None:
    others = [host for host in lab.hosts if host != lab.control]
    small, usual = (f"ip link set host0 mtu {size}" for size in (1300, 1500))
    with done_on(lab, lab.control, small, usual):
        done = precheck()
    assert_reported(done, "the MTU of host0 (management_interface) is 1300, `mtu` is 1500")
    for host in others:
        assert_reported(done, f"packets of 1500 bytes do not reach {host}")


def test_a_wrong_vault_password(inventory: Path, precheck: Precheck) -> None:
    wrong = inventory / "wrong"
    vault_file.create_password(wrong)
    done = precheck(password=wrong)
    assert done.returncode == 4
    assert f"{inventory}/group_vars/all/secrets.yml cannot be read" in done.stderr
    assert "ANSIBLE_VAULT_PASSWORD_FILE" in done.stderr


def test_a_repository_that_is_signed_by_someone_else(precheck: Precheck, tmp_path: Path) -> None:
    home, key = tmp_path / "gnupg", tmp_path / "other.gpg"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--passphrase", ""]
    try:
        new = [*gpg, "--quick-generate-key", "Somebody", "ed25519", "sign", "never"]
        subprocess.run(new, check=True, capture_output=True)
        subprocess.run([*gpg, "--output", str(key), "--export"], check=True, capture_output=True)
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    assert_reported(precheck(repository_key_file=str(key)), "the signature of", "is not good")


def test_a_repository_that_was_changed_after_it_was_signed(
    lab: Lab, inventory: Path, precheck: Precheck, tmp_path: Path
) -> None:
    signed = Path(lab.variables["repository_key_file"]).parent
    snapshot = lab.variables["repository_url"].rsplit("/", 1)[1]
    head = Path(snapshot, "dists", "trixie", "InRelease")
    (tmp_path / "served" / head).parent.mkdir(parents=True)
    text = (signed / head).read_text().replace("Components: main", "Components: evil")
    (tmp_path / "served" / head).write_text(text)
    address = lab.variables["repository_url"].split("/")[2].rsplit(":", 1)[0]
    command = [str(ROOT / "deploy" / "repository" / "serve"), "--directory", "served"]
    command += ["--address", address, "--port", str(ELSEWHERE)]
    command += ["--certificate", str(inventory / "pki" / "deploy-host.crt")]
    command += ["--key", str(inventory / "pki" / "deploy-host.key")]
    with subprocess.Popen(command, cwd=tmp_path) as server:
        try:
            done = precheck(repository_url=f"https://{address}:{ELSEWHERE}/{snapshot}")
        finally:
            server.terminate()
    assert_reported(done, "the signature of", "is not good")


def test_a_host_that_does_not_answer_does_not_hide_the_rest(
    inventory: Path, precheck: Precheck
) -> None:
    path = inventory / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    away = {"ansible_host": "10.118.0.199", "ansible_user": "root"}
    hosts["all"]["children"]["compute"] = {"hosts": {"away": away}}
    path.write_text(yaml.safe_dump(hosts))
    change(inventory, api_adress="10.0.0.1")
    done = precheck(precheck_memory_gib={"control": 100_000})
    assert_reported(
        done,
        "the host cannot be reached",
        "where: away",
        "no answer from away (10.118.0.199)",
        "GiB of memory, 100000 GiB are needed",
        "api_adress",
    )
