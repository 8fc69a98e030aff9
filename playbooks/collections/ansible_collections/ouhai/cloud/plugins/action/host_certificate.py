"""Sign a host's certificate on the deploy host, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.ouhai.cloud.plugins.plugin_utils import certificates
from ansible_collections.ouhai.cloud.plugins.plugin_utils.authority_store import (
    AuthorityStore,
    AuthorityUnusable,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction


class ActionModule(CheckedAction):
    """One call of the module when nothing has to be signed, two otherwise."""

    _supports_diff = True
    arguments: ClassVar[dict[str, Any]] = {
        "names": {"type": "list", "elements": "str", "required": True},
        "authority_folder": {"type": "path", "required": True},
        "passphrase": {"type": "str", "required": True, "no_log": True},
        "folder": {"type": "path", "default": "/etc/ouhai/pki"},
        "group": {"type": "str", "default": "ouhai-pki"},
    }
    refusals = (AuthorityUnusable, certificates.CertificateError)

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return what the module says, with the reason for signing and a diff in words."""
        authority = AuthorityStore(Path(args["authority_folder"])).load(args["passphrase"])
        return self._ensure(authority, args, self.task_vars)

    def _ensure(
        self, authority: certificates.Authority, args: dict[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        module_args = {
            "folder": args["folder"],
            "group": args["group"],
            "authority": authority.certificate_pem.decode(),
        }
        result = self._call(module_args, task_vars)
        if result.get("failed") or result.get("unreachable"):
            return result
        request = result.pop("request")
        before = result.pop("certificate_before") or ""
        authority_before = result.pop("authority_before") or ""
        reason, after = _sign(authority, request, before, args["names"])
        if reason and not self._task.check_mode:
            second = self._call({**module_args, "certificate": after}, task_vars)
            if second.get("failed") or second.get("unreachable"):
                return second
        folder = Path(args["folder"])
        result["diff"] = [
            _diff(folder / "ca.crt", authority_before, module_args["authority"]),
            _diff(folder / "host.crt", before, after),
        ]
        result["reason"] = reason
        result["changed"] = result["changed"] or bool(reason)
        return result

    def _call(self, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name="ouhai.cloud.host_certificate",
            module_args=module_args,
            task_vars=task_vars,
        )
        return result


def _sign(
    authority: certificates.Authority, request: str | None, before: str, names: list[str]
) -> tuple[str, str]:
    """Return why a certificate has to be signed (empty: it has not) and the one to be there."""
    if request is None:
        return "there is no key yet", before
    public_key = certificates.request_public_key(request.encode())
    reason = certificates.renewal_reason(before.encode(), authority, public_key, names)
    if reason is None:
        return "", before
    return reason, certificates.sign(authority, public_key, names).decode()


def _diff(path: Path, before: str, after: str) -> dict[str, str]:
    return {
        "before_header": str(path),
        "after_header": str(path),
        "before": certificates.describe(before.encode()),
        "after": certificates.describe(after.encode()),
    }
