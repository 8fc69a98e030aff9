"""How resources are shared out over requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from ouhai_cloud.cloud.apply_network import add_networks
from ouhai_cloud.cloud.target import WRITERS, Writer
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import Kind, Resource


@given(st.integers(0, 60), st.integers(1, 12), st.integers(1, 4))
def test_all_threads_have_work_and_no_request_is_too_large(
    count: int, most: int, threads: int
) -> None:
    remove = WRITERS[Kind.NETWORK].remove
    writer = Writer(remove, add_many=add_networks, most=most, threads=threads)
    networks = [
        Resource(Kind.NETWORK, keys.network("E021", f"s{number}"), "E021", {})
        for number in range(count)
    ]
    parts = writer.parts(networks)
    assert [one for part in parts for one in part] == networks
    assert all(1 <= len(part) <= most for part in parts)
    # Two parts of two for three threads: a third request would leave none idle for longer.
    assert len(parts) >= min(threads, count) - 1
    assert len(parts) <= max(threads, -(-count // most))
