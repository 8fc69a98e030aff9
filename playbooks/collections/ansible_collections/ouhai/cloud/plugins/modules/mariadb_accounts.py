"""Reconcile MariaDB's databases and accounts over one connection."""

from __future__ import annotations

import hashlib
from typing import Any

from ansible.module_utils.basic import AnsibleModule

try:
    import pymysql
except ImportError:  # reported by main(), with the package's name
    pymysql = None

DOCUMENTATION = """
module: mariadb_accounts
short_description: Reconcile MariaDB's databases and accounts over one connection
description:
  - Each account may use its own databases and nothing else, from any address, only over TLS.
  - Connects as root through the local socket. Nothing is ever removed.
options:
  accounts:
    description: The accounts.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Account name.
        type: str
        required: true
      password:
        description: Its password.
        type: str
        required: true
      databases:
        description: Databases that it owns.
        type: list
        elements: str
        required: true
  socket:
    description: Path of the server's socket.
    type: path
    default: /run/mysqld/mysqld.sock
author: ouhai-cloud
"""

EXAMPLES = """
- name: Create the services' databases
  ouhai.cloud.mariadb_accounts:
    accounts:
      - name: glance
        password: "{{ secret_glance_database_password }}"
        databases: [glance]
"""

RETURN = """
actions:
  description: What was created or altered.
  returned: always
  type: list
  elements: str
"""


def native_hash(password: str) -> str:
    """Return what mysql_native_password stores, to compare without a login.

    Source: MariaDB documentation, "Authentication Plugin - mysql_native_password".
    """
    inner = hashlib.sha1(password.encode()).digest()  # noqa: S324 - MariaDB's choice, not ours
    return "*" + hashlib.sha1(inner).hexdigest().upper()  # noqa: S324 - as above


def statements(cursor: Any, accounts: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """Return (description, statement, parameters) for all that is missing."""
    cursor.execute("SELECT schema_name FROM information_schema.schemata")
    databases = {row[0] for row in cursor.fetchall()}
    cursor.execute(
        "SELECT user, JSON_VALUE(priv, '$.authentication_string'),"
        " COALESCE(JSON_VALUE(priv, '$.ssl_type'), 0) FROM mysql.global_priv WHERE host = '%'"
    )
    users = {row[0]: (row[1], int(row[2])) for row in cursor.fetchall()}
    cursor.execute("SELECT user, db FROM mysql.db WHERE host = '%' AND Create_priv = 'Y'")
    grants = {(row[0], row[1].replace("\\_", "_")) for row in cursor.fetchall()}
    needed: list[tuple[str, str, list[str]]] = []
    for account in accounts:
        name, password = account["name"], account["password"]
        if users.get(name) is None or users[name][0] != native_hash(password) or not users[name][1]:
            needed.append(
                (
                    f"account {name}",
                    f"CREATE OR REPLACE USER `{name}`@'%%' IDENTIFIED BY %s REQUIRE SSL",
                    [password],
                )
            )
            grants = {grant for grant in grants if grant[0] != name}
        for database in account["databases"]:
            if database not in databases:
                create = f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4"
                needed.append((f"database {database}", create, []))
            if (name, database) not in grants:
                grant = f"GRANT ALL PRIVILEGES ON `{database}`.* TO `{name}`@'%%'"
                needed.append((f"grant on {database} to {name}", grant, []))
    return needed


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "accounts": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                    "databases": {"type": "list", "elements": "str", "required": True},
                },
            },
            "socket": {"type": "path", "default": "/run/mysqld/mysqld.sock"},
        },
        supports_check_mode=True,
    )
    if pymysql is None:
        module.fail_json(
            msg="python3-pymysql is not installed on this host; run the base role first"
        )
    try:
        connection = pymysql.connect(
            unix_socket=module.params["socket"], user="root", autocommit=True, connect_timeout=10
        )
    except pymysql.MySQLError as error:
        if module.check_mode:
            module.exit_json(changed=True, actions=["MariaDB is not up yet: all accounts"])
        module.fail_json(msg=f"cannot log in to MariaDB at {module.params['socket']}: {error}")
    with connection, connection.cursor() as cursor:
        needed = statements(cursor, module.params["accounts"])
        if not module.check_mode:
            for _, statement, values in needed:
                cursor.execute(
                    statement if values else statement.replace("%%", "%"), values or None
                )
    module.exit_json(changed=bool(needed), actions=[action for action, _, _ in needed])


if __name__ == "__main__":
    main()
