"""`oa` on the lab: a member deploys an office, its people write, mail and calendars outlive it."""

from __future__ import annotations

import smtplib
from pathlib import Path

import pytest

from tests.support.applications import Key, Member, await_own_words, deploy, verified
from tests.support.directory_reach import directory_reachable
from tests.support.leaks import secret_values
from tests.support.oa import Office, Person

TITLE = "瓯海区民政局办公系统"
PARAMETERS = (
    f"title={TITLE}",
    "mail_domain=mzj.ouhai.example",
    "accounts=wang.li=王丽,zhang.wei=张伟",
)
MAIL = ("关于召开工作例会的通知", "各科室：请于周三上午九时到二楼会议室参加例会。")
APPOINTMENT = "工作例会（二楼会议室）"
WELL = dict.fromkeys(("stack", "server", "data_volume", "https", "mail", "calendar"), "well")
PRIVATE = (
    "/etc/ouhai/guest.json",
    "/etc/ssl/website/private_key.pem",
    "/etc/ldap/oa.ldif",
    "/etc/dovecot/dovecot.conf",
    "/etc/sogo/sogo.conf",
)


def test_mail_and_calendars_outlive_the_server(
    member: Member, key: Key, name: str, tmp_path: Path
) -> None:
    before = member.things()
    copy = deploy(member, "oa", name, key, *PARAMETERS)
    assert copy["status"] == "CREATE_COMPLETE"
    assert verified(member, name) == WELL
    office = Office(copy, tmp_path)
    masked = str(member.answer("status", name))
    assert not [one for one in office.passwords.values() if one in masked]

    wang, zhang = office.person("wang.li"), office.person("zhang.wei")
    wang.send(zhang.mail_address, *MAIL)
    assert zhang.read(MAIL[0]) == MAIL[1]
    wang.enter("meeting", APPOINTMENT)
    assert APPOINTMENT in wang.appointment("meeting")
    for elsewhere in ("somebody@example.com", f"nobody@{copy['mail_domain']}"):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            wang.send(elsewhere, *MAIL)
    stranger = Person(office, "wang.li", zhang.password)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        stranger.send(zhang.mail_address, *MAIL)
    leaked = key.ssh(copy, f"sudo -u nobody cat {' '.join(PRIVATE)}")
    assert leaked.stdout == "" and leaked.returncode != 0
    journal = key.ssh(copy, "sudo journalctl --boot").stdout
    assert not [one for one in office.passwords.values() if one in journal]

    # A fault is told in the words of what is broken.
    key.ssh(copy, "sudo systemctl stop mariadb; sudo systemctl mask --runtime mariadb")
    await_own_words(member, name, "services run: mariadb is inactive: ")
    told = key.ssh(copy, "sudo systemctl restart ouhai-guest; sudo journalctl -u ouhai-guest -n 9")
    assert "application prepared: mariadb does not start" in told.stdout

    done = member.app("delete", name)
    assert done.returncode == 0, done.stderr
    volume = str(copy["data_volume"])
    assert f"kept: volume {volume}" in done.stdout
    assert member.things() == before | {("volume", volume)}

    again = deploy(member, "oa", name, key, *PARAMETERS, f"data_volume={volume}")
    assert verified(member, name) == WELL
    office = Office(again, tmp_path)
    assert office.passwords["wang.li"] != wang.password
    wang, zhang = office.person("wang.li"), office.person("zhang.wei")
    assert zhang.read(MAIL[0]) == MAIL[1]
    assert APPOINTMENT in wang.appointment("meeting")
    zhang.send(wang.mail_address, f"回复：{MAIL[0]}", "收到，准时参加。")
    assert wang.read(f"回复：{MAIL[0]}") == "收到，准时参加。"

    assert member.app("delete", name, "--delete-data").returncode == 0
    # It was not this copy that made the volume, so it is not this copy's to delete.
    storage = member.connection.block_storage
    storage.delete_volume(volume)
    storage.wait_for_delete(storage.get_volume(volume))
    assert member.things() == before


def test_people_come_from_the_districts_directory(
    member: Member, key: Key, name: str, tmp_path: Path
) -> None:
    """They log in with the password that they have everywhere, and their mail has its name."""
    lab = member.bureaus.lab
    directory = lab.variables["directory"]
    password = secret_values(lab)["secret_directory_bind_password"]
    (tmp_path / "password").write_text(password)
    people = (
        f"directory_url={directory['url']}",
        f"directory_base={directory['people']}",
        f"directory_account={directory['account']}",
        f"directory_password=@{tmp_path}/password",
        f"directory_certificate=@{lab.access.ca_file}",
    )
    with directory_reachable(lab):
        copy = deploy(member, "oa", name, key, *PARAMETERS[:2], *people)
        assert verified(member, name) == WELL
        office = Office(copy, tmp_path)
        one, other = (
            Person(office, f"{member.bureau.short}-{role}", member.bureaus.password)
            for role in ("member", "reader")
        )
        one.send(other.mail_address, *MAIL)
        assert other.read(MAIL[0]) == MAIL[1]
        one.enter("meeting", APPOINTMENT)
        assert APPOINTMENT in one.appointment("meeting")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            one.send(f"nobody@{copy['mail_domain']}", *MAIL)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            Person(office, one.account, "wrong").send(other.mail_address, *MAIL)
        journal = key.ssh(copy, "sudo journalctl --boot").stdout
        assert password not in journal and member.bureaus.password not in journal


REFUSALS: tuple[tuple[str, str, str], ...] = (
    ("title of 200 characters", "title=" + "政" * 200, "1 to 60 characters"),
    ("no domain", "mail_domain=民政局", "a domain in small letters"),
    ("account without a name", "accounts=wang.li", "account=name"),
    ("directory without TLS", "directory_url=ldap://10.0.0.1", "ldaps://"),
    ("the whole world", "mail_from=0.0.0.0/0", "not the whole world"),
    ("too small", "flavor=probe", "'probe': that flavor is too small"),
)


@pytest.mark.parametrize(
    ("parameter", "words"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS]
)
def test_wrong_values_are_refused_before_anything_is_made(
    member: Member, key: Key, name: str, parameter: str, words: str
) -> None:
    before = member.things()
    given = ("--parameter", key.parameter, "--parameter", parameter)
    refused = member.app("deploy", "oa", name, *given)
    assert refused.returncode == 1
    assert words in refused.stderr and "Nothing was created" in refused.stderr
    assert "Traceback" not in refused.stderr and member.things() == before
