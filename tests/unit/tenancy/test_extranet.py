"""The register is refused when the extranet is too small for it, before anything is made."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from ouhai_cloud.errors import AddressesExhausted
from ouhai_cloud.tenancy.desired import Settings, desired
from ouhai_cloud.tenancy.extranet import refuse_shortage
from ouhai_cloud.tenancy.register.load import load

from deploy.hardware.addresses import Addresses
from deploy.hardware.inventory import variables
from deploy.hardware.layout import layout_from
from tests.support.tenancy_bench import Bench

OUHAI = Path(__file__).parents[3] / "deploy/register/ouhai.yaml"
ASKED = 9 + 3
"""By two-bureaus.yaml: six systems, three of which expose something; routers of three domains."""


@pytest.mark.parametrize("there", [ASKED, ASKED - 1])
def test_the_extranets_last_address_may_be_promised_and_no_more(tmp_path: Path, there: int) -> None:
    bench = Bench(tmp_path)
    start = IPv4Address("10.33.0.2")
    bench.api.extranet["allocation_pools"] = [
        {"start": str(start), "end": str(start)},
        {"start": str(start + 7), "end": str(start + 7 + there - 2)},
    ]
    if there >= ASKED:
        bench.present().require_extranet()
        return
    present = bench.present()
    with pytest.raises(AddressesExhausted, match=r"9 floating .* 3 more, but extranet .* out 11"):
        present.require_extranet()


def test_the_full_register_fits_the_labs_extranet() -> None:
    pool = variables(layout_from({}, Path("/tree")), Addresses("10.118"), "current")[
        "external_network"
    ]
    there = int(IPv4Address(pool["pool_end"])) - int(IPv4Address(pool["pool_start"])) + 1
    refuse_shortage(desired(load(OUHAI), Settings("extranet")), "extranet", there)
