"""Each bad register is refused where it is wrong, with words that say what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ouhai_cloud.errors import Fault, RegisterInvalid
from ouhai_cloud.tenancy.register.load import load, load_text
from ouhai_cloud.tenancy.register.yaml_text import LIMIT_BYTES

SMALL = Path(__file__).parents[2] / "fixtures" / "registers" / "small.yaml"
TEXT = SMALL.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Bad:
    """One thing wrong with small.yaml.

    :param old, new: the text that is replaced, and by what; more pairs may follow.
    :param line: a part of the line that the fault must name.
    :param message: parts of what must be said.
    """

    name: str
    edits: tuple[tuple[str, str], ...]
    line: str
    path: str
    message: tuple[str, ...]

    def text(self) -> str:
        text = TEXT
        for old, new in self.edits:
            assert text.count(old) >= 1, f"small.yaml has no {old!r}"
            text = text.replace(old, new, 1)
        return text


def bad(name: str, old: str, new: str, *expected: str) -> Bad:
    """Expected are: line, path, messages."""
    line, path, *message = expected
    return Bad(name, ((old, new),), line, path, tuple(message))


E021 = "{cores: 8, memory_gib: 8, disk_gib: 80, addresses: 4, snapshots: 8}"


def unit(code: str, parent: str) -> str:
    return (
        f"  - code: {code}\n    short: {code.lower()}\n    name: 单位{code}\n    kind: school\n"
        f"    parent: {parent}\n    contact: x@y.example\n    allotment: {{}}\n"
    )


def with_units(*units: str) -> tuple[str, str]:
    return "agreements:\n", "".join(units) + "agreements:\n"


CENTRE = "    allotment: {cores: 4, memory_gib: 4, disk_gib: 40, addresses: 2, snapshots: 4}\n"


def system(code: str, name: str) -> str:
    return (
        f"    systems:\n      - code: {code}\n        name: {name}\n        security_class: 2\n"
        "        environment: production\n        allotment: {}\n"
    )


def with_centre_system(code: str, name: str) -> tuple[str, str]:
    return CENTRE, CENTRE + system(code, name)


YAML = [
    bad("no YAML", "  resolvers: [10.1.0.53]", "  resolvers: [10.1.0.53", "staff_pattern", "",
        "no YAML"),
    bad("a tab indents", "    kind: centre", "\tkind: centre", "kind: centre", "", "no YAML"),
    bad("an alias", "[443]", "*ports", "*ports", "bureaus[1].systems[0].exposes", "alias *ports"),
    bad("an anchor", "[443]", "&p [443]", "&p", "bureaus[1].systems[0].exposes", "anchor &p"),
    bad("a tag", "[443]", "!!python/tuple [443]", "!!python", "bureaus[1].systems[0].exposes",
        "tag"),
    bad("a key twice", "  short: ouhai\n", "  short: ouhai\n  short: lucheng\n", "short: lucheng",
        "district.short", "twice"),
    bad("a second document", "agreements:", "...\n---\nagreements:", "---", "", "second YAML"),
    bad("nested too deep", "[443]", "[" * 20 + "443" + "]" * 20, "[[[[",
        "bureaus[1].systems[0].exposes" + "[0]" * 7,
        "deeper than 12"),
    bad("a list for a key", "  code: \"330304\"", "  ? [a]\n  : b", "[a]", "district",
        "plain word"),
    bad("a control character", "瓯海中学\n", "瓯海\x07中学\n", "瓯海\x07中学", "", "U+0007"),
    bad("a line that no editor counts", "name: 瓯海中学\n", "name: 瓯海\u2028中学\n",
        "瓯海\u2028中学", "", "U+2028"),
]  # fmt: skip
SHAPE = [
    bad("a misspelt key", "contact: mzj", "contcat: mzj", "contcat", "bureaus[3].contcat",
        "no such entry", "contact"),
    bad("a missing key", "    kind: centre\n", "", "- code: E001", "bureaus[0].kind", "missing"),
    bad("an unknown kind", "kind: school", "kind: academy", "academy", "bureaus[2].kind",
        "'academy'", "centre, bureau, street, town, school, institution"),
    bad("an unknown security class", "security_class: 3", "security_class: 4", "security_class: 4",
        "bureaus[1].systems[1].security_class", "4 is not allowed", "2, 3"),
    bad("a bad service class", "service_class: A06", "service_class: 办公", "办公",
        "bureaus[1].systems[0].service_class", "GB/T 34079.1"),
    bad("an unknown environment", "environment: test", "environment: staging", "staging",
        "bureaus[1].systems[1].environment", "production, test"),
    bad("a code unlike codes", "code: E022", "code: e-22", "e-22", "bureaus[3].code",
        "capital letter"),
    bad("a number for text", '"330304"', "330304", "330304", "district.code", "in quotes"),
    bad("a fraction of a core", "{cores: 2,", "{cores: 1.5,", "1.5",
        "bureaus[1].systems[1].allotment.cores", "whole number"),
    bad("less than nothing", "{cores: 2,", "{cores: -2,", "-2",
        "bureaus[1].systems[1].allotment.cores", "from 0 to 1000000"),
    bad("a name of 300 bytes", "name: 瓯海中学网站", "name: " + "网" * 100, "网网",
        "bureaus[2].systems[0].name", "100 characters", "64"),
    bad("a name of white space", "name: 瓯海中学网站", 'name: "  "', '"  "',
        "bureaus[2].systems[0].name", "without space"),
    bad("an empty name", "name: 瓯海中学网站", 'name: ""', '""', "bureaus[2].systems[0].name",
        "1 to 64"),
    bad("no mailbox", "mzj@ouhai.example", "0577-88888888", "0577", "bureaus[3].contact",
        "mailbox"),
    bad("a port beyond ports", "[443]", "[70000]", "70000", "bureaus[1].systems[0].exposes[0]",
        "65535"),
    bad("a port twice", "[443]", "[443, 443]", "443, 443", "bureaus[1].systems[0].exposes",
        "twice"),
    bad("an LDAP filter for a group", "[mzj-heads]", '["*)(cn=*"]', "*)(cn",
        "bureaus[3].staff.manager[0]",
        "directory group"),
    bad("a group that Python knows", "[mzj-heads]", "[None]", "None", "bureaus[3].staff.manager[0]",
        "directory group"),
    bad("a duty that nobody has", "[centre-auditor]", "[]", "auditor: []",
        "district.duties.auditor",
        "at least 1"),
    bad("nobody names the staff", '  staff_pattern: "{short}-{role}"\n', "", "- code: E001",
        "bureaus[0].staff", "missing", "staff_pattern"),
    bad("a pattern without roles", "{short}-{role}", "{short}-all", "staff_pattern",
        "district.staff_pattern", "{role}"),
]  # fmt: skip
NAMES = [
    bad("a code twice", "code: E022", "code: E021", "- code: E021", "bureaus[3].code", "taken",
        "区教育局"),
    bad("a short name twice", "short: mzj", "short: jyj", "short: jyj", "bureaus[3].short", "E021"),
    bad("a name twice", "name: 区民政局", "name: 区教育局", "区教育局", "bureaus[3].name", "E021"),
    bad("a system code twice", "code: exam", "code: oa", "code: oa", "bureaus[1].systems[1].code",
        "taken"),
    bad("a domain of the cloud", "short: mzj", "short: default", "default", "bureaus[3].short",
        "domain of the cloud"),
    bad("a project name twice in a domain", "name: 瓯海中学网站", "name: 中考报名系统",
        "中考报名系统",
        "bureaus[2].systems[0].name", "E021/exam", "domain of E021"),
    bad("a system named as a sub-unit", "name: 中考报名系统", "name: 瓯海中学", "瓯海中学",
        "bureaus[1].systems[1].name", "E021S01"),
    bad("the code of the duties' project", *with_centre_system("duties", "值班系统"),
        "code: duties", "bureaus[0].systems[0].code", "project of the three duties",
        "choose another code"),
    bad("the name of the duties' project", *with_centre_system("monitor", "运维管理"), "运维管理",
        "bureaus[0].systems[0].name", "project of the three duties", "choose another name"),
    bad("the centre's sub-unit named as the duties' project",
        *with_units(unit("X1", "E001").replace("单位X1", "运维管理")), "运维管理",
        "bureaus[4].name", "project of the three duties"),
    bad("its system named as the duties' project",
        *with_units(unit("X1", "E001") + system("ops", "运维管理")), "运维管理",
        "bureaus[4].systems[0].name", "project of the three duties"),
    bad("a line break in a name", "name: 区民政局", r'name: "区民政局\n"', "区民政局",
        "bureaus[3].name",
        "U+000A", "cannot be seen"),
    bad("text that runs backward", "name: 区民政局", r'name: "区\u202e民政局"', "202e",
        "bureaus[3].name",
        "U+202E"),
    bad("a character beyond Keystone's tables", "name: 区民政局", "name: 𠮷民政局", "𠮷",
        "bureaus[3].name",
        "U+20BB7", "Keystone"),
]  # fmt: skip
TREE = [
    bad("an unknown parent", "parent: E021", "parent: E999", "E999", "bureaus[2].parent",
        "no unit E999"),
    Bad("a cycle of parents",
        (with_units(unit("X1", "X2"), unit("X2", "X3"), unit("X3", "X1")),),
        "parent: X2", "bureaus[4].parent", ("X1 → X2 → X3 → X1",)),
    bad("its own parent", "parent: E021", "parent: E021S01", "parent: E021S01", "bureaus[2].parent",
        "E021S01 → E021S01"),
    Bad("no top unit above", (with_units(unit("X1", "X2"), unit("X2", "X9")),), "parent: X2",
        "bureaus[4].parent", ("no top unit", "X1 → X2 → X9")),
    Bad("four levels", (with_units(unit("X1", "E021S01"), unit("X2", "X1")),), "parent: X1",
        "bureaus[5].parent", ("4 levels", "at most 3")),
    bad("no centre", "kind: centre", "kind: bureau", "bureaus:", "bureaus", "exactly one"),
    bad("two centres", "kind: school", "kind: centre", "kind: centre", "bureaus[2].kind", "E001"),
]  # fmt: skip
RULES = [
    bad("systems beyond the unit", "{cores: 2,", "{cores: 3,", E021, "bureaus[1].allotment.cores",
        "9 together", "beyond the 8"),
    bad("units beyond the pool", "pool: {cores: 20", "pool: {cores: 15", "pool",
        "district.pool.cores",
        "16 together", "beyond the 15"),
    bad("cores without an address", "{cores: 2, addresses: 1}", "{cores: 2}", "{cores: 2}",
        "bureaus[1].systems[1].allotment.addresses", "2 cores", "each server takes one"),
    bad("a group with two duties", "[centre-auditor]", "[Centre-System]", "Centre-System",
        "district.duties.auditor[0]", "system_administrator already"),
    bad("a group with two roles", "reader: []", "reader: [mzj-heads]", "reader",
        "bureaus[3].staff.reader[0]", "manager already"),
    bad("a group with a role of the pattern", "[mzj-heads]", "[mzj-member]", "staff:",
        "bureaus[3].staff.member[0]", "manager already"),
    bad("public addresses", "172.20.0.0/17", "8.8.8.0/24", "8.8.8.0", "district.address_range",
        "not private"),
    bad("no range", "172.20.0.0/17", "172.20.0.0/33", "/33", "district.address_range", "no range"),
    bad("host bits", "172.20.0.0/17", "172.20.0.1/17", "0.1/17", "district.address_range",
        "host bits"),
    bad("no resolver", "[10.1.0.53]", "[dns.example]", "dns.example", "district.resolvers[0]",
        "no IPv4 address"),
    bad("an agreement with nobody", "consumer: E022/relief", "consumer: E022/elder", "E022/elder",
        "agreements[0].consumer", "no system E022/elder"),
    bad("an agreement with itself", "consumer: E022/relief", "consumer: E021/oa",
        "consumer: E021/oa",
        "agreements[0].consumer", "itself"),
    bad("an agreement within a domain", "consumer: E022/relief", "consumer: E021S01/site",
        "E021S01/site",
        "agreements[0].consumer", "domain of E021"),
    bad("an agreement's code twice", "agreements:\n",
        "agreements:\n  - {code: S001, provider: E001/x, consumer: E001/y, purpose: 别的}\n",
        "- code: S001", "agreements[1].code", "taken"),
    bad("an agreement twice", "agreements:\n",
        "agreements:\n  - {code: S000, provider: E021/oa, consumer: E022/relief, purpose: 重复}\n",
        "consumer: E022/relief", "agreements[1].consumer", "S000"),
]  # fmt: skip
ALL = [*YAML, *SHAPE, *NAMES, *TREE, *RULES]


# What follows from the mistake: all four units, the key that is not there, the agreement's end.
MORE_THAN_ONE = {
    "nobody names the staff": 4,
    "a misspelt key": 2,
    "a code unlike codes": 2,
    "a code twice": 2,
}


def refused(text: str) -> tuple[Fault, ...]:
    with pytest.raises(RegisterInvalid) as caught:
        load_text(text, "small.yaml")
    return caught.value.faults


def test_the_register_that_is_broken_below_is_whole() -> None:
    assert len(load(SMALL).bureaus) == 4


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_bad_register_is_refused_where_it_is_wrong(case: Bad) -> None:
    text = case.text()
    faults = refused(text)
    fitting = [fault for fault in faults if fault.path == case.path]
    assert fitting, "\n".join(map(str, faults))
    fault = fitting[-1]
    assert fault.file == "small.yaml"
    assert case.line in text.split("\n")[fault.line - 1], str(fault)
    for part in case.message:
        assert part in fault.message


@pytest.mark.parametrize("case", [*SHAPE, *NAMES], ids=lambda case: case.name)
def test_one_mistake_is_told_once(case: Bad) -> None:
    told = {(fault.path, fault.line) for fault in refused(case.text())}
    assert len(told) == MORE_THAN_ONE.get(case.name, 1), told


def test_what_the_duties_project_has_is_free_in_other_domains() -> None:
    text = TEXT.replace("code: exam", "code: duties").replace("中考报名系统", "运维管理")
    exam = load_text(text, "small.yaml").bureau("E021").systems[1]
    assert (exam.code, exam.name) == ("duties", "运维管理")


def test_the_duties_name_is_taken_in_the_domain_that_the_centre_lives_in() -> None:
    text = TEXT.replace("kind: centre\n", "kind: centre\n    parent: E021\n")
    text = text.replace("name: 中考报名系统", "name: 运维管理")
    (fault,) = (one for one in refused(text) if one.path == "bureaus[1].systems[1].name")
    assert "project of the three duties" in fault.message


def test_no_fault_hides_another() -> None:
    text = TEXT.replace("kind: school", "kind: academy").replace("  short: ouhai\n", "  x: 1\n")
    text = text.replace("{cores: 2, a", "{cores: 30, a").replace("consumer: E022", "consumer: E029")
    paths = [fault.path for fault in refused(text)]
    assert paths == [
        "district.short",
        "district.x",
        "bureaus[1].allotment.cores",
        "bureaus[2].kind",
        "agreements[0].consumer",
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 30),
    st.text(st.sampled_from("{}[]:,&*!|>-'\"\n \t#%@`~?ax0\x85\u2028\ufeff\ufffe"), max_size=6),
)
def test_any_text_is_loaded_or_refused_with_faults(start: int, cut: int, new: str) -> None:
    text = TEXT[:start] + new + TEXT[start + cut :]
    try:
        register = load_text(text, "small.yaml")
    except RegisterInvalid as error:
        assert error.faults
        assert all(0 <= fault.line <= text.count("\n") + 2 for fault in error.faults)
    else:
        assert register.bureaus


def test_words_of_old_yaml_stay_words() -> None:
    text = TEXT.replace("name: 区民政局", "name: no").replace("name: 瓯海中学\n", "name: 0123\n")
    register = load_text(text, "small.yaml")
    assert register.bureau("E022").name == "no"
    assert register.bureau("E021S01").name == "0123"


@pytest.mark.parametrize("empty", ["", "---\n", "[]", "text", "# only a comment\n"])
def test_what_is_no_mapping_is_refused(empty: str) -> None:
    assert "is not a mapping" in refused(empty)[0].message


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gbk.yaml"
    path.write_bytes(TEXT.encode("gbk"))
    with pytest.raises(RegisterInvalid) as caught:
        load(path)
    (fault,) = caught.value.faults
    assert fault.file == str(path)
    assert fault.line == 6  # the first with Chinese in it that is no UTF-8
    assert "save it as UTF-8" in fault.message


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(TEXT.encode("utf-8-sig"))
    assert load(path) == load(SMALL)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(TEXT + "#" * LIMIT_BYTES)
    with pytest.raises(RegisterInvalid, match="at most 1048576 are read"):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegisterInvalid, match=r"absent\.yaml: cannot be read: No such file"):
        load(tmp_path / "absent.yaml")


def test_a_yaml_bomb_does_not_go_off() -> None:
    lines = ["a: &a [x, x]"] + [
        f"{chr(98 + level)}: &{chr(98 + level)} [{', '.join(['*' + chr(97 + level)] * 9)}]"
        for level in range(9)
    ]
    faults = refused("\n".join(lines))
    assert faults[-1].line == 2
    assert "alias *a" in faults[-1].message
