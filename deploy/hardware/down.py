"""``deploy/lab down``: the machine as it was; also after a kill, also twice."""

from __future__ import annotations

from deploy.hardware import cgroups, hosts, jobs, kernel_settings, network, processes, repository
from deploy.hardware.layout import Layout
from deploy.hardware.mounts import remove_tree
from deploy.hardware.progress import Progress


def down(layout: Layout, progress: Progress) -> None:
    """End processes, then networks, then files; what is not there is no error."""
    with progress.phase("processes", "hosts, guests, jobs, repository server"):
        jobs.end_all(layout)
        repository.stop(layout)
        for name in hosts.names(layout):
            hosts.stop(layout, name)
        # Hosts whose directory is gone still have a cgroup.
        cgroups.kill(cgroups.group_of(layout, ""))
        processes.kill_all(processes.using(layout.state))
    with progress.phase("networks", "bridges and rules"):
        network.remove(layout)
    with progress.phase("files", f"{layout.state}; the cache {layout.cache} stays"):
        kernel_settings.restore(layout)
        remove_tree(layout.state)
