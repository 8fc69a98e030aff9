"""A sample in the place of a bureau's application: messages on a page, kept in the database.

The page says which member of the web tier answers. libpq takes the database from the environment.
"""

from __future__ import annotations

import html
import os
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import psycopg

MEMBER = socket.gethostname()
TITLE = os.environ["TITLE"]
LONGEST = 200
TABLE = """\
CREATE TABLE IF NOT EXISTS message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    words text NOT NULL,
    member text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
)"""
NEWEST = "SELECT words, member, written_at FROM message ORDER BY id DESC LIMIT 20"
WRITE = "INSERT INTO message (words, member) VALUES (%s, %s)"
PAGE = """\
<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
<h1>{title}</h1>
<p>应答节点：<b>{member}</b></p>
<form method="post" action="/"><label>留言 <input name="words" maxlength="200" required></label>
<button>提交</button></form>
<ul>
{messages}
</ul>
</body>
</html>
"""

_connection: psycopg.Connection[Any] | None = None


def connection() -> psycopg.Connection[Any]:
    """Return this process's connection, which lasts from one request to the next."""
    global _connection  # noqa: PLW0603 (one per process, as gunicorn's workers are)
    if _connection is None or _connection.closed:
        _connection = psycopg.connect(autocommit=True)
        with _connection.transaction():
            # Members begin at the same time, and only one may make the table.
            _connection.execute("SELECT pg_advisory_xact_lock(1)")
            _connection.execute(TABLE)
    return _connection


def newest() -> list[tuple[Any, ...]]:
    """Return the newest messages; the database may have been restarted since it was last asked."""
    try:
        return connection().execute(NEWEST).fetchall()
    except psycopg.OperationalError:
        return connection().execute(NEWEST).fetchall()


def application(
    environment: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer a request (PEP 3333)."""
    headers = [("Content-Type", "text/html; charset=utf-8"), ("X-Member", MEMBER)]
    status, text = answer(environment)
    if status.startswith("303"):
        headers.append(("Location", "/"))
    start(status, headers)
    return [text.encode()]


def answer(environment: dict[str, Any]) -> tuple[str, str]:
    """Return status and text of an answer."""
    if environment["PATH_INFO"] != "/":
        return "404 Not Found", "没有这个页面\n"
    try:
        if environment["REQUEST_METHOD"] == "POST":
            sent = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
            words = parse_qs(sent.decode(errors="replace")).get("words", [""])[0].strip()
            if not words or len(words) > LONGEST:
                return "400 Bad Request", f"留言须为 1 至 {LONGEST} 个字\n"
            connection().execute(WRITE, (words, MEMBER))
            return "303 See Other", ""
        rows = newest()
    except psycopg.Error as error:
        print(error, flush=True)
        return "503 Service Unavailable", "数据库不可用，请稍后再试\n"
    messages = "\n".join(
        f"<li>{html.escape(words)}（{html.escape(member)}，{at:%Y-%m-%d %H:%M:%S}）</li>"
        for words, member, at in rows
    )
    page = PAGE.format(title=html.escape(TITLE), member=html.escape(MEMBER), messages=messages)
    return "200 OK", page
