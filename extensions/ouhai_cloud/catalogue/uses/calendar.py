"""An appointment, as calendar programs enter and read it (CalDAV)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urljoin

import requests

from ouhai_cloud.catalogue import website
from ouhai_cloud.catalogue.reaching import Unfit, session, told
from ouhai_cloud.catalogue.uses.account import Account
from ouhai_cloud.catalogue.uses.clearing import cleared

OUTPUTS = ("health", "certificate_sha256", "check_account", "check_password")
CALENDAR = "/SOGo/dav/{account}/Calendar/personal/"
"""SOGo's: the calendar that everybody has."""
TITLE = "系统核验"
# Long ago, where nobody looks and of which nobody is reminded.
APPOINTMENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:ouhai-verify
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20000101T000000Z
DTSTART:20000101T010000Z
DTEND:20000101T020000Z
SUMMARY:{title}
END:VEVENT
END:VCALENDAR
"""
# Without a login nothing was entered.
GONE = (HTTPStatus.NO_CONTENT, HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.UNAUTHORIZED)


def attempt(outputs: Mapping[str, str]) -> str:
    """Enter an appointment, read it again, remove it; return in one line what was seen.

    :param outputs: those of ``OUTPUTS``. The account is the one of the guest's own check, so
        nobody's calendar is touched.
    :raises Unfit: it does not work; with the server's own words.
    """
    account = Account(outputs["check_account"], outputs["check_password"], "check_password")
    uid = f"verify-{secrets.token_hex(8)}"
    calendar = urljoin(outputs["health"], CALENDAR.format(account=account.name))
    place = f"{calendar}{uid}.ics"
    with session(outputs["certificate_sha256"]) as program:
        program.auth = (account.name, account.password)

        def remove() -> None:
            with told(calendar, "web_from"):
                answer = program.delete(place)
            if answer.status_code not in GONE:
                raise Unfit(f"{place} cannot be removed ({website.answered(answer)})")

        with cleared(remove), told(calendar, "web_from"):
            _enter(program, calendar, uid, account)
            _read(program, place)
    return f"{calendar}: {account.name} enters an appointment, reads it and removes it"


def _enter(program: requests.Session, calendar: str, uid: str, account: Account) -> None:
    body = APPOINTMENT.format(uid=uid, title=TITLE).replace("\n", "\r\n").encode()
    kind = {"Content-Type": "text/calendar; charset=utf-8"}
    answer = program.put(f"{calendar}{uid}.ics", data=body, headers=kind)
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise account.refused(calendar, website.answered(answer))
    if answer.status_code != HTTPStatus.CREATED:
        raise Unfit(f"{calendar}: no appointment can be entered ({website.answered(answer)})")


def _read(program: requests.Session, place: str) -> None:
    answer = program.get(place)
    if answer.status_code != HTTPStatus.OK or TITLE not in answer.content.decode(errors="replace"):
        raise Unfit(f"{place}: an appointment cannot be read again ({website.answered(answer)})")
