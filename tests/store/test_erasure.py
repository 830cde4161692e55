"""Erasing a caller: words, recordings and evidence go for good, counts stay, and a kill in between is made good."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import BadInput, BadRecording, NotFound
from hotline.store import OPERATOR, Store, audit, calls, compaction, erasure, feeds, jobs, rollups, scores
from hotline.store.schema import calls as call_rows
from hotline.store.schema import erasures, recordings, tickets

DAY = date(2026, 11, 9)
NUMBER = "138 0000 4517"
WORDS = "我家在绝密路"


@pytest.fixture
def house(centre: Store, samples: Any) -> Store:
    """Three recorded calls: two of one caller (one recording in the home, one elsewhere), one of another; and their roll-up."""
    inside = centre.settings.home / "recordings"
    inside.mkdir()
    outside = centre.settings.home.parent / "pbx"
    outside.mkdir()
    for call_id, folder in (("E1", inside), ("E2", outside), ("K1", inside)):
        audio = folder / f"{call_id}.wav"
        audio.write_bytes(call_id.encode())
        samples.store_call(centre, samples.call(call_id, text=f"{WORDS}{call_id}"), samples.scorecard(call_id), audio)
        with centre.begin() as connection:
            jobs.done(connection, hashlib.sha256(call_id.encode()).hexdigest(), call_id, str(audio))
    rows = [("E1", "10:00", NUMBER), ("E2", "15:00", NUMBER), ("K1", "11:00", "13900001111")]
    feed = [{"id": call_id, "started_at": samples.at(DAY, clock), "caller": number, "topic": "停电"} for call_id, clock, number in rows]
    feeds.load(centre, OPERATOR, "calls", samples.call_feed(*feed))
    with centre.begin() as connection:
        connection.execute(call_rows.update().values(metadata={"customer": "陈某"}))
    ticket = {"id": "T1", "call_id": "E1", "queue_id": "q1", "type": "投诉", "created_at": samples.at(DAY)}
    feeds.load(centre, OPERATOR, "tickets", pl.DataFrame([ticket]))
    late = samples.call_feed({"id": "L1", "started_at": samples.at("2026-11-20"), "agent_id": "a1"})
    feeds.load(centre, OPERATOR, "calls", late)  # so that the repeat window of the day is closed
    rollups.roll_up_all(centre)
    return centre


def _boards(store: Store) -> pl.DataFrame:
    return rollups.agent_days(store, OPERATOR, DAY, date(2026, 11, 30))


def _bytes_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_a_dry_look_changes_nothing(house: Store) -> None:
    calls.export_call(house, OPERATOR, "E1")
    found = erasure.find(house, OPERATOR, number="+86 13800004517")
    assert found.calls == ("E1", "E2")
    assert [path.name for path in found.here] == ["E1.wav"] and [path.name for path in found.elsewhere] == ["E2.wav"]
    assert found.tickets == 1
    assert [(call, who) for call, who, _ in found.exports] == [("E1", "operator")]
    assert calls.open_call(house, OPERATOR, "E1").call.turns
    assert found.here[0].exists()


def test_everything_of_the_caller_goes_and_counts_stay(house: Store) -> None:
    before = _boards(house)
    erased = erasure.erase(house, OPERATOR, number=NUMBER, elsewhere=True)
    assert erased.calls == ("E1", "E2") and erased.left == ()
    for call_id in ("E1", "E2"):
        opened = calls.open_call(house, OPERATOR, call_id)
        assert (opened.call.turns, opened.items, dict(opened.call.metadata), opened.row.recorded) == ((), (), {}, False)
        assert opened.row.high == 90.0  # the points stay
    home = house.settings.home
    assert not (home / "recordings" / "E1.wav").exists() and not (home.parent / "pbx" / "E2.wav").exists()
    assert (home / "recordings" / "K1.wav").exists()
    assert {file.name[:2] for file in (home / "parquet").rglob("*.parquet")} == {"K1"}
    assert calls.open_call(house, OPERATOR, "K1").call.turns[0].text == f"{WORDS}K1"
    with house.read() as connection:
        assert connection.scalar(sa.select(tickets.c.call_id)) is None
        assert connection.scalars(sa.select(recordings.c.call_id)).all() == ["K1"]
        assert all(row.finished_at is not None and row.files == [] for row in connection.execute(sa.select(erasures)))
    assert _boards(house).equals(before)
    rollups.roll_up_all(house)
    assert _boards(house).equals(before), "a roll-up built again must count erased calls, and their repeats, as before"


def test_the_trail_names_the_calls_and_not_the_number(house: Store) -> None:
    erasure.erase(house, OPERATOR, number=NUMBER, elsewhere=True)
    lines = audit.read(house, OPERATOR, action="erase_call")
    assert {line.object for line in lines} == {"E1", "E2"}
    assert all(len(line.detail["caller"]) == 64 for line in lines)
    if house.engine.dialect.name == "sqlite":
        held = _bytes_below(house.settings.home)
        assert b"13800004517" not in held and f"{WORDS}E1".encode() not in held
        assert b"E1.wav" not in held, "deleted rows must be overwritten, not only unlinked"


def test_recordings_of_other_systems_stay_unless_told(house: Store) -> None:
    erasure.erase(house, OPERATOR, number=NUMBER)
    assert (house.settings.home.parent / "pbx" / "E2.wav").exists()
    assert not (house.settings.home / "recordings" / "E1.wav").exists()


def test_one_call_of_a_file_of_many_goes(house: Store) -> None:
    assert compaction.compact(house, DAY) > 0
    erasure.erase(house, OPERATOR, call_id="E1")
    assert calls.open_call(house, OPERATOR, "E2").call.turns[0].text == f"{WORDS}E2"
    kept = pl.concat([pl.read_parquet(file) for file in (house.settings.parquet / "turns").rglob("*.parquet")], how="diagonal")
    assert set(kept["call_id"]) == {"E2", "K1"}


def test_what_a_kill_left_is_finished_by_the_next_run(house: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(store: Store, call_id: str) -> int:
        raise Killed

    monkeypatch.setattr(erasure, "forget", die)
    with pytest.raises(Killed):
        erasure.erase(house, OPERATOR, number=NUMBER, elsewhere=True)
    assert calls.open_call(house, OPERATOR, "E1").call.turns == ()  # no reader sees it any more
    assert any(file.name.startswith("E1") for file in house.settings.parquet.rglob("*.parquet"))
    monkeypatch.undo()
    again = erasure.erase(house, OPERATOR, number=NUMBER, elsewhere=True)
    assert again.calls == () and set(again.finished) == {"E1", "E2"}
    assert not any(file.name.startswith("E") for file in house.settings.parquet.rglob("*.parquet"))
    assert not (house.settings.home / "recordings" / "E1.wav").exists()
    with pytest.raises(NotFound):
        erasure.erase(house, OPERATOR, number=NUMBER)


def test_an_erased_recording_is_refused(house: Store, samples: Any) -> None:
    erasure.erase(house, OPERATOR, call_id="E1")
    with pytest.raises(BadRecording, match="was erased on"):
        samples.store_call(house, samples.call("E1"))
    with house.read() as connection:
        same_file = hashlib.sha256(b"E1").hexdigest()
        assert erasure.refusal(connection, "m.csv:2: file", "another", same_file) is not None
        assert erasure.refusal(connection, "m.csv:2: file", "K1", hashlib.sha256(b"K1").hexdigest()) is None
    with house.begin() as connection, pytest.raises(BadRecording):
        scores.save_score(connection, samples.rule_set(), samples.scorecard("E1"), "hits/x")


def test_a_feed_brings_nothing_back(house: Store, samples: Any) -> None:
    erasure.erase(house, OPERATOR, number=NUMBER)
    feeds.load(house, OPERATOR, "calls", samples.call_feed({"id": "E1", "started_at": samples.at(DAY), "caller": NUMBER}))
    ticket = {"id": "T1", "call_id": "E1", "queue_id": "q1", "type": "投诉", "created_at": samples.at(DAY)}
    feeds.load(house, OPERATOR, "tickets", pl.DataFrame([ticket]))
    with pytest.raises(NotFound):
        erasure.find(house, OPERATOR, number=NUMBER)
    with house.read() as connection:
        assert connection.scalar(sa.select(tickets.c.call_id)) is None


def test_wrong_wishes_are_refused_without_repeating_the_number(house: Store) -> None:
    with pytest.raises(BadInput):
        erasure.find(house, OPERATOR)
    with pytest.raises(BadInput, match="no digit"):
        erasure.find(house, OPERATOR, number="匿名")
    with pytest.raises(NotFound) as error:
        erasure.find(house, OPERATOR, number="13711112222")
    assert "13711112222" not in str(error.value)
