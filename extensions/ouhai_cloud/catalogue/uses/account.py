"""Whom `verify` logs in as."""

from __future__ import annotations

from dataclasses import dataclass, field

from ouhai_cloud.catalogue.reaching import Unfit


@dataclass(frozen=True)
class Account:
    """An account of a copy.

    :param told_by: the output that tells its password.
    """

    name: str
    password: str = field(repr=False)
    told_by: str

    def refused(self, where: str, words: str) -> Unfit:
        """Return what to tell when a login is refused: the copy need not be broken.

        :param words: of what refused it.
        """
        return Unfit(
            f"{where} answers, but does not let {self.name} in with the password of the output "
            f"{self.told_by} ({words}). Somebody may have changed it since, and what comes after "
            "the login is not proven. Set that password again (`sudo systemctl restart "
            "ouhai-guest` in the server does), then verify again"
        )
