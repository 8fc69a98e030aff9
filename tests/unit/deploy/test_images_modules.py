"""Kernel modules are loaded after what they need."""

from __future__ import annotations

import pytest

from deploy.images.builder.errors import DefinitionInvalid
from deploy.images.builder.modules import Modules, module_name

NET = "kernel/net/virtio_net.ko.xz"
FAILOVER = "kernel/net/net_failover.ko.xz"
CORE = "kernel/net/core/failover.ko.xz"
RNG = "kernel/char/virtio-rng.ko.xz"
MODULES = Modules(
    f"{NET}: {FAILOVER} {CORE}\n{FAILOVER}: {CORE}\n{CORE}:\n{RNG}:\n",
    "kernel/fs/ext4/ext4.ko\nkernel/drivers/virtio/virtio_pci.ko\n",
)


def test_dependencies_come_first() -> None:
    assert MODULES.load_order(["virtio_net"]) == [CORE, FAILOVER, NET]


def test_nothing_is_loaded_twice() -> None:
    assert MODULES.load_order(["failover", "virtio_net", "failover"]) == [CORE, FAILOVER, NET]


def test_what_is_built_in_is_left_out() -> None:
    assert MODULES.load_order(["ext4", "virtio-pci"]) == []


def test_dashes_and_underscores_are_the_same() -> None:
    assert MODULES.load_order(["virtio_rng"]) == [RNG]
    assert module_name("a/b-c.ko") == "b_c"


def test_an_unknown_module_is_refused() -> None:
    with pytest.raises(DefinitionInvalid, match="no module 'floppy'"):
        MODULES.load_order(["floppy"])
