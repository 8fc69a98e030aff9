"""Which kernel modules to load, in which order: a reading of modules.dep."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from deploy.images.builder.errors import DefinitionInvalid

_SUFFIX = re.compile(r"\.ko(\.(xz|zst|gz))?$")


def module_name(path: str) -> str:
    """The kernel's name of the module in the file `path`: no suffix, and dashes are underscores."""
    return _SUFFIX.sub("", PurePosixPath(path).name).replace("-", "_")


class Modules:
    """The modules of one kernel."""

    def __init__(self, dependencies: str, builtin: str) -> None:
        """Take the texts of modules.dep and modules.builtin."""
        self._paths: dict[str, str] = {}
        self._needs: dict[str, list[str]] = {}
        for line in dependencies.splitlines():
            path, _, needs = line.partition(":")
            name = module_name(path)
            self._paths[name] = path
            # depmod lists what is needed first at the end, so the order of loading is the reverse.
            self._needs[name] = [module_name(need) for need in reversed(needs.split())]
        self._builtin = {module_name(line) for line in builtin.split()}

    def load_order(self, names: Iterable[str]) -> list[str]:
        """Paths (below the kernel's directory) to load for `names`, dependencies first.

        What the kernel has built in is left out.

        :raises DefinitionInvalid: the kernel has no such module.
        """
        order: list[str] = []
        done: set[str] = set()
        for name in map(module_name, names):
            if name in self._builtin:
                continue
            if name not in self._paths:
                raise DefinitionInvalid(
                    f"the kernel has no module '{name}', neither apart nor built in; correct"
                    " the key initramfs.modules of the image"
                )
            for path in [*(self._paths[need] for need in self._needs[name]), self._paths[name]]:
                if path not in done:
                    done.add(path)
                    order.append(path)
        return order
