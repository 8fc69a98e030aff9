"""What runs in guests of `portal`: prepare with stand-ins for services, check with a real site."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.runner.paths import ROOT
from tests.support import websites
from tests.support.websites import Answer, Certificate, Request

HOOKS = ROOT / "deploy/images/files/portal/usr/local/lib/ouhai"
PATHS = (
    *("/etc/ssl/portal", "/etc/wordpress", "/run", "/srv/data", "/usr/share/mariadb"),
    "/usr/local/lib",
)
SECRET = "Aa1secret"
PARAMETERS = {
    "title": "瓯海区门户网站",
    "editor": "editor",
    "editor_password": SECRET,
    "certificate": "",
    "private_key": "",
    "name": "portal1",
    "address": "10.0.0.9",
}
TABLES = ("mariadb_system_tables", "mariadb_performance_tables", "mariadb_system_tables_data")


class Guest:
    """A folder that stands for a guest, with programs that note how they are called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bin", "etc/wordpress", "etc/ssl", "run", "srv/data", "usr/share/mariadb"):
            (folder / name).mkdir(parents=True)
        for name in TABLES:
            (folder / f"usr/share/mariadb/{name}.sql").write_text(f"-- {name}\n@current_hostname\n")
        for name in ("systemctl", "chown", "journalctl", "mariadb-upgrade"):
            self.program(name, f'echo {name} "$@" >>{folder}/called')
        self.program("setpriv", f'echo setpriv "$@" >>{folder}/called; env >{folder}/php')
        self.program(
            "mariadbd", f"cat >{folder}/bootstrap; mkdir {folder}/run/portal-database/mysql"
        )
        # Owners are what only root may give, in a guest that has them.
        self.program("install", 'for last; do :; done; mkdir -p "$last"')

    def program(self, name: str, body: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def prepare(self, **parameters: str) -> subprocess.CompletedProcess[str]:
        """Run prepare, with paths in the folder."""
        script = (HOOKS / "prepare").read_text()
        for path in PATHS:
            assert path in script
            script = script.replace(path, f"{self.folder}{path}")
        environment = os.environ | PARAMETERS | parameters
        environment["PATH"] = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def read(self, path: str) -> str:
        return (self.folder / path).read_text()

    def called(self) -> list[str]:
        return self.read("called").splitlines()


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(tmp_path)


def openssl(*words: str) -> str:
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=True).stdout


def test_a_new_volume_gets_database_keys_and_certificate(guest: Guest) -> None:
    done = guest.prepare()
    assert (done.returncode, done.stderr) == (0, "")
    sql = guest.read("bootstrap")
    assert [name for name in TABLES if f"-- {name}\n" in sql] == list(TABLES)
    assert "'www-data'@'localhost' IDENTIFIED VIA unix_socket" in sql and "BY '" not in sql
    keys = guest.read("srv/data/portal/keys.php")
    assert keys.count("define('") == 8 and len(set(keys.split("'")[3::4])) == 8
    shown = openssl(
        "x509", "-in", f"{guest.folder}/etc/ssl/portal/certificate.pem", "-noout", "-text"
    )
    assert "DNS:portal1, IP Address:10.0.0.9" in shown
    key = guest.folder / "etc/ssl/portal/private_key.pem"
    assert key.stat().st_mode & 0o077 == 0
    assert guest.read("etc/wordpress/title") == "瓯海区门户网站\n"
    assert [line.split(maxsplit=1)[1] for line in guest.called() if "systemctl" in line] == [
        "start mariadb",
        "start php8.4-fpm",
        "reload-or-restart nginx",
    ]


def test_secrets_stand_in_no_command_and_keys_reach_no_php(guest: Guest, tmp_path: Path) -> None:
    made = websites.certificate(tmp_path / "own")
    done = guest.prepare(
        certificate=made.certificate.read_text(), private_key=made.private_key.read_text()
    )
    assert done.returncode == 0, done.stderr
    assert SECRET not in guest.read("called") + done.stdout + done.stderr
    assert f"editor_password={SECRET}\n" in guest.read("php")
    assert "PRIVATE KEY" not in guest.read("php")


def test_what_is_on_the_volume_is_taken_over(guest: Guest) -> None:
    guest.prepare()
    keys = guest.read("srv/data/portal/keys.php")
    (guest.folder / "srv/data/mariadb/mysql/user").write_text("kept")
    (guest.folder / "bootstrap").unlink()
    shutil.rmtree(guest.folder / "etc/ssl/portal")
    done = guest.prepare(title="新名称")
    assert done.returncode == 0, done.stderr
    assert not (guest.folder / "bootstrap").exists()
    assert guest.read("srv/data/mariadb/mysql/user") == "kept"
    assert guest.read("srv/data/portal/keys.php") == keys
    assert guest.read("etc/wordpress/title") == "新名称\n"
    # Users of another image may have other numbers.
    assert f"chown -R mysql:mysql {guest.folder}/srv/data/mariadb" in guest.called()


def test_its_own_certificate_stays_at_the_next_start(guest: Guest) -> None:
    guest.prepare()
    before = guest.read("etc/ssl/portal/certificate.pem")
    guest.prepare()
    assert guest.read("etc/ssl/portal/certificate.pem") == before


def test_a_given_certificate_is_taken(guest: Guest, tmp_path: Path) -> None:
    made = websites.certificate(tmp_path / "given")
    given = {
        "certificate": made.certificate.read_text(),
        "private_key": made.private_key.read_text(),
    }
    done = guest.prepare(**given)
    assert done.returncode == 0, done.stderr
    assert guest.read("etc/ssl/portal/certificate.pem").strip() == given["certificate"].strip()


def bad_certificates(folder: Path) -> dict[str, tuple[str, str, str]]:
    one, other = (websites.certificate(folder / name) for name in ("one", "other"))
    late = websites.certificate(folder / "late", days=-1)
    certificate, key = one.certificate.read_text(), one.private_key.read_text()
    return {
        "no key": (certificate, "", "a certificate was given, but no private key"),
        "no certificate": ("", key, "a private key was given, but no certificate"),
        "another's key": (certificate, other.private_key.read_text(), "does not belong to the"),
        "no certificate at all": ("-----BEGIN", key, "the certificate cannot be read"),
        "no key at all": (certificate, "-----BEGIN", "the private key cannot be read"),
        "ended": (late.certificate.read_text(), late.private_key.read_text(), "ended on"),
    }


@pytest.mark.parametrize(
    "case",
    [
        "no key",
        "no certificate",
        "another's key",
        "no certificate at all",
        "no key at all",
        "ended",
    ],
)
def test_a_wrong_certificate_is_refused_and_said(guest: Guest, tmp_path: Path, case: str) -> None:
    certificate, key, words = bad_certificates(tmp_path / "bad")[case]
    done = guest.prepare(certificate=certificate, private_key=key)
    assert done.returncode == 1
    assert done.stderr.startswith("TLS: ") and words in done.stderr
    assert not (guest.folder / "etc/ssl/portal/certificate.pem").exists()


def test_a_database_that_does_not_start_has_its_own_words(guest: Guest) -> None:
    guest.program("systemctl", "exit 1")
    guest.program("journalctl", 'echo "InnoDB: ibdata1 is damaged ($*)"')
    done = guest.prepare()
    assert done.returncode == 1
    assert done.stderr.startswith("mariadb does not start: InnoDB: ibdata1 is damaged")


def test_a_database_that_cannot_be_made_is_not_taken_for_one(guest: Guest) -> None:
    guest.program("mariadbd", "echo '[ERROR] No space left on device'; exit 1")
    done = guest.prepare()
    assert done.returncode == 1 and "No space left on device" in done.stderr
    assert not (guest.folder / "srv/data/mariadb").exists()


class Site:
    """Answers as WordPress does, until a test lets it answer otherwise."""

    def __init__(self) -> None:
        self.articles: dict[str, str] = {}
        self.instead: dict[tuple[str, str], Answer] = {}

    def __call__(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if (request.method, path) in self.instead:
            return self.instead[request.method, path]
        if path == "/":
            return Answer(200, f"<title>{PARAMETERS['title']}</title>")
        form = {name: values[0] for name, values in parse_qs(request.body).items()}
        if path == "/wp-login.php":
            return self._login(form)
        if "in=yes" not in request.headers["Cookie"]:
            return Answer(401, json.dumps({"message": "抱歉，您不能。"}))
        if path == "/wp-admin/admin-ajax.php":
            return Answer(200, "nonce")
        assert request.headers["X-WP-Nonce"] == "nonce"
        return self._article(request.method, path, form)

    def _login(self, form: dict[str, str]) -> Answer:
        if form["log"] == PARAMETERS["editor"] and form["pwd"] == SECRET:
            return Answer(302, headers={"Set-Cookie": "in=yes; path=/; secure; HttpOnly"})
        return Answer(200, "<p>错误：密码不正确。</p>")

    def _article(self, method: str, path: str, form: dict[str, str]) -> Answer:
        if method == "POST":
            assert form["status"] == "private", "nobody else must see it"
            self.articles["7"] = form["content"]
            return Answer(201, '{"id": 7}')
        number = path.rpartition("/")[2]
        if method == "DELETE":
            del self.articles[number]
            return Answer(200, "{}")
        return Answer(200, json.dumps({"content": {"raw": self.articles[number]}}))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return websites.certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def site(certificate: Certificate, tmp_path: Path) -> Iterator[tuple[Site, Path]]:
    """Return a site, and the check that looks at it."""
    one = Site()
    version = tmp_path / "version.php"
    version.write_text("<?php\n$wp_version = '6.8.3';\n")
    with websites.website(one, certificate) as port:
        text = (HOOKS / "check").read_text()
        for before, after in (
            ('SITE = "localhost"', f'SITE = "127.0.0.1:{port}"'),
            ("/etc/ssl/portal/certificate.pem", str(certificate.certificate)),
            ("/usr/share/wordpress/wp-includes/version.php", str(version)),
        ):
            assert before in text
            text = text.replace(before, after)
        program = tmp_path / "check"
        program.write_text(text)
        yield one, program


def check(program: Path, **parameters: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(program)],
        env=os.environ | PARAMETERS | parameters,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_uses_the_site_and_leaves_nothing(
    site: tuple[Site, Path], certificate: Certificate
) -> None:
    done = check(site[1])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "wordpress=6.8.3",
        f"certificate_sha256={certificate.sha256}",
    ]
    assert site[0].articles == {}


UNWELL: tuple[tuple[str, str, Answer, str], ...] = (
    ("POST", "/wp-login.php", Answer(500, "<h1>建立数据库连接时出错</h1>"), "建立数据库连接时出错"),
    ("POST", "/wp-login.php", Answer(200, "<p>错误：</p>"), "editor cannot log in (200): 错误："),
    ("GET", "/wp-admin/admin-ajax.php", Answer(400, "0"), "editor is not logged in (400)"),
    (
        "POST",
        "/wp-json/wp/v2/posts",
        Answer(500, '{"message": "无法将文章插入数据库。"}'),
        "no article can be written (500): 无法将文章插入数据库。",
    ),
    (
        "GET",
        "/wp-json/wp/v2/posts/7",
        Answer(200, '{"content": {"raw": "?"}}'),
        "an article cannot be read again (200)",
    ),
    ("DELETE", "/wp-json/wp/v2/posts/7", Answer(500), "an article cannot be removed (500)"),
    ("GET", "/", Answer(200, "Welcome to nginx!"), "does not show the title (200): Welcome"),
)


@pytest.mark.parametrize(("method", "path", "answer", "words"), UNWELL)
def test_check_tells_what_does_not_work(
    site: tuple[Site, Path], method: str, path: str, answer: Answer, words: str
) -> None:
    site[0].instead[method, path] = answer
    done = check(site[1])
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr and "Traceback" not in done.stderr and SECRET not in done.stderr


def test_check_tells_of_a_wrong_password(site: tuple[Site, Path]) -> None:
    done = check(site[1], editor_password="wrong")
    assert done.returncode == 1 and "密码不正确" in done.stderr
