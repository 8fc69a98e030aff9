"""Looking for values that must be nowhere: in files, journals and command lines."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import yaml
from ansible_collections.ouhai.cloud.plugins.plugin_utils import vault_file

from tests.support.lab import ROOT, Lab

SAMPLE_SECONDS = 0.1
LOOK_SECONDS = 300

# Runs on a host: gets the values on its standard input, prints where which one is, never a value.
LOOK = """
import gzip, json, os, subprocess
values = json.loads({values!r})
found = set()
CHUNK = 1 << 22
OVERLAP = 256

def look(stream, where):
    tail = b""
    while chunk := stream.read(CHUNK):
        text = tail + chunk
        for name, forms in values.items():
            if any(form.encode() in text for form in forms):
                found.add((name, where))
        tail = text[-OVERLAP:]

for folder, _, names in os.walk("/var/log"):
    for name in names:
        path = os.path.join(folder, name)
        if "journal" in path.split(os.sep) or not os.path.isfile(path):
            continue
        with (gzip.open if name.endswith(".gz") else open)(path, "rb") as stream:
            look(stream, path)
journal = ["journalctl", "--no-pager", "--all", "--output=export"]
with subprocess.Popen(journal, stdout=subprocess.PIPE) as process:
    look(process.stdout, "journal")
print(json.dumps(sorted(found)))
"""


def secret_values(lab: Lab) -> dict[str, str]:
    """Return the secrets of the lab's vault by name; an identifier (kind uuid) is none."""
    kinds = yaml.safe_load(
        (ROOT / "playbooks/group_vars/all/secrets_required.yml").read_text(encoding="utf-8")
    )["secrets_required"]
    password = vault_file.load_password(lab.inventory / ".vault-password")
    values, _ = vault_file.read(lab.inventory / "group_vars" / "all" / "secrets.yml", password)
    return {name: str(value) for name, value in values.items() if kinds.get(name) != "uuid"}


def forms(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Return how each value may be written: as it is, and in a URL."""
    return {name: sorted({value, quote(value, safe="")}) for name, value in values.items()}


def in_logs_of(lab: Lab, host: str, values: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return (name of the value, where) for what is in a host's logs and journal."""
    code = LOOK.format(values=json.dumps(forms(values)))
    answer = lab.python(host, code, timeout=LOOK_SECONDS)
    return {(name, where) for name, where in json.loads(answer)}


def in_files(paths: Iterable[Path], values: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return (name of the value, path) for what is in files of this machine."""
    found = set()
    for path in paths:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        for name, ways in forms(values).items():
            if any(way.encode() in data for way in ways):
                found.add((name, str(path)))
    return found


def in_command_lines(values: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return (name of the value, program) for every process here and, so, in every lab host.

    A process' environment is its owner's alone to read, so it is no part of a process list.
    """
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue  # it ended while we looked
        for name, value in values.items():
            if value.encode() in line:
                found.add((name, line.split(b"\0")[0].decode(errors="replace")))
    return found


@contextmanager
def command_lines_watched(values: Mapping[str, str]) -> Iterator[set[tuple[str, str]]]:
    """Look at process lists again and again; yield a set that fills with what is found."""
    found: set[tuple[str, str]] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            found.update(in_command_lines(values))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()
