"""The two-bureau register on services in memory: what tests of tenancy's outer parts work on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.config import Configuration
from ouhai_cloud.tenancy.apply import Outcome, execute
from ouhai_cloud.tenancy.leaving import end_departures
from ouhai_cloud.tenancy.present import Present, look
from ouhai_cloud.tenancy.register.federation import groups
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.state import StateStore

from tests.support.fake_api import FakeApi

REGISTER_FILE = Path(__file__).resolve().parents[2] / "deploy/register/two-bureaus.yaml"


class Bench:
    """A cloud in memory, and tenancy working on it."""

    def __init__(self, folder: Path) -> None:
        self.register = load(REGISTER_FILE)
        self.api = FakeApi()
        self.api.furnish(groups(self.register))
        self.store = StateStore(folder / "state")
        self.configuration = Configuration(None, folder / "state", "district", "", ("compute3",))

    def present(self) -> Present:
        """Look at it."""
        return look(cast(Api, self.api), self.register, self.configuration, self.store)

    def apply(self) -> Outcome:
        """Apply the register."""
        with self.store.lock():
            present = self.present()
            with self.store.journal() as journal:
                outcome = execute(present.plan, present.target, journal, present.ids, present.homes)
            end_departures(present, self.store, outcome)
            return outcome

    def leave(self, code: str, system: str = "") -> None:
        """Take a unit with those below it, or one system, out of the register."""
        bureaus = (
            replace(one, systems=tuple(had for had in one.systems if had.code != system))
            if one.code == code and system
            else one
            for one in self.register.bureaus
            if system or code not in (one.code, one.parent)
        )
        self.register = replace(self.register, bureaus=tuple(bureaus))
