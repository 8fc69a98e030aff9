"""What runs in guests of `portal`: prepare with stand-ins for services, check with a real site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.support import hooks, websites
from tests.support.hooks import TABLES, Check, Guest
from tests.support.websites import Answer, Certificate, Request

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


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    guest = Guest(tmp_path, "portal", ["etc/wordpress"], PARAMETERS)
    guest.program("setpriv", f'echo setpriv "$@" >>{tmp_path}/called; env >{tmp_path}/php')
    return guest


def test_a_new_volume_gets_database_keys_and_certificate(guest: Guest) -> None:
    done = guest.prepare()
    assert (done.returncode, done.stderr) == (0, "")
    sql = guest.read("bootstrap")
    assert [name for name in TABLES if f"-- {name}\n" in sql] == list(TABLES)
    assert "'www-data'@'localhost' IDENTIFIED VIA unix_socket" in sql and "BY '" not in sql
    keys = guest.read("srv/data/portal/keys.php")
    assert keys.count("define('") == 8 and len(set(keys.split("'")[3::4])) == 8
    assert guest.read("etc/wordpress/title") == "瓯海区门户网站\n"
    assert guest.units() == [
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
    done = guest.prepare(title="新名称")
    assert done.returncode == 0, done.stderr
    assert not (guest.folder / "bootstrap").exists()
    assert guest.read("srv/data/mariadb/mysql/user") == "kept"
    assert guest.read("srv/data/portal/keys.php") == keys
    assert guest.read("etc/wordpress/title") == "新名称\n"
    # Users of another image may have other numbers.
    assert f"chown -R mysql:mysql {guest.folder}/srv/data/mariadb" in guest.called()


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
def site(certificate: Certificate, tmp_path: Path) -> Iterator[tuple[Site, Check]]:
    """Return a site, and the check that looks at it."""
    one = Site()
    version = tmp_path / "version.php"
    version.write_text("<?php\n$wp_version = '6.8.3';\n")
    with websites.website(one, certificate) as port:
        changes = {
            'SITE = "localhost"': f'SITE = "127.0.0.1:{port}"',
            "/usr/share/wordpress/wp-includes/version.php": str(version),
        }
        yield one, hooks.check(tmp_path, "portal", "check", certificate, changes)


def test_check_uses_the_site_and_leaves_nothing(
    site: tuple[Site, Check], certificate: Certificate
) -> None:
    done = site[1](PARAMETERS)
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
    site: tuple[Site, Check], method: str, path: str, answer: Answer, words: str
) -> None:
    site[0].instead[method, path] = answer
    done = site[1](PARAMETERS)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr and "Traceback" not in done.stderr and SECRET not in done.stderr


def test_check_tells_of_a_wrong_password(site: tuple[Site, Check]) -> None:
    done = site[1](PARAMETERS | {"editor_password": "wrong"})
    assert done.returncode == 1 and "密码不正确" in done.stderr


def test_a_look_writes_nothing_and_minds_no_other_password_or_title(
    site: tuple[Site, Check],
) -> None:
    site[0].instead["POST", "/wp-json/wp/v2/posts"] = Answer(500, "an article was written")
    changed = PARAMETERS | {"editor_password": "changed", "title": "改过的标题"}
    assert site[1](changed, "look").returncode == 0
    site[0].instead["GET", "/"] = Answer(500, "<h1>建立数据库连接时出错</h1>")
    broken = site[1](changed, "look")
    assert broken.returncode == 1 and "建立数据库连接时出错" in broken.stderr
