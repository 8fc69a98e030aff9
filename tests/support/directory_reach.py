"""A way for guests to the lab's directory, which a district's firewall would let them have.

The lab lets nothing through between the extranet and its hosts' network. So connections of guests
to the directory end here, and are relayed to it; TLS goes through from end to end.
"""

from __future__ import annotations

import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.support.lab import Lab

PORT = 636
PIECE_BYTES = 1 << 16
TABLE = "ouhai_test_directory"


@contextmanager
def directory_reachable(lab: Lab) -> Iterator[None]:
    """Let guests reach the lab's directory under its own address."""
    host = str(urlsplit(lab.variables["directory"]["url"]).hostname)

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((host, PORT)) as beyond:
                back = threading.Thread(target=_copy, args=(beyond, self.request))
                back.start()
                _copy(self.request, beyond)
                back.join()

    gateway = lab.variables["external_network"]["gateway"]
    with socketserver.ThreadingTCPServer((gateway, 0), Relay) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        table = f"inet {TABLE}{lab.suffix}"
        rules = f"""\
add table {table}
add chain {table} prerouting {{ type nat hook prerouting priority dstnat; }}
add rule {table} prerouting iifname {lab.bridge("ext")} ip daddr {host} tcp dport {PORT} \
redirect to :{port}
"""
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
        try:
            yield
        finally:
            subprocess.run(["nft", "delete", "table", *table.split()], check=True)
            server.shutdown()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until there is no more, then say so."""
    try:
        while piece := source.recv(PIECE_BYTES):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone; the other one must not wait for it.
        source.close()
        target.close()
