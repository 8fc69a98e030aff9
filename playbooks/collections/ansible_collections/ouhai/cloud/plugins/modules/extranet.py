"""Create the external network."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ouhai.cloud.plugins.module_utils.administrator import (
    ARGUMENTS,
    administrator,
)

DOCUMENTATION = """
module: extranet
short_description: Create the external network
description: The provider network to the extranet; its subnet with the pool of floating addresses.
options:
  clouds_file:
    description: Path of clouds.yaml.
    type: path
    required: true
  cloud:
    description: Its entry.
    type: str
    required: true
  network:
    description:
      - C(name), C(physical_network), C(range), C(gateway), C(pool_start), C(pool_end), C(vlan).
    type: dict
    required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Create the external network
  ouhai.cloud.extranet:
    clouds_file: clouds.yaml
    cloud: ouhai
    network: "{{ external_network }}"
"""

RETURN = """
actions:
  description: What was created or altered.
  returned: always
  type: list
  elements: str
"""


def reconcile(module: AnsibleModule, network_service: Any) -> list[str]:
    """Create or correct network and subnet; return what was done."""
    wanted = module.params["network"]
    network = network_service.find_network(wanted["name"])
    actions = []
    if network is None:
        actions.append(f"network {wanted['name']}")
        if module.check_mode:
            return actions
        network = create_network(network_service, wanted)
    return actions + reconcile_subnet(module, network_service, network.id)


def create_network(network_service: Any, wanted: dict[str, Any]) -> Any:
    """Create the network, tagged when a VLAN is given."""
    vlan = int(wanted.get("vlan") or 0)
    provider = {
        "provider_network_type": "vlan" if vlan else "flat",
        "provider_physical_network": wanted["physical_network"],
    }
    if vlan:
        provider["provider_segmentation_id"] = vlan
    return network_service.create_network(
        name=wanted["name"], is_router_external=True, is_shared=False, **provider
    )


def reconcile_subnet(module: AnsibleModule, network_service: Any, network_id: str) -> list[str]:
    """Create or correct the network's subnet; return what was done."""
    wanted = module.params["network"]
    name = wanted["name"]
    actions = []
    pools = [{"start": wanted["pool_start"], "end": wanted["pool_end"]}]
    subnet = next(iter(network_service.subnets(network_id=network_id)), None)
    if subnet is None:
        actions.append(f"subnet of {name}")
        if not module.check_mode:
            network_service.create_subnet(
                name=name,
                network_id=network_id,
                ip_version=4,
                cidr=wanted["range"],
                gateway_ip=wanted["gateway"],
                is_dhcp_enabled=False,
                allocation_pools=pools,
            )
    elif subnet.cidr != wanted["range"]:
        module.fail_json(
            msg=f"the subnet of {name} is {subnet.cidr}, the inventory says {wanted['range']}: "
            "a range cannot be changed while routers use it. Correct the inventory or make a "
            "second network."
        )
    elif (subnet.allocation_pools, subnet.gateway_ip) != (pools, wanted["gateway"]):
        actions.append(f"pool or gateway of {name}")
        if not module.check_mode:
            network_service.update_subnet(
                subnet, allocation_pools=pools, gateway_ip=wanted["gateway"]
            )
    return actions


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={**ARGUMENTS, "network": {"type": "dict", "required": True}},
        supports_check_mode=True,
    )
    with administrator(module, "Neutron refused") as cloud:
        actions = reconcile(module, cloud.network)
    module.exit_json(changed=bool(actions), actions=actions)


if __name__ == "__main__":
    main()
