"""What guests say on their consoles, as `verify` reads it."""

from __future__ import annotations

from ouhai_cloud.catalogue import own_words

WELL = "ouhai-guest: 61 s: health: 2026-11-29T10:00:00+00:00: well: fit for use\r\n"
FULL = (
    "[  93.2] ouhai-guest: 93 s: health: 2026-11-29T10:00:32+00:00: data volume written: "
    "[Errno 28] No space left on device: 数据\r\n"
)


def test_the_last_words_count() -> None:
    console = f"Debian GNU/Linux 13\nouhai-guest: 20 s: fit for use\n{WELL}{FULL}login: "
    said = own_words.last(console)
    assert said is not None and not said.good
    assert str(said) == (
        "the guest says since 2026-11-29T10:00:32+00:00: data volume written: "
        "[Errno 28] No space left on device: 数据"
    )
    again = own_words.last(FULL + WELL)
    assert again is not None and again.good


def test_a_guest_that_says_nothing_says_nothing() -> None:
    assert own_words.last("ouhai-guest: 20 s: fit for use") is None
