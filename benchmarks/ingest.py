"""Hours of audio through two workers, undisturbed and killed: ``python -m benchmarks.ingest [HOURS] [--mono MOST]``.

Makes recordings out of the sample calls (gain, speed and leading silence differ, so no two files are alike), ingests them into store A
in one go, and into store B with the driver killed after a quarter, and a worker killed after half. Then every row of both is
compared. Ends with one line of JSON; exits 1 when the stores differ.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections import Counter
from dataclasses import asdict
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import sqlalchemy as sa
from scipy.signal import resample_poly

from benchmarks.overhead import overhead
from hotline import settings
from hotline.store import Store, open_store, parquet, schema
from qa.audio import decode
from qa.transcription import supplied

ROOT = Path(__file__).resolve().parent.parent
CALLS = ROOT / "data" / "calls"
SPEEDS = (Fraction(1), Fraction(50, 49), Fraction(49, 50))
TABLES = ("calls", "recordings", "rule_sets", "scores", "jobs", "quarantine", "agent_days", "ingest_attempts")
VOLATILE = {"ingested_at", "scored_at", "stored_at", "at", "mtime_ns", "turns_file", "hits_file"}


def make_recordings(folder: Path, hours: float, most_mono: int | None = None) -> tuple[Path, int, float]:
    """Recordings with their transcripts and a manifest; returns the manifest, how many, and how many seconds of audio.

    Not more than ``most_mono`` of them are mono.
    """
    rows = list(pl.read_csv(CALLS / "manifest.csv", infer_schema=False).fill_null("").to_dicts())
    rows = [row for row in rows if row["transcript"] and not row["file"].startswith("package:")]
    columns = [*rows[0]]
    made: list[dict[str, str]] = []
    seconds = 0.0
    times: Counter[str] = Counter()
    for row in cycle(rows):
        if seconds >= hours * 3600:
            break
        if row["agent_channel"] == "" and most_mono is not None:
            if most_mono == 0:
                continue
            most_mono -= 1
        turn = times[row["call_id"]]
        times[row["call_id"]] += 1
        name = f"{row['call_id']}-{turn:03}"
        seconds += _vary(row, folder / name, gain=0.98 - 0.03 * (turn % 12), speed=SPEEDS[turn % 3], silence=0.05 * turn)
        made.append({**row, "call_id": name, "file": f"{name}.wav", "transcript": f"{name}.json", "agent_id": "", "queue_id": ""})
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(made)
    return folder / "manifest.csv", len(made), seconds


def _vary(row: dict[str, str], target: Path, gain: float, speed: Fraction, silence: float) -> float:
    audio = decode(CALLS / row["file"])
    samples = audio.samples * gain
    if speed != 1:
        samples = resample_poly(samples, speed.denominator, speed.numerator, axis=1)
    samples = np.pad(samples, ((0, 0), (round(silence * audio.rate), 0)))
    with wave.open(str(target.with_suffix(".wav")), "wb") as handle:
        handle.setnchannels(samples.shape[0])
        handle.setsampwidth(2)
        handle.setframerate(audio.rate)
        handle.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").T.tobytes())
    transcript = supplied.load(CALLS / row["transcript"])
    entries = [asdict(entry) for entry in transcript.entries]
    for entry in entries:
        entry["role"] = str(entry["role"])
        for name in ("start", "end"):
            if entry[name] is not None:
                entry[name] = round(entry[name] / float(speed) + silence, 3)
    said = {"engine": transcript.engine, "version": transcript.version, "entries": entries}
    target.with_suffix(".json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return samples.shape[1] / audio.rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hours", type=float, nargs="?", default=4.0)
    parser.add_argument("--mono", type=int, help="at most so many mono calls: they take four times as long (default: as they come)")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "calls").mkdir()
        manifest, count, seconds = make_recordings(folder / "calls", chosen.hours, chosen.mono)
        print(f"{count} recordings, {seconds / 3600:.2f} h", flush=True)
        a, b = _home(folder / "a"), _home(folder / "b")
        before, begun = _cpu_of_children(), time.monotonic()
        summary = json.loads(_ingest(a, manifest, chosen.workers).communicate()[0])
        wall, cpu = time.monotonic() - begun, _cpu_of_children() - before
        print(f"undisturbed: {wall:.0f} s, {cpu:.0f} s of computing; {summary['stages']}", flush=True)
        kills = _disturbed(b, manifest, chosen.workers, count)
        print(f"disturbed: {kills}", flush=True)
        differences = compare(a, b)
        for line in differences[:20]:
            print(f"DIFFERENT {line}")
        figures: dict[str, Any] = {
            "recordings": count,
            "audio_hours": round(seconds / 3600, 3),
            "workers": chosen.workers,
            "stored": summary["stored"],
            "put_aside": len(summary["quarantined"]),
            "wall_s": round(wall, 1),
            "cpu_s": round(cpu, 1),
            "audio_hours_per_core_hour": round(seconds / cpu, 1),
            "stages": summary["stages"],
            "same_rows": not differences,
            **kills,
            **{f"overhead_{key}": value for key, value in overhead(manifest, limit=8).items()},
        }
        print(json.dumps(figures))
        sys.exit(1 if differences else 0)


def _home(folder: Path) -> Path:
    folder.mkdir()
    (folder / "secret.key").write_text("00" * 32, encoding="ascii")  # the same for both: callers' hashes are compared
    store = open_store(settings.load(folder))
    store.migrate()
    store.close()
    return folder


def _ingest(home: Path, manifest: Path, workers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hotline", "calls", "ingest", str(manifest), "--workers", str(workers), "--json"]
    environment = os.environ | {"HOTLINE_HOME": str(home), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _disturbed(home: Path, manifest: Path, workers: int, count: int) -> dict[str, Any]:
    """Kill the driver after a quarter, a worker after half; returns what was seen."""
    driver = _ingest(home, manifest, workers)
    at_kill = _wait_for(home, count // 4, driver)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    driver = _ingest(home, manifest, workers)
    at_worker_kill = _wait_for(home, count // 2, driver)
    os.kill(_a_worker_of(driver.pid), signal.SIGKILL)
    resumed = json.loads(driver.communicate()[0])
    again = json.loads(_ingest(home, manifest, workers).communicate()[0])
    return {
        "driver_killed_at": at_kill,
        "worker_killed_at": at_worker_kill,
        "resumed_stored": resumed["stored"],
        "resumed_skipped": resumed["skipped"],
        "resumed_retried": resumed["retried"],
        "third_run_stored": again["stored"],
    }


def _wait_for(home: Path, count: int, driver: subprocess.Popen[str]) -> int:
    store = open_store(settings.load(home))
    try:
        while True:
            with store.read() as connection:
                done = connection.scalar(sa.select(sa.func.count()).select_from(schema.jobs)) or 0
            if done >= count or driver.poll() is not None:
                return int(done)
            time.sleep(0.1)
    finally:
        store.close()


def _a_worker_of(pid: int) -> int:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise ProcessLookupError("the driver has no worker")


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compare(a: Path, b: Path) -> list[str]:
    """What differs between two stores: SQL rows without clocks and row numbers, and every turn and item result."""
    one, other = _rows(a), _rows(b)
    found = []
    for name in one:
        if len(one[name]) != len(other[name]):
            found.append(f"{name}: {len(one[name])} rows and {len(other[name])}")
        found += [f"{name}: {left} and {right}" for left, right in zip(one[name], other[name], strict=False) if left != right]
    return found


def _rows(home: Path) -> dict[str, list[Any]]:
    store: Store = open_store(settings.load(home))
    found: dict[str, list[Any]] = {}
    with store.read() as connection:
        for name in TABLES:
            table = schema.metadata.tables[name]
            columns = [c for c in table.columns if c.name not in VOLATILE and not (name == "scores" and c.name == "id")]
            found[name] = sorted((tuple(row) for row in connection.execute(sa.select(*columns))), key=repr)
        turns = connection.execute(sa.select(schema.recordings.c.call_id, schema.recordings.c.turns_file)).all()
        hits = connection.execute(sa.select(schema.scores.c.call_id, schema.scores.c.rule_hash, schema.scores.c.hits_file)).all()
    found["turns"] = [(row[0], parquet.read_turns(store, row[1])) for row in sorted(turns)]
    found["items"] = [(row[0], row[1], parquet.read_items(store, row[2])) for row in sorted(hits)]
    store.close()
    return found


if __name__ == "__main__":
    main()
