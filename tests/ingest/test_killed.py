"""kill -9 anywhere, then one clean run: the same rows as an undisturbed run, nothing doubled or lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline import settings
from hotline.store import open_store, schema

HERE = Path(__file__).parent
CALLS = HERE.parent.parent / "data" / "calls"
TABLES = ("calls", "recordings", "rule_sets", "scores", "jobs", "quarantine", "agent_days")
VOLATILE = {"ingested_at", "scored_at", "updated_at", "stored_at", "at", "attempts"}
POINTS = ("decode", "diarize", "transcribe", "score", "parquet", "sql", "commit", "rollup")

Run = Callable[[Path, str, int], int]


@pytest.fixture(scope="module")
def run(manifest: Path) -> Iterator[Run]:
    """Ingest into a home in a process of its own, killed at a point; returns the signal it died of."""
    server = subprocess.Popen([sys.executable, str(HERE / "killing.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None and server.stdout is not None

    def one(home: Path, point: str, nth: int) -> int:
        server.stdin.write(json.dumps({"home": str(home), "manifest": str(manifest), "point": point, "nth": nth}) + "\n")
        server.stdin.flush()
        for line in server.stdout:  # libraries print too
            if line.startswith('{"signal"'):
                ended = json.loads(line)
                assert ended["signal"] or ended["exit"] == 0
                return ended["signal"]
        raise AssertionError("the server ended")

    yield one
    server.stdin.close()
    server.wait(timeout=30)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory, models_ready: Path) -> Path:
    """A stereo call, a mono call and a text that calls itself .wav."""
    folder = tmp_path_factory.mktemp("calls")
    rows = pl.read_csv(CALLS / "manifest.csv", infer_schema=False).filter(pl.col("language") == "zh")
    stereo = rows.filter(pl.col("agent_channel").fill_null("") != "").row(0, named=True)
    mono = rows.filter(pl.col("agent_channel").fill_null("") == "").row(0, named=True)
    for row in (stereo, mono):
        for name in (row["file"], row["transcript"]):
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes((CALLS / name).read_bytes())
    (folder / "broken.wav").write_text("this is not a recording", encoding="utf-8")
    broken = {**mono, "call_id": "BROKEN", "file": "broken.wav", "transcript": ""}
    table = pl.DataFrame([stereo, broken, mono], infer_schema_length=None).with_columns(agent_id=pl.lit(""), queue_id=pl.lit(""))
    table.write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"


def _home(folder: Path) -> Path:
    """A set-up home; all have the same key, so that callers' hashes can be compared."""
    folder.mkdir(exist_ok=True)
    (folder / "secret.key").write_text("00" * 32, encoding="ascii")
    store = open_store(settings.load(folder))
    store.migrate()
    store.close()
    return folder


def _rows(home: Path) -> dict[str, list[dict[str, Any]]]:
    """Everything stored, without clocks and row numbers; Parquet rows of the files that SQL names."""
    store = open_store(settings.load(home))
    found: dict[str, list[dict[str, Any]]] = {}
    with store.read() as connection:
        for name in TABLES:
            table = schema.metadata.tables[name]
            columns = [c for c in table.columns if c.name not in VOLATILE and not (name == "scores" and c.name == "id")]
            found[name] = sorted((dict(row) for row in connection.execute(sa.select(*columns)).mappings()), key=repr)
        for name, column in (("turns", schema.recordings.c.turns_file), ("hits", schema.scores.c.hits_file)):
            files = sorted(connection.scalars(sa.select(column)))
            found[name] = [row for file in files for row in pl.read_parquet(store.settings.parquet / file).to_dicts()]
    store.close()
    return found


@pytest.fixture(scope="module")
def undisturbed(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    home = _home(tmp_path_factory.mktemp("undisturbed"))
    assert run(home, "", 0) == 0
    rows = _rows(home)
    assert len(rows["calls"]) == len(rows["scores"]) == 2
    assert len(rows["quarantine"]) == 1
    assert len(rows["turns"]) > 10 and len(rows["hits"]) > 20
    return rows


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_leaves_nothing_doubled_or_lost(
    point: str, nth: int, run: Run, undisturbed: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    home = _home(tmp_path / "home")
    assert run(home, point, nth) == signal.SIGKILL
    assert run(home, "", 0) == 0
    assert _rows(home) == undisturbed


def test_running_again_changes_nothing(run: Run, undisturbed: dict[str, list[dict[str, Any]]], tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    run(home, "", 0)
    run(home, "", 0)
    assert _rows(home) == undisturbed
