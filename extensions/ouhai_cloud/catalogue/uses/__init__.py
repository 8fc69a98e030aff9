"""All that `verify` does with a copy as those do whom it serves.

``uses`` in an application's metadata.yaml names them. Each leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ouhai_cloud.catalogue.uses import article, calendar, mail


@dataclass(frozen=True)
class Use:
    """Something that a copy is there for.

    :param outputs: what a copy must tell for it.
    :param attempt: does it, given those outputs; returns in one line what was seen, or raises
        ``Unfit`` with what does not work.
    """

    outputs: tuple[str, ...]
    attempt: Callable[[Mapping[str, str]], str]


USES: Mapping[str, Use] = {
    "mail": Use(mail.OUTPUTS, mail.attempt),
    "calendar": Use(calendar.OUTPUTS, calendar.attempt),
    "article": Use(article.OUTPUTS, article.attempt),
}
