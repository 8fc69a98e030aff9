"""The command ``tests/tempest/run``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.support.access import CloudUnknown
from tests.support.lab import Lab, LabUnusable, cloud_access
from tests.tempest import configuration, results, skips
from tests.tempest.discovery import CloudIncomplete, discover
from tests.tempest.remote import ControlHost, RemoteFailed
from tests.tempest.smoke import run_smoke

EXAMPLES = """\
examples:
  tests/run tempest                            on the lab, brought up when it is down
  tests/tempest/run                            on the lab as it is
  tests/tempest/run --output /tmp/tempest --junitxml /tmp/tempest.xml

A skipped test needs a reason in tests/tempest/skips.yml, or the run fails. The exit code is
0 when no test failed and every skip is explained, 1 when not, 2 when tempest could not run.
"""
FAILURES = (CloudUnknown, CloudIncomplete, LabUnusable, RemoteFailed, skips.SkipsInvalid)


def main() -> int:
    """Run tempest's smoke set on the control host and judge its results."""
    parser = argparse.ArgumentParser(
        prog="tests/tempest/run",
        description="Run the smoke set of Debian's tempest on the control host of the lab.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = Path("tests/output/tempest")
    parser.add_argument("--output", type=Path, default=default, help=f"results ({default})")
    parser.add_argument("--junitxml", type=Path, help="write a JUnit file for tests/run")
    arguments = parser.parse_args()
    try:
        known = skips.load()
        access = cloud_access()
        cloud = discover(access)
        files = {
            "tempest.conf": configuration.render(access, cloud),
            "exclude.txt": "".join(f"{skip.test}\n" for skip in known if skip.exclude),
            "ca.crt": access.ca_file.read_text(),
        }
        stream = run_smoke(ControlHost(Lab().control), files, cloud)
    except FAILURES as error:
        print(f"tests/tempest/run: {error}", file=sys.stderr)
        return 2
    arguments.output.mkdir(parents=True, exist_ok=True)
    arguments.output.joinpath("smoke.subunit").write_bytes(stream)
    found = skips.explain(results.read(stream), known)
    if arguments.junitxml:
        arguments.junitxml.write_text(results.junit(found))
    print(results.text(found))
    failed = [result for result in found if result.status is results.Status.FAILED]
    passed = [result for result in found if result.status is results.Status.PASSED]
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
