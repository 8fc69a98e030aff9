"""A copy of `oa` as its staff use it: mail programs and calendar programs, over TLS."""

from __future__ import annotations

import email
import email.policy
import imaplib
import smtplib
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from typing import Any

import requests

from tests.support.website_copy import REQUEST_SECONDS, SiteUnfit, WebsiteCopy

ARRIVAL_SECONDS = 60
APPOINTMENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:tests
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART:20261201T010000Z
DTEND:20261201T020000Z
SUMMARY:{text}
END:VEVENT
END:VCALENDAR
"""


@dataclass(frozen=True)
class Office(WebsiteCopy):
    """An office and its people."""

    @cached_property
    def passwords(self) -> Mapping[str, str]:
        """Each account's password, as the copy shows them."""
        lines = (line.split(" ") for line in self.copy["accounts_with_passwords"])
        return {account.partition("=")[0]: password for account, password in lines}

    def person(self, account: str) -> Person:
        """Return one of its people."""
        return Person(self, account, self.passwords[account])


@dataclass(frozen=True)
class Person:
    """Somebody who has an account."""

    office: Office
    account: str
    password: str

    @property
    def mail_address(self) -> str:
        """Where mail for this person goes."""
        return f"{self.account}@{self.office.copy['mail_domain']}"

    def send(self, recipient: str, subject: str, text: str) -> None:
        """Hand in a mail.

        :raises smtplib.SMTPException: it is refused.
        """
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.mail_address, recipient, subject
        mail.set_content(text)
        address = self.office.copy["address"]
        with smtplib.SMTP(address, 587, timeout=REQUEST_SECONDS) as server:
            server.starttls(context=self._trusted)
            server.login(self.account, self.password)
            server.send_message(mail)

    def read(self, subject: str) -> str:
        """Return the text of a mail, which may be under way.

        :raises SiteUnfit: it does not arrive.
        """
        for _ in range(ARRIVAL_SECONDS):
            mails = self.mails()
            if subject in mails:
                return mails[subject]
            time.sleep(1)
        raise SiteUnfit(f"{self.account} gets no mail {subject!r}")

    def mails(self) -> dict[str, str]:
        """Return the texts of all mails by their subjects."""
        address, found = self.office.copy["address"], {}
        with imaplib.IMAP4_SSL(
            address, 993, ssl_context=self._trusted, timeout=REQUEST_SECONDS
        ) as server:
            server.login(self.account, self.password)
            server.select(readonly=True)
            for number in server.search(None, "ALL")[1][0].split():
                parts: Any = server.fetch(number, "(RFC822)")[1]
                mail = email.message_from_bytes(parts[0][1], policy=email.policy.default)
                # What is written in the browser comes as HTML, too.
                body = mail.get_body(("plain", "html"))
                found[str(mail["Subject"])] = str(body.get_content()).strip() if body else ""
        return found

    def enter(self, uid: str, text: str) -> None:
        """Enter an appointment in the own calendar."""
        answer = requests.put(
            self._appointment(uid),
            data=APPOINTMENT.format(uid=uid, text=text).encode(),
            headers={"Content-Type": "text/calendar; charset=utf-8"},
            auth=(self.account, self.password),
            verify=str(self.office.certificate),
            timeout=REQUEST_SECONDS,
        )
        if answer.status_code != requests.codes.created:
            raise SiteUnfit(f"no appointment: {answer.status_code} {answer.text}")

    def appointment(self, uid: str) -> str:
        """Return an appointment as calendar programs get it."""
        answer = requests.get(
            self._appointment(uid),
            auth=(self.account, self.password),
            verify=str(self.office.certificate),
            timeout=REQUEST_SECONDS,
        )
        answer.encoding = "utf-8"
        return answer.text

    def _appointment(self, uid: str) -> str:
        return f"{self.office.address}/SOGo/dav/{self.account}/Calendar/personal/{uid}.ics"

    @property
    def _trusted(self) -> ssl.SSLContext:
        """TLS that trusts the office's certificate alone, by whatever name it is reached."""
        context = ssl.create_default_context(cafile=str(self.office.certificate))
        context.check_hostname = False
        return context
