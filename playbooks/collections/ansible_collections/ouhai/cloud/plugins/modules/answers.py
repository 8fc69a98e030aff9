"""Wait until every API of a host answers."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: answers
short_description: Wait until every API of a host answers
description:
  - A socket that accepts says nothing about the program behind it. Each address must answer with
    a status below 500; otherwise the last lines of the unit's journal are shown.
options:
  urls:
    description: Address per unit.
    type: dict
    required: true
  timeout_seconds:
    description: How long all of them together may take.
    type: int
    default: 120
author: ouhai-cloud
"""

EXAMPLES = """
- name: Wait until the image service answers
  ouhai.cloud.answers:
    urls: {glance-api: "http://127.0.0.1:9292/"}
"""

RETURN = """
seconds:
  description: How long it took.
  returned: always
  type: float
"""


def complaint(url: str) -> str | None:
    """Return why the address does not answer as it should, None when it does."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=20).close()
    except urllib.error.HTTPError as error:
        return f"status {error.code}" if error.code >= 500 else None
    except OSError as error:
        return str(error)
    return None


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "urls": {"type": "dict", "required": True},
            "timeout_seconds": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False, seconds=0.0)
    start = time.monotonic()
    waiting = dict(module.params["urls"])
    while waiting:
        complaints = {unit: complaint(url) for unit, url in waiting.items()}
        waiting = {unit: url for unit, url in waiting.items() if complaints[unit]}
        if waiting and time.monotonic() - start > module.params["timeout_seconds"]:
            texts = []
            for unit, url in waiting.items():
                _, journal, _ = module.run_command(
                    ["journalctl", "--no-pager", "-n", "25", "-o", "cat", "-u", unit]
                )
                texts.append(
                    f"{unit}: {url} answers with {complaints[unit]}; its journal:\n{journal}"
                )
            module.fail_json(msg="\n".join(texts))
        if waiting:
            time.sleep(0.5)
    module.exit_json(changed=False, seconds=round(time.monotonic() - start, 1))


if __name__ == "__main__":
    main()
