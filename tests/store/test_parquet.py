"""Turns and hits come back as they were written, in files that cannot be half there or in the wrong place."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hotline.errors import BadInput, MissingPart
from hotline.store import OPERATOR, Store, UserRole, parquet
from qa.calls import Call, Channel, Role, SourceKind, Span, TextSource, Turn, Word
from qa.rules.verdict import Evidence
from qa.scoring import ItemResult, Outcome, Scorecard

texts = st.text(st.characters(codec="utf-8"), max_size=12)
seconds = st.floats(0, 7200, allow_nan=False)
shares = st.floats(0, 1)
small = st.integers(0, 2**31 - 1)
spans = st.builds(Span, seconds, seconds)
sources = st.builds(TextSource, st.sampled_from(SourceKind), texts, texts)
words = st.builds(Word, texts, small, spans, st.none() | shares)
turns = st.builds(
    Turn,
    small,
    st.sampled_from(Role),
    texts,
    st.none() | spans,
    shares,
    st.none() | shares,
    st.sampled_from(Channel),
    texts,
    sources,
    st.lists(words, max_size=3).map(tuple),
    st.none() | st.floats(-120, 0),
)
values = st.none() | st.booleans() | small | st.floats(allow_nan=False, allow_infinity=False) | texts
params = st.dictionaries(texts, values | st.lists(values, max_size=2) | st.dictionaries(texts, values, max_size=2), max_size=3)
evidence = st.builds(Evidence, texts, texts, st.none() | small, st.none() | st.tuples(small, small), st.none() | spans, texts, params)
points = st.floats(0, 100)
items = st.builds(
    ItemResult,
    item_id=texts,
    section_id=texts,
    outcome=st.sampled_from(Outcome),
    points=points,
    lost_low=points,
    lost_high=points,
    fatal=st.booleans(),
    reason=texts,
    evidence=st.lists(evidence, max_size=3).map(tuple),
)

on_files = hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["sqlite"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Files do not depend on the database: SQLite only."""
    from hotline.settings import Settings

    return Settings(home=tmp_path, parquet=tmp_path / "parquet")


@on_files
@given(st.lists(turns, max_size=5).map(tuple))
def test_turns_come_back_as_they_were(store: Store, samples: Any, said: tuple[Turn, ...]) -> None:
    call = replace(samples.call(), turns=said)
    assert parquet.read_turns(store, parquet.write_turns(store, call)) == said


@on_files
@given(st.lists(items, max_size=5).map(tuple))
def test_items_and_evidence_come_back_as_they_were(store: Store, samples: Any, judged: tuple[ItemResult, ...]) -> None:
    scorecard: Scorecard = replace(samples.scorecard(), items=judged)
    assert parquet.read_items(store, parquet.write_hits(store, samples.call(), scorecard)) == judged


@on_files
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_no_call_id_leaves_its_folder(store: Store, samples: Any, call_id: str) -> None:
    file = parquet.write_turns(store, replace(samples.call(), id=call_id))
    path = store.settings.parquet / file
    assert path.parent == store.settings.parquet / "turns" / "day=2026-11-09" and path.is_file()
    assert len(path.name) < 120 and path.name.isascii()


HOSTILE = ["../../etc/passwd", "/etc/passwd", "..", ".", "a/b", "a\\b", "C:evil", "nul", "a\0b", "电" * 80, "x" * 80]


@pytest.mark.parametrize("call_id", HOSTILE)
def test_hostile_call_ids_stay_inside(store: Store, samples: Any, call_id: str) -> None:
    for file in (
        parquet.write_turns(store, replace(samples.call(), id=call_id)),
        parquet.write_hits(store, replace(samples.call(), id=call_id), samples.scorecard(call_id)),
    ):
        assert (store.settings.parquet / file).resolve().is_relative_to(store.settings.parquet.resolve())
    assert parquet.read_turns(store, parquet.write_turns(store, replace(samples.call(), id=call_id)))


@pytest.mark.parametrize("file", ["../secret.parquet", "/etc/passwd", "turns/../../x"])
def test_files_outside_the_folder_are_not_read(store: Store, file: str) -> None:
    with pytest.raises(BadInput, match="outside the Parquet folder"):
        parquet.read_turns(store, file)


def test_ids_that_differ_in_case_only_get_files_of_their_own(store: Store, samples: Any) -> None:
    one, two = (parquet.write_turns(store, replace(samples.call(), id=call_id)) for call_id in ("s001", "S001"))
    assert one.casefold() != two.casefold()


def test_a_missing_file_says_what_to_do(store: Store) -> None:
    with pytest.raises(MissingPart, match="restore it from the backup"):
        parquet.read_turns(store, "turns/day=2026-11-09/gone.parquet")


def test_a_call_without_a_start_has_no_day(store: Store) -> None:
    with pytest.raises(BadInput, match="no start time"):
        parquet.write_turns(store, Call("S001"))


def test_writing_again_gives_the_same_file_and_other_words_another(store: Store, samples: Any) -> None:
    file = parquet.write_turns(store, samples.call())
    assert parquet.write_turns(store, samples.call()) == file
    assert parquet.write_turns(store, samples.call(text="喂，说")) != file
    assert parquet.read_turns(store, file) == samples.call().turns
    assert len(list(store.settings.parquet.rglob("*.*"))) == 2


def test_the_day_is_local(store: Store, samples: Any) -> None:
    late = replace(samples.call(), started_at=samples.at("2026-11-10", "00:30"))  # still the 9th in UTC
    assert parquet.write_turns(store, late).startswith("turns/day=2026-11-10/")


def test_a_write_that_fails_leaves_nothing(store: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: pl.DataFrame, handle: Any) -> None:
        handle.write(b"PAR1 half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(OSError, match="No space"):
        parquet.write_turns(store, samples.call())
    assert [path for path in store.settings.parquet.rglob("*") if path.is_file()] == []


def test_sweeping_removes_what_no_row_names_and_spares_the_young(centre: Store, samples: Any) -> None:
    samples.store_call(centre, samples.call("S1"), samples.scorecard("S1"))
    named = set(centre.settings.parquet.rglob("*.parquet"))
    orphan = centre.settings.parquet / parquet.write_turns(centre, samples.call("S2"))
    half = orphan.parent / ".killed.tmp"
    half.write_bytes(b"PAR1")
    assert parquet.sweep(centre) == 0
    for path in (*named, orphan, half):
        os.utime(path, (0, 0))
    assert parquet.sweep(centre, timedelta(hours=1)) == 2
    assert set(centre.settings.parquet.rglob("*.*")) - {centre.settings.parquet / ".lock"} == named


def test_sweeping_spares_what_is_not_ours(centre: Store) -> None:
    strange = centre.settings.parquet / "turns" / "day=2026-11-09" / "notes.txt"
    strange.parent.mkdir(parents=True)
    strange.write_text("mine")
    os.utime(strange, (0, 0))
    assert parquet.sweep(centre) == 0 and strange.exists()


def test_words_written_anew_during_a_sweep_stay(centre: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the sweep's look at an old file and its removal a run writes the same words again, and then commits."""
    file = centre.settings.parquet / parquet.write_turns(centre, samples.call("S1"))
    os.utime(file, (0, 0))
    rename = Path.rename

    def late(path: Path, target: Path) -> Path:
        if path == file:
            parquet.write_turns(centre, samples.call("S1"))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    assert parquet.sweep(centre) == 0
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_scans_read_named_files_only_by_day_and_scope(centre: Store, samples: Any) -> None:
    samples.store_call(centre, samples.call("S1", "a1", "2026-11-09"), samples.scorecard("S1"))
    samples.store_call(centre, samples.call("S2", "a3", "2026-11-10"), samples.scorecard("S2", rule_hash="1" * 64))
    samples.store_call(centre, samples.call("S2", "a3", "2026-11-10"), samples.scorecard("S2", rule_hash="2" * 64))
    samples.store_call(centre, samples.call("S3", "a4", "2026-11-10"))
    parquet.write_turns(centre, samples.call("S4", "a1"))  # a run killed before its commit

    def calls(scan: Any, role: UserRole, scope: str, *days: date) -> list[str]:
        frame: pl.DataFrame = scan(centre, samples.viewer(role, scope), *days).collect()
        return sorted(frame["call_id"].unique().to_list())

    assert calls(parquet.scan_turns, UserRole.MANAGER, "/c/") == ["S1", "S2", "S3"]
    assert calls(parquet.scan_turns, UserRole.MANAGER, "/c/1/") == ["S1", "S2"]
    assert calls(parquet.scan_turns, UserRole.AGENT, "/c/") == ["S1"]
    assert calls(parquet.scan_turns, UserRole.MANAGER, "/c/", date(2026, 11, 10)) == ["S2", "S3"]
    assert calls(parquet.scan_turns, UserRole.MANAGER, "/c/", date(2026, 11, 9), date(2026, 11, 9)) == ["S1"]
    assert calls(parquet.scan_turns, UserRole.MANAGER, "/c/", date(2027, 1, 1)) == []
    assert calls(parquet.scan_hits, UserRole.MANAGER, "/c/") == ["S1", "S2"]
    assert parquet.scan_hits(centre, OPERATOR).collect()["rule_hash"].unique().sort().to_list() == ["2" * 64, "h" * 64]
