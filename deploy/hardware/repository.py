"""The package repository: made once for all labs of the machine, served on the lab's bridge."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request

from deploy.hardware import cgroups, jobs
from deploy.hardware.addresses import Addresses
from deploy.hardware.errors import LabError
from deploy.hardware.layout import REPOSITORY_PORT, Layout

SERVER = "repository-server"
START_SECONDS = 15.0


def make(layout: Layout) -> jobs.Job:
    """Start making the repository; it returns soon when the cached snapshot still fits."""
    program = str(layout.tree / "deploy/repository/make")
    tests = str(layout.tree / "deploy/repository/test_packages.yml")
    command = [layout.python, program, "--output", str(layout.repository), "--also", tests]
    return jobs.start(layout, "repository", command)


def serve(layout: Layout, addresses: Addresses) -> None:
    """Have the repository served, with the present certificate; raise LabError if it is not."""
    url = f"https://{addresses.deploy_host}:{REPOSITORY_PORT}/"
    if answers(layout, url):
        return
    stop(layout)
    pki = layout.inventory / "pki"
    command = [
        *(layout.python, str(layout.tree / "deploy/repository/serve")),
        *("--directory", str(layout.repository)),
        *("--address", addresses.deploy_host, "--port", str(REPOSITORY_PORT)),
        *("--certificate", str(pki / "deploy-host.crt"), "--key", str(pki / "deploy-host.key")),
    ]
    job = jobs.start(layout, SERVER, command, group=SERVER)
    deadline = time.monotonic() + START_SECONDS
    while not answers(layout, url):
        if job.process.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"{url} does not answer:\n{jobs.tail(job.log)}\nlog: {job.log}")
        time.sleep(0.1)


def answers(layout: Layout, url: str) -> bool:
    """Tell whether our server runs and shows a certificate of the inventory's CA."""
    authority = layout.inventory / "pki/ca.crt"
    if not cgroups.populated(cgroups.group_of(layout, SERVER)) or not authority.is_file():
        return False
    try:
        context = ssl.create_default_context(cafile=str(authority))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        opener.open(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True  # it speaks HTTPS with the right certificate, which is all we ask
    except OSError:
        return False
    return True


def stop(layout: Layout) -> None:
    """End the server."""
    cgroups.kill(cgroups.group_of(layout, SERVER))
