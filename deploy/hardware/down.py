"""``deploy/lab down``: the machine as it was; also after a kill, also twice."""

from __future__ import annotations

from deploy.hardware import cgroups, hosts, jobs, kernel_settings, network, processes, repository
from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout
from deploy.hardware.mounts import remove_tree
from deploy.hardware.progress import Progress
from deploy.hardware.state import load


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
        restore_kernel_settings(layout, progress)
        remove_tree(layout.state)


def restore_kernel_settings(layout: Layout, progress: Progress) -> None:
    """Put back kernel settings, if the file that knows them can be read."""
    try:
        state = load(layout)
    except LabError as error:
        progress.say(f"      kernel settings stay as they are: {error}")
        return
    if state is not None:
        kernel_settings.restore(state)
