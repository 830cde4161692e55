"""Files made to break the readers of rules: refused in one line, in seconds, in bounded memory. YAML, SCA's JSON and Excel."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.errors import BadInput, BadRule, HotlineError
from qa.rules import load
from qa.rules.checks import check_text
from qa.rules.excel import import_excel, template
from qa.rules.sca import import_sca_text

MEMORY = 1_500 * 2**20
"""Bytes of address space for a process that reads a hostile file; loading the libraries takes about half of it."""
SECONDS = 60

CARD = """id: t
title: T
vocabularies: {hi: [您好]}
conditions: {mute: {say: 不方便, by: agent}}
sections:
  - id: s
    items:
      - id: one
        points: 5
        conditions: {x: {say: $hi, by: agent}, y: {regex: '再见', after: x, within: 3 turns}}
        expect: x and y
"""
RULES = {
    "conditions": [
        {
            "cid": "1",
            "check_range": {"role": "客服"},
            "operators": [{"oid": "1", "type": "HIT_ANY_KEYWORDS", "param": {"keywords": ["滚"]}}],
        }
    ],
    "rules": [{"rid": "1", "name": "r", "lambda": "1", "scoreNum": 5}],
}


def one_line(error: HotlineError) -> bool:
    return "\n" not in str(error) and len(str(error)) < 4_000


def limited(tmp_path: Path, kind: str, file: Path) -> str:
    """What ``kind`` (yaml, sca, excel) says of a file, read in a process that may not have more than MEMORY."""
    script = f"""
        import resource, sys
        from pathlib import Path
        from hotline.errors import HotlineError
        from qa.rules.checks import check
        from qa.rules.excel import import_excel
        from qa.rules.sca import import_sca
        resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
        file = Path(sys.argv[1])
        try:
            if {kind!r} == "yaml":
                rule_set, problems = check(file)
                print("refused" if rule_set is None else "read", len(problems), problems[0].en[:300] if problems else "")
            else:
                print("read", len((import_sca if {kind!r} == "sca" else import_excel)(file).rule_set.items))
        except HotlineError as error:
            print("refused", str(error)[:300])
    """
    made = tmp_path / "run.py"
    made.write_text(textwrap.dedent(script), encoding="utf-8")
    done = subprocess.run([sys.executable, str(made), str(file)], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr[-2_000:]
    return done.stdout


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{c}: &{c} [{','.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)
YAML = {
    "bomb": BOMB,
    "merge": "a: &a {b: 1}\nc: {<<: *a}\n" + CARD,
    "regex of a megabyte": CARD.replace("再见", "(a|b)" * 210_000),
    "regex that grows": CARD.replace("再见", "((((((a{0,50}){0,50}){0,50}){0,50}){0,50}){0,50})b"),
    "many regexes": CARD.replace("'再见'", "[" + ",".join(f"'a{n}{{900}}'" for n in range(1_200)) + "]"),
    "deep lists": "a: " + "[" * 400_000,
    "deep tables": "".join(" " * i + "a:\n" for i in range(900)),
    "number without end": CARD.replace("points: 5", "points: " + "9" * 400_000),
    "power": CARD.replace("points: 5", "points: 1e999999999"),
    "NUL": CARD.replace("您好", "您\0好"),
    "surrogate": CARD.replace("您好", '"\\ud800"'),
    "key twice": CARD.replace("points: 5", "points: 5\n        points: 6"),
    "circle of lists": CARD.replace("[您好]", "[$ho], ho: [$hi]"),
    "circle of conditions": CARD.replace("{say: $hi, by: agent}", "{say: $hi, after: y}"),
    "brackets": CARD.replace("[您好]", "['" + "(" * 200_000 + "']"),
    "wordings": CARD.replace("[您好]", "['" + "(a|b)" * 5_000 + "']"),
    "many conditions": CARD.replace("{mute:", "{" + ",".join(f"m{n}: {{say: 甲}}" for n in range(5_000)) + ", mute:"),
    "expression": CARD.replace("x and y", "not " * 100_000 + "x"),
    "brackets of an expression": CARD.replace("x and y", "(" * 100_000 + "x"),
    "python": "a: !!python/object/apply:os.system [ls]",
    "many documents": CARD + "---\n" * 1_000,
    "only anchors": "&" * 100_000,
    "binary": "a: !!binary " + "A" * 200_000,
    "include of a device": "include: /dev/zero\n" + CARD,
    "include upwards": "include: ../../etc/passwd.yaml\n" + CARD,
}
WHOLE = json.dumps(RULES)
SCA = {
    "deep": "[" * 2_000_000,
    "deep objects": '{"a":' * 200_000,
    "number without end": WHOLE.replace('"scoreNum": 5', '"scoreNum": ' + "9" * 1_000_000),
    "infinite": WHOLE.replace('"scoreNum": 5', '"scoreNum": Infinity'),
    "power": WHOLE.replace('"scoreNum": 5', '"scoreNum": 1e400'),
    "key twice": WHOLE.replace('"rid": "1"', '"rid": "1", "rid": "2"'),
    "regex of a megabyte": json.dumps(RULES).replace(
        '"HIT_ANY_KEYWORDS", "param": {"keywords"', '"REGULAR_EXPRESSION", "param": {"regex": "' + "(a|b)" * 210_000 + '", "keywords"'
    ),
    "lambda": WHOLE.replace('"lambda": "1"', '"lambda": "' + "!" * 500_000 + '1"'),
    "brackets of a lambda": WHOLE.replace('"lambda": "1"', '"lambda": "' + "(" * 500_000 + '1"'),
    "keywords": WHOLE.replace('["滚"]'.encode().decode(), json.dumps([f"k{n}" for n in range(300_000)])).replace(
        json.dumps(["滚"]), json.dumps([f"k{n}" for n in range(300_000)])
    ),
    "rules": json.dumps({**RULES, "rules": RULES["rules"] * 50_000}),
    "in itself": json.dumps({"JsonStr": json.dumps({"JsonStr": json.dumps({"JsonStr": json.dumps({"JsonStr": "{}"})})})}),
    "no JSON": "\0" * 100_000,
    "circle of anchors": json.dumps(
        {
            **RULES,
            "conditions": [
                {**RULES["conditions"][0], "check_range": {"role": "客服", "anchor": {"cid": "2", "location": "AFTER"}}},
                {**RULES["conditions"][0], "cid": "2", "check_range": {"role": "客服", "anchor": {"cid": "1", "location": "AFTER"}}},
            ],
        }
    ),
}


@pytest.mark.parametrize("name", YAML)
def test_yaml_in_bounded_memory(tmp_path: Path, name: str) -> None:
    file = tmp_path / "t.yaml"
    file.write_bytes(YAML[name].encode("utf-8", "surrogatepass"))
    told = limited(tmp_path, "yaml", file)
    harmless = name in ("NUL", "many conditions") and told.startswith("read")
    assert told.startswith("refused") or harmless, told


@pytest.mark.parametrize("name", SCA)
def test_sca_in_bounded_memory(tmp_path: Path, name: str) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(SCA[name].encode("utf-8", "surrogatepass"))
    told = limited(tmp_path, "sca", file)
    assert told.startswith("refused"), told


def _zip(file: Path, members: dict[str, bytes]) -> Path:
    """The template with some of its parts replaced or added."""
    template(file.with_suffix(".base.xlsx"))
    with zipfile.ZipFile(file.with_suffix(".base.xlsx")) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in members:
                new.writestr(name, old.read(name))
        for name, content in members.items():
            new.writestr(name, content)
    return file


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(f'<!ENTITY {c} "{f"&{p};" * 10}">'.encode() for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    + b"]><worksheet><sheetData><row><c t='str'><v>&i;</v></c></row></sheetData></worksheet>"
)
WIDE = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData>'
END = b"</sheetData></worksheet>"
EXCEL: dict[str, dict[str, bytes]] = {
    "zip bomb": {"xl/media/bomb.xml": b"\0" * (200 * 2**20)},
    "many parts": {f"xl/media/{n}.xml": b"<a/>" for n in range(2_000)},
    "entities": {SHEET: LAUGHS},
    "entities in UTF-16": {SHEET: LAUGHS.decode().encode("utf-16")},
    "a sheet that is no XML": {SHEET: b"\x89PNG" * 100},
    "a sheet cut short": {SHEET: WIDE + b"<row r='1'><c r='A1'"},
    "a sheet of a million rows": {
        SHEET: WIDE + b"".join(b"<row r='%d'><c r='A%d'><v>1</v></c></row>" % (n, n) for n in range(1, 300_000)) + END
    },
    "a cell far away": {SHEET: WIDE + b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData></worksheet>"},
    "texts of many megabytes": {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>" + b"x" * (60 * 2**20) + b"</t></si></sst>"},
    "no workbook": {"xl/workbook.xml": b"<workbook/>"},
    "no types": {"[Content_Types].xml": b""},
}  # fmt: skip


@pytest.mark.parametrize("name", EXCEL)
def test_excel_in_bounded_memory(tmp_path: Path, name: str) -> None:
    told = limited(tmp_path, "excel", _zip(tmp_path / "x.xlsx", EXCEL[name]))
    assert told.startswith("refused"), told


def test_what_is_no_workbook_at_all(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"PK", b"PK\x03\x04" + b"\0" * 100, b"\xd0\xcf\x11\xe0" * 100, b"a,b\n1,2")):
        file = tmp_path / f"{number}.xlsx"
        file.write_bytes(content)
        with pytest.raises(BadInput) as caught:
            import_excel(file)
        assert one_line(caught.value)
    for missing in (tmp_path / "none.xlsx", tmp_path):
        with pytest.raises(BadInput):
            import_excel(missing)


@pytest.mark.parametrize("value", ["=1+1", '=WEBSERVICE("http://x")', "=cmd|' /C calc'!A0"])
def test_formulas_are_left_out_and_refused_by_cell(tmp_path: Path, value: str) -> None:
    template(tmp_path / "t.xlsx")
    for sheet, cell, lost, item in (("评分项", "C2", "第 2 行 greeting", "greeting"), ("词库", "B2", "词库 apology", "comfort")):
        book = openpyxl.load_workbook(tmp_path / "t.xlsx")
        book[sheet][cell] = value
        book.save(tmp_path / "x.xlsx")
        found = import_excel(tmp_path / "x.xlsx")
        gone = [loss for loss in found.losses if loss.left_out]
        assert gone[0].rule == lost and "formula" in gone[0].what.en
        assert item not in [one.id for one in found.rule_set.items]
    for sheet, cell in (("评分项", "C1"), ("设置", "B2")):
        book = openpyxl.load_workbook(tmp_path / "t.xlsx")
        book[sheet][cell] = value
        book.save(tmp_path / "y.xlsx")
        with pytest.raises(BadInput, match=f"{sheet}!{cell}: holds a formula"):
            import_excel(tmp_path / "y.xlsx")


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["1", "客服", "AFTER", "(", "!", "1&&1", -1, 0]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["cid", "param", "keywords", "from", "anchor", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
PLACES = [
    ("conditions",), ("rules",), ("conditions", 0), ("rules", 0), ("conditions", 0, "cid"), ("conditions", 0, "check_range"),
    ("conditions", 0, "check_range", "role"), ("conditions", 0, "check_range", "anchor"), ("conditions", 0, "check_range", "range"),
    ("conditions", 0, "check_range", "absolute"), ("conditions", 0, "operators"), ("conditions", 0, "operators", 0),
    ("conditions", 0, "operators", 0, "type"), ("conditions", 0, "operators", 0, "param"),
    ("conditions", 0, "operators", 0, "param", "keywords"),
    ("conditions", 0, "operators", 0, "param", "keywordMatchSize"), ("conditions", 0, "operators", 0, "param", "synonyms"),
    ("conditions", 0, "operators", 0, "oid"), ("conditions", 0, "lambda"), ("rules", 0, "lambda"), ("rules", 0, "scoreNum"),
    ("rules", 0, "scoreType"), ("rules", 0, "level"), ("rules", 0, "triggers"), ("rules", 0, "rid"), ("rules", 0, "name"),
    ("rules", 0, "checkType"), ("rules", 0, "effectiveStartTime"), ("rules", 0, "fullCycle"), ("rules", 0, "comments"),
]  # fmt: skip


def _put(place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    whole = json.loads(WHOLE)
    target: Any = whole
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return whole


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=1))
def test_no_type_anywhere_breaks_the_importer_of_sca(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    for place, value in changes:
        try:
            found = import_sca_text(json.dumps(_put(place, value)), "r.json")
        except HotlineError as error:
            assert one_line(error)
        else:
            assert found.rule_set.items


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60), st.integers(0, len(WHOLE)))
def test_no_text_breaks_the_importer_of_sca(noise: str, at: int) -> None:
    for text in (noise, WHOLE[:at] + noise + WHOLE[at:]):
        try:
            import_sca_text(text, "r.json")
        except HotlineError as error:
            assert one_line(error)


NOISE = st.sampled_from(
    [*"abi:-[]{},&*!|>'\"%@`#\n\t 您0\x00\x85\ufeff", "\n  ", ": ", "- ", "id", "say", "first ", "$x", "(a|", "not ", "1e9"]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NOISE, max_size=40).map("".join), st.integers(0, len(CARD)), st.integers(0, 40))
def test_no_text_breaks_the_checks(noise: str, at: int, cut: int) -> None:
    rule_set, problems = check_text(CARD[:at] + noise + CARD[at + cut :], "t.yaml")
    assert rule_set is not None or problems
    assert all(p.where.startswith("t.yaml") and "\n" not in p.zh and "\n" not in p.en for p in problems)


CELLS = st.one_of(
    st.text(max_size=12), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.datetimes(), st.times()
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 26), CELLS), min_size=1, max_size=6))
def test_no_cell_breaks_the_importer_of_excel(tmp_path: Path, cells: list[tuple[int, Any]]) -> None:
    if not (tmp_path / "t.xlsx").exists():
        template(tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    for column, value in cells:
        cell = book["评分项"].cell(2, column)
        cell.value = "".join(c for c in value if c.isprintable()) if isinstance(value, str) else value
    book.save(tmp_path / "x.xlsx")
    try:
        found = import_excel(tmp_path / "x.xlsx")
    except HotlineError as error:
        assert one_line(error)
    else:
        assert {"comfort", "rude"} <= {i.id for i in found.rule_set.items} or found.losses


def test_errors_of_rules_are_of_one_kind() -> None:
    with pytest.raises(BadInput) as caught:
        import_sca_text("{}", "r.json")
    assert not isinstance(caught.value, BadRule) and "there are no rules" in str(caught.value)


def test_of_a_file_named_by_mistake_no_more_is_read_than_a_rule_set_can_have(tmp_path: Path) -> None:
    file = tmp_path / "log.yaml"
    with file.open("wb") as stream:
        stream.truncate(2**36)
    tracemalloc.start()
    try:
        with pytest.raises(BadRule, match=r"log\.yaml: has more than 2,097,152 bytes; keep a rule set below 524,288"):
            load(file)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
