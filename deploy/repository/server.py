"""The command `deploy/repository/serve`: HTTPS for the files of the repository, no more."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import ssl
import stat
import sys
import threading
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO
from urllib.parse import unquote

from deploy.repository.errors import RepositoryError

_TYPES = {".deb": "application/vnd.debian.binary-package", ".gpg": "application/pgp-keys"}

# A client that says nothing for so long is cut off.
_TIMEOUT_S = 60

_DESCRIPTION = """\
Serve the package repository over HTTPS: only files, only below the directory,
no hidden ones (the signing key is in one), no listings.

SIGHUP reads a renewed certificate; SIGTERM ends it.
"""

_EXAMPLES = """\
examples:
  deploy/repository/serve --directory /var/cache/ouhai/repository \\
      --address 10.118.0.1 --port 8043 --certificate deploy.pem --key deploy.key
      what the lab runs; apt then takes https://10.118.0.1:8043/<snapshot>

In production run it under systemd: deploy/repository/ouhai-repository.service.
"""


def locate(root: Path, target: str) -> Path | None:
    """Return the file below `root` that a request's target names, None if there is none.

    Hidden names, whatever leads out of `root` (also by a symbolic link), and
    everything that is no regular file count as absent.
    """
    path = unquote(target.partition("?")[0], errors="replace")
    parts = [part for part in path.split("/") if part]
    if not path.startswith("/") or any(part.startswith(".") or "\0" in part for part in parts):
        return None
    try:
        real = root.joinpath(*parts).resolve(strict=True)
        inside = real.relative_to(root.resolve())
        if path.endswith("/") or any(part.startswith(".") for part in inside.parts):
            return None
        return real if stat.S_ISREG(real.stat().st_mode) else None
    except (OSError, ValueError, RuntimeError):
        return None


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the files below `root`."""

    protocol_version = "HTTP/1.1"
    server_version = "ouhai-repository"
    sys_version = ""
    timeout = _TIMEOUT_S
    # Headers and body leave in as few TLS records and packets as possible.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def __init__(self, root: Path, verbose: bool, *arguments: Any) -> None:
        self._root = root
        self._verbose = verbose
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Send a file."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Send what a GET would, without the file."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        if self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding"):
            # A body that nobody reads would be taken for the next request.
            self.close_connection = True
        path = locate(self._root, self.path)
        try:
            stream = path.open("rb") if path else None
        except OSError:
            stream = None
        if not path or not stream:
            self._refuse(body=body)
            return
        with stream:
            self._send(path, stream, body=body)

    def _send(self, path: Path, stream: BinaryIO, *, body: bool) -> None:
        status = os.fstat(stream.fileno())
        if self._unchanged(status.st_mtime):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.end_headers()
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", _TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(status.st_size))
        self.send_header("Last-Modified", formatdate(status.st_mtime, usegmt=True))
        self.end_headers()
        if body:
            shutil.copyfileobj(stream, self.wfile, 1 << 18)

    def _unchanged(self, changed: float) -> bool:
        since = self.headers.get("If-Modified-Since")
        if not since:
            return False
        try:
            known = parsedate_to_datetime(since)
        except ValueError:
            return False
        if known.tzinfo is None:
            known = known.replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(changed), UTC) <= known

    def _refuse(self, *, body: bool) -> None:
        # One answer for absent and forbidden: it tells nothing about what is there.
        content = b"not found\n"
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *arguments: Any, **_named: Any) -> None:
        """Write one line per request to stderr, if that is wanted."""
        if self._verbose:
            text = (arguments[0] % arguments[1:]).encode("unicode_escape").decode()
            print(f"{self.address_string()} {text}", file=sys.stderr, flush=True)


class Server(ThreadingHTTPServer):
    """Each connection has a thread of its own, its TLS handshake too."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, root: Path, address: str, port: int, context: ssl.SSLContext, verbose: bool = False
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._context = context
        super().__init__((address, port), partial(Handler, root, verbose))

    def server_bind(self) -> None:
        """Bind, without the look-up of the host's name in the DNS that http.server does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Do the handshake in the connection's thread: a slow client delays nobody."""
        request.settimeout(_TIMEOUT_S)
        try:
            request = self._context.wrap_socket(request, server_side=True)
        except (OSError, ValueError):
            # No TLS, an old one, or a client that does not trust us: its own log says so.
            self.shutdown_request(request)
            return
        super().process_request_thread(request, client_address)

    def handle_error(self, _request: Any, client_address: Any) -> None:
        """Write one line about a fault; none about a client that hung up."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"{client_address[0]}: {error!r}", file=sys.stderr, flush=True)


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a server's context of TLS 1.2 or newer.

    Raises RepositoryError if the certificate and its key are not usable.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise RepositoryError(
            "cannot use the certificate and its key",
            where=f"{certificate}, {key}",
            why=str(error),
            todo="name a PEM certificate (with its chain) and the PEM key that belongs to it",
        ) from error
    return context


def main(arguments: list[str] | None = None) -> int:
    """Run the command until SIGTERM or Ctrl-C; return its exit status."""
    options = _options(arguments)
    try:
        server = _start(options)
    except RepositoryError as error:
        print(f"deploy/repository/serve: {error}", file=sys.stderr)
        return 1
    print(
        f"serving {options.directory} at https://{options.address}:{server.server_port}/",
        file=sys.stderr,
        flush=True,
    )
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


def _start(options: argparse.Namespace) -> Server:
    if not options.directory.is_dir():
        raise RepositoryError(
            f"there is no directory {options.directory}", todo="run deploy/repository/make first"
        )
    context = tls_context(options.certificate, options.key)

    def renew(_number: int, _frame: FrameType | None) -> None:
        try:
            tls_context(options.certificate, options.key)
            context.load_cert_chain(options.certificate, options.key)
        except (RepositoryError, OSError) as error:
            print(f"keeping the old certificate: {error}", file=sys.stderr, flush=True)

    try:
        server = Server(
            options.directory, options.address, options.port, context, options.log_requests
        )
    except (OSError, OverflowError) as error:
        raise RepositoryError(
            f"cannot listen on {options.address} port {options.port}",
            why=str(error),
            todo="is the address this machine's, and the port free? `ss -ltnp` shows who has it",
        ) from error

    def end(_number: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop, which runs in this very thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, renew)
    return server


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="deploy/repository/serve",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--directory", type=Path, required=True, help="the repository's")
    parser.add_argument("--address", required=True, help="the address to listen on")
    parser.add_argument("--port", type=int, required=True, help="the port; 0 takes a free one")
    parser.add_argument("--certificate", type=Path, required=True, help="PEM, with its chain")
    parser.add_argument("--key", type=Path, required=True, help="PEM, of the certificate")
    parser.add_argument("--log-requests", action="store_true", help="a line each, to stderr")
    return parser.parse_args(arguments)
