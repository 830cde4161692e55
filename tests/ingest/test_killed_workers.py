"""Worker processes and the driver killed under way: the same rows as an undisturbed run, and the dead worker's call tried again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hotline import settings
from hotline.store import Store, open_store, parquet, schema

CALLS = 24
VOLATILE = {"ingested_at", "scored_at", "stored_at", "at"}
WITHOUT_SPEECH = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "torch" else found(name, package)
"""


@pytest.fixture
def manifest(tmp_path: Path, record: Any) -> Path:
    rows = ["call_id,file,started_at,transcript"]
    for number in range(CALLS):
        record(tmp_path / "calls" / f"C{number:02}.wav", 3 + number)
        rows.append(f"C{number:02},C{number:02}.wav,2026-11-09T09:30:00+08:00,C{number:02}.json")
    (tmp_path / "calls" / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "lean").mkdir()
    (tmp_path / "lean" / "sitecustomize.py").write_text(WITHOUT_SPEECH, encoding="utf-8")
    return tmp_path / "calls" / "manifest.csv"


def _store(home: Path) -> Store:
    home.mkdir()
    (home / "secret.key").write_text("00" * 32, encoding="ascii")
    store = open_store(settings.load(home))
    store.migrate()
    return store


def _start(store: Store, manifest: Path) -> subprocess.Popen[str]:
    """Ingest with two workers in a process of its own; as without the extra ``speech``, so that nothing slow is loaded."""
    lean = os.pathsep.join(filter(None, [str(manifest.parent.parent / "lean"), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"HOTLINE_HOME": str(store.settings.home), "PYTHONPATH": lean}
    command = [sys.executable, "-m", "hotline", "calls", "ingest", str(manifest), "--workers", "2", "--json"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _wait_for(store: Store, calls: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        with store.read() as connection:
            if (connection.scalar(sa.select(sa.func.count()).select_from(schema.jobs)) or 0) >= calls:
                return
        time.sleep(0.01)


def _workers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _rows(store: Store) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    with store.read() as connection:
        for name in ("calls", "recordings", "scores", "jobs", "quarantine", "agent_days", "ingest_attempts"):
            table = schema.metadata.tables[name]
            columns = [c for c in table.columns if c.name not in VOLATILE and not (name == "scores" and c.name == "id")]
            found[name] = sorted((tuple(row) for row in connection.execute(sa.select(*columns))), key=repr)
        files = connection.execute(sa.select(schema.recordings.c.call_id, schema.recordings.c.turns_file)).all()
    found["turns"] = [parquet.read_turns(store, file) for _, file in sorted(files)]
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers through /proc")
def test_killed_driver_and_killed_worker_leave_the_same_rows(tmp_path: Path, manifest: Path) -> None:
    whole, disturbed = _store(tmp_path / "whole"), _store(tmp_path / "disturbed")
    summary = json.loads(_start(whole, manifest).communicate(timeout=300)[0])
    assert summary["stored"] == CALLS and summary["retried"] == 0

    driver = _start(disturbed, manifest)
    _wait_for(disturbed, 3, driver)
    driver.kill()
    driver.communicate()

    driver = _start(disturbed, manifest)
    _wait_for(disturbed, 8, driver)
    victims = _workers_of(driver.pid)
    assert victims
    os.kill(victims[0], signal.SIGKILL)
    printed, _ = driver.communicate(timeout=300)
    resumed = json.loads(printed)
    assert resumed["quarantined"] == [] and 0 < resumed["stored"] < CALLS
    assert resumed["retried"] <= 1, "only the call that the worker was at, if it was at one"
    assert _rows(disturbed) == _rows(whole)

    again = json.loads(_start(disturbed, manifest).communicate(timeout=300)[0])
    assert (again["stored"], again["skipped"]) == (0, CALLS)
