"""The order of a build."""

import time
from collections.abc import Callable
from pathlib import Path

from deploy.images.builder import archive, initramfs, manifest, programs
from deploy.images.builder.command import Runner
from deploy.images.builder.definition import Definition
from deploy.images.builder.source import Source
from deploy.images.builder.store import Store, content_hash
from deploy.images.builder.trees import BootTree, Package, install_root, make_disk, unpack_boot_tree

Say = Callable[[str], None]

# Where a kernel that a BIOS could load from a disk's first sector has that sector's signature.
BOOT_SIGNATURE_AT = 510
BOOT_SIGNATURE = b"\x55\xaa"


def _copy_kernel(source: Path, target: Path) -> None:
    """Copy a kernel without its boot sector's signature.

    With it Nova takes the kernel for a disk with a broken partition table and refuses to fetch it
    to the host that a guest migrates to ("Image does not pass safety check"). QEMU looks for the
    header behind it (Linux/x86 boot protocol, "HdrS" at 0x202), not for the signature.
    """
    kernel = bytearray(source.read_bytes())
    end = BOOT_SIGNATURE_AT + len(BOOT_SIGNATURE)
    if kernel[BOOT_SIGNATURE_AT:end] == BOOT_SIGNATURE:
        kernel[BOOT_SIGNATURE_AT:end] = bytes(len(BOOT_SIGNATURE))
    target.write_bytes(kernel)


def _disk_content(
    runner: Runner, image: Definition, source: Source, tree: BootTree, work: Path
) -> tuple[Path, list[Package]]:
    """A tar archive of what goes on the disk, and the packages installed in it."""
    entries = [
        *programs.entries(runner, tree, image.disk.programs),
        *archive.folders_entries(image.disk.files),
    ]
    overlay = work / "overlay.tar"
    if image.kind == "initramfs":
        overlay.write_bytes(archive.tar(entries, source.epoch))
        return overlay, []
    modules = archive.folder_entries(tree.modules, f"usr/lib/modules/{tree.kernel_version}")
    overlay.write_bytes(archive.tar([*modules, *entries], source.epoch))
    return install_root(runner, source, image.disk, image.disk_packages, overlay, work)


def build(image: Definition, source: Source, output: Path, say: Say, force: bool = False) -> Path:
    """Build `image` below `output` unless it is there already; returns the directory of the build.

    :raises ImageError: the image cannot be built; nothing is left behind then.
    """
    store = Store(output, image.name)
    key = content_hash(image, source)
    if store.finished(key) and not force:
        say(f"up to date: {store.folder / key}")
        return store.folder / key
    start = time.monotonic()
    with store.building() as work:
        store.log.write_bytes(b"")
        runner = Runner(store.log, {"SOURCE_DATE_EPOCH": str(source.epoch), "TMPDIR": str(work)})
        result = work / "result"
        result.mkdir()
        say(f"packages of {source.snapshot}; log: {store.log}")
        tree = unpack_boot_tree(runner, source, image.boot_packages, work)
        _copy_kernel(tree.kernel, result / "kernel")
        say(f"kernel {tree.kernel_version}")
        initramfs.build(runner, tree, image.initramfs, result / "initramfs", source.epoch)
        say(f"initramfs of {(result / 'initramfs').stat().st_size / 1e6:.1f} MB")
        content, installed = _disk_content(runner, image, source, tree, work)
        size = content.stat().st_size / 1e6
        say(f"disk content of {size:.1f} MB, {len(installed)} packages installed")
        make_disk(runner, tree, image.disk, content, result / "disk.raw", source.epoch)
        say(f"disk of {image.disk.size_mib} MiB")
        manifest.write(result, image, source, key, [*tree.packages, *installed])
        target = store.publish(result, key)
    say(f"done in {time.monotonic() - start:.1f} s: {target}")
    return target
