"""A mail, as mail programs hand it in (submission) and read it (IMAP), both over TLS."""

from __future__ import annotations

import email
import email.policy
import imaplib
import secrets
import smtplib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from socket import socket
from typing import Any, cast

from ouhai_cloud.catalogue.reaching import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    PinnedContext,
    Unfit,
    pinned,
    told,
)
from ouhai_cloud.catalogue.uses.account import Account
from ouhai_cloud.catalogue.uses.clearing import cleared

OUTPUTS = ("address", "certificate_sha256", "mail_domain", "check_account", "check_password")
SUBMISSION_PORT = 587
IMAPS_PORT = 993
ARRIVAL_SECONDS = 60
POLL_SECONDS = 1.0
BAD_CREDENTIALS = 535
"""Of submission, RFC 4954; other codes mean that the server cannot look accounts up."""
UNAVAILABLE = "[UNAVAILABLE]"
"""Of IMAP, RFC 5530: the server cannot look accounts up."""
TITLE = "系统核验"
TEXT = "本邮件由系统核验发出，读取后随即删除。"


def attempt(outputs: Mapping[str, str]) -> str:
    """Send a mail from an account to itself, read it, remove it; return what was seen.

    :param outputs: those of ``OUTPUTS``. The account is the one of the guest's own check, so
        nobody's mailbox is looked into. A mail that comes too late stays there until the guest
        checks itself again.
    :raises Unfit: it does not work; with the server's own words.
    """
    account = Account(outputs["check_account"], outputs["check_password"], "check_password")
    host, context = outputs["address"], pinned(outputs["certificate_sha256"])
    mail = EmailMessage()
    mail["From"] = mail["To"] = f"{account.name}@{outputs['mail_domain']}"
    mail["Subject"] = TITLE
    mail["Message-ID"] = f"<verify-{secrets.token_hex(8)}@{outputs['mail_domain']}>"
    mail.set_content(TEXT)
    begin = time.monotonic()
    _send(mail, host, context, account)
    _receive(mail, host, context, account)
    return (
        f"{host}: {mail['To']} hands in a mail (port {SUBMISSION_PORT}), reads it (port "
        f"{IMAPS_PORT}) after {time.monotonic() - begin:.1f} s and removes it"
    )


def _send(mail: EmailMessage, host: str, context: PinnedContext, account: Account) -> None:
    where = f"{host}:{SUBMISSION_PORT}"
    with told(where, "mail_from"):
        try:
            # Its own name would be asked for, where there may be nobody to ask.
            with smtplib.SMTP(
                host, SUBMISSION_PORT, local_hostname="localhost", timeout=CONNECT_SECONDS
            ) as server:
                cast(socket, server.sock).settimeout(ANSWER_SECONDS)
                server.starttls(context=context)
                server.login(account.name, account.password)
                server.send_message(mail)
        except smtplib.SMTPException as error:
            if getattr(error, "smtp_code", 0) == BAD_CREDENTIALS:
                raise account.refused(where, _smtp_words(error)) from error
            raise Unfit(f"{where} does not take a mail: {_smtp_words(error)}") from error


def _smtp_words(error: smtplib.SMTPException) -> str:
    """Return what the server said, or what went wrong before it could."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return f"{code} {_text(said)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error)


def _receive(mail: EmailMessage, host: str, context: PinnedContext, account: Account) -> None:
    where = f"{host}:{IMAPS_PORT}"
    with _mailbox(where, host, context, account) as server:
        until = time.monotonic() + ARRIVAL_SECONDS
        while not (found := _find(server, mail["Message-ID"])):
            if time.monotonic() > until:
                raise Unfit(
                    f"{where}: a mail that was handed in did not arrive within {ARRIVAL_SECONDS} "
                    f"s; if it comes later, it stays in the mailbox of {account.name}"
                )
            time.sleep(POLL_SECONDS)
        with cleared(lambda: _remove(server, found)):
            parts = _good(server.uid("FETCH", found[0], "(RFC822)"))
            if not isinstance(parts[0], tuple):
                raise Unfit(f"{where}: somebody removed the mail before it could be read")
            seen = email.message_from_bytes(parts[0][1], policy=email.policy.default)
            if (text := str(seen.get_content()).strip()) != TEXT:
                raise Unfit(f"{where}: a mail arrived with the text {text!r} instead of {TEXT!r}")


@contextmanager
def _mailbox(
    where: str, host: str, context: PinnedContext, account: Account
) -> Iterator[imaplib.IMAP4]:
    with told(where, "mail_from"):
        try:
            with imaplib.IMAP4_SSL(
                host, IMAPS_PORT, ssl_context=context, timeout=CONNECT_SECONDS
            ) as server:
                server.sock.settimeout(ANSWER_SECONDS)
                _log_in(server, where, account)
                yield server
        except imaplib.IMAP4.error as error:
            raise Unfit(f"{where} does not show a mail: {_imap_words(error)}") from error


def _log_in(server: imaplib.IMAP4, where: str, account: Account) -> None:
    try:
        server.login(account.name, account.password)
    except imaplib.IMAP4.error as error:
        if isinstance(error, imaplib.IMAP4.abort) or UNAVAILABLE in _imap_words(error):
            raise
        raise account.refused(where, _imap_words(error)) from error


def _find(server: imaplib.IMAP4, message_id: str) -> list[str]:
    """Return the numbers of a mail that may be there by now; opening the folder anew shows it."""
    _good(server.select())
    found = _good(server.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"'))
    return [str(one, "ascii") for one in found[0].split()] if found[0] else []


def _remove(server: imaplib.IMAP4, numbers: list[str]) -> None:
    """Remove mails, and none that somebody else has marked.

    :raises Unfit: one stays.
    """
    try:
        for number in numbers:
            _good(server.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)"))
            _good(server.uid("EXPUNGE", number))
    except (imaplib.IMAP4.error, OSError) as error:
        said = _imap_words(error) if isinstance(error, imaplib.IMAP4.error) else str(error)
        raise Unfit(f"the mail {numbers} cannot be removed: {said}") from error


def _good(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return what was asked for.

    :raises imaplib.IMAP4.error: the server does not do it.
    """
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(data[-1])
    return data


def _imap_words(error: imaplib.IMAP4.error) -> str:
    return _text(error.args[0]) if error.args else ""


def _text(said: Any) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
