"""On a compute host: the same guest again, by bare QEMU and local files, up to its own report.

`copy UUID FOLDER` takes what a running guest was made of; `boot FOLDER` starts QEMU in a network
namespace of its own, plays the metadata service, and prints seconds and report as JSON. Runs with
what the host has; tests/bench/applications.py sends it there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

REPORT_SECONDS = 900
# The address of the metadata service, which QEMU's user network leads to our own port 80.
NETWORK, METADATA = "169.254.0.0/16", "169.254.169.254"
NOVA = "{http://openstack.org/xmlns/libvirt/nova/1.1}"
ROOT, DATA = "vda", "vdb"


def copy(uuid: str, folder: Path) -> None:
    """Copy kernel, image and configuration drive of a guest, and note how it is made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    written = said("virsh", "dumpxml", uuid)
    (folder / "domain.xml").write_text(written)
    domain = ElementTree.fromstring(written)  # noqa: S314 (libvirt's own)
    shutil.copy(text(domain, "os/kernel"), folder / "kernel")
    shutil.copy(text(domain, "os/initrd"), folder / "initrd")
    image = value(domain, f"metadata//{NOVA}root", "uuid")
    export("images", f"{image}@snap", folder / "image.raw")
    export("vms", f"{uuid}_disk.config", folder / "config.iso")
    sizes = {
        disk: size(value(domain, f"devices/disk/target[@dev='{disk}']/../source", "name"))
        for disk in (ROOT, DATA)
    }
    (folder / "sizes.json").write_text(json.dumps(sizes))


def boot(folder: Path) -> dict[str, Any]:
    """Boot it once with empty data; return the seconds to its report, and the report."""
    sizes = json.loads((folder / "sizes.json").read_text())
    root, data = folder / "root.qcow2", folder / "data.raw"
    overlay = ("qcow2", "-F", "raw", "-b", str(folder / "image.raw"), str(root), str(sizes[ROOT]))
    said("qemu-img", "create", "-q", "-f", *overlay)
    data.unlink(missing_ok=True)
    said("qemu-img", "create", "-q", "-f", "raw", str(data), str(sizes[DATA]))
    said("ip", "link", "set", "lo", "up")
    reports: list[tuple[float, Any]] = []
    arrived = threading.Event()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reports.append((time.monotonic() - start, json.loads(body)))
            self.send_response(200)
            self.end_headers()
            arrived.set()

        def log_message(self, *_: object) -> None:
            """Only the report counts."""

    with ThreadingHTTPServer(("127.0.0.1", 80), Door) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        start = time.monotonic()
        guest = subprocess.Popen(qemu(folder, root, data))
        arrived.wait(REPORT_SECONDS)
        guest.kill()
        guest.wait()
        door.shutdown()
    if not reports:
        console = (folder / "console.log").read_text(errors="replace")[-2000:]
        sys.exit(
            f"the bare guest did not report within {REPORT_SECONDS} s; its console:\n{console}"
        )
    seconds, report = reports[0]
    return {"seconds": seconds, "report": report}


def qemu(folder: Path, root: Path, data: Path) -> list[str]:
    """Return the command of a guest as libvirt makes it, but for what only a cloud needs."""
    domain = ElementTree.parse(folder / "domain.xml").getroot()  # noqa: S314 (libvirt's own)
    accel, cpu = "kvm", "host"
    if domain.get("type") == "qemu":
        accel = f"tcg,tb-size={int(text(domain, 'features/tcg/tb-cache')) // 1024}"
        cpu = text(domain, "cpu/model")
    serial = text(domain, "devices/disk/serial")[:20]
    mac = value(domain, "devices/interface/mac", "address")
    memory_mib = int(text(domain, "memory")) // 1024
    return [
        *("qemu-system-x86_64", "-no-user-config", "-nodefaults", "-display", "none"),
        *("-machine", value(domain, "os/type", "machine"), "-accel", accel, "-cpu", cpu),
        *("-m", str(memory_mib), "-smp", text(domain, "vcpu")),
        *("-kernel", str(folder / "kernel"), "-initrd", str(folder / "initrd")),
        *("-append", text(domain, "os/cmdline")),
        *("-drive", f"if=none,id=root,file={root},format=qcow2,cache=writeback"),
        *("-device", "virtio-blk-pci,drive=root"),
        *("-drive", f"if=none,id=data,file={data},format=raw,cache=writeback"),
        *("-device", f"virtio-blk-pci,drive=data,serial={serial}"),
        *("-drive", f"if=none,id=config,file={folder / 'config.iso'},format=raw,readonly=on"),
        *("-device", "ide-cd,drive=config"),
        *("-netdev", f"user,id=net,net={NETWORK},host={METADATA}"),
        *("-device", f"virtio-net-pci,netdev=net,mac={mac}"),
        *("-device", "virtio-rng-pci", "-serial", f"file:{folder / 'console.log'}"),
    ]


def text(domain: Element, path: str) -> str:
    """Return the text of an element that libvirt always writes."""
    found = domain.findtext(path)
    if found is None:
        sys.exit(f"libvirt says nothing of {path}")
    return found


def value(domain: Element, path: str, name: str) -> str:
    """Return an attribute of an element that libvirt always writes."""
    found = domain.find(path)
    if found is None or name not in found.attrib:
        sys.exit(f"libvirt says nothing of {path} {name}")
    return found.attrib[name]


def export(pool: str, image: str, path: Path) -> None:
    """Copy an image of Ceph to a file."""
    said("rbd", "--no-progress", "export", f"{pool}/{image}", str(path))


def size(image: str) -> int:
    """Return the bytes of an image of Ceph, which POOL/NAME names."""
    return int(json.loads(said("rbd", "info", "--format", "json", image))["size"])


def said(*command: str) -> str:
    """Return what a program prints; end with its words when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    os.umask(0o077)
    if sys.argv[1] == "copy":
        copy(sys.argv[2], Path(sys.argv[3]))
    else:
        print(json.dumps(boot(Path(sys.argv[2]))))
