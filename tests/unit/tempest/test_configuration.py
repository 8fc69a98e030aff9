from __future__ import annotations

import configparser
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from tests.support.access import CloudAccess
from tests.tempest import configuration
from tests.tempest.discovery import Cloud, ExternalNetwork, free_address

RANGE = IPv4Network("10.118.1.0/24")
ACCESS = CloudAccess(
    name="ouhai",
    clouds_file=Path("/clouds.yaml"),
    auth_url="https://10.118.0.10:5000/v3",
    username="admin",
    password="a%b$c",
    project_name="admin",
    domain_name="Default",
    region_name="ouhai",
    ca_file=Path("/ca.crt"),
)
CLOUD = Cloud(
    service_types=frozenset({"compute", "image", "network", "volumev3", "orchestration"}),
    image_id="image",
    image_user="debian",
    image_disk_gib=2,
    flavor_id="small",
    other_flavor_id="medium",
    external_network=ExternalNetwork("net", "extranet", RANGE, IPv4Address("10.118.1.254")),
    network_extensions=("router", "trunk"),
    compute_hosts=1,
    volume_services=frozenset({"cinder-volume"}),
)


def rendered(cloud: Cloud) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(configuration.render(ACCESS, cloud))
    return parser


def test_offers_what_the_catalogue_has() -> None:
    available = rendered(CLOUD)["service_available"]
    assert available.getboolean("cinder")
    assert available.getboolean("heat")
    assert not available.getboolean("swift")


def test_follows_the_name_of_block_storage() -> None:
    types = CLOUD.service_types - {"volumev3"} | {"block-storage"}
    parser = rendered(replace(CLOUD, service_types=types))
    assert parser["volume"]["catalog_type"] == "block-storage"
    assert parser["service_available"].getboolean("cinder")


def test_password_survives_oslo_config() -> None:
    assert rendered(CLOUD)["auth"]["admin_password"] == "a%b$$c"


def test_migration_needs_two_hosts() -> None:
    def live(hosts: int) -> bool | None:
        parser = rendered(replace(CLOUD, compute_hosts=hosts))
        return parser["compute-feature-enabled"].getboolean("live_migration")

    assert not live(1)
    assert live(2)


def test_free_address_is_in_no_pool() -> None:
    pools = [(IPv4Address("10.118.1.50"), IPv4Address("10.118.1.254"))]
    assert free_address(RANGE, pools, {IPv4Address("10.118.1.49")}) == IPv4Address("10.118.1.48")
    with pytest.raises(LookupError):
        free_address(
            IPv4Network("10.0.0.0/30"), [(RANGE[0], RANGE[0])], {*IPv4Network("10.0.0.0/30")}
        )
