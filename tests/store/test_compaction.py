"""Joined files hold what the small ones held, readers never lose a row, and an erased call is in no file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import HotlineError
from hotline.store import OPERATOR, Store, UserRole, calls, compaction, parquet, schema

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
    return sorted(f"{path.parent.name}/{path.name}" for path in store.settings.parquet.rglob("*") if path.is_file())


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
