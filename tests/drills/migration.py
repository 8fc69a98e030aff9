"""A guest's memory goes from host to host encrypted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.drills.steps import DrillFailed
from tests.support import capture, wire
from tests.support.lab import Lab
from tests.support.plaintext import between_hosts, encrypted

LIBVIRT_PORT = 16514
MEMORY_PORTS = range(49152, 49216)


@contextmanager
def unreadable(lab: Lab) -> Iterator[None]:
    """See that a migration takes place in the context, and that nothing meanwhile is plain text.

    :raises DrillFailed: it is not so.
    """
    with tempfile.TemporaryDirectory(prefix="ouhai-drill-") as folder:
        file = Path(folder, "migration.pcap")
        with capture.on_bridge(lab.bridge("mgmt"), "tcp", file):
            yield
        judge(between_hosts(lab, [file]))


def judge(seen: list[wire.Connection]) -> None:
    """Look for plain text, and for both connections of a migration.

    :raises DrillFailed: there is some, or one of them is missing.
    """
    plain = [str(one) for one in seen if not encrypted(one)]
    if plain:
        raise DrillFailed("plain text on the wire while the guest moved:\n" + "\n".join(plain))
    ports = {one.server[1] for one in seen if one.whole}
    if LIBVIRT_PORT not in ports or not ports.intersection(MEMORY_PORTS):
        raise DrillFailed(f"the capture has no migration; ports of servers: {sorted(ports)}")
