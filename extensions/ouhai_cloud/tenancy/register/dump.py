"""A register written as YAML."""

from __future__ import annotations

from typing import Any

import yaml

from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.register.plain import plain

WIDTH = 100


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write equal values out; the reader refuses aliases."""
        del data
        return True


def dump(register: Register) -> str:
    """Return the YAML text that ``load_text`` reads as an equal register.

    Every unit's groups are written out, also those that a staff pattern named.
    """
    text: str = yaml.dump(
        plain(register),
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=None,
        explicit_start=True,
        sort_keys=False,
        width=WIDTH,
    )
    return text
