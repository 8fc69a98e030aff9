"""Two bureaus deploy the same application at once, and have nothing of one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.applications import Key, Member, deploy, verified
from tests.support.base_database import PORT

APPLICATION = "base-database"
OWN = ("address", "data_volume", "host_key", "certificate_sha256", "owner_password")
KNOCK_SECONDS = 5


def reaches(key: Key, copy: dict[str, Any], address: str) -> bool:
    """Tell whether a copy's guest gets to the database at an address."""
    knock = f"timeout {KNOCK_SECONDS} bash -c '</dev/tcp/{address}/{PORT}'"
    return key.ssh(copy, knock).returncode == 0


def private_address(member: Member, name: str) -> str:
    """Return the address of a copy's server in its own network."""
    (server,) = member.connection.compute.servers(name=f"^{name}$")
    (network,) = server.addresses.values()
    return next(str(one["addr"]) for one in network if one["OS-EXT-IPS:type"] == "fixed")


def test_both_come_at_once_and_are_strangers(
    member: Member, other_member: Member, key: Key, name: str, other_name: str
) -> None:
    both = ((member, name), (other_member, other_name))
    before = [who.things() for who, _ in both]
    assert key.path.exists()  # made once, before both ask for it
    with ThreadPoolExecutor(len(both)) as pool:
        copy, other = pool.map(lambda one: deploy(one[0], APPLICATION, one[1], key), both)
    assert [one for one in OWN if copy[one] == other[one]] == []
    for who, whose in both:
        assert set(verified(who, whose).values()) == {"well"}

    stranger = other_member.app("status", name)
    assert stranger.returncode == 1 and f"no copy '{name}'" in stranger.stderr
    # By the extranet, as anybody whom the bureau lets in; but not from network to network.
    assert reaches(key, other, str(copy["address"]))
    assert reaches(key, copy, private_address(member, name))
    assert not reaches(key, other, private_address(member, name))

    for who, whose in both:
        done = who.app("delete", whose, "--delete-data")
        assert done.returncode == 0, done.stderr
    assert [who.things() for who, _ in both] == before
