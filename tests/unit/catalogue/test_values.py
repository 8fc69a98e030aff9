"""What people give for parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ouhai_cloud.catalogue import certificates, values
from ouhai_cloud.catalogue.entry import load
from ouhai_cloud.errors import ValuesInvalid

from tests.runner.paths import ROOT
from tests.support import websites

ENTRY_FOLDER = ROOT / "heat-templates/server/1"
ENTRY = load(ENTRY_FOLDER, "lab")
KEY = "ssh-ed25519 " + "A" * 68 + " me@example"
GOOD = {"network": "n", "public_key": KEY}


def refused(**more: str) -> str:
    with pytest.raises(ValuesInvalid) as caught:
        values.check(ENTRY, GOOD | more)
    return str(caught.value)


def test_values_get_the_types_of_their_parameters() -> None:
    given = {"data_gib": "20", "floating_address": "No", "flavor": "small"}
    assert values.check(ENTRY, GOOD | given) == {
        **GOOD,
        "data_gib": 20,
        "floating_address": False,
        "flavor": "small",
    }


def test_values_that_hold_are_those_given_then_the_districts_then_the_templates() -> None:
    flavor = "nova.flavor"
    assert values.effective(ENTRY, {}, flavor) == {"flavor": "small"}
    assert values.effective(ENTRY, {"flavor": "large"}, flavor) == {"flavor": "large"}
    assert values.effective(load(ENTRY_FOLDER, "production"), {}, flavor) == {"flavor": "medium"}
    assert values.effective(ENTRY, {}, "glance.image") == {"image": "debian"}


def test_a_copy_may_take_over_a_volume() -> None:
    volume = "01234567-89ab-cdef-0123-456789abcdef"
    for value in ("", volume):
        assert values.check(ENTRY, GOOD | {"data_volume": value})["data_volume"] == value


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"flavour": "small"}, "flavour: no such parameter; did you mean flavor?"),
        ({"zzz": "1"}, "zzz: no such parameter; there are flavor, data_gib"),
        ({"data_gib": "0"}, "data_gib = '0': not allowed; it must be 1 至 2048 GiB / 1 to"),
        ({"data_gib": "5000"}, "not allowed"),
        ({"data_gib": "ten"}, "a whole number is needed"),
        ({"data_gib": ""}, "a whole number is needed"),
        ({"floating_address": "perhaps"}, "true or false is needed"),
        ({"ssh_from": "0.0.0.0/0"}, "not the whole world"),
        ({"ssh_from": "10.0.0.0/80"}, "a range of addresses"),
        ({"public_key": "ssh-ed25519 short"}, "a public key as ssh-keygen writes it"),
        ({"public_key": KEY + '"]\nruncmd: [id]'}, "a public key as ssh-keygen writes it"),
        ({"data_volume": "vol1"}, "the id of a volume"),
    ],
)
def test_wrong_values_are_told_with_what_is_right(given: dict[str, str], words: str) -> None:
    assert words in refused(**given)


def test_all_faults_are_told_at_once_and_nothing_was_created() -> None:
    with pytest.raises(ValuesInvalid) as caught:
        values.check(ENTRY, {"data_gib": "0", "x": "1"})
    text = str(caught.value)
    assert text.startswith("Nothing was created. server 1:")
    assert len(caught.value.faults) == 4
    assert "network (网络 Network): has no value" in text
    assert "public_key (SSH 公钥 Public key): has no value" in text


def test_hidden_values_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENTRY.template["parameters"]["flavor"], "hidden", True)
    monkeypatch.setitem(
        ENTRY.template["parameters"]["flavor"], "constraints", [{"length": {"min": 12}}]
    )
    text = refused(flavor="hunter2")
    assert "hunter2" not in text and "flavor = (hidden): not allowed" in text


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """Return certificates with their keys."""
    folder = tmp_path_factory.mktemp("certificates")
    made = {
        name: websites.certificate(folder / name, days)
        for name, days in {"one": 2, "other": 2, "late": -1}.items()
    }
    return {
        name: (one.certificate.read_text(), one.private_key.read_text())
        for name, one in made.items()
    }


@pytest.mark.parametrize(
    ("certificate", "key", "held", "said"),
    [
        ("one", "one", False, ""),
        ("", "", False, ""),
        ("one", "", True, ""),
        ("one", "other", False, "the key does not belong to the certificate"),
        ("one", "other", True, "the key does not belong to the certificate"),
        ("one", "", False, "private_key is missing"),
        ("", "one", False, "certificate is missing"),
        ("late", "late", False, "the certificate ended on "),
    ],
)
def test_certificate_and_key_must_fit(
    pairs: dict[str, tuple[str, str]], certificate: str, key: str, held: bool, said: str
) -> None:
    portal = load(ROOT / "heat-templates/portal/1", "lab")
    texts = {"certificate": (pairs | {"": ("", "")})[certificate][0]}
    texts["private_key"] = (pairs | {"": ("", "")})[key][1]
    given = GOOD | {"title": "t", "web_from": "10.0.0.0/8", "ssh_from": "10.0.0.0/8"}
    given |= {name: text for name, text in texts.items() if text}
    if not said:
        values.check(portal, given, held=["private_key"] if held else [])
        return
    with pytest.raises(ValuesInvalid) as caught:
        values.check(portal, given, held=["private_key"] if held else [])
    (fault,) = caught.value.faults
    assert f"certificate, private_key: {said}" in fault and "PRIVATE KEY" not in fault


def test_a_certificate_or_key_that_cannot_be_read_is_told() -> None:
    assert "cannot be read" in certificates.wrong("-----BEGIN", "-----BEGIN")


@pytest.mark.parametrize("name", ["web1", "a", "A-b.c", "a" * 50])
def test_names_that_a_server_can_have(name: str) -> None:
    values.check_name(name)


@pytest.mark.parametrize("name", ["", "1a", "教育局", "a b", "a_b", "a" * 51, "-a", "a\n"])
def test_names_that_it_cannot(name: str) -> None:
    with pytest.raises(ValuesInvalid, match="begins with a letter"):
        values.check_name(name)


def test_a_very_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(ValuesInvalid) as caught:
        values.check_name("很" * 200)
    assert "(200 characters)" in str(caught.value) and "很" * 61 not in str(caught.value)


@given(st.text(max_size=80))
def test_a_name_is_accepted_or_refused_but_never_breaks(name: str) -> None:
    try:
        values.check_name(name)
    except ValuesInvalid:
        return
    assert name.isascii() and 0 < len(name) <= 50
