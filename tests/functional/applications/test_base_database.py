"""`base-database` on the lab: its owner writes, its reader reads, the data outlives the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.applications import Key, Member, await_own_words, deploy, verified
from tests.support.authority import write_foreign
from tests.support.base_database import PORT, connect

APPLICATION, HOST = "base-database", "base.mzj.ouhai.example"
WELL = {"stack": "well", "server": "well", "data_volume": "well", "postgresql": "well"}
SCHEMAS = ["culture", "economy", "geography", "legal_person", "population"]
PLACE = "INSERT INTO geography.division VALUES ('330304000000', '瓯海区', NULL, ST_Multi(%s))"
OUHAI = "SRID=4490;POLYGON((120.4 27.9, 120.7 27.9, 120.7 28.1, 120.4 28.1, 120.4 27.9))"
AREA = "SELECT name, round(ST_Area(boundary::geography) / 1e6) FROM geography.division"
AUTO = "/srv/data/postgresql/17/main/postgresql.auto.conf"


@pytest.fixture
def volumes(member: Member) -> Iterator[list[str]]:
    """Return a list for volumes that outlive their copies; they are deleted in the end."""
    kept: list[str] = []
    yield kept
    storage = member.connection.block_storage
    for volume in kept:
        storage.delete_volume(volume)
        storage.wait_for_delete(storage.get_volume(volume))


def test_a_database_outlives_its_server(
    member: Member, key: Key, volumes: list[str], name: str
) -> None:
    before = member.things()
    copy = deploy(member, APPLICATION, name, key)
    assert copy["health"] == f"postgresql://base_reader@{copy['address']}:{PORT}/base"
    assert copy["postgresql"].startswith("17.") and copy["postgis"].startswith("3.")
    assert verified(member, name) == WELL
    masked = str(member.answer("status", name))
    assert copy["owner_password"] not in masked and copy["reader_password"] not in masked

    with connect(copy, "owner") as owner:
        owner.execute(PLACE, (OUHAI,))
        owner.execute("CREATE TABLE culture.note AS SELECT '塘河' AS text")
    with connect(copy, "reader") as reader:
        rows = reader.execute("SELECT schema_name FROM meta.base_database ORDER BY 1").fetchall()
        assert [one for (one,) in rows] == SCHEMAS
        assert reader.execute(AREA).fetchone() == ("瓯海区", 654)
        assert reader.execute("SELECT text FROM culture.note").fetchone() == ("塘河",)
    with connect(copy, "reader") as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SET TRANSACTION READ WRITE; DELETE FROM culture.note")
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(copy, "reader", sslmode="disable")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(copy, "reader", password=copy["owner_password"])

    dumped = key.ssh(
        copy,
        "sudo systemctl start database-dump && sudo sh -c 'pg_restore --list /srv/data/dumps/*'",
    )
    assert dumped.returncode == 0 and "TABLE DATA culture note" in dumped.stdout, dumped.stderr
    timers = key.ssh(copy, "systemctl list-timers database-dump.timer --output=json").stdout
    assert [one["unit"] for one in json.loads(timers)] == ["database-dump.timer"]
    said = key.ssh(copy, "sudo journalctl --boot; sudo cat /var/log/postgresql/*").stdout
    assert "ouhai-guest" in said
    assert copy["owner_password"] not in said and copy["reader_password"] not in said

    volume = str(copy["data_volume"])
    volumes.append(volume)
    assert member.app("delete", name).returncode == 0
    assert member.things() == before | {("volume", volume)}
    again = deploy(member, APPLICATION, name, key, f"data_volume={volume}")
    assert again["certificate_sha256"] == copy["certificate_sha256"]
    assert verified(member, name) == WELL
    with connect(again, "reader") as reader:
        assert reader.execute(AREA).fetchone() == ("瓯海区", 654)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(again, "owner", password=copy["owner_password"])


def test_what_breaks_is_told_in_the_databases_words(
    member: Member, key: Key, volumes: list[str], name: str
) -> None:
    copy = deploy(member, APPLICATION, name, key)
    volume = str(copy["data_volume"])
    volumes.append(volume)

    assert key.ssh(copy, "sudo systemctl stop postgresql@17-main").returncode == 0
    stopped = member.app("verify", name, "-f", "json")
    assert stopped.returncode == 1 and "no database answers there" in stopped.stdout
    await_own_words(member, name, "services run: postgresql@17-main is inactive: ")

    key.run(copy, "sudo fallocate -l $(df --output=avail -B1 /srv/data | tail -1) /srv/data/full")
    await_own_words(member, name, "data volume written: /srv/data: No space left on device")
    key.run(copy, "sudo rm /srv/data/full")

    spoiled = key.ssh(
        copy,
        f"sudo systemctl restart ouhai-guest && echo 'shared_buffers = lots' | sudo tee -a {AUTO}",
    )
    assert spoiled.returncode == 0, spoiled.stderr
    assert verified(member, name) == WELL
    assert member.app("delete", name).returncode == 0

    before = member.things()
    words = ("--parameter", key.parameter, "--parameter", f"data_volume={volume}")
    failed = member.app("deploy", APPLICATION, name, *words)
    assert failed.returncode == 1
    assert "The guest says: application prepared: " in failed.stderr
    assert 'invalid value for parameter "shared_buffers": "lots"' in failed.stderr
    assert copy["owner_password"] not in failed.stderr
    removed = member.app("delete", name)
    assert removed.returncode == 0, removed.stderr
    assert member.things() == before


def test_the_districts_certificate_is_shown(
    member: Member, key: Key, name: str, tmp_path: Path
) -> None:
    """Whoever trusts the district's authority needs no fingerprint, and is not deceived."""
    district, other = (write_foreign(_folder(tmp_path, one), HOST) for one in ("district", "other"))
    given = (f"certificate=@{district.certificate}", f"private_key=@{district.key}")
    copy = deploy(member, APPLICATION, name, key, *given)
    assert verified(member, name) == WELL
    at = {"host": HOST, "hostaddr": copy["address"], "sslmode": "verify-full"}
    with connect(copy, "reader", **at, sslrootcert=str(district.authority)) as reader:
        assert reader.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connect(copy, "reader", **at, sslrootcert=str(other.authority))


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def test_the_whole_world_is_no_client(member: Member, key: Key, name: str) -> None:
    before = member.things()
    words = ("--parameter", key.parameter, "--parameter", "clients_from=0.0.0.0/0")
    refused = member.app("deploy", APPLICATION, name, *words)
    assert refused.returncode == 1
    assert "not the whole world" in refused.stderr and "Nothing was created" in refused.stderr
    assert member.things() == before
