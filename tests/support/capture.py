"""tcpdump on the lab's bridges, and inside its hosts."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.lab import Lab, LabUnusable

START_SECONDS = 10
SNAPLEN = "400"


def first_process(lab: Lab, host: str) -> int:
    """Return the machine's number of a host's first process (its systemd).

    :raises LabUnusable: the host is off.
    """
    machine = f"{host}{lab.suffix}"
    found = subprocess.run(
        ["pgrep", "--full", f"systemd-nspawn .*--machine={machine} "],
        capture_output=True,
        text=True,
        check=False,
    )
    for leader in found.stdout.split():
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        for child in children:
            if _is_first(child):
                return int(child)
    raise LabUnusable(f"{host} is off: `deploy/lab status`")


def _is_first(process: str) -> bool:
    status = Path(f"/proc/{process}/status").read_text()
    numbers = next(line for line in status.splitlines() if line.startswith("NSpid:"))
    return numbers.split()[-1] == "1"


@contextmanager
def on_bridge(bridge: str, words: str, file: Path) -> Iterator[None]:
    """Capture on one of the machine's interfaces what matches tcpdump's expression."""
    with _capture([], bridge, words, file):
        yield


@contextmanager
def everywhere(lab: Lab, words: str, folder: Path) -> Iterator[list[Path]]:
    """Capture on the bridges between hosts, and what each host says to its own addresses."""
    with ExitStack() as stack:
        files = []
        for bridge in (lab.bridge("mgmt"), lab.bridge("tun")):
            files.append(folder / f"{bridge}.pcap")
            stack.enter_context(on_bridge(bridge, words, files[-1]))
        for host in lab.hosts:
            enter = ["nsenter", f"--net=/proc/{first_process(lab, host)}/ns/net"]
            files.append(folder / f"{host}.pcap")
            stack.enter_context(_capture(enter, "lo", words, files[-1]))
        yield files


@contextmanager
def _capture(prefix: list[str], interface: str, words: str, file: Path) -> Iterator[None]:
    """Run tcpdump for the time of the context; its packets are all in the file afterwards.

    :raises LabUnusable: tcpdump is not there or does not start.
    """
    command = [*prefix, "tcpdump", "-i", interface, "-nn", "-s", SNAPLEN, "-U", "-Z", "root"]
    # else the kernel keeps packets back for up to a second, and the last ones are lost
    command.append("--immediate-mode")
    log = file.with_suffix(".log")
    with log.open("w") as errors:
        process = subprocess.Popen([*command, "-w", str(file), words], stderr=errors)
    try:
        deadline = time.monotonic() + START_SECONDS
        while "listening on" not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise LabUnusable(f"tcpdump on {interface}: {log.read_text().strip()}")
            time.sleep(0.05)
        yield
        time.sleep(0.5)  # what is on its way still belongs to it
    finally:
        process.terminate()
        process.wait(START_SECONDS)
