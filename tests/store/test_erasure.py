"""Erasing a caller: words, recordings and evidence go for good, counts stay, and a kill in between is made good."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import BadInput, BadRecording, NotFound
from hotline.secret import caller_key, secret_key
from hotline.store import OPERATOR, Store, audit, calls, compaction, engine, erasure, feeds, jobs, rollups, scores
from hotline.store.schema import calls as call_rows
from hotline.store.schema import erasures, metadata, recordings, tickets, turn_corrections
from qa.corrections import TurnChange, correct
from qa.rules.plaintext import plain

DAY = date(2026, 11, 9)
NUMBER = "138 0000 4517"
WORDS = "我家在绝密路"
RULES = (Path(__file__).parents[1] / "small_rules.yaml").read_text(encoding="utf-8")


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


def test_what_was_worked_out_of_words_is_forgotten(house: Store) -> None:
    plain(WORDS)
    assert plain.shelf.held > 0
    erasure.erase(house, OPERATOR, number=NUMBER)
    assert plain.shelf.held == 0


def test_the_trail_names_the_calls_and_not_the_number(house: Store) -> None:
    erasure.erase(house, OPERATOR, number=NUMBER, elsewhere=True)
    lines = audit.read(house, OPERATOR, action="erase_call")
    assert {line.object for line in lines} == {"E1", "E2"}
    assert len({line.detail["caller"] for line in lines}) == 1 and lines[0].detail["caller"].startswith("erased-")
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


def test_what_lies_beside_a_recording_goes_with_it(house: Store) -> None:
    inside, outside = house.settings.home / "recordings", house.settings.home.parent / "pbx"
    for folder, call_id in ((inside, "E1"), (outside, "E2"), (inside, "K1")):
        (folder / f"{call_id}.meta.json").write_text("{}", encoding="utf-8")
        (folder / f"said-{call_id}.json").write_text(WORDS, encoding="utf-8")
        _names(house, call_id, folder / f"said-{call_id}.json")
    found = erasure.find(house, OPERATOR, number=NUMBER)
    assert {path.name for path in found.here} == {"E1.wav", "E1.meta.json", "said-E1.json"}
    assert {path.name for path in found.elsewhere} == {"E2.wav", "E2.meta.json", "said-E2.json"}
    erasure.erase(house, OPERATOR, number=NUMBER)
    assert {path.name for path in inside.iterdir()} == {"K1.wav", "K1.meta.json", "said-K1.json"}
    assert {path.name for path in outside.iterdir()} == {"E2.wav", "E2.meta.json", "said-E2.json"}
    erasure.erase(house, OPERATOR, call_id="K1", elsewhere=True)
    assert list(inside.iterdir()) == []


def test_transcripts_elsewhere_go_when_told_and_shared_ones_with_the_last_call(house: Store) -> None:
    both = house.settings.home.parent / "pbx" / "both.json"
    both.write_text(WORDS, encoding="utf-8")
    for call_id in ("E1", "E2"):
        _names(house, call_id, both)
    assert both not in erasure.find(house, OPERATOR, call_id="E1").elsewhere
    erasure.erase(house, OPERATOR, call_id="E1", elsewhere=True)
    assert both.exists(), "E2 still names it"
    assert both in erasure.find(house, OPERATOR, call_id="E2").elsewhere
    erasure.erase(house, OPERATOR, call_id="E2", elsewhere=True)
    assert not both.exists()


def test_exported_files_go_and_other_copies_are_named(house: Store, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    for name in ("E1.csv", "E1-moved.csv", "E1-linked.csv"):
        (folder / name).write_bytes(calls.export_call(house, OPERATOR, "E1", folder / name))
    calls.export_call(house, OPERATOR, "E1")  # taken away by a browser
    (folder / "E1-moved.csv").rename(tmp_path / "kept.csv")
    precious = tmp_path / "precious.csv"
    (folder / "E1-linked.csv").rename(precious)
    (folder / "E1-linked.csv").symlink_to(precious)
    (folder / "K1.csv").write_bytes(calls.export_call(house, OPERATOR, "K1", folder / "K1.csv"))
    found = erasure.find(house, OPERATOR, call_id="E1")
    assert found.written == (folder / "E1.csv",)
    assert [(call, who) for call, who, _ in found.exports] == [("E1", "operator")] * 3
    erasure.erase(house, OPERATOR, call_id="E1")
    assert not (folder / "E1.csv").exists()
    assert precious.exists() and (tmp_path / "kept.csv").exists() and (folder / "K1.csv").exists()


@pytest.mark.parametrize("joined", [False, True])
def test_nothing_can_be_found_of_a_corrected_caller_even_after_a_kill(house: Store, monkeypatch: pytest.MonkeyPatch, joined: bool) -> None:
    home = house.settings.home
    rules = home.parent / "small.yaml"
    rules.write_text(RULES, encoding="utf-8")
    for number, text in enumerate(("先改成绝密一", "又改成绝密二")):
        assert calls.open_call(house, OPERATOR, "E1").call.turns[1].text != text
        correct(house, OPERATOR, "E1", [TurnChange(1, text)], note=f"备注绝密{number}", rules=rules)
    key = caller_key(secret_key(home), NUMBER)
    assert key is not None
    for churn in range(40):  # rows that move from page to page leave copies of themselves
        with house.begin() as connection:
            more = {"note": "长" * 40 * churn}
            connection.execute(call_rows.update().where(call_rows.c.id.in_(("E1", "E2"))).values(metadata=more | {"said": "绝密"}))
    if joined:
        assert compaction.compact(house, DAY) > 0
    export = home / "exports" / "E1.csv"
    export.parent.mkdir()
    export.write_bytes(calls.export_call(house, OPERATOR, "E1", export))
    assert "绝密" in _all_text(house) and key in _all_text(house) and "绝密" in export.read_text("utf-8-sig")

    class Killed(BaseException):
        pass

    def die(*_: object) -> int:
        raise Killed

    monkeypatch.setattr(erasure, "forget", die)
    with pytest.raises(Killed):
        erasure.erase(house, OPERATOR, number=NUMBER, elsewhere=True)
    monkeypatch.undo()
    assert set(erasure.erase(house, OPERATOR, number=NUMBER, elsewhere=True).finished) == {"E1", "E2"}
    with house.read() as connection:
        assert connection.scalars(sa.select(turn_corrections)).all() == []
    held = _all_text(house).replace(f"{WORDS}K1", "")
    for trace in ("13800004517", NUMBER, "绝密", key):
        assert trace not in held
    assert not export.exists()


def _names(store: Store, call_id: str, transcript: Path) -> None:
    with store.begin() as connection:
        connection.execute(recordings.update().where(recordings.c.call_id == call_id).values(transcript=str(transcript)))


def _all_text(store: Store) -> str:
    """All that anybody could read: every row, the bytes of every file, the cells of Parquet files."""
    read = [file.read_bytes().decode(errors="ignore") for file in store.settings.home.rglob("*") if file.is_file()]
    read += [str(pl.read_parquet(file).to_dicts()) for file in store.settings.parquet.rglob("*.parquet")]
    with store.read() as connection:
        for table in metadata.sorted_tables:
            read.append(str(connection.execute(sa.select(table)).all()))
    return "\n".join(read)


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


def test_a_log_that_others_read_is_said_and_the_next_run_empties_it(house: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if house.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no such file")
    reader = sqlite3.connect(house.engine.url.database or "", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM calls").fetchone()
    monkeypatch.setattr(engine, "_BUSY_MS", 50)
    house.engine.dispose()  # connections made from now on wait that long
    done = erasure.erase(house, OPERATOR, call_id="E1")
    assert done.calls == ("E1",) and any("reading" in line or "locked" in line for line in done.left)
    reader.close()
    assert erasure.erase(house, OPERATOR, call_id="E2").left == ()
    assert f"{WORDS}E1" not in _all_text(house)


def test_wrong_wishes_are_refused_without_repeating_the_number(house: Store) -> None:
    with pytest.raises(BadInput):
        erasure.find(house, OPERATOR)
    with pytest.raises(BadInput, match="no digit"):
        erasure.find(house, OPERATOR, number="匿名")
    with pytest.raises(NotFound) as error:
        erasure.find(house, OPERATOR, number="13711112222")
    assert "13711112222" not in str(error.value)
