"""What the module `catalogue` finds missing in Keystone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from ansible_collections.ouhai.cloud.plugins.modules import catalogue
from ansible_collections.ouhai.cloud.plugins.modules.catalogue import INTERFACES, Reconciler
from keystoneauth1.exceptions import ConnectFailure
from openstack.exceptions import SDKException

from tests.unit.playbooks import modules

PARAMS: dict[str, Any] = {
    "region": "ouhai",
    "base_url": "https://10.0.0.10",
    "services": [
        {"name": "glance", "type": "image", "description": "Images", "port": 9292, "path": "/v2"}
    ],
    "users": {"glance": "pw"},
    "heat_domain_password": "pw",
    "duty_roles": ["auditor"],
    "directory_domain": "district",
    "limits": {"glance": {"image_count_total": 100, "image_size_total": 1024}},
}
SERVICE = SimpleNamespace(id="s", type="image", name="glance", description="Images")
KINDS = (
    *("services", "endpoints", "roles", "projects", "users", "domains", "role_assignments"),
    "registered_limits",
)


def reconciler(*, check_mode: bool = False, **present: list[Any]) -> Reconciler:
    """Return one for a Keystone that has only what is given, kind by kind."""
    identity = Mock()
    for kind in KINDS:
        getattr(identity, kind).return_value = present.get(kind, [])
    return Reconciler(Mock(params=PARAMS, check_mode=check_mode), identity)


def endpoints(url: str, region: str = "ouhai") -> list[Any]:
    return [
        SimpleNamespace(
            id=f"e-{interface}", service_id="s", interface=interface, url=url, region_id=region
        )
        for interface in INTERFACES
    ]


def test_check_mode_names_everything_and_creates_nothing() -> None:
    # Of the roles that bootstrapping makes.
    bootstrapped = [SimpleNamespace(id=f"r-{name}", name=name) for name in ("admin", "reader")]
    tried = reconciler(check_mode=True, roles=bootstrapped)
    tried.services()
    tried.accounts()
    tried.directory_domain()
    tried.limits()
    assert tried.actions == [
        "service glance",
        "public endpoint of glance",
        "internal endpoint of glance",
        "role service",
        "role heat_stack_owner",
        "role heat_stack_user",
        "role auditor",
        "project service",
        "user glance",
        "role service of glance",
        "role admin of glance",
        "role reader of glance on the system",
        "domain heat",
        "domain district",
        "limits image_count_total, image_size_total",
    ]
    calls = {call[0] for call in tried.identity.method_calls}
    assert not {name for name in calls if name.startswith(("create", "update", "assign", "post"))}


def test_a_service_that_is_as_it_should_be_is_left_alone() -> None:
    found = reconciler(services=[SERVICE], endpoints=endpoints("https://10.0.0.10:9292/v2"))
    found.services()
    assert found.actions == []


@pytest.mark.parametrize(
    ("url", "region", "method"),
    [
        ("https://10.0.0.99:9292/v2", "ouhai", "update_endpoint"),
        ("https://10.0.0.10:9292/v2", "elsewhere", "create_endpoint"),
    ],
)
def test_an_endpoint_is_corrected_or_made(url: str, region: str, method: str) -> None:
    found = reconciler(services=[SERVICE], endpoints=endpoints(url, region))
    found.services()
    assert found.actions == ["public endpoint of glance", "internal endpoint of glance"]
    calls = getattr(found.identity, method).call_args_list
    assert {call.kwargs["url"] for call in calls} == {"https://10.0.0.10:9292/v2"}


def test_accounts_that_are_as_they_should_be_are_left_alone() -> None:
    names = ("service", "admin", "reader", "auditor", "heat_stack_owner", "heat_stack_user")
    roles = [SimpleNamespace(id=f"r-{name}", name=name) for name in names]
    grants: list[tuple[str, dict[str, Any]]]
    grants = [("r-service", {"project": {"id": "p"}}), ("r-admin", {"project": {"id": "p"}})]
    grants.append(("r-admin", {"domain": {"id": "d"}}))
    grants.append(("r-reader", {"system": {"all": True}}))
    found = reconciler(
        roles=roles,
        projects=[SimpleNamespace(id="p")],
        users=[SimpleNamespace(id="u")],
        domains=[SimpleNamespace(id="d")],
        role_assignments=[
            SimpleNamespace(user={"id": "u"}, role={"id": role}, scope=scope)
            for role, scope in grants
        ],
    )
    works = Mock(return_value=True)
    found.password_works = works  # type: ignore[method-assign]  # no Keystone to log in to
    found.accounts()
    assert found.actions == []
    works.return_value = False
    found.accounts()
    assert found.actions == ["password of glance", "password of heat_domain_admin"]


def limit(resource: str, value: int, region: str = "ouhai") -> Any:
    return SimpleNamespace(
        service_id="s", region_id=region, resource_name=resource, default_limit=value
    )


def test_limits_are_corrected_and_what_is_missing_is_made_at_once() -> None:
    found = reconciler(
        services=[SERVICE],
        endpoints=endpoints("https://10.0.0.10:9292/v2"),
        registered_limits=[
            limit("image_count_total", 1),
            limit("image_size_total", 1024, region="elsewhere"),
            limit("of_somebody_else", 5),
        ],
    )
    create = Mock()
    found.create_limits = create  # type: ignore[method-assign]  # no Keystone to ask
    found.services()
    found.limits()
    assert found.actions == ["limit image_count_total", "limits image_size_total"]
    assert found.identity.update_registered_limit.call_args.kwargs["default_limit"] == 100
    assert create.call_args.kwargs["limits"] == [
        {
            "service_id": "s",
            "region_id": "ouhai",
            "resource_name": "image_size_total",
            "default_limit": 1024,
        }
    ]
    assert found.endpoint_ids == {"glance": "e-public"}


def test_limits_that_are_as_they_should_be_are_left_alone() -> None:
    found = reconciler(
        services=[SERVICE],
        endpoints=endpoints("https://10.0.0.10:9292/v2"),
        registered_limits=[limit("image_count_total", 100), limit("image_size_total", 1024)],
    )
    found.services()
    found.limits()
    assert found.actions == []


def play(
    monkeypatch: pytest.MonkeyPatch, identity: Any, *, check_mode: bool = False
) -> dict[str, Any]:
    """Run the module on four services that Keystone does not have; return what it says."""
    services = [PARAMS["services"][0] | {"name": name, "type": name} for name in "dbca"]
    nothing = {"users": {}, "directory_domain": "", "limits": {}, "duty_roles": []}
    params = PARAMS | nothing | {"services": services, "auth_url": "https://10.0.0.10:5000/v3"}
    monkeypatch.setattr(catalogue, "connect", lambda _: Mock(identity=identity))
    return modules.said(monkeypatch, catalogue, params, check_mode=check_mode)


def refuse(**refused: Exception) -> Any:
    """Return what creates a service, unless its name is among those that are refused."""

    def create(name: str, **_: Any) -> Any:
        if name in refused:
            raise refused[name]
        return Mock()

    return create


def test_only_what_was_done_is_said_to_be_and_every_refusal_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identity = reconciler().identity
    identity.create_service.side_effect = refuse(
        b=SDKException("b is not allowed"), d=ConnectFailure("no answer for d")
    )
    said = play(monkeypatch, identity)["msg"]
    done = ", ".join(
        f"{interface} endpoint of {name}" for interface in sorted(INTERFACES) for name in "ac"
    )
    assert said == (
        "Keystone refused: b is not allowed; no answer for d. "
        f"Done so far: {done}, service a, service c; it can be repeated."
    )


def test_a_lost_connection_fails_it_with_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    identity = reconciler().identity
    identity.services.side_effect = ConnectFailure("no route")
    said = play(monkeypatch, identity)["msg"]
    assert said == "Keystone refused: no route. Done so far: nothing; it can be repeated."


def test_what_threads_did_is_told_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    roles = [SimpleNamespace(id=f"r-{name}", name=name) for name in ("admin", "reader")]
    identity = reconciler(roles=roles).identity
    for check_mode in (True, False):
        actions = play(monkeypatch, identity, check_mode=check_mode)["actions"]
        assert "service d" in actions
        assert actions == sorted(actions)
