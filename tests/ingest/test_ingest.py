"""Ingestion beside the telephone system's feed, in several processes, and with rows that collide."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline import settings
from hotline.store import Store, audit, open_store, schema
from hotline.store.access import OPERATOR
from qa.ingest import ingest

CALLS = Path(__file__).parent.parent.parent / "data" / "calls"
STARTED = "2026-11-09T09:30:00+08:00"


@pytest.fixture
def store(tmp_path: Path, models_ready: Path) -> Store:
    store = open_store(settings.load(tmp_path / "home"))
    store.migrate()
    return store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    for name in ("S001", "S003"):  # stereo: no need of the slow mono pipeline
        shutil.copy(CALLS / "audio" / f"{name}.wav", folder)
        shutil.copy(CALLS / "transcripts" / f"{name}.json", folder)
    return folder


def _manifest(folder: Path, *rows: dict[str, str]) -> Path:
    file = folder / "manifest.csv"
    pl.DataFrame([{"started_at": STARTED, **row} for row in rows], infer_schema_length=None).write_csv(file)
    return file


def _call(store: Store, call_id: str) -> dict[str, Any]:
    with store.read() as connection:
        return dict(connection.execute(sa.select(schema.calls).where(schema.calls.c.id == call_id)).mappings().one())


def test_what_the_feed_knows_stays(store: Store, folder: Path) -> None:
    known = {
        "id": "A",
        "started_at": datetime(2026, 11, 9, 1, 30, tzinfo=UTC),
        "day": date(2026, 11, 9),
        "direction": "outbound",
        "topic": "停电",
        "caller_key": "k" * 64,
        "talk_s": 77.0,
        "acw_s": 40.0,
        "metadata": {"area": "农村", "ticket_type": "故障报修"},
    }
    with store.begin() as connection:
        connection.execute(schema.calls.insert(), known)
    summary = ingest(store, _manifest(folder, {"call_id": "A", "file": "S001.wav", "transcript": "S001.json", "meta.area": "城区"}))
    assert (summary.stored, summary.quarantined) == (1, ())
    call = _call(store, "A")
    assert {name: call[name] for name in ("direction", "topic", "caller_key", "talk_s", "acw_s")} == {
        name: known[name] for name in ("direction", "topic", "caller_key", "talk_s", "acw_s")
    }
    assert call["metadata"]["area"] == "城区", "the manifest's word stands before the feed's"
    assert call["metadata"]["ticket_type"] == "故障报修"
    assert call["metadata"]["topic"] == "停电"
    assert [entry.action for entry in audit.read(store, OPERATOR, object="A")] == ["ingest_call"]


def test_without_a_feed_the_recording_tells_the_talk_time(store: Store, folder: Path) -> None:
    ingest(store, _manifest(folder, {"call_id": "A", "file": "S001.wav", "transcript": "S001.json", "hold_s": "15", "caller": "匿名"}))
    call = _call(store, "A")
    assert call["talk_s"] == pytest.approx(91.3 - 15, abs=0.5)
    assert call["caller_key"] is None, "a hidden number is nobody's"


def test_two_rows_with_one_file_store_it_once_and_the_rest_goes_on(store: Store, folder: Path) -> None:
    rows = [{"call_id": call, "file": file, "transcript": ""} for call, file in (("A", "S001.wav"), ("B", "S001.wav"), ("C", "S003.wav"))]
    summary = ingest(store, _manifest(folder, *rows))
    assert summary.stored == 2
    (line,) = summary.quarantined
    assert "manifest.csv:3: file" in line and "stored as call A" in line


def test_the_driver_and_its_workers_killed(store: Store, folder: Path) -> None:
    manifest = _manifest(
        folder,
        {"call_id": "A", "file": "S001.wav", "transcript": "S001.json"},
        {"call_id": "B", "file": "S003.wav", "transcript": "S003.json"},
    )
    command = [sys.executable, "-m", "hotline", "calls", "ingest", str(manifest), "--workers", "2"]
    environment = os.environ | {"HOTLINE_HOME": str(store.settings.home)}
    driver = subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and driver.poll() is None and not list(store.settings.parquet.rglob("*.parquet")):
        time.sleep(0.05)
    os.killpg(driver.pid, signal.SIGKILL)
    driver.wait()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    stored, there = (int(part.split()[0]) for part in done.stdout.strip().split(", ")[:2])
    assert stored + there == 2
    with store.read() as connection:
        for table in (schema.calls, schema.recordings, schema.scores, schema.jobs):
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 2, table.name
