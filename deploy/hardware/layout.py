"""Where the lab keeps things and what its pieces on the machine are called."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.hardware.errors import LabError

STATE_PREFIX = "ouhai-lab"
INTERFACE_NAME_MAX = 15
REPOSITORY_PORT = 8043


@dataclass(frozen=True)
class Layout:
    """Paths and names of one lab; two labs with different state directories share only a cache."""

    tree: Path
    cache: Path
    state: Path
    suffix: str

    @property
    def name(self) -> str:
        """Name of this lab: its cgroup, its lock."""
        return f"ouhai-lab{self.suffix}"

    @property
    def table(self) -> str:
        """Name of the nftables table that keeps the lab from reaching anything else."""
        return self.name.replace("-", "_")

    @property
    def management_bridge(self) -> str:
        """Bridge of the management network."""
        return f"ouhai-mgmt{self.suffix}"

    @property
    def extranet_bridge(self) -> str:
        """Bridge of the network where floating addresses live."""
        return f"ouhai-ext{self.suffix}"

    @property
    def tunnel_bridge(self) -> str:
        """Bridge of the network of the tunnels between hosts."""
        return f"ouhai-tun{self.suffix}"

    @property
    def bridges(self) -> tuple[str, ...]:
        """All bridges."""
        return self.management_bridge, self.extranet_bridge, self.tunnel_bridge

    @property
    def venv(self) -> Path:
        """The virtual environment with Ansible and the OpenStack clients."""
        return self.cache / "venv"

    @property
    def python(self) -> str:
        """Python of that environment, for commands of the tree that read YAML."""
        return str(self.venv / "bin/python3")

    @property
    def repository(self) -> Path:
        """Where ``deploy/repository/make`` puts snapshots."""
        return self.cache / "repository"

    @property
    def images(self) -> Path:
        """Where ``deploy/images/build`` puts guest images."""
        return self.cache / "images"

    @property
    def inventory(self) -> Path:
        """The inventory that the lab writes for Ansible."""
        return self.state / "inventory"

    @property
    def logs(self) -> Path:
        """Logs of everything that the lab runs."""
        return self.state / "logs"

    @property
    def ssh_key(self) -> Path:
        """Private key for root on every host."""
        return self.state / "ssh_key"

    @property
    def ssh_config(self) -> Path:
        """OpenSSH client configuration that knows every host by name."""
        return self.state / "ssh_config"

    @property
    def connections(self) -> Path:
        """Sockets of the connections that Ansible keeps open, named by address."""
        return self.state / "connections"

    @property
    def lock(self) -> Path:
        """Lock file; outside the state directory, since ``down`` removes that."""
        return Path("/run") / f"{self.name}.lock"

    def host(self, name: str) -> Path:
        """Directory of one host."""
        return self.state / "hosts" / name

    def interface(self, kind: str, host: str) -> str:
        """Name of the machine's end of a host's cable; kind is ``m``, ``e`` or ``t``."""
        return f"{kind}-{host}{self.suffix}"


def layout_from(environ: Mapping[str, str], tree: Path) -> Layout:
    """Read $OUHAI_CACHE and $OUHAI_LAB_STATE; raise LabError for a name that cannot be used."""
    cache = Path(environ.get("OUHAI_CACHE") or "/var/cache/ouhai")
    state = Path(environ.get("OUHAI_LAB_STATE") or "/var/lib/ouhai-lab")
    match = re.fullmatch(rf"{STATE_PREFIX}((?:-[a-z0-9]{{1,3}})?)", state.name)
    if match is None or not state.is_absolute() or not cache.is_absolute():
        raise LabError(
            f"$OUHAI_LAB_STATE={state}, $OUHAI_CACHE={cache}: both must be absolute, and the state "
            "directory's last part be ouhai-lab or ouhai-lab-X (X: at most 3 of a-z0-9), since "
            "bridges and interfaces are named by it. Example: /var/lib/ouhai-lab-b"
        )
    return Layout(tree=tree, cache=cache, state=state, suffix=match.group(1))


def own_layout() -> Layout:
    """Layout for this process' environment and the tree that this file is in."""
    return layout_from(os.environ, Path(__file__).resolve().parents[2])
