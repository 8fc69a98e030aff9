"""What runs in guests of `oa`: prepare with stand-ins for services, check with a real site."""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import hooks, websites
from tests.support.hooks import Check, Guest
from tests.support.websites import Answer, Certificate, Request

SECRET = "Aa1secret"
PARAMETERS = {
    "title": "瓯海区民政局办公系统",
    "mail_domain": "mzj.ouhai.example",
    "accounts": "wang.li=王丽 Bb2secret\nzhang.wei=张伟 Cc3secret",
    "check_password": SECRET,
    "directory_url": "",
    "directory_base": "",
    "directory_account": "",
    "directory_password": "",
    "directory_certificate": "",
    "certificate": "",
    "private_key": "",
    "name": "oa1",
    "address": "10.0.0.9",
}
DIRECTORY = {
    "accounts": "",
    "directory_url": "ldaps://ldap.ouhai.example",
    "directory_base": "ou=mzj,dc=ouhai",
    "directory_account": "cn=oa,dc=ouhai",
    "directory_password": "Dd4secret",
}
SECRETS = (SECRET, "Bb2secret", "Cc3secret", "Dd4secret")
FOLDERS = ("etc/ldap", "etc/postfix", "etc/sogo", "etc/dovecot")
UNITS = ("slapd", "memcached", "dovecot", "postfix", "sogo", "nginx")


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    guest = Guest(tmp_path, "oa", FOLDERS, PARAMETERS)
    guest.program("postfix", f'echo postfix "$@" >>{tmp_path}/called')
    return guest


def people(guest: Guest) -> dict[str, str]:
    """Return the names in the guest's own directory, by account."""
    found = re.findall(r"^dn: uid=(.*),ou=people,dc=oa\n(?s:.*?)^cn:: (.*)$", ldif(guest), re.M)
    return {account: base64.b64decode(name).decode() for account, name in found}


def ldif(guest: Guest) -> str:
    return guest.read("etc/ldap/oa.ldif")


def test_accounts_by_list_are_the_guests_own_directory(guest: Guest) -> None:
    done = guest.prepare()
    assert (done.returncode, done.stderr) == (0, "")
    assert people(guest) == {"wang.li": "王丽", "zhang.wei": "张伟"}
    assert "dn: uid=ouhai_check,ou=check,dc=oa" in ldif(guest)
    assert ldif(guest).count("userPassword: {CRYPT}$6$") == 3
    assert (guest.folder / "etc/ldap/oa.ldif").stat().st_mode & 0o077 == 0
    for file in ("etc/dovecot/dovecot.conf", "etc/sogo/sogo.conf"):
        assert "ou=people,dc=oa" in guest.read(file) and "$" not in guest.read(file)
        assert (guest.folder / file).stat().st_mode & 0o007 == 0
    assert 'SOGoPageTitle = "瓯海区民政局办公系统";' in guest.read("etc/sogo/sogo.conf")
    assert "virtual_mailbox_domains = mzj.ouhai.example" in guest.read("etc/postfix/main.cf")
    assert guest.read("etc/postfix/senders") == "/^(.+)@mzj\\.ouhai\\.example$/ $1\n"
    assert "CREATE USER 'sogo'@'localhost' IDENTIFIED VIA unix_socket" in guest.read("bootstrap")
    assert guest.units() == ["start mariadb", *(f"restart {unit}" for unit in UNITS)]


def test_secrets_stand_in_no_command_and_no_output(guest: Guest) -> None:
    done = guest.prepare()
    said = guest.read("called") + done.stdout + done.stderr + ldif(guest)
    assert not [one for one in SECRETS if one in said]


def test_people_of_the_districts_directory(guest: Guest, tmp_path: Path) -> None:
    authority = websites.certificate(tmp_path / "authority").certificate.read_text()
    done = guest.prepare(**DIRECTORY, directory_certificate=authority)
    assert done.returncode == 0, done.stderr
    assert people(guest) == {}
    for file in ("etc/dovecot/dovecot.conf", "etc/sogo/sogo.conf"):
        text = guest.read(file)
        assert all(one in text for one in (DIRECTORY["directory_base"], "Dd4secret"))
        assert "ou=people,dc=oa" not in text
    assert "TLS_REQCERT demand" in guest.read("etc/ldap/ldap.conf")
    assert guest.read("etc/ldap/directory.pem").strip() == authority.strip()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"accounts": ""}, "accounts: there are none, and no directory_url"),
        (DIRECTORY | {"directory_base": ""}, "directory_base is missing"),
        (DIRECTORY | {"directory_certificate": "?"}, "directory_certificate cannot be read"),
    ],
)
def test_what_is_missing_is_told(guest: Guest, parameters: dict[str, str], words: str) -> None:
    done = guest.prepare(**parameters)
    assert done.returncode == 1 and words in done.stderr
    assert not (guest.folder / "called").exists()


def test_a_queue_of_another_image_gets_its_owners(guest: Guest) -> None:
    (guest.folder / "srv/data/postfix/active").mkdir(parents=True)
    assert guest.prepare().returncode == 0
    assert "postfix set-permissions" in guest.called()


class Site:
    """Answers as SOGo does, until a test lets it answer otherwise."""

    def __init__(self) -> None:
        self.appointments: dict[str, str] = {}
        self.instead: dict[str, Answer] = {}

    def __call__(self, request: Request) -> Answer:
        if request.method in self.instead:
            return self.instead[request.method]
        if request.path == "/SOGo/":
            return Answer(200, PARAMETERS["title"])
        if request.path == "/SOGo/connect":
            good = json.loads(request.body)["password"] == SECRET
            return Answer(200 if good else 403)
        credentials = base64.b64decode(request.headers["Authorization"].split()[1]).decode()
        assert credentials == f"ouhai_check:{SECRET}"
        if request.method == "PUT":
            self.appointments[request.path] = request.body
            return Answer(201)
        if request.method == "DELETE":
            del self.appointments[request.path]
            return Answer(204)
        return Answer(200, self.appointments[request.path])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return websites.certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def site(certificate: Certificate, tmp_path: Path) -> Iterator[tuple[Site, Check]]:
    """Return SOGo without mail, and the check that looks at it."""
    one = Site()
    with websites.website(one, certificate) as port, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        changes = {
            "HTTPSConnection(\n            SITE,": f"HTTPSConnection(\n            SITE, {port},",
            'SITE = "localhost"': 'SITE = "127.0.0.1"',
            "SUBMISSION_PORT = 587": f"SUBMISSION_PORT = {closed.getsockname()[1]}",
        }
        yield one, hooks.check(tmp_path, "oa", "office.py", certificate, changes)


def test_check_enters_an_appointment_and_removes_it(site: tuple[Site, Check]) -> None:
    done = site[1](PARAMETERS)
    # Mail is handed in after that, and nobody takes it here.
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("submission: ") and "refused" in done.stderr
    assert site[0].appointments == {}


@pytest.mark.parametrize(
    ("method", "answer", "words"),
    [
        ("GET", Answer(500, "<h1>Database</h1>"), "https: SOGo does not answer (500): Database"),
        ("POST", Answer(403), "https: ouhai_check cannot log in (403)"),
        ("PUT", Answer(501), "calendar: no appointment can be entered (501)"),
        ("DELETE", Answer(500), "calendar: an appointment cannot be removed (500)"),
    ],
)
def test_check_tells_what_does_not_work(
    site: tuple[Site, Check], method: str, answer: Answer, words: str
) -> None:
    site[0].instead[method] = answer
    done = site[1](PARAMETERS)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr and "Traceback" not in done.stderr and SECRET not in done.stderr


def test_check_asks_the_directory_first(site: tuple[Site, Check]) -> None:
    url = "ldaps://127.0.0.1:1"
    done = site[1](PARAMETERS | DIRECTORY | {"directory_url": url})
    assert done.returncode == 1 and done.stderr.startswith("directory: ")
    assert "Dd4secret" not in done.stderr
