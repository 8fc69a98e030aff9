"""Reconcile Keystone's catalogue and the services' accounts in one process."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ouhai.cloud.plugins.module_utils.administrator import CLOUD_ERRORS
from ansible_collections.ouhai.cloud.plugins.module_utils.registered_limits import (
    differing_limits,
    missing_limits,
)

try:
    import openstack
    from keystoneauth1 import exceptions as auth_exceptions
    from keystoneauth1.identity import v3

    HAS_OPENSTACK = True
except ImportError:  # reported by main(), with the package's name
    HAS_OPENSTACK = False

DOCUMENTATION = """
module: catalogue
short_description: Reconcile Keystone's catalogue and the services' accounts in one process
description:
  - Region, services, endpoints, the project C(service) with its users and roles, and Heat's domain.
  - Roles of separated duties, the domain of the district's directory, and registered limits.
  - Bootstraps Keystone when the administrator cannot log in yet.
options:
  auth_url:
    description: Address of Keystone.
    type: str
    required: true
  ca_file:
    description: Certificate of the authority.
    type: path
    required: true
  admin_password:
    description: Password of the user admin.
    type: str
    required: true
  region:
    description: Name of the region.
    type: str
    required: true
  base_url:
    description: Scheme and host of all endpoints.
    type: str
    required: true
  services:
    description: Entries with C(name), C(type), C(description), C(port) and C(path).
    type: list
    elements: dict
    required: true
  users:
    description: Accounts of services, by name, with their passwords.
    type: dict
    required: true
  heat_domain_password:
    description: Password of the administrator of Heat's domain.
    type: str
    required: true
  duty_roles:
    description: Further roles.
    type: list
    elements: str
    default: []
  directory_domain:
    description: Domain whose users and groups are in a directory; empty for none.
    type: str
    default: ""
  limits:
    description: For each service that enforces limits, the limit of each resource.
    type: dict
    default: {}
author: ouhai-cloud
"""

EXAMPLES = """
- name: Reconcile the catalogue
  ouhai.cloud.catalogue:
    auth_url: https://10.118.0.10:5000/v3
    ca_file: /etc/ouhai/pki/ca.crt
    admin_password: "{{ secret_admin_password }}"
    region: ouhai
    base_url: https://10.118.0.10
    services: [{name: glance, type: image, description: Images, port: 9292, path: ""}]
    users: {glance: "{{ secret_glance_password }}"}
    heat_domain_password: "{{ secret_heat_domain_password }}"
"""

RETURN = """
actions:
  description: What was created or altered.
  returned: always
  type: list
  elements: str
endpoints:
  description: Id of the public endpoint of each service of O(limits); fewer in check mode.
  returned: always
  type: dict
"""

WORKERS = 4
INTERFACES = ("public", "internal")


def bootstrap(module: AnsibleModule) -> None:
    """Create the administrator; the password goes by environment, not by the process list."""
    params = module.params
    environment = {
        **os.environ,
        "OS_BOOTSTRAP_PASSWORD": params["admin_password"],
        "OS_BOOTSTRAP_USERNAME": "admin",
        "OS_BOOTSTRAP_PROJECT_NAME": "admin",
        "OS_BOOTSTRAP_REGION_ID": params["region"],
        "OS_BOOTSTRAP_PUBLIC_URL": params["auth_url"],
        "OS_BOOTSTRAP_INTERNAL_URL": params["auth_url"],
    }
    done = subprocess.run(
        ["runuser", "-u", "keystone", "--", "keystone-manage", "bootstrap"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        module.fail_json(msg=f"keystone-manage bootstrap failed: {done.stderr[-3000:]}")


def connect(module: AnsibleModule) -> Any:
    """Log in as admin."""
    params = module.params
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth_type="password",
        auth={
            "auth_url": params["auth_url"],
            "username": "admin",
            "password": params["admin_password"],
            "project_name": "admin",
            "user_domain_id": "default",
            "project_domain_id": "default",
        },
        cacert=params["ca_file"],
        region_name=params["region"],
        api_timeout=60,
        connect_retries=5,
        status_code_retries=5,
    )


def at_once(call: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Call with several items at a time, as many as Keystone has processes on a small host.

    :raises openstack.exceptions.SDKException: some were refused, the others done; it has all
        reasons.
    """

    def refusal(item: Any) -> Exception | None:
        try:
            call(item)
        except CLOUD_ERRORS as error:
            return error
        return None

    with ThreadPoolExecutor(WORKERS) as threads:
        reasons = {str(error) for error in threads.map(refusal, items) if error}
    if reasons:
        raise openstack.exceptions.SDKException("; ".join(sorted(reasons)))


class Reconciler:
    """Compares what is wanted with what Keystone has, kind by kind, and creates what is missing."""

    def __init__(self, module: AnsibleModule, identity: Any) -> None:
        self.params: dict[str, Any] = module.params
        self.dry = module.check_mode
        self.identity = identity
        self.actions: list[str] = []
        self.service_ids: dict[str, str] = {}
        self.endpoint_ids: dict[str, str] = {}

    def do(self, action: str, call: Any, **arguments: Any) -> Any:
        """Carry out an action, unless in check mode, and record it once it is done."""
        answer = None if self.dry else call(**arguments)
        self.actions.append(action)
        return answer

    def services(self) -> None:
        """Services and their endpoints."""
        present = {service.type: service for service in self.identity.services()}
        endpoints = {
            (endpoint.service_id, endpoint.interface): endpoint
            for endpoint in self.identity.endpoints()
            if endpoint.region_id == self.params["region"]
        }
        at_once(
            lambda wanted: self.service(wanted, present.get(wanted["type"]), endpoints),
            self.params["services"],
        )

    def service(self, wanted: dict[str, Any], service: Any, endpoints: dict[Any, Any]) -> None:
        """A service and its endpoints."""
        name = wanted["name"]
        fields = {key: wanted[key] for key in ("name", "type", "description")}
        if service is None:
            service = self.do(f"service {name}", self.identity.create_service, **fields)
        elif (service.name, service.description) != (name, wanted["description"]):
            self.do(f"service {name}", self.identity.update_service, service=service, **fields)
        url = f"{self.params['base_url']}:{wanted['port']}{wanted['path']}"
        for interface in INTERFACES:
            present_one = service and endpoints.get((service.id, interface))
            endpoint = self.endpoint(name, service, interface, url, present_one)
            if endpoint and interface == "public":
                self.service_ids[name] = endpoint.service_id
                self.endpoint_ids[name] = endpoint.id

    def endpoint(self, name: str, service: Any, interface: str, url: str, found: Any) -> Any:
        """Ensure one endpoint of a service; return it, None in check mode when there is none."""
        action = f"{interface} endpoint of {name}"
        if not found:
            return self.do(
                action,
                self.identity.create_endpoint,
                service_id=service and service.id,
                interface=interface,
                url=url,
                region_id=self.params["region"],
            )
        if found.url != url:
            self.do(action, self.identity.update_endpoint, endpoint=found, url=url)
        return found

    def password_works(self, user_id: str, password: str) -> bool:
        """Tell whether the account logs in with this password."""
        auth = v3.Password(auth_url=self.params["auth_url"], user_id=user_id, password=password)
        try:
            auth.get_token(self.identity.session)
        except auth_exceptions.Unauthorized:
            return False
        return True

    def user(self, name: str, password: str, domain_id: str, project_id: str | None) -> Any:
        """Ensure an account and its password."""
        fields = {
            "name": name,
            "password": password,
            "domain_id": domain_id,
            "description": "Service",
        }
        found = next(iter(self.identity.users(name=name, domain_id=domain_id)), None)
        if found is None:
            if project_id:
                fields["default_project_id"] = project_id
            return self.do(f"user {name}", self.identity.create_user, **fields)
        if not self.password_works(found.id, password):
            self.do(f"password of {name}", self.identity.update_user, user=found, password=password)
        return found

    def roles(self) -> dict[str, Any]:
        """All roles by name, with those that services and stacks need."""
        roles = {role.name: role for role in self.identity.roles()}
        needed = ("service", "heat_stack_owner", "heat_stack_user", *self.params["duty_roles"])
        for name in needed:
            if name not in roles:
                roles[name] = self.do(f"role {name}", self.identity.create_role, name=name)
        return roles

    def project(self) -> Any:
        """The project of services."""
        found = next(iter(self.identity.projects(name="service", domain_id="default")), None)
        return found or self.do(
            "project service",
            self.identity.create_project,
            name="service",
            domain_id="default",
            description="Accounts of services",
        )

    def granted(self) -> set[tuple[str | None, str, str | None]]:
        """Who has which role where, as ids of user, role, and project or domain (or "system")."""
        return {
            (
                a.user.get("id"),
                a.role["id"],
                a.scope.get("project", {}).get("id")
                or a.scope.get("domain", {}).get("id")
                or ("system" if a.scope.get("system") else None),
            )
            for a in self.identity.role_assignments()
            if a.user
        }

    def accounts(self) -> None:
        """The project of services, its users, and Heat's domain."""
        roles = self.roles()
        project = self.project()
        granted = self.granted()
        at_once(
            lambda item: self.account(item[0], item[1], project, roles, granted),
            self.params["users"].items(),
        )
        self.heat_domain(roles["admin"], granted)

    def account(
        self,
        name: str,
        password: str,
        project: Any,
        roles: dict[str, Any],
        granted: set[tuple[str | None, str, str | None]],
    ) -> None:
        """The account of a service and its roles."""
        user = self.user(name, password, "default", project and project.id)
        for role in ("service", "admin"):
            if not user or (user.id, roles[role].id, project.id) not in granted:
                self.do(
                    f"role {role} of {name}",
                    self.identity.assign_project_role_to_user,
                    project=project,
                    user=user,
                    role=roles[role],
                )
        if name in self.params["limits"]:
            self.system_reader(name, user, roles["reader"], granted)

    def system_reader(
        self, name: str, user: Any, role: Any, granted: set[tuple[str | None, str, str | None]]
    ) -> None:
        """Let a service read all projects' limits."""
        if not user or (user.id, role.id, "system") not in granted:
            self.do(
                f"role reader of {name} on the system",
                self.identity.assign_system_role_to_user,
                user=user,
                role=role,
                system="all",
            )

    def directory_domain(self) -> None:
        """The domain of the directory's users; Keystone reads a directory for it once it exists."""
        name = self.params["directory_domain"]
        if name and next(iter(self.identity.domains(name=name)), None) is None:
            self.do(
                f"domain {name}",
                self.identity.create_domain,
                name=name,
                description="Users and groups of the district's directory",
            )

    def limits(self) -> None:
        """Registered limits; those that are missing with one request."""
        present = list(self.identity.registered_limits())
        wanted = self.params["limits"], self.service_ids, self.params["region"]
        for limit, value in differing_limits(present, *wanted):
            self.do(
                f"limit {limit.resource_name}",
                self.identity.update_registered_limit,
                registered_limit=limit,
                default_limit=value,
            )
        if missing := missing_limits(present, *wanted):
            names = ", ".join(limit["resource_name"] for limit in missing)
            self.do(f"limits {names}", self.create_limits, limits=missing)

    def create_limits(self, limits: list[dict[str, Any]]) -> None:
        """Create many limits at once; openstacksdk's own method takes one at a time."""
        answer = self.identity.post("/registered_limits", json={"registered_limits": limits})
        openstack.exceptions.raise_from_response(answer)

    def heat_domain(self, role: Any, granted: set[tuple[str | None, str, str | None]]) -> None:
        """The domain of the users that stacks make, and its administrator."""
        domain = next(iter(self.identity.domains(name="heat")), None)
        if domain is None:
            domain = self.do(
                "domain heat",
                self.identity.create_domain,
                name="heat",
                description="Users that Heat makes for stacks",
            )
        if domain is None:
            return
        admin = self.user("heat_domain_admin", self.params["heat_domain_password"], domain.id, None)
        if not admin or (admin.id, role.id, domain.id) not in granted:
            self.do(
                "role admin in domain heat",
                self.identity.assign_domain_role_to_user,
                domain=domain,
                user=admin,
                role=role,
            )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "auth_url": {"type": "str", "required": True},
            "ca_file": {"type": "path", "required": True},
            "admin_password": {"type": "str", "required": True, "no_log": True},
            "region": {"type": "str", "required": True},
            "base_url": {"type": "str", "required": True},
            "services": {"type": "list", "elements": "dict", "required": True},
            "users": {"type": "dict", "required": True, "no_log": True},
            "heat_domain_password": {"type": "str", "required": True, "no_log": True},
            "duty_roles": {"type": "list", "elements": "str", "default": []},
            "directory_domain": {"type": "str", "default": ""},
            "limits": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    if not HAS_OPENSTACK:
        module.fail_json(
            msg="python3-openstacksdk is not installed on this host; run the base role first"
        )
    cloud = connect(module)
    bootstrapped: list[str] = []
    try:
        cloud.authorize()
    except (auth_exceptions.Unauthorized, openstack.exceptions.SDKException) as error:
        if module.check_mode:
            actions = ["bootstrap Keystone, then the whole catalogue"]
            module.exit_json(changed=True, actions=actions, endpoints={})
        if "401" not in str(error) and "Unauthorized" not in str(error):
            module.fail_json(
                msg=f"Keystone at {module.params['auth_url']} does not answer: {error}"
            )
        bootstrap(module)
        bootstrapped = ["bootstrap"]
        cloud = connect(module)
    reconciler = Reconciler(module, cloud.identity)
    try:
        reconciler.services()
        reconciler.accounts()
        reconciler.directory_domain()
        reconciler.limits()
    except CLOUD_ERRORS as error:
        done = ", ".join(bootstrapped + sorted(reconciler.actions)) or "nothing"
        module.fail_json(msg=f"Keystone refused: {error}. Done so far: {done}; it can be repeated.")
    # threads finish in any order
    actions = bootstrapped + sorted(reconciler.actions)
    endpoints = {name: reconciler.endpoint_ids.get(name) for name in module.params["limits"]}
    known = {name: endpoint for name, endpoint in endpoints.items() if endpoint}
    module.exit_json(changed=bool(actions), actions=actions, endpoints=known)


if __name__ == "__main__":
    main()
