"""The four sheets in which bureaus send a register: which column holds which fact, and how."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Cell = str | int | float | None
"""What a cell may hold; None and blank text are an empty cell."""

NOBODY = "无"
"""Says that nobody has a role; an empty cell leaves that to the district's staff pattern."""

_SEPARATORS = re.compile(r"[\s,，、;；]+")


@dataclass(frozen=True)
class Form:
    """How a value stands in a cell.

    :param read: returns the value; ValueError with what is wrong and what is allowed.
    """

    read: Callable[[Cell], object]
    write: Callable[[object], Cell]


@dataclass(frozen=True)
class Column:
    """A column; its path leads from the row's record to the value."""

    heading: str
    path: tuple[str, ...]
    form: Form


@dataclass(frozen=True)
class Table:
    """A sheet; its title is also the CSV file's name."""

    title: str
    columns: tuple[Column, ...]


def _read_text(cell: Cell) -> object:
    if isinstance(cell, str):
        return cell
    raise ValueError(f"{cell} is a number; format the cell as text and write it again")


def _read_count(cell: Cell) -> object:
    if isinstance(cell, str) and re.fullmatch(r"[0-9]{1,9}", cell):
        return int(cell)
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    # Python writes no number of more than 4300 digits: the sum of two such could not be told.
    if isinstance(cell, int) and abs(cell) < 10**9:
        return cell
    raise ValueError(f"{cell} is not a whole number of at most 9 digits; write digits only")


def _read_words(cell: Cell) -> object:
    return [] if cell == NOBODY else _SEPARATORS.split(str(_read_text(cell)).strip())


def _write_words(value: object) -> Cell:
    return ", ".join(value) if isinstance(value, list) and value else NOBODY


def _read_ports(cell: Cell) -> object:
    return [_read_count(part) for part in _SEPARATORS.split(str(cell).strip())]


def _write_ports(value: object) -> Cell:
    return ", ".join(map(str, value)) if isinstance(value, list) else None


def _as_it_is(value: object) -> Cell:
    return value if isinstance(value, str | int) else None


def _choice(words: dict[str, str]) -> Form:
    def read(cell: Cell) -> object:
        if cell in words:
            return words[str(cell)]
        raise ValueError(f"{cell} is not allowed; allowed are {'、'.join(words)}")

    backward = {value: word for word, value in words.items()}
    return Form(read, lambda value: backward[str(value)])


TEXT = Form(_read_text, _as_it_is)
COUNT = Form(_read_count, _as_it_is)
WORDS = Form(_read_words, _write_words)
PORTS = Form(_read_ports, _write_ports)
KIND = _choice(
    {
        "中心": "centre",
        "委办局": "bureau",
        "街道": "street",
        "镇": "town",
        "学校": "school",
        "事业单位": "institution",
    }
)
ENVIRONMENT = _choice({"生产": "production", "测试": "test"})


def _allotment(key: str, prefix: str = "") -> tuple[Column, ...]:
    headings = {
        "cores": "核数",
        "memory_gib": "内存(GiB)",
        "disk_gib": "磁盘(GiB)",
        "addresses": "内网地址数(云主机数上限)",
        "snapshots": "快照数",
    }
    return tuple(
        Column(prefix + heading, (key, resource), COUNT) for resource, heading in headings.items()
    )


DISTRICT = Table(
    "区",
    (
        Column("代码", ("code",), TEXT),
        Column("简称", ("short",), TEXT),
        Column("名称", ("name",), TEXT),
        Column("地址段", ("address_range",), TEXT),
        Column("域名服务器", ("resolvers",), WORDS),
        *_allotment("pool", "资源池"),
        Column("系统管理员组", ("duties", "system_administrator"), WORDS),
        Column("安全管理员组", ("duties", "security_administrator"), WORDS),
        Column("审计员组", ("duties", "auditor"), WORDS),
        Column("人员组命名", ("staff_pattern",), TEXT),
    ),
)
UNITS = Table(
    "单位",
    (
        Column("代码", ("code",), TEXT),
        Column("简称", ("short",), TEXT),
        Column("名称", ("name",), TEXT),
        Column("类别", ("kind",), KIND),
        Column("上级单位", ("parent",), TEXT),
        Column("联系邮箱", ("contact",), TEXT),
        *_allotment("allotment"),
        Column("管理员组", ("staff", "manager"), WORDS),
        Column("成员组", ("staff", "member"), WORDS),
        Column("只读组", ("staff", "reader"), WORDS),
    ),
)
SYSTEMS = Table(
    "系统",
    (
        Column("单位代码", ("unit",), TEXT),
        Column("代码", ("code",), TEXT),
        Column("名称", ("name",), TEXT),
        Column("服务分类", ("service_class",), TEXT),
        Column("等保级别", ("security_class",), COUNT),
        Column("环境", ("environment",), ENVIRONMENT),
        *_allotment("allotment"),
        Column("开放端口", ("exposes",), PORTS),
    ),
)
AGREEMENTS = Table(
    "协议",
    (
        Column("代码", ("code",), TEXT),
        Column("提供方", ("provider",), TEXT),
        Column("使用方", ("consumer",), TEXT),
        Column("用途", ("purpose",), TEXT),
    ),
)
TABLES = (DISTRICT, UNITS, SYSTEMS, AGREEMENTS)
