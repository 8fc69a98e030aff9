"""Runs a module of Ansible's in this process."""

from __future__ import annotations

from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest


class Ended(Exception):
    """Where a module ends, well or not."""


def said(
    monkeypatch: pytest.MonkeyPatch,
    plugin: ModuleType,
    params: dict[str, Any],
    *,
    check_mode: bool = False,
    **others: Any,
) -> dict[str, Any]:
    """Run a module's main(); return what it says at its end: `msg` when it fails.

    :param others: further attributes of its AnsibleModule.
    """
    end = Mock(side_effect=Ended)
    module = Mock(params=params, check_mode=check_mode, exit_json=end, fail_json=end, **others)
    monkeypatch.setattr(plugin, "AnsibleModule", lambda **_: module)
    with pytest.raises(Ended):
        plugin.main()
    end.assert_called_once()
    return dict(end.call_args.kwargs)
