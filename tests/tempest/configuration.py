"""tempest.conf, made from what the cloud offers."""

from __future__ import annotations

import configparser
import io
from collections.abc import Mapping

from tests.support.access import CloudAccess
from tests.tempest.discovery import Cloud
from tests.tempest.remote import WORKSPACE

# Guests are emulated in the lab: what takes seconds on real hardware takes minutes there.
BUILD_TIMEOUT_SECONDS = 600

Sections = Mapping[str, Mapping[str, object]]


def render(access: CloudAccess, cloud: Cloud) -> str:
    """The text of tempest.conf. It holds the administrator's password."""
    parser = configparser.ConfigParser(interpolation=None)
    for name, options in sections(access, cloud).items():
        # oslo.config replaces $name; a password may hold a $.
        parser[name] = {option: str(value).replace("$", "$$") for option, value in options.items()}
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def sections(access: CloudAccess, cloud: Cloud) -> Sections:
    """All settings that differ from tempest's defaults."""
    return {**_common(access), **_compute(cloud), **_network(cloud), **_services(access, cloud)}


def _common(access: CloudAccess) -> Sections:
    return {
        "DEFAULT": {"log_file": f"{WORKSPACE}/tempest.log", "use_stderr": False},
        "oslo_concurrency": {"lock_path": f"{WORKSPACE}/locks"},
        "auth": {
            "use_dynamic_credentials": True,
            "admin_username": access.username,
            "admin_password": access.password,
            "admin_project_name": access.project_name,
            "admin_domain_name": access.domain_name,
        },
        "identity": {
            "auth_version": "v3",
            "uri_v3": access.auth_url,
            "region": access.region_name,
            "ca_certificates_file": f"{WORKSPACE}/ca.crt",
        },
        # The platform's services check the scope of a token, all of them.
        "enforce_scope": dict.fromkeys(
            ("keystone", "nova", "neutron", "glance", "cinder", "placement"), True
        ),
    }


def _compute(cloud: Cloud) -> Sections:
    return {
        "compute": {
            "image_ref": cloud.image_id,
            "image_ref_alt": cloud.image_id,
            "flavor_ref": cloud.flavor_id,
            "flavor_ref_alt": cloud.other_flavor_id,
            "min_compute_nodes": cloud.compute_hosts,
            "max_microversion": "latest",
            "build_timeout": BUILD_TIMEOUT_SECONDS,
        },
        "compute-feature-enabled": {
            "vnc_console": True,
            "spice_console": False,
            "live_migration": cloud.compute_hosts > 1,
            "cold_migration": cloud.compute_hosts > 1,
        },
        "validation": {
            "run_validation": True,
            "connect_method": "floating",
            "image_ssh_user": cloud.image_user,
            "ssh_timeout": BUILD_TIMEOUT_SECONDS,
            "ping_timeout": BUILD_TIMEOUT_SECONDS,
        },
    }


def _network(cloud: Cloud) -> Sections:
    return {
        "network": {
            "public_network_id": cloud.external_network.id,
            "floating_network_name": cloud.external_network.name,
            "build_timeout": BUILD_TIMEOUT_SECONDS,
        },
        "network-feature-enabled": {"api_extensions": ",".join(cloud.network_extensions)},
    }


def _services(access: CloudAccess, cloud: Cloud) -> Sections:
    types = cloud.service_types
    return {
        "service_available": {
            "nova": "compute" in types,
            "neutron": "network" in types,
            "glance": "image" in types,
            "cinder": cloud.volume_type_in_catalogue in types,
            "swift": "object-store" in types,
            "horizon": True,
            "heat": "orchestration" in types,
        },
        "volume": {
            "catalog_type": cloud.volume_type_in_catalogue,
            "volume_size": cloud.image_disk_gib,
            "max_microversion": "latest",
            "build_timeout": BUILD_TIMEOUT_SECONDS,
        },
        "volume-feature-enabled": {"backup": "cinder-backup" in cloud.volume_services},
        "dashboard": {"dashboard_url": access.dashboard_url},
    }
