"""What Heat says of a stack before it is made."""

from __future__ import annotations

from typing import Any
from unittest.mock import create_autospec

from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api


def test_members_of_a_group_stand_beside_the_others() -> None:
    server, port, one, other = ({"resource_name": name} for name in ("server", "port", "0", "1"))
    resources: list[Any] = [server, [one, [other]], port]
    api = create_autospec(Api, instance=True)
    api.send.return_value.json.return_value = {"stack": {"resources": resources}}
    assert stacks.preview(api, {}) == [server, one, other, port]
