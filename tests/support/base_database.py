"""A copy of `base-database` as its owner and its readers use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

PORT = 5432
# A guest is emulated here, and others are at work beside it.
CONNECT_SECONDS = 60


def connect(copy: Mapping[str, Any], role: str, **words: Any) -> psycopg.Connection[Any]:
    """Log in as `owner` or `reader`."""
    values = {
        "host": copy["address"],
        "port": PORT,
        "dbname": "base",
        "user": f"base_{role}",
        "password": copy[f"{role}_password"],
        "sslmode": "require",
        "connect_timeout": CONNECT_SECONDS,
    }
    return psycopg.connect(**values | words)
