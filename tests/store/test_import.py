"""Bringing a centre in from files: what comes out on the board, and what is said about files that are wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hotline.commands.centre import app
from hotline.errors import AccessDenied, BadInput
from hotline.settings import Settings
from hotline.store import OPERATOR, Store, UserRole, Viewer, audit, feeds, open_store, rollups, schema, series
from hotline.store.importing import import_folder

FILES = {
    "org_units": """id,parent_id,kind,name,name_en,path
t1,c,team,一班,Team 1,/c/t1/
c,,centre,我的中心,My centre,/c/
""",
    "agents": "id,name,team_id,hired_on\na1,王敏,t1,2024/3/1\na2,李强,t1,\n",
    "queues": "id,name,unit_id\nq1,供电,c\n",
    "calls": """id,started_at,queue_id,agent_id,direction,topic,caller,wait_s,talk_s,hold_s,acw_s,transferred,metadata
C1,2026-11-02 23:59:00,q1,a1,inbound,电费,138-0000-1234,5,100,10,20,是,"{""area"": ""城区""}"
C2,2026-11-03T00:30:00+09:00,q1,a1,,电费,匿名,5,100.5,,20,,
C3,2026/11/4 8:05,q1,a2,inbound,电费,+8613800001234,5,60,0,5,false,
,,,,,,,,,,,,
C9,2026-11-20 10:00,q1,a2,inbound,停电,13900001234,5,60,0,5,false,
""",
    "interval_counts": """queue_id,start,offered,answered,abandoned,answered_20s,wait_s,handle_s
q1,2026-11-02 08:00,10,9,1,8,50,900
q1,2026-11-02 08:30,12,12,0,11,60.5,1200
""",
    "topic_days": "queue_id,day,topic,offered\nq1,2026-11-02,电费,22\n",
    "agent_intervals": "agent_id,start,state,seconds\na1,2026-11-02 08:00,talk,600\n",
    "agent_schedules": "agent_id,start,end,activity\na1,2026-11-02 08:00,2026-11-02 08:20,phone\n",
    "tickets": "id,call_id,queue_id,type,created_at,returned\nT1,C1,q1,投诉,2026-11-03 00:10,no\n",
    "surveys": "call_id,asked_at,score\nC1,2026-11-03 00:05,5\nC3,2026-11-04 08:10,\n",
    "external_surveys": "id,day,kind,score,scale,asked,answered\nE1,2026/11/30,第三方,9.1,10,400,380\n",
}
ROWS = {name: len([line for line in text.splitlines()[1:] if line.strip(",")]) for name, text in FILES.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "centre"
    made.mkdir()
    for name, text in FILES.items():
        (made / f"{name}.csv").write_text(text, encoding="utf-8-sig" if name == "agents" else "utf-8")
    (made / "README.txt").write_text("not a feed")
    return made


def _everything(store: Store) -> dict[str, list[str]]:
    with store.read() as connection:
        return {
            name: sorted(map(str, connection.execute(sa.select(table)).all()))
            for name, table in {**feeds.FEEDS, "days": schema.agent_days}.items()
        }


@pytest.mark.parametrize("masked", [True, False])
def test_what_comes_with_call_records_is_masked_as_in_manifests(settings: Settings, folder: Path, masked: bool) -> None:
    said = '{""customer_phone"": ""13800004517"", ""mobile"": 13800004517, ""area"": ""城区"", ""level"": 3}'
    file = folder / "calls.csv"
    file.write_text(FILES["calls"].replace('{""area"": ""城区""}', said), encoding="utf-8")
    store = open_store(replace(settings, mask_text=masked))
    store.migrate()
    import_folder(store, OPERATOR, folder)
    with store.read() as connection:
        held = connection.scalar(sa.select(schema.calls.c.metadata).where(schema.calls.c.id == "C1"))
    store.close()
    hidden = {"customer_phone": "*" * 11, "mobile": "*" * 11} if masked else {"customer_phone": "13800004517", "mobile": 13800004517}
    assert held == {**hidden, "area": "城区", "level": 3}


def test_a_folder_becomes_a_centre(store: Store, folder: Path) -> None:
    assert import_folder(store, OPERATOR, folder).rows == {**ROWS, "agent_days": 3}
    with store.read() as connection:
        one, two, three, _ = connection.execute(sa.select(schema.calls).order_by(schema.calls.c.id)).all()
        hired = connection.execute(sa.select(schema.agents.c.hired_on).order_by(schema.agents.c.id)).scalars().all()
    assert (one.started_at, one.day) == (datetime(2026, 11, 2, 15, 59, tzinfo=UTC), date(2026, 11, 2))
    assert (two.started_at, two.day) == (datetime(2026, 11, 2, 15, 30, tzinfo=UTC), date(2026, 11, 2))  # 23:30 in Shanghai
    assert three.started_at == datetime(2026, 11, 4, 0, 5, tzinfo=UTC) and hired == [date(2024, 3, 1), None]
    assert one.caller_key == three.caller_key and len(one.caller_key) == 64 and two.caller_key is None
    assert (one.transferred, two.transferred, one.metadata, two.metadata) == (True, False, {"area": "城区"}, {})
    assert (two.direction, two.hold_s, two.talk_s, one.unit_path) == ("inbound", 0.0, 100.5, "/c/t1/")
    board = rollups.agent_days(store, OPERATOR, date(2026, 11, 2), date(2026, 11, 20))
    columns = ("day", "agent_id", "calls", "fcr_closed", "fcr_resolved", "surveys_asked", "surveys_satisfied")
    assert board.select(columns).rows() == [
        (date(2026, 11, 2), "a1", 2, 1, 0, 1, 1),  # the caller of C1 came back; who hid the number is not counted
        (date(2026, 11, 4), "a2", 1, 1, 1, 1, 0),
        (date(2026, 11, 20), "a2", 1, 0, 0, 0, 0),
    ]
    assert series.offered(store, OPERATOR, "q1", "day")["offered"].to_list() == [22]
    trail = {entry.object: entry.detail for entry in audit.read(store, OPERATOR, action="import")}
    assert trail == {name: {"rows": rows} for name, rows in ROWS.items()}


def test_importing_again_changes_nothing(store: Store, folder: Path) -> None:
    first = import_folder(store, OPERATOR, folder)
    before = _everything(store)
    assert import_folder(store, OPERATOR, folder) == first and _everything(store) == before


def test_numbers_are_never_stored(store: Store, folder: Path) -> None:
    import_folder(store, OPERATOR, folder)
    stored = str(_everything(store)).replace("-", "") + str(audit.read(store, OPERATOR))
    assert "13800001234" not in stored and "13900001234" not in stored


def test_a_call_that_moves_to_another_day_leaves_none_behind(store: Store, folder: Path) -> None:
    import_folder(store, OPERATOR, folder)
    (folder / "calls.csv").write_text(FILES["calls"].replace("2026/11/4 8:05", "2026/11/5 8:05"), encoding="utf-8")
    import_folder(store, OPERATOR, folder)
    days = rollups.agent_days(store, OPERATOR, date(2026, 11, 2), date(2026, 11, 20))["day"].to_list()
    assert days == [date(2026, 11, 2), date(2026, 11, 5), date(2026, 11, 20)]


def test_parquet_gives_the_same_store(store: Store, folder: Path) -> None:
    import_folder(store, OPERATOR, folder)
    before = _everything(store)
    started = [datetime(2026, 11, 2, 23, 59), datetime(2026, 11, 2, 23, 30), datetime(2026, 11, 4, 8, 5), datetime(2026, 11, 20, 10)]
    calls = pl.read_csv(folder / "calls.csv", infer_schema=False).filter(pl.col("id").is_not_null())
    calls = calls.with_columns(
        pl.Series("started_at", started), pl.col("talk_s").cast(pl.Float64), (pl.col("transferred") == "是").fill_null(False)
    )
    calls.write_parquet(folder / "calls.parquet")
    surveys = {
        "call_id": ["C1", "C3"],
        "asked_at": [datetime(2026, 11, 2, 16, 5, tzinfo=UTC), datetime(2026, 11, 4, 0, 10, tzinfo=UTC)],
        "score": [5, None],
    }
    pl.DataFrame(surveys).write_parquet(folder / "surveys.parquet")
    for name in ("calls", "surveys"):
        (folder / f"{name}.csv").unlink()
    import_folder(store, OPERATOR, folder)
    assert _everything(store) == before


Change = Callable[[str], str]


def _put(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


BAD: list[tuple[str, Change, str]] = [
    ("calls", _put("topic,", "colour,"), "calls.csv:1: colour: unknown column; known: id, started_at"),
    ("calls", _put("started_at", "day"), "calls.csv:1: started_at: this column is missing"),
    ("calls", _put("hold_s", "wait_s"), "calls.csv:1: wait_s: this column comes twice"),
    ("calls", _put("/11/4 8:05", "/11/4 25:05"), "calls.csv:4: started_at: '2026/11/4 25:05' is not a time; write"),
    ("calls", _put("C9,", ","), "calls.csv:6: id: there is no value"),
    ("calls", _put("C9,2026", "C9,x,2026"), "calls.csv:6: 14 cells, but the header has 13"),
    ("calls", _put("a2,inbound,停", "a7,inbound,停"), "calls.csv:6: agent_id: 'a7' not in agents; load agents first"),
    ("calls", _put("inbound,停", "sideways,停"), "calls.csv:6: direction: 'sideways' is not one of them; use inbound, outbound"),
    ("calls", _put("100.5", "1m40s"), "calls.csv:3: talk_s: '1m40s' is not a number"),
    ("calls", _put("100.5", "nan"), "calls.csv:3: talk_s: 'nan' is not a number"),
    ("calls", _put("100.5", "-3"), "calls.csv:3: talk_s: -3.0 is not a usable number"),
    ("calls", _put("是", "perhaps"), "calls.csv:2: transferred: 'perhaps' is not yes or no"),
    ("calls", _put('"{""area"": ""城区""}"', "[1]"), "calls.csv:2: metadata: '[1]' is not a JSON object"),
    ("calls", _put('{""area', '{"area'), "calls.csv:2: not CSV"),
    ("calls", _put("停电", "停" * 61), "calls.csv:6: topic: a value has 61 characters; at most 60"),
    ("calls", _put("caller,", "caller_key,"), "calls.csv:2: caller_key: not a keyed hash; give numbers in a column caller"),
    ("calls", lambda text: "", "calls.csv: empty; the first line names the columns"),
    ("interval_counts", _put("08:30,12", "08:10,12"), "interval_counts.csv:3: start: not the beginning of a half-hour"),
    ("interval_counts", _put(",12,12,", ",12.5,12,"), "interval_counts.csv:3: offered: '12.5' is not a whole number"),
    ("topic_days", _put("2026-11-02", "2 Nov"), "topic_days.csv:2: day: '2 Nov' is not a date; write YYYY-MM-DD"),
    ("surveys", _put(",5\n", ",6\n"), "surveys.csv:2: score: '6' is not one of them"),
    ("surveys", _put("C3", "C4"), "surveys.csv:3: call_id: 'C4' not in calls"),
    ("org_units", _put("/c/t1/", "/t1/"), "org_units.csv:2: id: the path '/t1/' is not below '/c/'"),
    ("org_units", _put("t1,c,", "t1,d,"), "org_units.csv:2: id: the parent 'd' is not in the organisation"),
]


@pytest.mark.parametrize(("name", "change", "said"), BAD, ids=[said for *_, said in BAD])
def test_a_wrong_cell_is_named_and_nothing_is_written(store: Store, folder: Path, name: str, change: Change, said: str) -> None:
    (folder / f"{name}.csv").write_text(change(FILES[name]), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        import_folder(store, OPERATOR, folder)
    assert said in str(error.value) and str(error.value).startswith(str(folder)) and error.value.mend
    assert not any(_everything(store).values())


def test_a_line_is_counted_as_an_editor_counts_it(store: Store, folder: Path) -> None:
    text = FILES["calls"].replace("电费,138", '"电\n费",138').replace("100.5", "long")
    (folder / "calls.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"calls.csv:4: talk_s"):
        import_folder(store, OPERATOR, folder)


def test_other_encodings_and_formats_are_named(store: Store, folder: Path) -> None:
    (folder / "agents.csv").write_bytes(FILES["agents"].encode("gbk"))
    with pytest.raises(BadInput, match=r"agents.csv:2: not UTF-8; save it as CSV UTF-8"):
        import_folder(store, OPERATOR, folder)
    (folder / "agents.csv").rename(folder / "agents.xlsx")
    with pytest.raises(BadInput, match=r"agents.xlsx: not an Excel workbook"):
        import_folder(store, OPERATOR, folder)
    (folder / "agents.xlsx").rename(folder / "agents.parquet")
    with pytest.raises(BadInput, match=r"agents.parquet: not a Parquet file"):
        import_folder(store, OPERATOR, folder)
    (folder / "agents.parquet").rename(folder / "people.csv")
    with pytest.raises(BadInput, match=r"people.csv: no feed has this name; name it one of org_units, agents"):
        import_folder(store, OPERATOR, folder)
    (folder / "people.csv").rename(folder / "calls.parquet")
    with pytest.raises(BadInput, match=r"calls.parquet: calls.csv holds the same feed"):
        import_folder(store, OPERATOR, folder)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"score": [1.5]}, "surveys.parquet: row 1: score: '1.5' is not a whole number"),
        ({"asked_at": [5]}, "surveys.parquet: asked_at: Int64 is not a time"),
        ({"call_id": [1.5]}, "surveys.parquet: call_id: Float64 is not text"),
        ({"call_id": ["C5"]}, "surveys.parquet: row 1: call_id: 'C5' not in calls"),
    ],
)
def test_wrong_parquet_is_named_by_row(store: Store, folder: Path, values: dict[str, Any], said: str) -> None:
    (folder / "surveys.csv").unlink()
    pl.DataFrame({"call_id": ["C1"], "asked_at": [datetime(2026, 11, 3)], "score": [5], **values}).write_parquet(folder / "surveys.parquet")
    with pytest.raises(BadInput) as error:
        import_folder(store, OPERATOR, folder)
    assert said in str(error.value)


def test_a_folder_without_feeds_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for wrong, problem in ((tmp_path / "empty", "no feed is in it"), (tmp_path / "nowhere", "not a folder")):
        with pytest.raises(BadInput, match=problem):
            import_folder(store, OPERATOR, wrong)


def test_local_times_that_come_twice_or_never_are_refused(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    from hotline.store.sheets import read_folder

    london = ZoneInfo("Europe/London")
    for clock, twice in (
        ("2026-10-25 01:30", True),
        ("2026-03-29 01:30", True),
        ("2026-10-25 01:30+01:00", False),
        ("2026-10-25 02:30", False),
    ):
        (tmp_path / "surveys.csv").write_text(f"call_id,asked_at\nC1,{clock}\n")
        if twice:
            with pytest.raises(BadInput, match=r"surveys.csv:2: asked_at"):
                read_folder(tmp_path, london)
        else:
            assert read_folder(tmp_path, london)["surveys"].frame.height == 1


def test_real_figures_do_not_join_invented_ones(store: Store, folder: Path) -> None:
    invented = folder / "interval_counts.csv"
    invented.write_text(
        "\n".join(line + (",synthetic" if i == 0 else ",true") for i, line in enumerate(FILES["interval_counts"].splitlines()))
    )
    import_folder(store, OPERATOR, folder)
    import_folder(store, OPERATOR, folder)  # the same again is no mixture
    invented.unlink()
    with pytest.raises(BadInput, match="invented sample centre; use another home"):
        import_folder(store, OPERATOR, folder)


def test_only_importers_import_folders(store: Store, folder: Path) -> None:
    for role in UserRole:
        if role in (UserRole.ADMIN, UserRole.OPERATOR):
            continue
        with pytest.raises(AccessDenied):
            import_folder(store, Viewer("someone", role, "/", "a1"), folder)
    assert not any(_everything(store).values())


def test_the_command_prints_what_came_in(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(store.settings.home))
    monkeypatch.setenv("HOTLINE_DATABASE", store.settings.database)
    result = CliRunner().invoke(app, ["import", str(folder), "--json"])
    assert result.exit_code == 0 and json.loads(result.output) == {**ROWS, "agent_days": 3}
    shown = CliRunner().invoke(app, ["show", "--json"])
    assert [(unit["name"], unit["agents"]) for unit in json.loads(shown.output)] == [("我的中心", 2), ("一班", 2)]


@pytest.mark.parametrize("page", ["store.md", "store.zh-CN.md"])
def test_the_guide_names_every_feed_and_column(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    section = text.split("hotline centre import")[1].split("\n## ")[0]
    for feed, table in feeds.FEEDS.items():
        (line,) = [line for line in section.splitlines() if line.startswith(f"| `{feed}` |")]
        for column in table.columns:
            if (feed, column.name) not in (("calls", "day"), ("calls", "caller_key"), ("calls", "metadata_closed")):
                assert f"`{column.name}`" in line, f"{feed}.{column.name}"
        assert feed != "calls" or "`caller`" in line
