"""Trees of unpacked packages, made with mmdebstrap, and the tools that run from such a tree."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.images.builder.command import Runner
from deploy.images.builder.definition import Disk
from deploy.images.builder.errors import CommandFailed
from deploy.images.builder.source import SUITE, Source

_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_LOADER = f"{_LIBRARIES}/ld-linux-x86-64.so.2"


@dataclass(frozen=True, order=True)
class Package:
    """A package in an image."""

    name: str
    version: str
    architecture: str


def parse_packages(text: str) -> list[Package]:
    """Packages from lines "name version architecture", sorted."""
    return sorted({Package(*line.split()) for line in text.splitlines() if line})


class BootTree:
    """Packages unpacked, not installed: kernel, modules, programs.

    The build's own tools come from here, so that an image depends on the package source and not on
    the deploy host.
    """

    def __init__(self, root: Path, packages: list[Package]) -> None:
        self.root = root
        self.packages = packages
        self.kernel_version = next((root / "usr/lib/modules").iterdir()).name

    @property
    def modules(self) -> Path:
        """The directory of the kernel's modules."""
        return self.root / "usr/lib/modules" / self.kernel_version

    @property
    def kernel(self) -> Path:
        """The kernel's file."""
        return self.root / "boot" / f"vmlinuz-{self.kernel_version}"

    def tool(self, program: str, name: str = "") -> list[str]:
        """How to run `program` (a path in the tree) under `name`, with the tree's own libraries."""
        return [
            str(self.root / _LOADER),
            "--library-path",
            str(self.root / _LIBRARIES),
            "--argv0",
            name or Path(program).name,
            str(self.root / program.lstrip("/")),
        ]

    def libraries(self, runner: Runner, program: str) -> list[Path]:
        """The shared libraries that `program` needs, as files of the tree."""
        loader = str(self.root / _LOADER)
        path = str(self.root / _LIBRARIES)
        text = runner.output(
            [loader, "--library-path", path, "--list", str(self.root / program.lstrip("/"))]
        )
        found = [line.split("=>")[1].split()[0] for line in text.splitlines() if "=> /" in line]
        return sorted(
            {*(Path(name) for name in found if name.startswith(path)), self.root / _LOADER}
        )


# Mounts and processes of the run live in namespaces of their own and end with it, even when it is
# killed.
_ISOLATED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "--"),
)


def _mmdebstrap(
    source: Source, variant: str, packages: tuple[str, ...], target: Path, options: list[str]
) -> list[str]:
    return [
        *_ISOLATED,
        "mmdebstrap",
        "--mode=root",
        f"--variant={variant}",
        f"--include={','.join(packages)}",
        "--aptopt=Acquire::Languages none",
        "--dpkgopt=force-unsafe-io",
        *options,
        SUITE,
        str(target),
        *source.apt_lines,
    ]


def unpack_boot_tree(
    runner: Runner, source: Source, packages: tuple[str, ...], work: Path
) -> BootTree:
    """Unpack `packages` with what they depend on into `work`/boot.

    :raises CommandFailed: the source lacks a package, or its signature is wrong.
    """
    target, listing = work / "boot", work / "boot-packages"
    fields = "${Package} ${Version} ${Architecture}\\n"
    # The archives are gone after the run, and this variant records no versions: note them now.
    hook = (
        'for archive in "$1"/var/cache/apt/archives/*.deb; do '
        f'dpkg-deb --show --showformat={shlex.quote(fields)} "$archive"; '
        f"done >{shlex.quote(str(listing))}"
    )
    runner.run(_mmdebstrap(source, "extract", packages, target, [f"--extract-hook={hook}"]))
    tree = BootTree(target, parse_packages(listing.read_text(encoding="utf-8")))
    runner.run(
        [*tree.tool("usr/bin/kmod", "depmod"), "-b", str(target / "usr"), tree.kernel_version]
    )
    return tree


def install_root(
    runner: Runner, source: Source, disk: Disk, packages: tuple[str, ...], overlay: Path, work: Path
) -> tuple[Path, list[Package]]:
    """Install `packages` as a system of its own.

    Returns a tar archive of it and what is installed in it.  `overlay` (a tar archive) is unpacked
    over the packages, then the disk's commands and those that clean up are run in the system.

    :raises CommandFailed: a package cannot be installed, or a command ended with an error.
    """
    target, listing = work / "root.tar", work / "root-packages"
    # The guest cannot reach the place that its packages came from.
    forget = 'rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*'
    query = "dpkg-query --show --showformat='${Package} ${Version} ${Architecture}\\n'"
    options = [
        *(f"--dpkgopt=path-exclude={path}" for path in disk.exclude),
        *(f"--dpkgopt=path-include={path}" for path in disk.include),
        f"--customize-hook=tar-in {shlex.quote(str(overlay))} /",
        *(
            f'--customize-hook=chroot "$1" sh -ec {shlex.quote(command)}'
            for command in (*disk.commands, *disk.cleanup)
        ),
        f'--customize-hook=chroot "$1" {query} >{shlex.quote(str(listing))}',
        f"--customize-hook={forget}",
        "--format=tar",
    ]
    runner.run(_mmdebstrap(source, "apt", packages, target, options))
    return target, parse_packages(listing.read_text(encoding="utf-8"))


def make_disk(
    runner: Runner, tree: BootTree, disk: Disk, content: Path, target: Path, epoch: int
) -> None:
    """Write the tar archive `content` as a raw disk with one ext4 file system.

    The same input gives the same bytes.

    :raises CommandFailed: the content does not fit.
    """
    # A small disk is mounted for moments only: a journal would take most of it.
    journal = ["-J", "size=16"] if disk.size_mib >= 256 else ["-O", "^has_journal"]
    environment: Mapping[str, str] = {
        "SOURCE_DATE_EPOCH": str(epoch),
        "MKE2FS_CONFIG": str(tree.root / "etc/mke2fs.conf"),
    }
    with target.open("wb") as file:
        file.truncate(disk.size_mib * 1024 * 1024)
    command = [
        *tree.tool("usr/sbin/mke2fs"),
        *("-F", "-q", "-t", "ext4", "-b", "4096", "-m", "1", "-L", disk.label, "-U", disk.uuid),
        *journal,
        # A new sparse file reads as zeros, so nothing need be zeroed, now or by the guest.
        *("-E", f"hash_seed={disk.uuid},root_owner=0:0,assume_storage_prezeroed=1,nodiscard"),
        *("-d", str(content), str(target)),
    ]
    try:
        runner.run(command, environment)
    except CommandFailed as error:
        raise CommandFailed(
            f"cannot write a file system of {disk.size_mib} MiB from "
            f"{content.stat().st_size >> 20} MiB of content; when it does not fit, raise"
            f" disk.size_mib. {error}"
        ) from error
