"""Reading what a playbook says, and what differs between two looks at a host."""

from __future__ import annotations

from tests.support import services
from tests.support.playbooks import Played

OUTPUT = """\
TASK [Configure the service] ****
--- before: /etc/x.conf
+++ after: /etc/x.conf
@@ -1,3 +1,3 @@
 [a]
-b = 1
+b = 2

changed: [ouhai1]

PLAY RECAP *********
compute-1                  : ok=2    changed=0    unreachable=0    failed=0
ouhai1                     : ok=85   changed=1    unreachable=0    failed=0
"""


def test_recap_and_differences_are_read() -> None:
    played = Played(0, OUTPUT)
    assert played.changed == {"compute-1": 0, "ouhai1": 1}
    assert played.recap["ouhai1"]["ok"] == 85
    assert played.differences == ["-b = 1", "+b = 2"]


def test_what_moved_came_or_went_is_named() -> None:
    before = {"a": "1", "b": "1", "gone": "1"}
    assert services.differences(before, {"a": "1", "b": "2", "new": "1"}) == ["b", "gone", "new"]
