"""``deploy/lab up``: from whatever state the machine is in to a verified cloud."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.hardware import (
    ansible,
    application,
    base_tree,
    extension,
    hosts,
    images,
    inventory,
    jobs,
    kernel_settings,
    network,
    prerequisites,
    register,
    repository,
    requirements,
    ssh,
    topology,
)
from deploy.hardware.addresses import Addresses, choose
from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout
from deploy.hardware.mirrors import machine_mirrors
from deploy.hardware.progress import Progress
from deploy.hardware.requirements import as_check
from deploy.hardware.state import State, load, save
from deploy.hardware.summary import summary


@dataclass(frozen=True)
class Wishes:
    """What the operator asked ``up`` for."""

    topology: str | None = None
    prefix: str | None = None
    without: list[str] = field(default_factory=list)
    until: str | None = None
    register: str | None = None
    application: str | None = None


class Up:
    """One run: its phases in order, and what the earlier ones found out for the later ones."""

    def __init__(self, layout: Layout, wishes: Wishes, progress: Progress) -> None:
        """Nothing happens before run()."""
        self.layout = layout
        self.wishes = wishes
        self.progress = progress
        self.checked = False
        self.background: dict[str, jobs.Job] = {}
        self.base: Path
        self.topology: topology.Topology
        self.addresses: Addresses
        self.state: State

    def run(self) -> None:
        """Run the phases up to the one asked for; background jobs never outlive it."""
        try:
            for name, (what, phase) in PHASES.items():
                with self.progress.phase(name, what):
                    phase(self)
                if name == self.wishes.until:
                    self.progress.say(f"stopped after phase {name}, as asked (--until)")
                    break
            else:
                self.finish()
        finally:
            for job in self.background.values():
                job.stop()
            if self.checked:
                jobs.end_all(self.layout)

    def check(self) -> None:
        """Take stock before anything changes; then end jobs of a run that was killed."""
        before = load(self.layout)
        name = self.wishes.topology or (before.topology if before else "aio")
        prefix = self.wishes.prefix or (before.prefix if before else None)
        if before is not None and (name, prefix) != (before.topology, before.prefix):
            raise LabError(
                f"a lab of topology {before.topology} with addresses {before.prefix} is up in "
                f"{self.layout.state}; run `deploy/lab down` before another one"
            )
        needs = None if before else topology.needs(name)
        more = [as_check(machine_mirrors)]
        if shutil.which("ip"):
            more.append(as_check(lambda: self.choose_addresses(prefix)))
        requirements.check(self.layout, needs, more)
        self.state = before or State(topology=name, prefix=prefix or "")
        wish = self.wishes.register or self.state.register or register.DEFAULT
        self.state.register = str(register.find(self.layout, wish))
        wish = self.wishes.application or self.state.application or application.DEFAULT
        self.state.application = application.find(self.layout, wish)
        self.checked = True
        jobs.end_all(self.layout)

    def choose_addresses(self, prefix: str | None) -> None:
        """Settle the addresses; they stay for as long as the lab is up."""
        self.addresses = choose(prefix, network.networks_in_use(self.layout))

    def prerequisites(self) -> None:
        """Install packages and environment, then read what only then can be read."""
        installed = prerequisites.install_packages(self.layout)
        if installed:
            self.progress.say(f"      installed: {' '.join(installed)}")
            requirements.check_network()
            self.choose_addresses(self.state.prefix or None)
        prerequisites.provide_environment(self.layout)
        prerequisites.use_environment(self.layout)
        extension.provide(self.layout)
        register.check(Path(self.state.register))
        self.choose_hosts()
        if self.comes_to("repository"):
            self.background["repository"] = repository.make(self.layout)

    def choose_hosts(self) -> None:
        """Settle which hosts there are from now on; from here on there is a lab."""
        self.topology = topology.without(topology.load(self.state.topology), self.wishes.without)
        running = [host for host in self.wishes.without if hosts.is_on(self.layout, host)]
        if running:
            raise LabError(f"--without {' '.join(running)}: it is on; run `deploy/lab down` first")
        self.state.prefix = self.addresses.prefix
        self.state.hosts = {
            host.name: self.addresses.host(host.address) for host in self.topology.hosts
        }
        self.state.verified = False
        save(self.layout, self.state)

    def comes_to(self, phase: str) -> bool:
        """Tell whether this run is to reach a phase."""
        order = list(PHASES)
        return self.wishes.until is None or order.index(phase) <= order.index(self.wishes.until)

    def base_tree(self) -> None:
        """Take the tree from the cache or build it."""
        self.base = base_tree.provide(self.layout, machine_mirrors())

    def hosts(self) -> None:
        """Bring bridges and hosts into being, all hosts at once."""
        kernel_settings.raise_floors(self.layout)
        network.build(self.layout, self.addresses)
        ssh.provide_key(self.layout)
        for host in self.topology.hosts:
            hosts.provide(self.layout, host, self.addresses, self.base)
            hosts.start(self.layout, host.name)
        ssh.write_client_files(self.layout, list(self.topology.hosts), self.addresses)
        for host in self.topology.hosts:
            hosts.wait(self.layout, host.name)
            self.progress.say(f"      {host.name} {self.addresses.host(host.address)} is up")
        self.write_inventory()

    def write_inventory(self) -> None:
        """Write the inventory with the newest snapshot that there is."""
        snapshot = inventory.current_snapshot(self.layout)
        inventory.write(
            self.layout.inventory,
            inventory.hosts_file(self.layout, self.topology.hosts, self.addresses),
            inventory.variables(self.layout, self.addresses, snapshot)
            | inventory.tenancy(self.topology.hosts, self.addresses, Path(self.state.register)),
        )

    def repository(self) -> None:
        """Wait for the repository; images are built from it from now on."""
        self.background["repository"].wait()
        self.write_inventory()
        if self.comes_to("images"):
            self.background["images"] = images.build(self.layout, self.state.application)

    def secrets(self) -> None:
        """Make secrets and certificates, then serve the repository with them."""
        ansible.play(self.layout, self.progress, "secrets")
        repository.serve(self.layout, self.addresses)

    def precheck(self) -> None:
        """Look before anything changes."""
        ansible.play(self.layout, self.progress, "precheck")

    def site(self) -> None:
        """Deploy the cloud."""
        ansible.play(self.layout, self.progress, "site")

    def images(self) -> None:
        """Wait for the images and upload them."""
        self.background["images"].wait()
        wanted = json.dumps({"images": images.names(self.layout, self.state.application)})
        ansible.play(self.layout, self.progress, "images", "--extra-vars", wanted)

    def verify(self) -> None:
        """Prove the cloud with a guest."""
        ansible.play(self.layout, self.progress, "verify")

    def bureaus(self) -> None:
        """Give the bureaus of the register their part of the cloud."""
        ansible.play(self.layout, self.progress, "bureaus")

    def application(self) -> None:
        """Publish the catalogue, and deliver an application to one bureau."""
        # Labs share the environment, and another one's `up` may have put its own commands there.
        extension.provide(self.layout)
        ansible.play(self.layout, self.progress, "applications")
        self.state.delivered = {}
        if self.state.application != application.NONE:
            delivered = application.deliver(
                self.layout,
                self.progress,
                Path(self.state.register),
                self.state.application,
                self.addresses.gateway,
            )
            self.state.delivered = delivered
            self.progress.say(f"      {application.line(delivered)}")

    def finish(self) -> None:
        """Remember that the cloud was verified, and say how to use it."""
        self.state.phases = self.progress.phases
        self.state.verified = True
        save(self.layout, self.state)
        self.progress.say(summary(self.layout, self.state))


PHASES: dict[str, tuple[str, Callable[[Up], None]]] = {
    "checks": ("what this machine can do", Up.check),
    "prerequisites": ("packages, Python environment, room for the topology", Up.prerequisites),
    "base-tree": ("a bare Debian 13 for all hosts", Up.base_tree),
    "hosts": ("bridges, hosts, SSH", Up.hosts),
    "repository": ("signed packages for hosts without internet", Up.repository),
    "secrets": ("secrets, certificates, repository server", Up.secrets),
    "precheck": ("playbooks/precheck.yml", Up.precheck),
    "site": ("playbooks/site.yml (images are built meanwhile)", Up.site),
    "images": ("guest images into the cloud", Up.images),
    "verify": ("playbooks/verify.yml, a real guest", Up.verify),
    "bureaus": ("playbooks/bureaus.yml, the bureau register", Up.bureaus),
    "application": ("playbooks/applications.yml, one for a bureau (--app)", Up.application),
}
