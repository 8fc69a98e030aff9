"""``Ouhai::Server::Report``: complete when the guest has reported that it is well.

Guests have no way to Heat, on purpose, so a wait condition cannot be signalled. The metadata
service, which every guest reaches, takes one message from a guest (Nova keeps it as the server's
"password"); it needs no credentials in the guest, since the service knows who asks. The message is
a JSON object of at most 1020 bytes: status (SUCCESS or FAILURE), reason, and data (an object).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from heat.common import exception
from heat.engine import attributes, constraints, properties, resource
from keystoneauth1 import exceptions as auth_exceptions
from oslo_utils import timeutils

POLL_SECONDS = 1
CONSOLE_LINES = 12
PASSING = (429, 500, 502, 503, 504)
SUCCESS = "SUCCESS"


class GuestUnwell(exception.Error):
    """The guest reported a failure, or nothing in time; the message is its own."""


def read_report(text: str) -> Mapping[str, Any]:
    """Return the data of a guest's report.

    :raises GuestUnwell: it reports a failure, or cannot be read.
    """
    try:
        report = json.loads(text)
    except ValueError:
        report = None
    if not isinstance(report, dict):
        raise GuestUnwell(f"The guest's report cannot be read: {text[:200]!r}")
    reason = str(report.get("reason") or "no reason given")
    if report.get("status") != SUCCESS:
        raise GuestUnwell(f"The guest says: {reason}")
    data = report.get("data")
    return {"reason": reason, **(data if isinstance(data, dict) else {})}


class ServerReport(resource.Resource):
    """Waits for a server's report on itself; a server that is replaced has to report anew."""

    PROPERTIES = (SERVER, TIMEOUT) = ("server", "timeout")
    ATTRIBUTES = (DATA,) = ("data",)

    properties_schema = {  # noqa: RUF012 (the form that Heat wants)
        SERVER: properties.Schema(
            properties.Schema.STRING,
            "Id of the server.",
            required=True,
            constraints=[constraints.CustomConstraint("nova.server")],
        ),
        TIMEOUT: properties.Schema(
            properties.Schema.INTEGER,
            "Seconds that the guest may take.",
            default=600,
            constraints=[constraints.Range(1, 43200)],
            update_allowed=True,
        ),
    }
    attributes_schema = {  # noqa: RUF012 (the form that Heat wants)
        DATA: attributes.Schema(
            "What the guest reported: reason, and the data of the application.",
            type=attributes.Schema.MAP,
        )
    }
    default_client_name = "nova"

    def handle_create(self) -> Any:
        """Begin to wait; return when that was."""
        self.resource_id_set(self.properties[self.SERVER])
        self._asked_at: Any = None
        return timeutils.utcnow()

    def check_create_complete(self, started_at: Any) -> bool:
        """Tell whether the guest has reported that it is well."""
        if self._asked_at and not timeutils.is_older_than(self._asked_at, POLL_SECONDS):
            return False
        self._asked_at = timeutils.utcnow()
        text = self._report()
        if text:
            self.data_set("report", json.dumps(read_report(text)))
            return True
        seconds = self.properties[self.TIMEOUT]
        if timeutils.is_older_than(started_at, seconds):
            raise GuestUnwell(f"No report from the guest within {seconds} s. {self._console()}")
        return False

    def handle_update(self, json_snippet: Any, tmpl_diff: Any, prop_diff: Any) -> None:
        """Take another limit; the guest has reported already."""

    def _report(self) -> str:
        """Return what the guest posted, nothing while it has not or Nova does not answer."""
        nova = self.client()
        try:
            return str(nova.servers.get_password(self.resource_id) or "")
        except self.client_plugin().exceptions.ClientException as error:
            if error.code not in PASSING:
                raise
        except auth_exceptions.RetriableConnectionFailure:
            pass
        return ""

    def _console(self) -> str:
        """Return the last words on the guest's console, or why there are none."""
        try:
            text = self.client().servers.get_console_output(self.resource_id, CONSOLE_LINES)
        except self.client_plugin().exceptions.ClientException as error:
            return f"Its console cannot be read: {error}"
        return f"Its console ends: {' '.join(str(text).split())[-600:]}"

    def _resolve_attribute(self, name: str) -> Any:
        if name == self.DATA:
            return json.loads(self.data().get("report") or "{}")
        return None


def resource_mapping() -> Mapping[str, type]:
    """Tell Heat which types this file has."""
    return {"Ouhai::Server::Report": ServerReport}
