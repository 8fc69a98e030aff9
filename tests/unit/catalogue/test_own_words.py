"""What guests say on their consoles, as `verify` reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ouhai_cloud.catalogue import own_words

AT = datetime(2026, 11, 29, 10, tzinfo=UTC)
WELL = "ouhai-guest: 61 s: health: 2026-11-29T10:00:00+00:00: well: fit for use\r\n"
FULL = (
    "[  93.2] ouhai-guest: 93 s: health: 2026-11-29T10:00:00+00:00: data volume written: "
    r"[Errno 28] \"\u6ee1\""
    "\r\n"
)


def test_the_last_words_count_and_come_in_chinese() -> None:
    console = f"Debian GNU/Linux 13\nouhai-guest: 20 s: fit for use\n{WELL}{FULL}login: "
    said = own_words.last(console)
    assert said is not None and not said.good(AT)
    assert str(said) == (
        "the guest's last words, of 2026-11-29T10:00:00+00:00: data volume written: "
        '[Errno 28] "满"'
    )


def test_a_guest_that_is_well_is_so_as_long_as_it_says_so() -> None:
    said = own_words.last(FULL + WELL)
    assert said is not None and said.good(AT + timedelta(minutes=90))
    assert not said.good(AT + timedelta(hours=2))


def test_words_that_others_wrote_into_are_passed_over() -> None:
    said = own_words.last(WELL + FULL.replace("\\u6ee1", "\\u6e [ 93.3] eth0: up"))
    assert said is not None and said.what == "well"


def test_a_guest_that_says_nothing_says_nothing() -> None:
    assert own_words.last("ouhai-guest: 20 s: fit for use") is None
