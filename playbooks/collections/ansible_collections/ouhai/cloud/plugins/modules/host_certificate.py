"""Keep a host's key, certificate and trusted authority. The action plugin of this name signs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_certificate
short_description: Ensure a host's key and its certificate from the cloud's authority
description:
  - The key (EC P-256) is made on the host by the openssl command and never leaves it. The host
    sends a signing request; the deploy host signs it in its own process, with the names that the
    task gives, not those that the host asks for.
  - Ensures C(host.key) (mode 0640, root and O(group)), C(host.crt) and C(ca.crt) in O(folder), and
    the authority among those that the system trusts.
  - A certificate is signed anew when less than 30 days are left, when its names, its key or the
    authority change.
  - On a host without the package ca-certificates the authority is put where that package picks it
    up when it is installed.
author: The ouhai-cloud developers
options:
  names:
    description: DNS names and IP addresses of the certificate. The first is also the common name.
    type: list
    elements: str
    required: true
  authority_folder:
    description: Folder of the authority on the deploy host.
    type: path
    required: true
  passphrase:
    description: Opens the authority's key. It stays on the deploy host.
    type: str
    required: true
  folder:
    description: Where key and certificates are kept on the host.
    type: path
    default: /etc/ouhai/pki
  group:
    description: Members may read the key. Created when missing.
    type: str
    default: ouhai-pki
attributes:
  check_mode:
    description: Says what would be made or signed and does nothing.
    support: full
  diff_mode:
    description: Shows certificates in words, never a key.
    support: full
"""

EXAMPLES = r"""
- name: Ensure the host's certificate
  ouhai.cloud.host_certificate:
    names: ["{{ inventory_hostname }}", "{{ host_address }}", "{{ api_address }}"]
    authority_folder: "{{ pki_folder }}"
    passphrase: "{{ secret_ca_passphrase }}"
  notify: Restart what uses the certificate
"""

RETURN = r"""
reason:
  description: Why the certificate was signed; empty when it was not.
  type: str
  returned: success
key_changed:
  description: Whether a new key was made.
  type: bool
  returned: success
authority_changed:
  description: Whether the host trusts another authority than before.
  type: bool
  returned: success
"""

import grp
import os
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

_TRUSTED = Path("/usr/local/share/ca-certificates/ouhai-ca.crt")
_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


class HostPki:
    """The files on this host. Each method ensures one thing and notes whether it changed any."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.folder = Path(module.params["folder"])
        self.group = str(module.params["group"])
        self.changed = False

    @property
    def key_path(self) -> Path:
        """Path of the host's private key."""
        return self.folder / "host.key"

    def ensure_group(self) -> None:
        """Create the group that may read the key."""
        try:
            grp.getgrnam(self.group)
        except KeyError:
            self._change(["groupadd", "--system", self.group])

    def ensure_folder(self) -> None:
        """Create the folder of key and certificates, which everyone may enter."""
        if not self.folder.is_dir():
            self.changed = True
            if not self.module.check_mode:
                self.folder.mkdir(parents=True, mode=0o755)

    def ensure_key(self) -> bool:
        """Make the key when there is none, and keep its owner and mode. Tell whether it is new."""
        missing = not self.key_path.exists()
        if missing:
            self.changed = True
            if self.module.check_mode:
                return True
            # openssl writes the file with mode 0600; it gets its name only when it is whole.
            unfinished = self.folder / ".host.key.new"
            command = ["openssl", "genpkey", "-algorithm", "EC", "-out", str(unfinished)]
            self._run([*command, "-pkeyopt", "ec_paramgen_curve:P-256"])
            self._ensure_access(unfinished, 0o640, self.group)
            unfinished.replace(self.key_path)
        self._ensure_access(self.key_path, 0o640, self.group)
        return missing

    def request(self) -> str | None:
        """Return a signing request that proves possession of the key; None when there is no key."""
        if not self.key_path.exists():
            return None
        return self._run(
            ["openssl", "req", "-new", "-key", str(self.key_path), "-subj", "/CN=host"]
        )

    def ensure_file(self, path: Path, content: str) -> bool:
        """Ensure a public file's content, owner and mode. Tell whether its content was another."""
        before = read(path)
        if before != content:
            self.changed = True
            if self.module.check_mode:
                return True
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.module.tmpdir)
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(content)
            os.chmod(temporary, 0o644)
            self.module.atomic_move(temporary, str(path))
        self._ensure_access(path, 0o644, "root")
        return before != content

    def ensure_trusted(self, authority: str) -> None:
        """Add the authority to those that the system trusts.

        The bundle is looked at rather than the change of the file: a run that was interrupted
        between the two is made good by the next one.
        """
        self.ensure_file(_TRUSTED, authority)
        update = self.module.get_bin_path("update-ca-certificates")
        bundle = read(_BUNDLE) or ""
        if update and authority.strip() not in bundle:
            self._change([update])

    def _ensure_access(self, path: Path, mode: int, group: str) -> None:
        # In check mode the file or the group may not be there yet.
        if not path.exists() or (self.module.check_mode and self.changed):
            return
        self.changed = self.module.set_owner_if_different(str(path), "root", self.changed)
        self.changed = self.module.set_group_if_different(str(path), group, self.changed)
        self.changed = self.module.set_mode_if_different(str(path), mode, self.changed)

    def _change(self, command: list[str]) -> None:
        self.changed = True
        if not self.module.check_mode:
            self._run(command)

    def _run(self, command: list[str]) -> str:
        _, output, _ = self.module.run_command(command, check_rc=True)
        return str(output)


def read(path: Path) -> str | None:
    """Return a file's text, or None when there is no file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def main() -> None:
    """Ensure what needs no signing; report what the deploy host needs to decide on the rest."""
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "default": "/etc/ouhai/pki"},
            "group": {"type": "str", "default": "ouhai-pki"},
            # From the action plugin: public text only.
            "authority": {"type": "str", "required": True},
            "certificate": {"type": "str"},
        },
        supports_check_mode=True,
    )
    pki = HostPki(module)
    authority_path, certificate_path = pki.folder / "ca.crt", pki.folder / "host.crt"
    authority_before = read(authority_path)
    certificate_before = read(certificate_path)
    pki.ensure_group()
    pki.ensure_folder()
    key_changed = pki.ensure_key()
    authority_changed = pki.ensure_file(authority_path, module.params["authority"])
    pki.ensure_trusted(module.params["authority"])
    if module.params["certificate"]:
        pki.ensure_file(certificate_path, module.params["certificate"])
    module.exit_json(
        changed=pki.changed,
        key_changed=key_changed,
        authority_changed=authority_changed,
        authority_before=authority_before,
        certificate_before=certificate_before,
        request=pki.request(),
    )


if __name__ == "__main__":
    main()
