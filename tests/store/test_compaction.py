"""Joined files hold what the small ones held, readers never lose a row, and an erased call is in no file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import HotlineError, MissingPart
from hotline.store import OPERATOR, Store, UserRole, calls, compaction, corrections, parquet, schema

DAY = date(2026, 11, 9)
CALLS = [f"S{n}" for n in range(6)]


@pytest.fixture
def day(centre: Store, samples: Any) -> Store:
    """Six calls of one day, every other of another agent and sub-centre, and one of the next day."""
    for number, call_id in enumerate(CALLS):
        agent = ("a1", "a4")[number % 2]
        samples.store_call(centre, samples.call(call_id, agent, text=f"您好{number}"), samples.scorecard(call_id))
    samples.store_call(centre, samples.call("T1", "a1", "2026-11-10"), samples.scorecard("T1"))
    return centre


def _opened(store: Store) -> dict[str, Any]:
    return {call: (found.call.turns, found.items) for call in (*CALLS, "T1") for found in [calls.open_call(store, OPERATOR, call)]}


def _files(store: Store) -> list[str]:
    return sorted(f"{path.parent.name}/{path.name}" for path in store.settings.parquet.rglob("*.*") if path.suffix)


def _age(store: Store) -> None:
    for path in store.settings.parquet.rglob("*.parquet"):
        os.utime(path, (0, 0))


def test_a_joined_day_reads_as_before(day: Store, samples: Any) -> None:
    before = _opened(day)
    assert parquet.compact(day, DAY) == 12
    assert _opened(day) == before
    small = {path.name for path in day.settings.parquet.rglob("S*.parquet")}
    assert len(small) == 12, "readers that know their names may still come"
    assert parquet.sweep(day) == 0
    _age(day)
    assert parquet.sweep(day) == 12
    assert [name.split("-")[-1] for name in _files(day) if "2026-11-09/all-" in name] and len(_files(day)) == 4
    assert _opened(day) == before
    assert parquet.compact(day, DAY) == 0, "nothing small is left"
    team = parquet.scan_turns(day, samples.viewer(UserRole.MANAGER, "/c/1/")).collect()
    assert set(team["call_id"]) == {"S0", "S2", "S4", "T1"}, "a joined file shows no more than the viewer may see"
    assert parquet.scan_hits(day, OPERATOR).collect().columns == list(compaction.SCHEMAS["hits"])


def test_later_files_join_the_half_full_one(day: Store, samples: Any) -> None:
    parquet.compact(day, DAY)
    for call_id in ("U1", "U2"):
        samples.store_call(day, samples.call(call_id, "a1"), samples.scorecard(call_id))
    assert parquet.compact(day, DAY) == 4
    _age(day)
    parquet.sweep(day)
    assert len([name for name in _files(day) if "2026-11-09" in name]) == 2
    assert set(parquet.scan_turns(day, OPERATOR).collect()["call_id"]) == {*CALLS, "U1", "U2", "T1"}


def test_full_files_are_left_and_new_ones_begun(day: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MOST_PARTS", 4)
    before = _opened(day)
    parquet.compact(day, DAY)
    many = list(day.settings.parquet.glob("turns/day=2026-11-09/all-*"))
    assert sorted(pl.read_parquet(path)["part"].n_unique() for path in many) == [2, 4]
    assert _opened(day) == before


def test_only_days_before_the_limit_with_enough_files(day: Store) -> None:
    assert parquet.compact_before(day, date(2026, 11, 9)) == 0
    assert parquet.compact_before(day, date(2026, 12, 1), least=7) == 0
    assert parquet.compact_before(day, date(2026, 12, 1), least=2) == 12


def test_a_call_judged_again_meanwhile_keeps_its_new_result(day: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between copying and renaming the row of S3 comes to name other words."""
    words = replace(samples.call("S3", "a4"), turns=samples.call("S3", text="改过了").turns)
    copy, times = compaction._copy_of, 0

    def late(*arguments: Any) -> pl.DataFrame:
        nonlocal times
        times += 1
        frame = copy(*arguments)
        if times == 1:
            file = parquet.write_turns(day, words)
            with day.begin() as connection:
                connection.execute(schema.recordings.update().where(schema.recordings.c.call_id == "S3").values(turns_file=file))
        return frame

    monkeypatch.setattr(compaction, "_copy_of", late)
    parquet.compact(day, DAY)
    assert times == 3, "once in vain, then turns and hits"
    assert calls.open_call(day, OPERATOR, "S3").call.turns == words.turns


def test_a_day_that_never_rests_is_said_so(day: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(*_: Any) -> None:
        raise compaction._Moved

    monkeypatch.setattr(compaction, "_move", moved)
    before = _opened(day)
    with pytest.raises(HotlineError, match="keep changing"):
        parquet.compact(day, DAY)
    assert not list(day.settings.parquet.rglob("all-*")) and _opened(day) == before


def _erase_rows(store: Store, call_id: str) -> None:
    with store.begin() as connection:
        for table in (schema.scores, schema.recordings):
            connection.execute(table.delete().where(table.c.call_id == call_id))


def test_a_forgotten_call_is_in_no_file(day: Store) -> None:
    before = _opened(day)
    parquet.compact(day, DAY)  # the small files still wait for the sweep
    _erase_rows(day, "S2")
    assert parquet.forget(day, "S2") == 4, "two small files removed, two large ones written anew"
    for path in day.settings.parquet.rglob("*.parquet"):
        assert "S2" not in pl.read_parquet(path)["call_id"].to_list()
    assert parquet.forget(day, "S2") == 0
    for call_id in set(before) - {"S2"}:
        found = calls.open_call(day, OPERATOR, call_id)
        assert (found.call.turns, found.items) == before[call_id]


def test_the_last_call_forgotten_leaves_no_file(day: Store) -> None:
    parquet.compact(day, DAY)
    for call_id in (*CALLS, "T1"):
        _erase_rows(day, call_id)
        parquet.forget(day, call_id)
    assert _files(day) == []


def test_a_call_whose_id_begins_like_another_stays(centre: Store, samples: Any) -> None:
    for call_id in ("A", "A-B", "A_B", "all"):
        samples.store_call(centre, samples.call(call_id), samples.scorecard(call_id))
    parquet.compact(centre, DAY)
    _erase_rows(centre, "A")
    parquet.forget(centre, "A")
    assert set(parquet.scan_turns(centre, OPERATOR).collect()["call_id"]) == {"A-B", "A_B", "all"}


@pytest.mark.parametrize("stage", ["write", "transaction", "before touching"])
def test_stopped_anywhere_nothing_is_lost(day: Store, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _opened(day)
    stopper: dict[str, tuple[Any, str]] = {
        "write": (Path, "replace"),
        "transaction": (compaction, "_move"),
        "before touching": (Path, "touch"),
    }
    target, name = stopper[stage]
    inner: Callable[..., Any] = getattr(target, name)

    def stop(*arguments: Any, **named: Any) -> None:
        inner(*arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(target, name, stop)
        with pytest.raises(KeyboardInterrupt):
            parquet.compact(day, DAY)
    assert _opened(day) == before
    parquet.compact(day, DAY)
    _age(day)
    parquet.sweep(day)
    assert _opened(day) == before
    with day.read() as connection:
        assert all("all-" in file for file in connection.scalars(sa.select(schema.recordings.c.turns_file)) if "11-09" in file)


def _corrected(store: Store, call: Any, seen: str) -> str:
    """The reference to the call's turns after a correction to ``call``."""
    file = parquet.write_turns(store, call)
    row = {"turn": 0, "role_before": "agent", "role_after": "agent", "text_changed": True, "note": ""}
    with store.begin() as connection:
        corrections.replace_turns(connection, call.id, seen, file, "qa", [row])
    return file


def test_words_corrected_and_corrected_back_are_not_doubled(day: Store, samples: Any) -> None:
    """The same words then lie in a file of many calls, which the history names, and in one of their own."""
    parquet.compact(day, DAY)
    first = calls.open_call(day, OPERATOR, "S0")
    between = _corrected(day, replace(first.call, turns=samples.call("S0", text="改过了").turns), first.turns_file)
    _corrected(day, first.call, between)
    before = _opened(day)
    parquet.compact(day, DAY)
    assert _opened(day) == before
    assert len(before["S0"][0]) == 2
    assert [len(corrections.earlier_turns(day, OPERATOR, "S0", row["id"])) for row in corrections.history(day, OPERATOR, "S0")] == [2, 2]


def test_the_same_evidence_by_other_rules_is_not_doubled(day: Store, samples: Any) -> None:
    parquet.compact(day, DAY)
    before = _opened(day)
    card = samples.scorecard("S0", rule_hash="f" * 64)
    hits_file = parquet.write_hits(day, samples.call("S0"), samples.scorecard("S0"))
    with day.begin() as connection:
        calls.save_score(connection, samples.rule_set("f" * 64), card, hits_file)
    parquet.compact(day, DAY)
    assert _opened(day) == before


def test_an_attempt_in_vain_removes_no_file_that_rows_name(day: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Joining the same parts again, because one of them was written anew, must not lose the file they are read from."""
    parquet.compact(day, DAY)
    for path in day.settings.parquet.rglob("S*.parquet"):
        path.unlink()
    first = calls.open_call(day, OPERATOR, "S0")
    _corrected(day, first.call, _corrected(day, samples.call("S0", text="改过了"), first.turns_file))
    before = _opened(day)

    def moved(*_: Any) -> None:
        raise compaction._Moved

    monkeypatch.setattr(compaction, "_move", moved)
    with pytest.raises(HotlineError, match="keep changing"):
        parquet.compact(day, DAY)
    assert _opened(day) == before


def test_two_calls_forgotten_at_once_both_go(day: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second begins when the first has read the file of many calls and is about to write it without its own call."""
    parquet.compact(day, DAY)
    inner = compaction.write_whole
    second = threading.Thread(target=lambda: parquet.forget(day, "S1"))

    def slow(*arguments: Any) -> None:
        if second.ident is None:
            second.start()
            second.join(1)
        inner(*arguments)

    monkeypatch.setattr(compaction, "write_whole", slow)
    parquet.forget(day, "S0")
    second.join()
    held = pl.concat([pl.read_parquet(path, columns=["call_id"]) for path in day.settings.parquet.rglob("*.parquet")])
    assert set(held["call_id"]) == {*CALLS, "T1"} - {"S0", "S1"}


def test_what_killed_writers_left_of_a_call_goes(day: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    parquet.compact(day, DAY)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        patched.setattr(Path, "unlink", lambda *_, **__: None)
        for call in (samples.call(call_id, text="写到一半") for call_id in ("S0", "S1")):
            with pytest.raises(KeyboardInterrupt):
                parquet.write_turns(day, call)
        with pytest.raises(KeyboardInterrupt):
            parquet.forget(day, "S5")
    (day.settings.parquet / "turns" / "day=2026-11-09" / ".0123456789abcdef.tmp").write_bytes(b"PAR1")  # as earlier versions called them
    assert len(list(day.settings.parquet.rglob(".*.tmp"))) == 4
    parquet.forget(day, "S0")
    (left,) = day.settings.parquet.rglob(".*.tmp")
    assert left.name.startswith(".S1-"), "its writer may be alive"


def test_a_reader_beside_an_erasure_gets_a_line(day: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet.compact(day, DAY)
    reference = calls.open_call(day, OPERATOR, "S0").turns_file
    scan = parquet._scan

    def late(*arguments: Any) -> pl.LazyFrame:
        found = scan(*arguments)
        if list(day.settings.parquet.glob("turns/day=2026-11-10/*")):
            _erase_rows(day, "T1")
            parquet.forget(day, "T1")
        return found

    monkeypatch.setattr(parquet, "_scan", late)
    said = parquet.gathered(lambda: parquet.scan_turns(day, OPERATOR).select(pl.col("call_id").unique()))
    assert set(said["call_id"]) == set(CALLS)
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    for path in day.settings.parquet.rglob("*.parquet"):
        path.unlink()
    for file in (reference, reference.replace("all-", "own-").partition("#")[0]):
        with pytest.raises(MissingPart, match="not in the Parquet folder"):
            parquet.read_turns(day, file)
    with pytest.raises(MissingPart, match="are not there"):
        parquet.gathered(lambda: parquet.scan_turns(day, OPERATOR))
