"""Leaving nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ouhai_cloud.catalogue.reaching import Unfit


@contextmanager
def cleared(remove: Callable[[], None]) -> Iterator[None]:
    """Remove in the end what was made, whatever went wrong, also when it is cut off.

    :param remove: removes it, if it is there; raises ``Unfit`` when that does not work.
    :raises Unfit: what went wrong, and what is left.
    """
    try:
        yield
    except Unfit as error:
        try:
            remove()
        except Unfit as left:
            raise Unfit(f"{error}; {left}") from error
        raise
    except BaseException:
        with suppress(Unfit):
            remove()
        raise
    remove()
