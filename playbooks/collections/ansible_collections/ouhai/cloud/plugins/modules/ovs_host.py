"""Connect a host's Open vSwitch to OVN and to the networks."""

from __future__ import annotations

import json
import os

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: ovs_host
short_description: Connect a host's Open vSwitch to OVN and to the networks
description:
  - Sets the datapath, the tunnel's address, the southbound database and TLS, and makes the bridge
    of the external network. One transaction, only when something differs.
options:
  datapath:
    description: C(system) (kernel), C(netdev) (userspace) or C(auto), which looks for the kernel's.
    type: str
    choices: [auto, system, netdev]
    required: true
  southbound:
    description: Connection of the southbound database.
    type: str
    required: true
  tunnel_address:
    description: Address of the host for Geneve.
    type: str
    required: true
  tunnel_interface:
    description: Interface to plug into br-tun, where the tunnel's address is then; or empty.
    type: str
    default: ""
  gateway:
    description: Whether routers may have their gateway on this host.
    type: bool
    required: true
  physical_network:
    description: Name of the external network.
    type: str
    required: true
  external_interface:
    description: Interface to plug into br-ex; empty on hosts without one.
    type: str
    default: ""
  certificate:
    description: Path of the certificate.
    type: path
    required: true
  key:
    description: Path of its key.
    type: path
    required: true
  authority:
    description: Path of the authority's certificate.
    type: path
    required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Connect the host
  ouhai.cloud.ovs_host:
    datapath: auto
    southbound: ssl:10.118.0.11:6642
    tunnel_address: 10.118.0.12
    gateway: false
    physical_network: extranet
    certificate: /etc/ouhai/pki/host.crt
    key: /etc/ouhai/pki/host.key
    authority: /etc/ouhai/pki/ca.crt
"""

RETURN = """
datapath:
  description: The datapath in use.
  returned: always
  type: str
differences:
  description: Settings that differed.
  returned: always
  type: list
  elements: str
"""


def decide_datapath(module: AnsibleModule) -> str:
    """Return system when the kernel has Open vSwitch's datapath, else netdev."""
    if module.params["datapath"] != "auto":
        return str(module.params["datapath"])
    module.run_command(["modprobe", "openvswitch"])
    return "system" if os.path.isdir("/sys/module/openvswitch") else "netdev"


def column(module: AnsibleModule, name: str) -> dict[str, str]:
    """Read a map column of the only row of Open_vSwitch."""
    _, text, _ = module.run_command(
        ["ovs-vsctl", "--timeout=30", "--format=json", "--columns", name, "list", "Open_vSwitch"],
        check_rc=True,
    )
    return dict(json.loads(text)["data"][0][0][1])


def run(module: AnsibleModule, *words: str) -> str:
    """Run ovs-vsctl and return what it prints."""
    _, text, _ = module.run_command(["ovs-vsctl", "--timeout=30", *words], check_rc=True)
    return str(text).strip()


def bridge_settings(module: AnsibleModule, datapath: str) -> tuple[list[str], list[str]]:
    """Return the differences of the bridges and the commands that settle them."""
    differences: list[str] = []
    commands: list[str] = []
    present = run(module, "list-br").split()
    wanted = [("br-int", ""), ("br-ex", module.params["external_interface"])]
    if module.params["tunnel_interface"]:
        wanted.append(("br-tun", module.params["tunnel_interface"]))
    for bridge, interface in wanted:
        if bridge not in present:
            differences.append(f"bridge {bridge}")
            commands += ["--", "--may-exist", "add-br", bridge]
        current = run(module, "get", "bridge", bridge, "datapath_type") if bridge in present else ""
        if current.strip('"') != datapath:
            differences.append(f"datapath of {bridge}")
            commands += ["--", "set", "bridge", bridge, f"datapath_type={datapath}"]
        if bridge == "br-int" and bridge not in present:
            commands += ["--", "set", "bridge", bridge, "fail_mode=secure"]
        if interface and (
            bridge not in present or interface not in run(module, "list-ports", bridge).split()
        ):
            differences.append(f"port {interface} in {bridge}")
            commands += ["--", "--may-exist", "add-port", bridge, interface]
    return differences, commands


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "datapath": {"type": "str", "choices": ["auto", "system", "netdev"], "required": True},
            "southbound": {"type": "str", "required": True},
            "tunnel_address": {"type": "str", "required": True},
            "tunnel_interface": {"type": "str", "default": ""},
            "gateway": {"type": "bool", "required": True},
            "physical_network": {"type": "str", "required": True},
            "external_interface": {"type": "str", "default": ""},
            "certificate": {"type": "path", "required": True},
            "key": {"type": "path", "required": True, "no_log": False},
            "authority": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    if module.check_mode and not os.path.exists("/run/openvswitch/db.sock"):
        module.exit_json(
            changed=True, datapath="unknown", differences=["Open vSwitch is not up yet"]
        )
    datapath = decide_datapath(module)
    external_ids = {
        "ovn-remote": params["southbound"],
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": params["tunnel_address"],
        "ovn-bridge-mappings": f"{params['physical_network']}:br-ex",
        "ovn-bridge-datapath-type": datapath,
        "ovn-cms-options": "enable-chassis-as-gw" if params["gateway"] else "",
        "system-id": os.uname().nodename,
        "hostname": os.uname().nodename,
        "ovn-monitor-all": "true",
        "ovn-openflow-probe-interval": "60",
        "ovn-remote-probe-interval": "60000",
    }
    other_config = {"userspace-tso-enable": "true"} if datapath == "netdev" else {}
    now_external, now_other = column(module, "external_ids"), column(module, "other_config")
    differences = [k for k, v in external_ids.items() if now_external.get(k, "") != v]
    differences += [k for k, v in other_config.items() if now_other.get(k) != v]
    restart = any(key in differences for key in other_config)
    commands = ["--", "set", "Open_vSwitch", "."]
    commands += [f"external_ids:{k}={json.dumps(v)}" for k, v in external_ids.items()]
    commands += [f"other_config:{k}={json.dumps(v)}" for k, v in other_config.items()]
    files = [params["key"], params["certificate"], params["authority"]]
    if not all(path in run(module, "get-ssl") for path in files):
        differences.append("TLS")
        commands += ["--", "set-ssl", *files]
    # os-vif speaks to the local database over TCP, on the loopback interface only
    if run(module, "get-manager") != "ptcp:6640:127.0.0.1":
        differences.append("manager")
        commands += ["--", "set-manager", "ptcp:6640:127.0.0.1"]
    bridge_differences, bridge_commands = bridge_settings(module, datapath)
    differences += bridge_differences
    commands += bridge_commands
    if differences and not module.check_mode:
        if restart:
            # offloads are decided when the daemon starts; set them first, so that no port has to be
            # made again
            tso = [f"other_config:{k}={v}" for k, v in other_config.items()]
            run(module, "set", "Open_vSwitch", ".", *tso)
            module.run_command(["systemctl", "restart", "ovs-vswitchd"], check_rc=True)
        run(module, *commands)
    if not module.check_mode:
        for interface in filter(None, (params["external_interface"], "br-ex")):
            module.run_command(["ip", "link", "set", interface, "up"], check_rc=True)
    module.exit_json(changed=bool(differences), datapath=datapath, differences=differences)


if __name__ == "__main__":
    main()
