"""RabbitMQ for OpenStack's services, without the half second that every call waits for its answer.

oslo.messaging looks for an answer, sleeps 0.5 s and looks again: it must not block on its queue
(Launchpad bug 2035113). Starting one server takes more than a dozen calls one after another. This
driver looks just as carefully, but often at first and more seldom later. Services name it by the
scheme of their ``transport_url``: ``ouhai-rabbit://``.
"""

from __future__ import annotations

import queue
import time
from typing import Any

from oslo_messaging import MessagingTimeout
from oslo_messaging._drivers import amqpdriver, impl_rabbit
from oslo_utils import timeutils

FIRST_SECONDS = 0.004
GROWTH = 1.3
LONGEST_SECONDS = 0.25


class PromptWaiters(amqpdriver.ReplyWaiters):
    """The calls that wait for an answer."""

    def get(self, msg_id: str, timeout: float | None) -> Any:
        """Return the answer to a call.

        An answer is seen at most a third later than it came, and never more than 0.25 s.

        :param msg_id: the call, made known by ``add``.
        :param timeout: seconds; None waits for ever.
        :raises MessagingTimeout: no answer in time.
        """
        watch = timeutils.StopWatch(duration=timeout)
        watch.start()
        pause = FIRST_SECONDS
        while not watch.expired():
            try:
                return self._queues[msg_id].get(block=False)
            except queue.Empty:
                time.sleep(pause)
                pause = min(pause * GROWTH, LONGEST_SECONDS)
        raise MessagingTimeout(f"Timed out waiting for a reply to message ID {msg_id}")


class PromptRabbitDriver(impl_rabbit.RabbitDriver):
    """oslo.messaging's driver but for how it waits."""

    def __init__(self, conf: Any, url: Any, **options: Any) -> None:
        # kombu derives its own transport from the name
        url.transport = "rabbit"
        super().__init__(conf, url, **options)

    def _get_reply_q(self) -> Any:
        reply_queue = super()._get_reply_q()
        with self._reply_q_lock:
            # before the first call is noted, so nobody waits with what is replaced
            if not isinstance(self._waiter.waiters, PromptWaiters):
                self._waiter.waiters = PromptWaiters()
        return reply_queue
