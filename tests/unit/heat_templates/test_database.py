"""What base-database runs in its guest, with stand-ins for PostgreSQL and systemd."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.runner.paths import ROOT
from tests.support import websites

FILES = ROOT / "deploy/images/files/database"
HOOKS = FILES / "usr/local/lib/ouhai"
CERTIFICATE = FILES.parent / "certificate/usr/local/lib/ouhai/certificate.sh"
PARAMETERS = {
    "database": "base",
    "schema": "base",
    "clients": "10.1.0.0/16",
    "owner_password": "owner-secret",
    "reader_password": "reader-secret",
}
PATHS = (
    "/usr/local/lib/ouhai",
    "/usr/lib/postgresql/17/bin",
    "/etc/postgresql/17/main",
    "/srv/data",
)


class Guest:
    """A folder that stands for a guest: programs that do as told, and what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bin", "usr/lib/postgresql/17/bin", "etc/postgresql/17/main/conf.d"):
            (folder / name).mkdir(parents=True)
        (folder / "srv/data").mkdir(parents=True)
        hooks = folder / "usr/local/lib/ouhai"
        hooks.mkdir(parents=True)
        (hooks / "database.conf").write_text(self.moved((HOOKS / "database.conf").read_text()))
        (hooks / "database.sql").write_bytes((HOOKS / "database.sql").read_bytes())
        (hooks / "certificate.sh").write_bytes(CERTIFICATE.read_bytes())
        (hooks / "schemas").symlink_to(HOOKS / "schemas")
        # Owners are what only root may give; nobody else is there to be.
        self.program("bin/install", 'for last; do :; done; mkdir -p "$last"')
        self.program("bin/runuser", 'shift 3; exec "$@"')
        self.program("bin/systemctl", f'echo systemctl "$@" >>{folder}/called')
        self.program("bin/journalctl", 'echo "FATAL: it is broken"')
        # It ends with the file to write, or with the form (DER) of what it prints.
        write_or_print = '[ "$last" = DER ] && echo DER || echo certificate >"$last"'
        self.program("bin/openssl", f"for last; do :; done; {write_or_print}")
        self.program(
            "usr/lib/postgresql/17/bin/initdb",
            f'echo initdb >>{folder}/called; echo 17 >"${{1#--pgdata=}}/PG_VERSION"',
        )
        self.program(
            "usr/lib/postgresql/17/bin/psql", f'echo psql "$@" >>{folder}/called; cat; echo 0'
        )

    def moved(self, text: str) -> str:
        """Return a text with the paths in this folder."""
        return re.sub("|".join(map(re.escape, PATHS)), lambda one: f"{self.folder}{one[0]}", text)

    def program(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def run(self, hook: str, **parameters: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | PARAMETERS | parameters
        environment["PATH"] = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", self.moved((HOOKS / hook).read_text())],
            stdin=subprocess.DEVNULL,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def called(self) -> str:
        return (self.folder / "called").read_text()


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(tmp_path)


def test_a_new_volume_gets_a_cluster_and_a_known_one_keeps_its_own(guest: Guest) -> None:
    done = guest.run("prepare")
    assert done.returncode == 0, done.stderr
    assert (guest.folder / "srv/data/postgresql/17/main/PG_VERSION").read_text() == "17\n"
    assert guest.called.count("initdb") == 1
    assert "systemctl start postgresql@17-main.service" in guest.called
    assert "systemctl start database-dump.timer" in guest.called
    assert guest.run("prepare").returncode == 0
    assert guest.called.count("initdb") == 1


def test_clients_come_from_their_range_and_over_tls_only(guest: Guest) -> None:
    assert guest.run("prepare").returncode == 0
    lines = (guest.folder / "etc/postgresql/17/main/pg_hba.conf").read_text().splitlines()
    rules = [line.split() for line in lines if not line.startswith("#")]
    assert [(one[0], one[-1]) for one in rules] == [
        ("local", "peer"),
        ("hostssl", "scram-sha-256"),
        ("hostssl", "scram-sha-256"),
    ]
    assert [one[3] for one in rules[1:]] == ["127.0.0.1/32", PARAMETERS["clients"]]


def test_passwords_are_on_no_command_line(guest: Guest) -> None:
    done = guest.run("prepare")
    for secret in ("owner-secret", "reader-secret"):
        assert secret not in guest.called + done.stdout + done.stderr


def test_the_districts_certificate_is_shown_and_stays_when_it_is_given_no_more(
    guest: Guest, tmp_path: Path
) -> None:
    (guest.folder / "bin/openssl").unlink()
    guest.program("bin/chown", f'echo chown "$@" >>{guest.folder}/called')
    one, other = (websites.certificate(tmp_path / folder) for folder in ("one", "other"))
    texts = [one.certificate.read_text(), one.private_key.read_text()]
    shown = guest.folder / "srv/data/postgresql/tls"
    for given in (dict(zip(("certificate", "private_key"), texts, strict=True)), {}):
        done = guest.run("prepare", **given)
        assert done.returncode == 0, done.stderr
        files = [(shown / name).read_text() for name in ("server.crt", "server.key")]
        assert [text.strip() for text in files] == [text.strip() for text in texts]
    assert (shown / "server.key").stat().st_mode & 0o077 == 0
    wrong = guest.run("prepare", certificate=texts[0], private_key=other.private_key.read_text())
    assert wrong.returncode == 1
    assert "TLS: the private key does not belong to the certificate" in wrong.stderr
    assert guest.run("prepare").returncode == 0
    assert (shown / "server.key").read_text().strip() == texts[1].strip()


def test_data_of_another_version_is_not_touched(guest: Guest) -> None:
    other = guest.folder / "srv/data/postgresql/16/main/PG_VERSION"
    other.parent.mkdir(parents=True)
    other.write_text("16\n")
    done = guest.run("prepare")
    assert done.returncode == 1 and "data of PostgreSQL 16, and this image has 17" in done.stderr
    assert not (guest.folder / "called").exists()


def test_a_database_that_does_not_start_is_told_in_its_own_words(guest: Guest) -> None:
    guest.program("bin/systemctl", "exit 1")
    done = guest.run("prepare")
    assert done.returncode == 1
    assert done.stderr.endswith("PostgreSQL does not start:\nFATAL: it is broken\n")


def test_a_schema_that_the_image_lacks_is_refused(guest: Guest) -> None:
    done = guest.run("prepare", schema="nothing")
    assert done.returncode == 1 and "this image has no schema 'nothing'" in done.stderr
    assert guest.run("prepare", schema="").returncode == 0


def test_the_check_logs_in_as_the_reader_over_tls_and_tells_the_certificate(guest: Guest) -> None:
    assert guest.run("prepare").returncode == 0
    guest.program("usr/lib/postgresql/17/bin/psql", 'echo "psql=$PGPASSWORD $*"')
    done = guest.run("check")
    assert done.returncode == 0, done.stderr
    lines = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert lines["psql"].startswith("reader-secret ") and len(lines["certificate_sha256"]) == 64
    assert "user=base_reader" in lines["psql"]
    assert lines["psql"].endswith("sslmode=require channel_binding=require")


def test_a_login_that_fails_fails_the_check(guest: Guest) -> None:
    assert guest.run("prepare").returncode == 0
    guest.program("usr/lib/postgresql/17/bin/psql", "echo FATAL: no >&2; exit 2")
    done = guest.run("check")
    assert done.returncode != 0 and done.stderr == "FATAL: no\n"


def test_every_base_database_has_its_schema_and_comments() -> None:
    text = (HOOKS / "schemas/base/1.sql").read_text()
    schemas = re.findall(r"^CREATE SCHEMA (\w+);", text, re.MULTILINE)
    assert sorted(schemas) == ["culture", "economy", "geography", "legal_person", "population"]
    tables = re.findall(r"^CREATE TABLE (\S+) \((.*?)^\);", text, re.MULTILINE | re.DOTALL)
    for table, body in tables:
        assert f"COMMENT ON TABLE {table} IS" in text
        for column in re.findall(r"^    ([a-z_]+) ", body, re.MULTILINE):
            assert f"COMMENT ON COLUMN {table}.{column} IS" in text, (table, column)
