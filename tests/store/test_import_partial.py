"""Files as they really come: with broken lines, other names, other units, spreadsheets; what can be used is, the rest is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hotline.commands.centre import app
from hotline.errors import AccessDenied, BadInput
from hotline.store import OPERATOR, Store, UserRole, Viewer, rejects, schema
from hotline.store.importing import import_folder
from hotline.store.mapping import read_mapping
from hotline.store.sheets import FEEDS

NAME = "=cmd|'/C calc'!A0"
ORGANISATION = {
    "org_units": "id,parent_id,kind,name,path\nc,,centre,中心,/c/\nt1,c,team,一班,/c/t1/\n",
    "agents": f"id,name,team_id\na1,{NAME},t1\na2,李强,t1\n",
    "queues": "id,name,unit_id\nq1,供电,c\n",
}
HEAD = "id,started_at,queue_id,agent_id,topic,caller,talk_s"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "centre"
    made.mkdir()
    for name, text in ORGANISATION.items():
        (made / f"{name}.csv").write_text(text, encoding="utf-8")
    return made


def _all(store: Store) -> dict[str, list[str]]:
    with store.read() as connection:
        tables = [table for name, table in schema.metadata.tables.items() if name != "audit"]
        return {table.name: sorted(map(str, connection.execute(sa.select(table)).all())) for table in tables}


def _line(number: int) -> str:
    begun = f"2026-11-{2 + number % 7:02d} 0{8 + number % 2}:{number % 60:02d}"
    return f"C{number:05d},{begun},q1,a{1 + number % 2},电费,1380000{number:04d},{60 + number % 200}"


BREAKS = (
    (lambda line: line.replace(",q1,", ",q9,"), "queue_id", "'q9' not in queues"),
    (lambda line: line.replace(",a1,", ",a9,").replace(",a2,", ",a9,"), "agent_id", "'a9' not in agents"),
    (lambda line: line.replace("2026-11", "2026-13"), "started_at", "is not a time"),
    (lambda line: line + "x", "talk_s", "is not a number"),
    (lambda line: line.rsplit(",", 1)[0] + ",-5", "talk_s", "not a usable number"),
    (lambda line: line + ",more", "", "8 cells, but the header has 7"),
    (lambda line: "," + line.split(",", 1)[1], "id", "there is no value"),
    (lambda line: line.replace("电费", "电" * 61), "topic", "61 characters"),
    (lambda line: line.replace("电费", '"电费'), "", "quote"),
)


@pytest.mark.parametrize("size", [2000])
def test_one_line_in_a_hundred_is_broken(store: Store, folder: Path, size: int) -> None:
    lines = [_line(number) for number in range(size)]
    broken = {number: BREAKS[place % len(BREAKS)] for place, number in enumerate(range(50, size, 100))}
    text = [broken[number][0](line) if number in broken else line for number, line in enumerate(lines)]
    content = "\n".join([HEAD, *text]).encode() + b"\nC99999,2026-11-03 08:00,q1,a1," + "电".encode("gbk") + b",,5\n"
    (folder / "calls.csv").write_bytes(content)
    with pytest.raises(BadInput, match=r"calls.csv:\d+"):
        import_folder(store, OPERATOR, folder)
    assert not _all(store)["calls"]
    found = import_folder(store, OPERATOR, folder, partial=True)
    assert found.rows["calls"] == size - len(broken)
    told = {reject.line: reject for reject in found.aside}
    assert sorted(told) == [*(number + 2 for number in broken), size + 2]
    for number, (_, column, problem) in broken.items():
        assert told[number + 2].column == column and problem in str(told[number + 2]) and told[number + 2].mend
    assert "not UTF-8" in told[size + 2].problem
    with store.read() as connection:
        assert set(connection.scalars(sa.select(schema.calls.c.id))) == {f"C{n:05d}" for n in range(size) if n not in broken}
        kept = connection.execute(sa.select(schema.feed_rejects)).mappings().all()
    assert len(kept) == len(broken) + 1 and "1380000" not in json.dumps([dict(row["row"]) for row in kept])


def test_again_changes_nothing_and_mended_rows_leave_the_list(store: Store, folder: Path) -> None:
    file = folder / "calls.csv"
    file.write_text(f"{HEAD}\n{_line(1)}\n{_line(2)}x\n", encoding="utf-8")
    import_folder(store, OPERATOR, folder, partial=True)
    before = _all(store)
    assert len(before["calls"]) == 1 and len(before["feed_rejects"]) == 1
    import_folder(store, OPERATOR, folder, partial=True)
    assert _all(store) == before
    file.write_text(f"{HEAD}\n{_line(1)}\n{_line(2)}\n", encoding="utf-8")
    found = import_folder(store, OPERATOR, folder, partial=True)
    assert found.aside == [] and found.rows["calls"] == 2 and not _all(store)["feed_rejects"]


def test_units_put_aside_take_what_stands_below_them_along(store: Store, folder: Path) -> None:
    text = "id,parent_id,kind,name,path\nc,,centre,中心,/c/\nt1,c,team,一班,/c/t1/\nt2,c,team,二班,/d/t2/\nt3,t2,team,三班,/d/t2/t3/\n"
    (folder / "org_units.csv").write_text(text, encoding="utf-8")
    (folder / "agents.csv").write_text("id,name,team_id\na1,王,t1\na2,李,t3\n", encoding="utf-8")
    found = import_folder(store, OPERATOR, folder, partial=True)
    assert [(reject.file, reject.line) for reject in found.aside] == [("agents.csv", 3), ("org_units.csv", 4), ("org_units.csv", 5)]
    assert found.rows["org_units"] == 2 and found.rows["agents"] == 1


def test_a_dry_run_shows_everything_and_writes_nothing(store: Store, folder: Path) -> None:
    (folder / "calls.csv").write_text(f"{HEAD}\n{_line(1)}\n{_line(2)}x\n{_line(3)}\n", encoding="utf-8")
    found = import_folder(store, OPERATOR, folder, dry_run=True)
    assert found.rows == {"org_units": 2, "agents": 2, "queues": 1, "calls": 2} and [reject.line for reject in found.aside] == [3]
    assert [row["id"] for row in found.first["calls"]] == ["C00001", "C00003"] and "caller" not in found.first["calls"][0]
    assert not any(_all(store).values())


MAPPING = """
calls:
  file: 话单*.xlsx
  sheet: 明细
  columns: {通话编号: id, 坐席: agent_id, 方向: direction, 通话分钟: talk_s, 主叫: caller, 按键: key_path}
  join: {started_at: [日期, 时间]}
  values: {direction: {呼入: inbound, 呼出: outbound}}
  units: {talk_s: min}
  set: {queue_id: q1}
  ignore: all
"""


def _book(file: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("明细")
    sheet.append(["通话编号", "日期", "时间", "坐席", "方向", "通话分钟", "主叫", "按键", "备注"])
    sheet.append([1001.0, "2026-11-03", "08:00:05", "a1", "呼入", 1.5, 13800000001, "0/1", "x"])
    sheet.append(["1002", "2026-11-03", "09:00", "a1", "呼出", "2", "13800000002", None, None])
    sheet.append(["1003", "2026-11-03", None, "a1", "呼入", "2", None, None, None])
    sheet.append([None] * 9)
    sheet.append(["1004", "2026-11-03", "10:00", "a1", "咨询", "long", None, None, None])
    book.save(file)


def test_another_systems_workbook_becomes_calls(store: Store, folder: Path) -> None:
    _book(folder / "话单11月.xlsx")
    (folder / "其他.xlsx").write_bytes(b"not a workbook, and not named by the mapping")
    (folder / "map.yaml").write_text(MAPPING, encoding="utf-8")
    found = import_folder(store, OPERATOR, folder, mapping=folder / "map.yaml", partial=True)
    names = ("id", "started_at", "agent_id", "queue_id", "direction", "talk_s", "key_path")
    with store.read() as connection:
        rows = [tuple(row) for row in connection.execute(sa.select(*(schema.calls.c[name] for name in names)))]
        keys = connection.scalars(sa.select(schema.calls.c.caller_key)).all()
    assert rows == [
        ("1001", datetime(2026, 11, 3, 0, 0, 5, tzinfo=UTC), "a1", "q1", "inbound", 90.0, "0/1"),
        ("1002", datetime(2026, 11, 3, 1, 0, tzinfo=UTC), "a1", "q1", "outbound", 120.0, ""),
    ]
    assert all(len(key) == 64 for key in keys)
    assert [(reject.line, reject.column) for reject in found.aside] == [(4, "started_at"), (6, "talk_s")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phones: {}", "phones: there is no such feed"),
        ("calls: {colour: x}", "calls: 'colour' is unknown"),
        ("calls: {columns: [a]}", "calls: columns: .* has another shape"),
        ("calls: {units: {talk_s: parsec}}", "units: 'parsec' is not a unit of time"),
        ("calls: {join: {started_at: day}}", "calls: join: .* has another shape"),
        ("[]", "not a mapping of feeds"),
        ("calls: {", "not valid YAML"),
    ],
)
def test_a_wrong_mapping_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "map.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        read_mapping(file, FEEDS)
    with pytest.raises(BadInput, match="cannot be read"):
        read_mapping(tmp_path / "none.yaml", FEEDS)


def test_a_column_that_the_mapping_names_must_be_there(store: Store, folder: Path) -> None:
    (folder / "map.yaml").write_text("agents: {columns: {工号: id}}", encoding="utf-8")
    with pytest.raises(BadInput, match=r"agents.csv:1: 工号: the file has no such column; known: id, name, team_id"):
        import_folder(store, OPERATOR, folder, mapping=folder / "map.yaml")


def test_a_formula_in_a_name_stays_text(store: Store, folder: Path) -> None:
    import_folder(store, OPERATOR, folder)
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["id", "name", "team_id"], ["a3", NAME, "t1"]):
        sheet.append(row)
    sheet["B2"].data_type = "s"
    (folder / "agents.csv").unlink()
    book.save(folder / "agents.xlsx")
    import_folder(store, OPERATOR, folder)
    with store.read() as connection:
        assert dict(connection.execute(sa.select(schema.agents.c.id, schema.agents.c.name)).all()) == {
            "a1": NAME,
            "a2": "李强",
            "a3": NAME,
        }


def test_whoever_imports_sees_what_was_put_aside(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "calls.csv").write_text("\n".join([HEAD, *(_line(n) + "x" for n in range(5))]), encoding="utf-8")
    monkeypatch.setenv("HOTLINE_HOME", str(store.settings.home))
    monkeypatch.setenv("HOTLINE_DATABASE", store.settings.database)
    told: dict[str, Any] = json.loads(CliRunner().invoke(app, ["import", str(folder), "--partial", "--json"]).output)
    assert told["put_aside"] == 5 and [row["line"] for row in told["aside"]] == [2, 3, 4, 5, 6]
    shown = json.loads(CliRunner().invoke(app, ["aside", "--limit", "2", "--page", "3", "--json"]).output)
    assert [row["line"] for row in shown] == [6]
    assert rejects.put_aside(store, OPERATOR, limit=2)["line"].to_list() == [2, 3]
    with pytest.raises(AccessDenied):
        rejects.put_aside(store, Viewer("someone", UserRole.MANAGER))
    assert isinstance(rejects.put_aside(store, OPERATOR), pl.DataFrame)
