"""Uses the office as a member of staff does: in the browser, by mail and by calendar programs.

Logs in over TLS, hands in a mail and reads it, enters an appointment and reads it, removes both.
The program `check` runs it with the template's parameters in the environment. Prints what Heat is
told: versions, and the SHA-256 fingerprint of the certificate. With the word "look" it leaves
nothing: it logs in by mail programs alone, sends no mail and enters no appointment.
"""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import http.client
import imaplib
import json
import os
import secrets
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from typing import Any

from website import SITE, TIMEOUT_SECONDS, Unfit, Visitor, own_certificate, shown, unchecked, words

PARAMETERS: Mapping[str, str] = os.environ
# Nobody else's: it is in no address book, and the template makes its password.
USER = "ouhai_check"
SUBMISSION_PORT = 587
IMAPS_PORT = 993
POLL_SECONDS = 0.5
DIRECTORY_SECONDS = 10
TEXT = "瓯海区 ouhai-guest"
CALENDAR = f"/SOGo/dav/{USER}/Calendar/personal"
FAULTS = (
    OSError,
    subprocess.SubprocessError,
    http.client.HTTPException,
    imaplib.IMAP4.error,
    Unfit,
)
APPOINTMENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:ouhai-guest
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART:20260101T010000Z
DTEND:20260101T020000Z
SUMMARY:{text}
END:VEVENT
END:VCALENDAR
"""


def awaken(site: Visitor) -> None:
    """Wait for SOGo, which answers a while after its start.

    :raises Unfit: it does not.
    """
    for _ in range(int(TIMEOUT_SECONDS / POLL_SECONDS)):
        status, page = site.ask("GET", "/SOGo/")
        if status != http.client.BAD_GATEWAY:
            break
        time.sleep(POLL_SECONDS)
    if status != http.client.OK:
        raise Unfit(f"SOGo does not answer ({status}): {words(page)}")


def log_in(site: Visitor, password: str) -> None:
    """Log in as the page of SOGo does.

    :raises Unfit: it does not let the account in.
    """
    form = json.dumps({"userName": USER, "password": password, "rememberLogin": 0})
    status, page = site.ask("POST", "/SOGo/connect", form, {"Content-Type": "application/json"})
    if status != http.client.OK:
        raise Unfit(f"{USER} cannot log in ({status}): {words(page)}")


def appointment(site: Visitor, password: str) -> None:
    """Enter an appointment by CalDAV, read it again, remove it.

    :raises Unfit: one of these does not work.
    """
    credentials = base64.b64encode(f"{USER}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "text/calendar"}
    uid = secrets.token_hex(8)
    place = f"{CALENDAR}/{uid}.ics"
    status, answer = site.ask("PUT", place, APPOINTMENT.format(uid=uid, text=TEXT), headers)
    if status != http.client.CREATED:
        raise Unfit(f"no appointment can be entered ({status}): {words(answer)}")
    status, answer = site.ask("GET", place, headers=headers)
    if status != http.client.OK or TEXT not in answer:
        raise Unfit(f"an appointment cannot be read again ({status}): {words(answer)}")
    status, answer = site.ask("DELETE", place, headers=headers)
    if status != http.client.NO_CONTENT:
        raise Unfit(f"an appointment cannot be removed ({status}): {words(answer)}")


@contextlib.contextmanager
def submission(password: str) -> Iterator[smtplib.SMTP]:
    """Log in where mails are handed in.

    :raises Unfit: Postfix shows another certificate than nginx.
    """
    with smtplib.SMTP(SITE, SUBMISSION_PORT, timeout=TIMEOUT_SECONDS) as server:
        server.starttls(context=unchecked())
        if shown(server.sock) != own_certificate():
            raise Unfit("Postfix shows another certificate than nginx")
        server.login(USER, password)
        yield server


def send(address: str, password: str) -> str:
    """Hand in a mail to oneself, and return its subject.

    :raises Unfit: Postfix shows another certificate than nginx.
    """
    mail = EmailMessage()
    mail["From"] = mail["To"] = address
    mail["Subject"] = f"{TEXT} {secrets.token_hex(8)}"
    mail.set_content(TEXT)
    with submission(password) as server:
        server.send_message(mail)
    return str(mail["Subject"])


@contextlib.contextmanager
def mailbox(password: str) -> Iterator[imaplib.IMAP4]:
    """Log in where mails are read."""
    with imaplib.IMAP4_SSL(
        SITE, IMAPS_PORT, ssl_context=unchecked(), timeout=TIMEOUT_SECONDS
    ) as server:
        server.login(USER, password)
        yield server


def receive(subject: str, password: str) -> None:
    """Wait for a mail, read it and remove it.

    :raises Unfit: it does not arrive, or holds something else.
    """
    with mailbox(password) as server:
        for _ in range(int(TIMEOUT_SECONDS / POLL_SECONDS)):
            server.select()
            for number in server.search(None, "ALL")[1][0].split():
                parts: Any = server.fetch(number, "(RFC822)")[1]
                mail = email.message_from_bytes(parts[0][1], policy=email.policy.default)
                server.store(number, "+FLAGS", r"\Deleted")
                if mail["Subject"] == subject:
                    server.expunge()
                    if mail.get_content().strip() != TEXT:
                        raise Unfit(f"a mail holds {mail.get_content()!r} instead of {TEXT!r}")
                    return
            time.sleep(POLL_SECONDS)
    raise Unfit(f"a mail did not arrive within {TIMEOUT_SECONDS} s")


def directory(url: str) -> None:
    """Look for people in the district's directory.

    :raises Unfit: it does not answer, does not let the account in, or shows nobody.
    """
    command = ["ldapsearch", "-LLL", "-x", "-H", url, "-b", PARAMETERS["directory_base"]]
    command += [
        "-o",
        f"nettimeout={DIRECTORY_SECONDS}",
        "-z",
        "1",
        "(objectClass=inetOrgPerson)",
        "uid",
    ]
    if PARAMETERS["directory_account"]:
        command[2:2] = ["-D", PARAMETERS["directory_account"], "-y", "/dev/stdin"]
    done = subprocess.run(
        command,
        input=PARAMETERS["directory_password"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if "uid: " not in done.stdout:
        raise Unfit(f"{url}: {done.stderr.strip() or 'it shows nobody under directory_base'}")


@contextlib.contextmanager
def told(door: str) -> Iterator[None]:
    """Say at which door something went wrong.

    :raises Unfit: with the door, whatever it was.
    """
    try:
        yield
    except FAULTS as error:
        raise Unfit(f"{door}: {error}") from error


def look(password: str) -> None:
    """Log in as mail programs do.

    :raises Unfit: one of them cannot.
    """
    with told("submission"), submission(password):
        pass
    with told("imap"), mailbox(password) as server:
        server.select(readonly=True)


def version(package: str) -> str:
    """Return the upstream version of a package."""
    command = ["dpkg-query", "--show", "--showformat=${source:Upstream-Version}", package]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main() -> int:
    """Look at everything; 1 when something is unfit."""
    password = PARAMETERS["check_password"]
    try:
        if url := PARAMETERS["directory_url"]:
            with told("directory"):
                directory(url)
        with told("https"):
            site = Visitor()
            awaken(site)
        if sys.argv[1:] == ["look"]:
            look(password)
            return 0
        with told("https"):
            log_in(site, password)
        with told("calendar"):
            appointment(site, password)
        with told("submission"):
            subject = send(f"{USER}@{PARAMETERS['mail_domain']}", password)
        with told("imap"):
            receive(subject, password)
    except Unfit as error:
        print(error, file=sys.stderr)
        return 1
    for package in ("sogo", "postfix", "dovecot"):
        print(f"{package}={version('dovecot-core' if package == 'dovecot' else package)}")
    print(f"certificate_sha256={site.fingerprint}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
