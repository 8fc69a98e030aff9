"""Makes an initramfs of busybox, programs, kernel modules and the image's own files."""

import lzma
from pathlib import Path

from deploy.images.builder import archive, programs
from deploy.images.builder.archive import Entry
from deploy.images.builder.command import Runner
from deploy.images.builder.definition import Initramfs
from deploy.images.builder.modules import Modules
from deploy.images.builder.trees import BootTree

_BUSYBOX = "usr/bin/busybox"
_LAYOUT = ("dev", "proc", "sys", "run", "tmp", "root", "etc", "lib/modules", "lib64")
# /dev/console must be there before the first program runs, or that one has no output.
_CONSOLE = Entry("dev/console", 0o020600, device=(5, 1))


def _busybox(runner: Runner, tree: BootTree) -> list[Entry]:
    binary = tree.root / _BUSYBOX
    applets = runner.output([str(binary), "--list"]).split()
    links = [archive.link(f"bin/{name}", "busybox") for name in applets if name != "busybox"]
    return [archive.file("bin/busybox", binary.read_bytes(), executable=True), *links]


def _module(path: Path) -> bytes:
    # The archive is compressed as a whole; expanding twice would only cost the guest time.
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def _modules(tree: BootTree, wanted: Initramfs) -> list[Entry]:
    modules = Modules(
        (tree.modules / "modules.dep").read_text(encoding="utf-8"),
        (tree.modules / "modules.builtin").read_text(encoding="utf-8"),
    )
    entries = []
    for name, wanted_modules in wanted.modules.items():
        paths = modules.load_order(wanted_modules)
        files = [Path(path).name.removesuffix(".xz") for path in paths]
        entries += [
            archive.file(f"lib/modules/{file}", _module(tree.modules / path))
            for file, path in zip(files, paths, strict=True)
        ]
        entries.append(
            archive.file(f"lib/modules/{name}", "".join(f"{file}\n" for file in files).encode())
        )
    return entries


def build(runner: Runner, tree: BootTree, wanted: Initramfs, target: Path, epoch: int) -> None:
    """Write the initramfs to `target`, the same bytes for the same input.

    :raises DefinitionInvalid: a program or module that the image names does not exist.
    """
    entries = [
        *(archive.directory(path) for path in _LAYOUT),
        _CONSOLE,
        *_busybox(runner, tree),
        *programs.entries(runner, tree, wanted.programs),
        archive.link("lib64/ld-linux-x86-64.so.2", "../lib/ld-linux-x86-64.so.2"),
        *_modules(tree, wanted),
        *archive.folders_entries(wanted.files),
    ]
    plain = target.with_suffix(".cpio")
    plain.write_bytes(archive.cpio(entries, epoch))
    # The legacy format of lz4 is the one the kernel reads.  An emulated processor expands it faster
    # than gzip or zstd.
    runner.run([*tree.tool("usr/bin/lz4"), "-l", "-9", "-f", "-q", str(plain), str(target)])
    plain.unlink()
