"""The command ``deploy/lab``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from deploy.hardware import ansible, application, hosts, topology
from deploy.hardware.down import down
from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout, own_layout
from deploy.hardware.progress import Progress
from deploy.hardware.ssh import client
from deploy.hardware.state import State, load, locked
from deploy.hardware.status import status
from deploy.hardware.summary import exports
from deploy.hardware.up import PHASES, Up, Wishes

INTERRUPTED = 130

EXAMPLES = """\
examples:
  deploy/lab up                                  one host, from nothing to a verified cloud
  deploy/lab up --topology small                 one control host, two compute hosts
  deploy/lab up --topology small --without compute2
  deploy/lab up                                  … later: adds compute2, resumes, repairs
  deploy/lab up --register ouhai                 with the district's 60 units instead of 3
  deploy/lab up --app none                       … without an application for a bureau
  deploy/lab up --until hosts                    bare hosts only, to run playbooks by hand
  deploy/lab status
  deploy/lab ssh ouhai1                          a shell
  deploy/lab ssh ouhai1 systemctl --failed       a command
  eval "$(deploy/lab env)"; openstack service list; openstack bureau list
  deploy/lab power reset compute1                as if its plug was pulled and put back
  deploy/lab down                                nothing left but the cache

phases of up: {phases}

environment:
  OUHAI_LAB_STATE  state directory (/var/lib/ouhai-lab); a second lab beside the first has
                   /var/lib/ouhai-lab-X, and bridges and addresses of its own
  OUHAI_CACHE      cache that survives down (/var/cache/ouhai)

exit codes: 0 done, 1 failed (the message says what to do), 2 wrong usage, 130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """Return the command line's description."""
    whole = argparse.ArgumentParser(
        prog="deploy/lab",
        description="Plays the district's hardware on this machine and deploys the cloud on it.",
        epilog=EXAMPLES.format(phases=", ".join(PHASES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="bring the lab up, resume or repair it")
    up.add_argument("--topology", metavar="NAME", help=f"{', '.join(topology.names())} (aio)")
    up.add_argument(
        "--network-prefix", metavar="A.B", help="use A.B.0.0/24, A.B.2.0/24, A.B.4.0/22"
    )
    up.add_argument("--without", metavar="HOST", action="append", default=[], help="not this host")
    up.add_argument(
        "--register", metavar="NAME|FILE", help="bureau register: of deploy/register/ (two-bureaus)"
    )
    up.add_argument(
        "--app",
        metavar="NAME",
        help=f"deliver this application to a bureau in the end ({application.DEFAULT}; none)",
    )
    up.add_argument("--until", metavar="PHASE", choices=PHASES, help="stop after this phase")
    commands.add_parser("down", help="remove the lab, keep the cache")
    commands.add_parser("status", help="say what is there; exit code 1 unless all of it is")
    ssh = commands.add_parser("ssh", help="a shell or a command on a host")
    ssh.add_argument("host", metavar="HOST")
    ssh.add_argument("words", metavar="COMMAND", nargs=argparse.REMAINDER)
    commands.add_parser(
        "env", help='environment for the openstack client: eval "$(deploy/lab env)"'
    )
    power = commands.add_parser("power", help="pull or put back a host's plug")
    power.add_argument("action", choices=("on", "off", "reset"))
    power.add_argument("host", metavar="HOST")
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    asked = parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # stop cleanly, as with Ctrl-C
    try:
        return dispatch(asked, own_layout())
    except LabError as error:
        print(f"deploy/lab {asked.command}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (`| head`) has enough; Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        hint = f"`deploy/lab {asked.command}` again resumes"
        print(f"deploy/lab {asked.command}: interrupted; {hint}", file=sys.stderr)
        return INTERRUPTED


def dispatch(asked: argparse.Namespace, layout: Layout) -> int:
    """Run one command; raise LabError for a condition that the operator must resolve."""
    if os.geteuid() != 0 and asked.command != "up":
        raise LabError("the lab is root's: run this as root")
    if asked.command == "up":
        wishes = Wishes(
            topology=asked.topology,
            prefix=asked.network_prefix,
            without=asked.without,
            until=asked.until,
            register=asked.register,
            application=asked.app,
        )
        if os.geteuid() != 0:
            Up(layout, wishes, Progress()).check()  # ends with all that is missing, root first
        with locked(layout):
            Up(layout, wishes, Progress()).run()
    elif asked.command == "down":
        with locked(layout):
            down(layout, Progress())
        layout.lock.unlink(missing_ok=True)
    elif asked.command == "status":
        text, good = status(layout, load(layout))
        print(text, flush=True)
        return 0 if good else 1
    elif asked.command == "env":
        print(exports(client_environment(layout)))
    elif asked.command == "power":
        power(layout, asked.action, known_host(layout, asked.host))
    else:
        command = client(layout, known_host(layout, asked.host))
        os.execvp(command[0], [*command, *asked.words])
    return 0


def up_state(layout: Layout) -> State:
    """Return the lab's state; raise LabError when there is no lab."""
    state = load(layout)
    if state is None:
        raise LabError(f"no lab in {layout.state}; start one with `deploy/lab up`")
    return state


def known_host(layout: Layout, name: str) -> str:
    """Return the name if the lab has such a host; raise LabError with those it has."""
    known = up_state(layout).hosts
    if name not in known:
        raise LabError(f"the lab has no host {name!r}, but {', '.join(known)}")
    return name


def client_environment(layout: Layout) -> dict[str, str]:
    """Return what a shell needs to use the cloud and its playbooks."""
    state = up_state(layout)
    clouds = layout.inventory / "clouds.yaml"
    if not clouds.is_file():
        print(f"# {clouds} is not there yet: site.yml writes it")
    path = f"{layout.venv}/bin:{os.environ.get('PATH', '')}"
    return {
        **{k: v for k, v in ansible.environment(layout).items() if k.startswith("ANSIBLE_")},
        "OS_CLIENT_CONFIG_FILE": str(clouds),
        "OS_CLOUD": "ouhai",
        "OUHAI_REGISTER": state.register,
        "PATH": path,
    }


def power(layout: Layout, action: str, host: str) -> None:
    """Switch a host off without a warning to it, or on, or both."""
    with locked(layout):
        if action != "on":
            hosts.stop(layout, host)
        if action != "off":
            hosts.start(layout, host)
            hosts.wait(layout, host)
