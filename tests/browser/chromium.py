"""A real Chromium without a screen, with certificates checked as on a clerk's desk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

PAGE_LOAD_TIMEOUT_SECONDS = 60
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,900",
    "--accept-lang=zh-CN,zh",
)


def trust(home: Path, ca_file: Path) -> None:
    """Make a Chromium with this home directory trust a certificate authority."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    where = ("-d", f"sql:{database}")
    _run("certutil", *where, "-N", "--empty-password")
    _run("certutil", *where, "-A", "-t", "C,,", "-n", "ouhai", "-i", str(ca_file))


@contextmanager
def chromium(home: Path) -> Iterator[Chrome]:
    """A browser with a new profile under a home directory of its own."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS, f"--user-data-dir={home / 'profile'}"):
        options.add_argument(flag)
    environment = {**os.environ, "HOME": str(home), "SE_OFFLINE": "true"}
    # Data and configuration directories of the machine's user must not shine through.
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    driver = Chrome(options, ChromeService("/usr/bin/chromedriver", env=environment))
    try:
        driver.set_page_load_timeout(PAGE_LOAD_TIMEOUT_SECONDS)
        yield driver
    finally:
        driver.quit()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
