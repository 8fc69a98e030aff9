"""The bureau register that the lab plays: found by name or path, and who can log in by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout

if TYPE_CHECKING:  # in the lab's own environment
    from ouhai_cloud.tenancy.register.model import Bureau, System

DEFAULT = "two-bureaus"
# Half of a system's disk is for servers' own disks, and the flavor `small` has 10 GiB.
SERVER_DISK_GIB = 20
ORDINARY_CLASS = 2


def folder(layout: Layout) -> Path:
    """Return where the tree's registers are."""
    return layout.tree / "deploy/register"


def names(layout: Layout) -> list[str]:
    """Return the names of the tree's registers."""
    return sorted(path.stem for path in folder(layout).glob("*.yaml"))


def find(layout: Layout, wish: str) -> Path:
    """Return the register of a name or path; raise LabError if there is none."""
    named = folder(layout) / f"{wish}.yaml"
    if named.is_file():
        return named
    path = Path(wish).resolve()
    if path.is_file():
        return path
    raise LabError(
        f"--register {wish}: neither a file nor one of {', '.join(names(layout))} "
        f"(in {folder(layout)})"
    )


def check(path: Path) -> None:
    """Read a register; raise LabError with everything that is wrong with it."""
    from ouhai_cloud.errors import OuhaiError
    from ouhai_cloud.tenancy.register.load import load

    try:
        load(path)
    except OuhaiError as error:
        raise LabError(f"{path} cannot be used:\n{error}") from error


def some_tenant(path: Path) -> tuple[Bureau, System]:
    """Return a system that has room for a server, and its bureau: the last such bureau's first.

    The last, since tests work with the first ones. Raise LabError when there is none.
    """
    from ouhai_cloud.tenancy.register.load import load

    for bureau in reversed(load(path).bureaus):
        for system in bureau.systems:
            has = system.allotment
            fits = has.cores >= 2 and has.memory_gib >= 1 and has.disk_gib >= SERVER_DISK_GIB
            if bureau.kind == "bureau" and system.security_class == ORDINARY_CLASS and fits:
                return bureau, system
    raise LabError(
        f"{path}: no bureau has an ordinary system with 2 cores, 1 GiB and {SERVER_DISK_GIB} GiB "
        "of disk for an application; skip that by `deploy/lab up --app none`"
    )


def some_persons(path: Path) -> tuple[str, ...]:
    """Return some of the test persons in the directory: the duties', and those of one bureau."""
    from ouhai_cloud.tenancy.register.load import load
    from ouhai_cloud.tenancy.register.people import DUTY_NAMES, ROLE_NAMES

    register = load(path)
    duties = register.district.duties
    holders = [group for duty in DUTY_NAMES for group in getattr(duties, duty)[:1]]
    bureau = next((one for one in register.bureaus if one.kind == "bureau"), register.bureaus[0])
    return (*(f"{bureau.short}-{role}" for role in ROLE_NAMES), *holders)
