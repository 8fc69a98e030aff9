from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from tests.bench import light
from tests.runner.paths import ROOT

HOSTS: dict[str, Any] = yaml.safe_load("""
all:
  children:
    cloud:
      hosts:
        ouhai1:
          ansible_host: 10.118.0.11
          tunnel_address: 10.118.2.11
          storage_devices: [{path: /var/lib/ceph-files/osd0.img}]
      children:
        control: {hosts: {ouhai1: }}
        compute: {hosts: {ouhai1: }}
      vars: {ansible_user: root}
""")


def test_light_hosts_only_compute_and_have_connections_of_their_own() -> None:
    before = copy.deepcopy(HOSTS)
    sockets = {name: Path("/tmp/x", name) for name in light.names(2)}  # noqa: S108 (never opened)
    cloud = light.with_light_hosts(HOSTS, "ouhai1", sockets)["all"]["children"]["cloud"]
    assert before == HOSTS
    assert list(cloud["children"]["compute"]["hosts"]) == ["ouhai1", "light01", "light02"]
    assert list(cloud["children"]["control"]["hosts"]) == ["ouhai1"]
    one, two = (cloud["hosts"][name] for name in light.names(2))
    assert one["ansible_host"] == two["ansible_host"] == "10.118.0.11"
    assert one["ansible_control_path"] != two["ansible_control_path"]
    assert "storage_devices" not in one


def test_their_address_is_that_of_a_compute_host() -> None:
    assert light.one_compute_host(HOSTS) == ("ouhai1", "10.118.0.11")


def test_plays_stay_and_the_precheck_goes() -> None:
    site = yaml.safe_load((ROOT / "playbooks" / "site.yml").read_text())
    kept = light.without_imports(site)
    assert 0 < len(kept) == len(site) - 1
    assert {"hosts": "compute", "roles": ["nova_compute"]}.items() <= next(
        play for play in kept if play["hosts"] == "compute"
    ).items()


def test_the_folder_has_what_playbooks_need(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
    for part in light.INVENTORY_PARTS:
        (tmp_path / part).mkdir()
    with light.surroundings(tmp_path, 3) as around:
        assert (around.playbook.parent / "roles" / "nova_compute").is_dir()
        assert (around.playbook.parent / ".." / "deploy" / "services" / "nova.yml").is_file()
        assert (around.hosts_file.parent / "pki").is_dir()
        assert "light03" in around.hosts_file.read_text()
    assert not around.folder.exists()
    assert (ROOT / "playbooks" / "roles").is_dir()
