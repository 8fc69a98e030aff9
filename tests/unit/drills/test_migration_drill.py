"""What the drill makes of connections that were captured while a guest moved."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from tests.drills import migration
from tests.drills.steps import DrillFailed
from tests.support.wire import Connection

TLS = b"\x16\x03\x01\x02\x00"


def connection(port: int, said: bytes = TLS) -> Connection:
    made = Connection((IPv4Address("10.0.0.1"), 40000), (IPv4Address("10.0.0.2"), port), True)
    made.from_client.add(said)
    return made


def test_a_migration_over_tls_is_well() -> None:
    migration.judge([connection(16514), connection(49152)])


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        ([connection(16514), connection(49152, b"QEVM")], "plain text"),
        ([connection(16514), connection(49152), connection(80, b"GET / HTTP/1.1")], "plain text"),
        ([connection(16514)], "no migration"),
        ([connection(49152)], "no migration"),
    ],
)
def test_plain_text_and_nothing_are_told(seen: list[Connection], complaint: str) -> None:
    with pytest.raises(DrillFailed, match=complaint):
        migration.judge(seen)
