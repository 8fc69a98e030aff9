"""Running the smoke set on the control host."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import yaml

from tests.runner.paths import ROOT
from tests.tempest.discovery import Cloud
from tests.tempest.remote import WORKSPACE, ControlHost

PACKAGES_FILE = ROOT / "deploy" / "repository" / "test_packages.yml"
EXTERNAL_BRIDGE = "br-ex"
INSTALL_TIMEOUT_SECONDS = 300
RUN_TIMEOUT_SECONDS = 2700


def run_smoke(host: ControlHost, files: Mapping[str, str], cloud: Cloud) -> bytes:
    """Install tempest, run its smoke set and return the results as a subunit stream.

    Raises RemoteFailed when tempest cannot be run; tests that fail are in the stream.
    """
    packages = yaml.safe_load(PACKAGES_FILE.read_text())["packages"]
    print(f"installing tempest on {host.name}", flush=True)
    host.run(
        "export DEBIAN_FRONTEND=noninteractive; apt-get update --quiet=2 && "
        f"apt-get install --yes --quiet=2 --no-install-recommends {shlex.join(packages)}",
        timeout_seconds=INSTALL_TIMEOUT_SECONDS,
    )
    with _workspace(host, files), _address_on_the_extranet(host, cloud):
        print(f"running the smoke set on {host.name}", flush=True)
        # Exit code 1 says that tests failed, which the stream says better.
        host.run(
            f"cd {WORKSPACE} && "
            "tempest run --config-file tempest.conf --smoke --concurrency 2 "
            "--exclude-list exclude.txt --subunit >smoke.subunit 2>smoke.log; "
            "code=$?; [ $code -le 1 ] || { tail -n 40 smoke.log >&2; exit $code; }",
            timeout_seconds=RUN_TIMEOUT_SECONDS,
        )
        return host.run(f"cat {WORKSPACE}/smoke.subunit")


@contextmanager
def _workspace(host: ControlHost, files: Mapping[str, str]) -> Iterator[None]:
    """A folder for tempest, removed afterwards: its configuration holds a password."""
    host.run(f"rm -rf {WORKSPACE} && install -d -m 0700 {WORKSPACE} {WORKSPACE}/locks")
    try:
        for name, content in files.items():
            host.write(f"{WORKSPACE}/{name}", content)
        yield
    finally:
        host.run(f"rm -rf {WORKSPACE}")


@contextmanager
def _address_on_the_extranet(host: ControlHost, cloud: Cloud) -> Iterator[None]:
    """An address of the host on the extranet while tempest runs.

    Tempest reaches guests by their floating addresses, and hosts have no route to the extranet.
    """
    network = cloud.external_network
    address = f"{network.free_address}/{network.range.prefixlen}"
    state = host.run(f"cat /sys/class/net/{EXTERNAL_BRIDGE}/operstate").decode().strip()
    host.run(
        f"ip address replace {address} dev {EXTERNAL_BRIDGE}; ip link set {EXTERNAL_BRIDGE} up"
    )
    try:
        yield
    finally:
        host.run(f"ip address delete {address} dev {EXTERNAL_BRIDGE}")
        if state == "down":
            host.run(f"ip link set {EXTERNAL_BRIDGE} down")
