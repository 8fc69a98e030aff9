"""`portal` on the lab: a member deploys a site, its editor writes, the data outlives it."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
from pathlib import Path

import pytest

from tests.support import websites
from tests.support.applications import Key, Member, deploy, verified
from tests.support.authority import write_foreign
from tests.support.portal import Portal

TITLE = "瓯海区民政局门户网站"
NAMED = f"title={TITLE}"
HOST = "www.mzj.ouhai.example"
ARTICLE = ("关于开展“最多跑一次”服务的通知", "各街道、镇：请于本月底前完成登记，详见附件。")
WELL = dict.fromkeys(("stack", "server", "data_volume", "https", "article"), "well")
PRIVATE = "/etc/ouhai/guest.json /etc/ssl/website/private_key.pem"
# One red dot.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def test_a_site_and_its_articles_outlive_the_server(
    member: Member, key: Key, name: str, tmp_path: Path
) -> None:
    before = member.things()
    copy = deploy(member, "portal", name, key, NAMED)
    assert copy["status"] == "CREATE_COMPLETE" and copy["health"] == f"https://{copy['address']}/"
    assert verified(member, name) == WELL
    masked = member.answer("status", name)
    assert copy["editor_password"] not in str(masked) and "--secrets" in masked["editor_password"]

    site = Portal(copy, tmp_path)
    front = site.read()
    assert front.status_code == 200 and TITLE in front.text and 'lang="zh-CN"' in front.text
    picture = site.upload("红点.png", PICTURE, "image/png")
    article = site.publish(ARTICLE[0], f'{ARTICLE[1]}<img src="{site.address}{picture}">')
    assert ARTICLE[1] in site.read(article).text and ARTICLE[0] in site.read().text
    assert site.read(picture).content == PICTURE
    assert site.read("/xmlrpc.php").status_code == 403

    done = member.app("delete", name)
    assert done.returncode == 0, done.stderr
    volume = str(copy["data_volume"])
    assert f"kept: volume {volume}" in done.stdout
    assert member.things() == before | {("volume", volume)}

    again = deploy(member, "portal", name, key, NAMED, f"data_volume={volume}")
    assert again["certificate_sha256"] != copy["certificate_sha256"]
    assert again["editor_password"] != copy["editor_password"]
    assert verified(member, name) == WELL
    site = Portal(again, tmp_path)
    page = site.read(article).text
    assert ARTICLE[0] in page and ARTICLE[1] in page
    if again["address"] != copy["address"]:
        assert str(copy["address"]) not in page, "the site names the address that it had before"
    assert site.read(picture).content == PICTURE
    assert site.publish("第二篇", "新服务器上的文章") != article

    assert member.app("delete", name, "--delete-data").returncode == 0
    # It was not this copy that made the volume, so it is not this copy's to delete.
    storage = member.connection.block_storage
    storage.delete_volume(volume)
    storage.wait_for_delete(storage.get_volume(volume))
    assert member.things() == before


def test_the_districts_certificate_is_shown_and_a_broken_database_is_told_of(
    member: Member, key: Key, name: str, tmp_path: Path
) -> None:
    district = write_foreign(tmp_path, HOST)
    given = (f"certificate=@{district.certificate}", f"private_key=@{district.key}")
    copy = deploy(member, "portal", name, key, NAMED, *given)
    trusting = ssl.create_default_context(cafile=district.authority)
    with (
        socket.create_connection((copy["address"], 443), timeout=60) as plain,
        trusting.wrap_socket(plain, server_hostname=HOST) as shown,
    ):
        der = shown.getpeercert(binary_form=True) or b""
    assert copy["certificate_sha256"] == hashlib.sha256(der).hexdigest()

    stopped = key.ssh(copy, "sudo systemctl stop mariadb; sudo systemctl mask --runtime mariadb")
    assert stopped.returncode == 0, stopped.stderr
    done = member.app("verify", name, "-f", "json")
    seen = {row["Check"]: row["Seen"] for row in json.loads(done.stdout)}
    assert done.returncode == 1 and "数据库" in seen["https"], seen
    told = key.ssh(copy, "sudo systemctl restart ouhai-guest; sudo journalctl -u ouhai-guest -n 20")
    assert "application prepared: mariadb does not start" in told.stdout

    key.ssh(copy, "sudo systemctl unmask --runtime mariadb; sudo systemctl restart ouhai-guest")
    assert verified(member, name) == WELL
    assert copy["editor_password"] not in key.ssh(copy, "sudo journalctl --boot").stdout
    leaked = key.ssh(copy, f"sudo -u www-data cat {PRIVATE}")
    assert leaked.stdout == "" and leaked.returncode != 0


def test_a_key_of_another_certificate_is_refused_before_anything_is_made(
    member: Member, key: Key, name: str, tmp_path: Path
) -> None:
    before = member.things()
    one, other = (websites.certificate(tmp_path / folder) for folder in ("one", "other"))
    given = (f"certificate=@{one.certificate}", f"private_key=@{other.private_key}")
    words = [word for one in (key.parameter, *given) for word in ("--parameter", one)]
    refused = member.app("deploy", "portal", name, *words)
    assert refused.returncode == 1
    assert "the key does not belong to the certificate" in refused.stderr
    assert "PRIVATE KEY" not in refused.stderr + refused.stdout
    assert member.things() == before


REFUSALS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("title of 200 characters", ("title=" + "政" * 200,), "1 to 60 characters"),
    ("title with a tag", ("title=<b>网站</b>",), "1 to 60 characters"),
    ("no PEM", ("certificate=xyz",), "certificates in PEM"),
    (
        "encrypted key",
        ("private_key=-----BEGIN ENCRYPTED PRIVATE KEY-----",),
        "without a passphrase",
    ),
    ("the whole world", ("web_from=0.0.0.0/0",), "not the whole world"),
    ("too small", ("flavor=probe",), "'probe': that flavor is too small"),
)


@pytest.mark.parametrize(
    ("parameters", "words"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS]
)
def test_wrong_values_are_refused_before_anything_is_made(
    member: Member, key: Key, name: str, parameters: tuple[str, ...], words: str
) -> None:
    before = member.things()
    options = [word for one in (key.parameter, *parameters) for word in ("--parameter", one)]
    refused = member.app("deploy", "portal", name, *options)
    assert refused.returncode == 1
    assert words in refused.stderr and "Nothing was created" in refused.stderr
    assert "Traceback" not in refused.stderr and member.things() == before
