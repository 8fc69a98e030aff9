"""The bridges that the module `ovs_host` asks Open vSwitch for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.ouhai.cloud.plugins.modules import ovs_host

# Per bridge: datapath and ports.
Bridges = dict[str, tuple[str, str]]
READY: Bridges = {"br-int": ("netdev", "tap1"), "br-ex": ("netdev", "ext0\npatch")}


def differences(
    monkeypatch: pytest.MonkeyPatch, bridges: Bridges, tunnel: str = ""
) -> tuple[list[str], str]:
    def run(_module: object, *words: str) -> str:
        match words:
            case ("list-br",):
                return "\n".join(bridges)
            case ("get", "bridge", bridge, "datapath_type"):
                return bridges[bridge][0]
            case ("list-ports", bridge):
                return bridges[bridge][1]
        raise AssertionError(words)

    monkeypatch.setattr(ovs_host, "run", run)
    module = SimpleNamespace(params={"external_interface": "ext0", "tunnel_interface": tunnel})
    found, commands = ovs_host.bridge_settings(module, "netdev")
    return found, " ".join(commands)


def test_nothing_differs_on_a_host_that_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    assert differences(monkeypatch, READY) == ([], "")


def test_a_new_host_gets_its_bridges(monkeypatch: pytest.MonkeyPatch) -> None:
    found, commands = differences(monkeypatch, {})
    assert "bridge br-int" in found
    assert "port ext0 in br-ex" in found
    assert "set bridge br-int fail_mode=secure" in commands


def test_a_port_and_a_datapath_are_corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    bridges = READY | {"br-ex": ("system", "patch")}
    found, commands = differences(monkeypatch, bridges)
    assert found == ["datapath of br-ex", "port ext0 in br-ex"]
    assert "set bridge br-ex datapath_type=netdev" in commands
    assert "--may-exist add-port br-ex ext0" in commands


@pytest.mark.parametrize("tunnel", ["", "tun0"])
def test_only_an_interface_of_the_tunnels_needs_a_bridge(
    monkeypatch: pytest.MonkeyPatch, tunnel: str
) -> None:
    found, _ = differences(monkeypatch, READY, tunnel)
    wanted = ["bridge br-tun", "datapath of br-tun", f"port {tunnel} in br-tun"]
    assert found == (wanted if tunnel else [])
