"""Whoever is called speaks first: the direction of a call, from the manifest or the feed, reaches whoever finds the roles."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hotline.store import OPERATOR, Store, calls, parquet, schema
from qa.ingest import ingest

STARTED = "2026-11-09T09:30:00+08:00"
SAID = [("spk0", "喂，哪位"), ("spk1", "回访一下上次的事"), ("spk0", "修好了"), ("spk1", "好")]


@pytest.fixture
def manifest(tmp_path: Path, record: Any) -> Path:
    """One call whose transcript names two speakers without roles."""
    folder = tmp_path / "in"
    recording = record(folder / "A.wav", text=None)
    entries = [{"role": who, "start": 0.1 + 0.45 * at, "end": 0.5 + 0.45 * at, "text": text} for at, (who, text) in enumerate(SAID)]
    recording.with_suffix(".json").write_text(json.dumps({"engine": "test", "entries": entries}), encoding="utf-8")
    return folder / "manifest.csv"


def _roles(store: Store, manifest: Path, **more: str) -> list[str]:
    row = {"call_id": "A", "file": "A.wav", "transcript": "A.json", "started_at": STARTED, **more}
    pl.DataFrame([row]).write_csv(manifest)
    summary = ingest(store, manifest)
    assert summary.stored == 1, summary
    return [turn.role.value for turn in calls.open_call(store, OPERATOR, "A").call.turns]


@pytest.mark.parametrize(("direction", "first"), [("inbound", "agent"), ("outbound", "customer")])
def test_the_manifest_tells_the_direction(quick_store: Store, manifest: Path, direction: str, first: str) -> None:
    roles = _roles(quick_store, manifest, direction=direction)
    assert roles == [first, {"agent": "customer", "customer": "agent"}[first]] * 2


def test_the_feed_tells_the_direction(quick_store: Store, manifest: Path) -> None:
    started = datetime(2026, 11, 9, 1, 30, tzinfo=UTC)
    with quick_store.begin() as connection:
        row = {"id": "A", "started_at": started, "day": date(2026, 11, 9), "unit_path": "/", "direction": "outbound", "metadata": {}}
        connection.execute(schema.calls.insert().values(row))
    assert _roles(quick_store, manifest)[0] == "customer"


def test_a_speaker_is_a_letter_whatever_the_transcript_calls_him(quick_store: Store, manifest: Path) -> None:
    transcript = manifest.with_name("A.json")
    transcript.write_text(transcript.read_text("utf-8").replace("spk1", "张伟13800004517"), encoding="utf-8")
    _roles(quick_store, manifest)
    stored = parquet.scan_turns(quick_store, OPERATOR).collect()
    assert stored["speaker"].to_list() == ["A", "B", "A", "B"]
    assert "张伟" not in str(stored.to_dicts()) and "13800004517" not in str(stored.to_dicts())
