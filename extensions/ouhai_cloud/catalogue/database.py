"""A database as its users see it: its certificate, a login, a row."""

from __future__ import annotations

import hashlib
import socket
import ssl
from urllib.parse import SplitResult

from ouhai_cloud.errors import OuhaiError

TIMEOUT_SECONDS = 10
NO_FILE = "/nonexistent"
SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""PostgreSQL's protocol, section "SSLRequest": its length, and the code 1234.5679."""
ROW = """\
SELECT name || ' ' || version, current_setting('server_version') FROM meta.schema_version
ORDER BY applied_at DESC, name LIMIT 1"""


class DatabaseUnfit(OuhaiError):
    """A database is not what it was reported to be, or does not let its users read."""


def look(target: SplitResult, fingerprint: str, password: str) -> str:
    """Read a row of a table that every database of ours has; return in one line what was seen.

    :param target: ``postgresql://user@host:port/database``.
    :param fingerprint: SHA-256 of the certificate that it must show, in hexadecimal.
    :raises DatabaseUnfit: with what is not as it should be.
    """
    where = f"{target.hostname}:{target.port}"
    if not fingerprint or not password:
        raise DatabaseUnfit(
            f"{where}: the copy has not said which certificate it has and how to log in (outputs "
            "certificate_sha256 and reader_password)"
        )
    try:
        shown = _certificate(str(target.hostname), target.port or 5432)
    except OSError as error:
        raise DatabaseUnfit(
            f"{where}: no database answers there ({error}), or there is no way from here to there "
            "(is clients_from right, has the copy a floating address?)"
        ) from error
    # Trust comes from the guest's report, not from an authority.
    if hashlib.sha256(shown).hexdigest() != fingerprint:
        raise DatabaseUnfit(f"{where} shows another certificate than the guest reported")
    return f"{where}: {target.username} {_query(target, password)}"


def _certificate(host: str, port: int) -> bytes:
    """Return the server's certificate, whatever it is.

    :raises OSError: nothing answers, or not with TLS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as plain:
        plain.sendall(SSL_REQUEST)
        if plain.recv(1) != b"S":
            raise ConnectionError("it refuses TLS")
        with context.wrap_socket(plain) as wrapped:
            return wrapped.getpeercert(binary_form=True) or b""


def _query(target: SplitResult, password: str) -> str:
    try:
        import psycopg  # noqa: PLC0415 (slow to load, and only databases need it)
    except ImportError as error:
        raise DatabaseUnfit(
            f"{error}; install psycopg[binary] into the client's environment"
        ) from error
    try:
        with psycopg.connect(
            host=target.hostname,
            port=target.port,
            user=target.username,
            dbname=target.path.lstrip("/"),
            password=password,
            connect_timeout=TIMEOUT_SECONDS,
            # The password, bound to what the server shows, proves the server as well.
            sslmode="require",
            channel_binding="require",
            # Of other servers' authorities, which a person may have at home, this one has none.
            sslrootcert=NO_FILE,
        ) as connection:
            row = connection.execute(ROW).fetchone()
    except psycopg.Error as error:
        raise DatabaseUnfit(" ".join(str(error).split())) from error
    if row is None:
        raise DatabaseUnfit("meta.schema_version has no row")
    return f"reads schema {row[0]} (PostgreSQL {str(row[1]).split()[0]})"
