"""A small Heat stack whose wait condition is signalled through Keystone, as applications do."""

from __future__ import annotations

from typing import Any

import requests

from ..cloud.errors import CheckFailed
from ..cloud.waiting import Wait
from .scene import Scene

TIMEOUT_SECONDS = 120
REQUEST_TIMEOUT_SECONDS = 30

TEMPLATE: dict[str, Any] = {
    "heat_template_version": "2021-04-16",
    "description": "Made by verify.yml, removed by it.",
    "resources": {
        "word": {"type": "OS::Heat::RandomString", "properties": {"length": 12}},
        "group": {
            "type": "OS::Neutron::SecurityGroup",
            "properties": {
                "rules": [{"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}]
            },
        },
        # The handle creates a user in Heat's own domain: what is most often set up wrongly.
        "handle": {"type": "OS::Heat::WaitConditionHandle"},
        "condition": {
            "type": "OS::Heat::WaitCondition",
            "properties": {"handle": {"get_resource": "handle"}, "timeout": TIMEOUT_SECONDS},
        },
    },
    "outputs": {
        "word": {"value": {"get_attr": ["word", "value"]}},
        "endpoint": {"value": {"get_attr": ["handle", "endpoint"]}},
        "token": {"value": {"get_attr": ["handle", "token"]}},
        "data": {"value": {"get_attr": ["condition", "data"]}},
    },
}


def check_stack(scene: Scene) -> str:
    """Create the stack, signal its condition as its own user, and read its outputs."""
    heat = scene.member.orchestration
    stack_id = heat.create_stack(name=scene.name, template=TEMPLATE, timeout_mins=5).id
    endpoint, token = _wait(scene, stack_id, _handle, "The stack's handle is ready")
    requests.post(
        endpoint,
        json={"status": "SUCCESS", "id": "1", "data": scene.marker},
        headers={"X-Auth-Token": token},
        verify=str(scene.settings.ca_file),
        timeout=REQUEST_TIMEOUT_SECONDS,
    ).raise_for_status()
    outputs = _wait(scene, stack_id, _complete, "The stack completes")
    if scene.marker not in str(outputs["data"]) or len(outputs["word"] or "") != 12:
        raise CheckFailed(
            "The stack's outputs are wrong",
            where=f"Heat, stack {scene.name}",
            why=f"word={outputs['word']!r} data={outputs['data']!r}",
            remedy="Look at heat-engine's journal.",
        )
    return ""


def _handle(stack: Any) -> tuple[str, str] | None:
    outputs = _outputs(stack)
    endpoint, token = outputs.get("endpoint"), outputs.get("token")
    return (endpoint, token) if endpoint and token else None


def _complete(stack: Any) -> dict[str, Any] | None:
    return _outputs(stack) if stack.status == "CREATE_COMPLETE" else None


def _outputs(stack: Any) -> dict[str, Any]:
    return {output["output_key"]: output.get("output_value") for output in stack.outputs or []}


def _wait(scene: Scene, stack_id: str, look: Any, what: str) -> Any:
    seen = "unknown"

    def probe() -> Any:
        nonlocal seen
        stack = scene.member.orchestration.get_stack(stack_id)
        seen = f"{stack.status}: {stack.status_reason}"
        if stack.status.endswith("_FAILED"):
            raise CheckFailed(
                "The stack failed",
                where=f"Heat, stack {scene.name}",
                why=stack.status_reason,
                remedy="Look at heat-engine's journal. For `handle`, look at stack_user_domain_id "
                "and stack_domain_admin in heat.conf.",
            )
        return look(stack)

    return Wait(
        what=what,
        where=f"Heat, stack {scene.name}",
        remedy="Look whether heat-engine runs and reaches RabbitMQ: "
        "`openstack orchestration service list`.",
        timeout_seconds=TIMEOUT_SECONDS,
    ).until(probe, lambda: f"Its state is {seen}.")
