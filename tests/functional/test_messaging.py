"""Calls between services go by our driver, on the cloud's own RabbitMQ."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.lab import Lab

SERVICES = ("nova", "neutron", "cinder", "heat")
# What a service does, with queues that vanish with it.
PROGRAM = """
import configparser, json, os, time
import oslo_messaging
from oslo_config import cfg

conf = cfg.CONF
conf(["--config-file", "/etc/{service}/{service}.conf"], project="{service}")
written = configparser.ConfigParser(strict=False, interpolation=None)
written.read("/etc/{service}/{service}.conf")
passing = "use_queue_manager=false&rabbit_quorum_queue=false&rabbit_transient_quorum_queue=false"
passing += "&rabbit_transient_queues_ttl=60"
url = written["DEFAULT"]["transport_url"] + "?amqp_auto_delete=true&" + passing
transport = oslo_messaging.get_rpc_transport(conf, url)

class Answers:
    def after(self, context, seconds):
        time.sleep(seconds)
        return seconds

target = oslo_messaging.Target(exchange="ouhai-test", topic="ouhai-test", server="one")
server = oslo_messaging.get_rpc_server(transport, target, [Answers()], executor="threading")
server.start()
asked = oslo_messaging.Target(exchange="ouhai-test", topic="ouhai-test")
client = oslo_messaging.get_rpc_client(transport, asked)
found = {{"driver": type(transport._driver).__name__, "answers": [], "late": ""}}
for seconds in (0, 0.3, 0):
    found["answers"].append(client.prepare(timeout=10).call({{}}, "after", seconds=seconds))
try:
    client.prepare(timeout=1).call({{}}, "after", seconds=2)
except oslo_messaging.MessagingTimeout as error:
    found["late"] = type(error).__name__
print(json.dumps(found), flush=True)
os._exit(0)  # a proper end takes ten seconds
"""

# What RabbitMQ does with a queue that its directory lost with the power; it has no leader then.
LOST_QUEUE = """
Resource = rabbit_misc:r(<<"neutron">>, queue, <<"ouhai-test-lost">>),
Arguments = [{<<"x-queue-type">>, longstr, <<"quorum">>}],
{new, Queue} = rabbit_amqqueue:declare(Resource, true, false, Arguments, none, <<"test">>),
{Name, Node} = amqqueue:get_pid(Queue),
Id = ra_directory:uid_of(quorum_queues, Name),
ok = ra:stop_server(quorum_queues, {Name, Node}),
ra_directory:unregister_name(quorum_queues, Id),
ra_leaderboard:clear(Name),
{[_], []} = rabbit_quorum_queue:recover(<<"neutron">>, [Queue]),
timer:sleep(2000),
ra_leaderboard:lookup_leader(Name).
"""
LEADER = """
{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"neutron">>, queue, <<"ouhai-test-lost">>)),
element(2, ra_leaderboard:lookup_leader(element(1, amqqueue:get_pid(Queue)))).
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_calls_by_our_driver(lab: Lab, service: str) -> None:
    for host in lab.groups["control"]:
        found = json.loads(lab.python(host, PROGRAM.format(service=service)))
        assert found == {
            "driver": "PromptRabbitDriver",
            "answers": [0, 0.3, 0],
            "late": "MessagingTimeout",
        }


def queues_of(lab: Lab, service: str) -> list[dict[str, Any]]:
    ask = f"rabbitmqctl list_queues --quiet --formatter json --vhost {service}"
    shown = lab.ssh(lab.control, f"{ask} name type durable consumers")
    assert shown.code == 0, shown
    queues: list[dict[str, Any]] = json.loads(shown.output)
    return queues


@pytest.mark.parametrize("service", [service for service in SERVICES if service != "neutron"])
def test_a_services_queues_are_quorum_queues(lab: Lab, service: str) -> None:
    queues = queues_of(lab, service)
    assert {queue["type"] for queue in queues if queue["durable"]} == {"quorum"}
    # The test above leaves queues for a minute that are of another type; no service listens there.
    passing = [queue for queue in queues if not queue["durable"]]
    assert [queue["name"] for queue in passing if queue["consumers"]] == []


def test_nobody_listens_for_neutron(lab: Lab) -> None:
    assert [queue["name"] for queue in queues_of(lab, "neutron") if queue["consumers"]] == []


def test_a_queue_lost_with_the_power_gets_a_leader(lab: Lab) -> None:
    def control(words: str) -> str:
        done = lab.ssh(lab.control, f"rabbitmqctl --quiet {words}")
        assert done.code == 0, done
        return done.output.strip()

    post = "systemctl show --property ExecStartPost rabbitmq-server"
    assert "eval_file /etc/rabbitmq/elect-leaders.erl" in lab.ssh(lab.control, post).output
    try:
        assert control(f"eval '{LOST_QUEUE}'") == "undefined"
        assert control("eval_file /etc/rabbitmq/elect-leaders.erl") == "[]"
        assert control(f"eval '{LEADER}'") == "rabbit@localhost"
    finally:
        control("delete_queue --vhost neutron ouhai-test-lost")
