"""Calls: stored once however often, listed by filter, opened and exported with a line in the audit trail."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import AccessDenied, BadInput, BadRecording, MissingPart, NotFound
from hotline.store import OPERATOR, Store, UserRole, audit, calls, export, feeds, parquet, schema
from qa.calls import SourceKind, TextSource


@pytest.fixture
def house(centre: Store, samples: Any, tmp_path: Path) -> Store:
    """Three scored calls of three teams and one that only the telephone system knows."""
    audio = tmp_path / "S1.wav"
    audio.write_bytes(b"RIFF")
    samples.store_call(centre, samples.call("S1", "a1", "2026-11-09"), samples.scorecard("S1", 60.0, 90.0), audio)
    samples.store_call(centre, samples.call("S2", "a3", "2026-11-10", "=1+1 您好"), samples.scorecard("S2", 50.0, 55.0))
    samples.store_call(centre, samples.call("S3", "a4", "2026-11-11", "这里是供电服务，100 KWh"), samples.scorecard("S3", 95.0, 95.0))
    feeds.load(centre, OPERATOR, "calls", samples.call_feed({"id": "C1", "started_at": samples.at("2026-11-12"), "topic": "充值_100%"}))
    return centre


def _ids(store: Store, viewer: Any = OPERATOR, **filters: Any) -> list[str]:
    found = calls.page(store, viewer, **filters)
    assert found.total == len(found.rows) or "limit" in filters
    return [row.id for row in found.rows]


def _rows(store: Store) -> dict[str, list[str]]:
    volatile = {"ingested_at", "scored_at", "stored_at"}
    with store.read() as connection:
        return {
            table.name: sorted(
                str({k: v for k, v in row.items() if k not in volatile}) for row in connection.execute(sa.select(table)).mappings()
            )
            for table in (schema.calls, schema.recordings, schema.rule_sets, schema.scores)
        }


def test_storing_again_changes_nothing(house: Store, samples: Any, tmp_path: Path) -> None:
    before = _rows(house)
    samples.store_call(house, samples.call("S1", "a1", "2026-11-09"), samples.scorecard("S1", 60.0, 90.0), tmp_path / "S1.wav")
    assert _rows(house) == before


def test_a_failed_transaction_stores_nothing(centre: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(calls, "save_score", stop)
        with pytest.raises(RuntimeError, match="power cut"):
            samples.store_call(centre, samples.call("S1"), samples.scorecard("S1"))
    assert not any(_rows(centre).values())
    samples.store_call(centre, samples.call("S1"), samples.scorecard("S1"))
    assert calls.open_call(centre, OPERATOR, "S1").row.low == 80.0


def test_one_recording_is_one_call(house: Store, samples: Any) -> None:
    call = samples.call("S9")
    row = {"id": "S9", "started_at": call.started_at, "day": date(2026, 11, 9)}
    with house.read() as connection:
        held = connection.scalar(sa.select(schema.recordings.c.content_hash).where(schema.recordings.c.call_id == "S1"))
        assert calls.holder_of(connection, held) == "S1" and calls.holder_of(connection, "0" * 64) is None
        assert calls.has_other_recording(connection, "S1", "0" * 64)
        assert not calls.has_other_recording(connection, "S1", held) and not calls.has_other_recording(connection, "S9", held)
    with pytest.raises(BadRecording, match="stored as call S1"), house.begin() as connection:
        calls.save_heard(connection, row, {"call_id": "S9", "content_hash": held})


def test_a_text_too_long_for_its_column_is_named(house: Store, samples: Any) -> None:
    row = {"id": "S1", "started_at": samples.at("2026-11-09"), "day": date(2026, 11, 9), "topic": "电" * 61}
    with pytest.raises(BadInput, match="call S1: topic: 61 characters"), house.begin() as connection:
        calls.save_heard(connection, row, {"call_id": "S1", "content_hash": "0" * 64})


def test_the_latest_rules_count_and_earlier_results_stay(house: Store, samples: Any) -> None:
    samples.store_call(house, samples.call("S1", "a1", "2026-11-09"), samples.scorecard("S1", 10.0, 20.0, "n" * 64))
    assert calls.open_call(house, OPERATOR, "S1").row.low == 10.0
    with house.read() as connection:
        kept = connection.execute(sa.select(schema.scores.c.low, schema.scores.c.current).where(schema.scores.c.call_id == "S1")).all()
    assert sorted(map(tuple, kept)) == [(10.0, True), (60.0, False)]


def test_the_database_refuses_a_second_current_score(house: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError), house.begin() as connection:
        rules = connection.execute(sa.select(schema.rule_sets)).mappings().one()
        connection.execute(schema.rule_sets.insert().values({**rules, "content_hash": "x" * 64}))
        columns = [c.name for c in schema.scores.columns if c.name != "id"]
        chosen = [sa.literal("x" * 64) if name == "rule_hash" else schema.scores.c[name] for name in columns]
        connection.execute(schema.scores.insert().from_select(columns, sa.select(*chosen).where(schema.scores.c.call_id == "S1")))


def test_an_opened_call_is_the_call_that_was_heard(house: Store, samples: Any) -> None:
    opened = calls.open_call(house, OPERATOR, "S1")
    heard = samples.call("S1", "a1", "2026-11-09")
    assert opened.call.turns == heard.turns and opened.call.overlaps == heard.overlaps and opened.call.overlap_known
    assert (opened.call.duration, opened.call.layout, opened.call.started_at) == (6.0, heard.layout, heard.started_at)
    assert opened.items == samples.scorecard("S1", 60.0, 90.0).items and opened.rule_source == "id: tiny\n"
    row = opened.row
    assert (row.queue_name, row.agent_name, row.team, row.day) == ("供电", "坐席a1", "单位t01", date(2026, 11, 9))
    assert (row.failed_items, row.doubtful_items, row.rule_set_id, row.rule_version) == (1, 1, "tiny", 1)
    assert row.text_source == TextSource(SourceKind.SUPPLIED) and str(row.started_at).endswith("+08:00")


def test_a_call_known_from_the_telephone_system_only(house: Store) -> None:
    opened = calls.open_call(house, OPERATOR, "C1")
    assert opened.call.turns == () and opened.items == () and opened.rule_source is None
    assert not opened.row.recorded and opened.row.low is None and opened.row.text_source is None
    with pytest.raises(NotFound, match="has no recording"):
        calls.audio_path(house, OPERATOR, "C1")


FILTERS = [
    ({}, ["C1", "S3", "S2", "S1"]),
    ({"recorded_only": True}, ["S3", "S2", "S1"]),
    ({"queue": "q10"}, []),
    ({"agent": "a3"}, ["S2"]),
    ({"team": "/c/1/"}, ["C1", "S2", "S1"]),
    ({"team": "/c/1"}, ["C1", "S2", "S1"]),
    ({"team": "/c/1/t02/"}, ["S2"]),
    ({"first_day": date(2026, 11, 10), "last_day": date(2026, 11, 11)}, ["S3", "S2"]),
    ({"outcome": "doubtful"}, ["S3", "S2", "S1"]),
    ({"outcome": "yes"}, []),
    ({"doubtful_only": True, "agent": "a4"}, ["S3"]),
    ({"fatal_only": True}, ["S3", "S2", "S1"]),
    ({"order": "lowest"}, ["S2", "S1", "S3", "C1"]),
    ({"order": "doubt"}, ["S1", "S2", "S3", "C1"]),
    ({"text": "坐席a3"}, ["S2"]),
    ({"text": "s1"}, ["S1"]),
    ({"text": "=1+1"}, ["S2"]),  # said
    ({"text": "供电服务"}, ["S3", "S1"]),
    ({"text": "%"}, ["C1"]),  # a percent sign is a percent sign
    ({"text": "_"}, ["C1"]),
    ({"text": "没有人说过"}, []),
    ({"text": "kwh"}, ["S3"]),
    ({"text": "kWh"}, ["S3"]),
]


@pytest.mark.parametrize(("filters", "expected"), FILTERS, ids=[str(filters) for filters, _ in FILTERS])
def test_the_list_filters_and_orders(house: Store, filters: dict[str, Any], expected: list[str]) -> None:
    assert _ids(house, **filters) == expected


def test_a_word_that_is_said_in_more_calls_than_a_statement_has_parameters(house: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    said = pl.LazyFrame({"call_id": [f"X{n}" for n in range(70_000)] + ["S2", 'it\'s "S"%'], "text": "您好"})
    monkeypatch.setattr(parquet, "scan_turns", lambda *_: said)
    assert _ids(house, text="您好") == ["S2"]


def test_the_list_comes_in_pages(house: Store) -> None:
    pages = [calls.page(house, OPERATOR, limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [[row.id for row in each.rows] for each in pages] == [["C1", "S3", "S2"], ["S1"], []]
    assert [each.total for each in pages] == [4, 4, 4]


def test_audio_is_a_path_that_is_there(house: Store, tmp_path: Path) -> None:
    assert calls.audio_path(house, OPERATOR, "S1") == tmp_path / "S1.wav"
    with pytest.raises(MissingPart, match="is gone"):
        calls.audio_path(house, OPERATOR, "S2")


def test_every_view_hearing_and_export_is_on_record(house: Store, samples: Any) -> None:
    qa = samples.viewer(UserRole.QA)
    calls.open_call(house, qa, "S1")
    calls.audio_path(house, qa, "S1")
    calls.export_call(house, qa, "S1")
    calls.export_page(house, qa, recorded_only=True)
    trail = [(entry.action, entry.object) for entry in reversed(audit.read(house, OPERATOR, who=qa.name))]
    assert trail[:3] == [("view_call", "S1"), ("hear_call", "S1"), ("export_call", "S1")]
    assert sorted(trail[-2:]) == [("export_call", "S1"), ("export_call", "S2")]


def test_nothing_is_shown_when_it_cannot_be_recorded(house: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(audit, "record", fail)
    for look in (calls.open_call, calls.audio_path, calls.export_call):
        with pytest.raises(RuntimeError, match="disk full"):
            look(house, OPERATOR, "S1")


def test_out_of_scope_and_not_there_look_the_same(house: Store, samples: Any) -> None:
    lead = samples.viewer(UserRole.TEAM_LEAD, "/c/1/t01/")
    answers = set()
    for call_id in ("S2", "S3", "S0", "../S1"):
        for look in (calls.open_call, calls.audio_path):
            with pytest.raises(AccessDenied) as error:
                look(house, lead, call_id)
            answers.add(str(error.value).replace(call_id, "…"))
    assert len(answers) == 1
    denied = audit.read(house, OPERATOR, who=lead.name)
    assert len(denied) == 8 and {entry.action for entry in denied} == {"denied"}
    with pytest.raises(NotFound, match="call S0"):
        calls.open_call(house, OPERATOR, "S0")


def _table(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")  # Excel reads UTF-8 only after this mark
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_an_exported_call_holds_turns_and_items(house: Store) -> None:
    rows = _table(calls.export_call(house, OPERATOR, "S2"))
    assert [row["kind"] for row in rows] == ["turn", "turn", "item", "item", "item"]
    assert rows[0]["text"] == "'=1+1 您好" and rows[0]["source"] == "supplied: vendor 1"
    assert [row["outcome"] for row in rows[2:]] == [item.outcome.value for item in calls.open_call(house, OPERATOR, "S2").items]


def test_an_exported_list_is_the_filtered_list(house: Store) -> None:
    rows = _table(calls.export_page(house, OPERATOR, recorded_only=True, order="lowest"))
    assert [(row["call_id"], row["score_low"]) for row in rows] == [("S2", "50.0"), ("S1", "60.0"), ("S3", "95.0")]


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＠x"])
def test_no_cell_starts_a_formula(cell: str) -> None:
    (row,) = _table(export.csv_bytes([{"text": cell}], ["text"]))
    assert row["text"].startswith("'")


def test_numbers_and_words_stay_as_they_are() -> None:
    (row,) = _table(export.csv_bytes([{"a": -5.5, "b": "您好 = 好", "c": None, "d": 'a\nb,"c"'}], ["a", "b", "c", "d"]))
    assert row == {"a": "-5.5", "b": "您好 = 好", "c": "", "d": 'a\nb,"c"'}


def test_parquet_of_a_scan_is_what_a_call_shows(house: Store) -> None:
    said = parquet.scan_turns(house, OPERATOR).collect()
    assert said.filter(call_id="S1")["text"].to_list() == [turn.text for turn in calls.open_call(house, OPERATOR, "S1").call.turns]
