"""The command line of `deploy/images/build`."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from deploy.images.builder import definition, source
from deploy.images.builder.build import build
from deploy.images.builder.errors import ImageError

_HOME = Path(__file__).resolve().parent.parent
_CACHE = Path(os.environ.get("OUHAI_CACHE", "/var/cache/ouhai"))
_EXAMPLES = """\
examples:
  deploy/images/build probe debian
      build both from the repository in /var/cache/ouhai, or say at once that they are up to date
  deploy/images/build debian --output /srv/images --repository /srv/repository/current
      other places than the cache
  deploy/images/build probe --force
      build again although nothing changed; the result must have the same checksums

The result is OUTPUT/<name>/current/{disk.raw,kernel,initramfs,manifest.json};
doc/images.rst describes it.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deploy/images/build",
        description="Build guest images from Debian packages. Needs root.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="+", metavar="NAME", help="an image: a file deploy/images/NAME.yml"
    )
    parser.add_argument(
        "--output", type=Path, default=_CACHE / "images", help="where images go (%(default)s)"
    )
    parser.add_argument(
        "--repository",
        type=Path,
        default=_CACHE / "repository" / "current",
        help="the signed package repository, its key beside it as repository.gpg (%(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="build although nothing changed")
    parser.add_argument("--mirror-from-machine", action="store_true", help=argparse.SUPPRESS)
    return parser


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """Build the images named on the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    # SIGINT too: a shell starts background jobs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    start = time.monotonic()
    try:
        images = [definition.load(_HOME / f"{name}.yml") for name in options.names]
        if os.geteuid() != 0:
            raise ImageError(
                "building images needs root (mmdebstrap installs packages in a chroot); use sudo"
            )
        for image in images:

            def say(text: str, name: str = image.name) -> None:
                print(f"[{time.monotonic() - start:6.1f} s] {name}: {text}", flush=True)

            if options.mirror_from_machine:
                packages = source.machine()
            else:
                packages = source.repository(options.repository.absolute(), image.packages)
            build(image, packages, options.output.absolute(), say, options.force)
    except ImageError as error:
        print(f"deploy/images/build: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("deploy/images/build: stopped; nothing was left behind", file=sys.stderr)
        return 130
    return 0
