"""What boards cost at a large centre: ``make bench-boards``, ``make bench-boards BENCH_ARGS="--days 2"``.

An invented centre of 4,000 agents and 300,000 calls a day, with a survey and a score for each call, states and schedules by the
half-hour and work orders, in SQLite; then the roll-ups of the week. Seconds are processor seconds, user and system, of the process that
rolls up.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy.dialects import sqlite

from benchmarks.common import finish, table, versions
from hotline.settings import Settings
from hotline.store import Store, open_store, schema
from hotline.store.rollups import roll_up

AGENTS, CALLS_A_DAY, TEAMS, QUEUES = 4_000, 300_000, 200, 10
FIRST = date(2026, 11, 2)
WINDOW = 3  # days within which a caller who comes back was not helped
TYPES = ("故障报修", "投诉", "电费查询", "用电业务")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=7, help="days rolled up")
    parser.add_argument("--calls", type=int, default=CALLS_A_DAY, help="calls a day")
    parser.add_argument("--home", type=Path, help="keep the centre here, and use it again")
    parser.add_argument("--roll-up", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.roll_up:
        print(json.dumps(_roll_up(_store(chosen.home), chosen.days)))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = chosen.home or Path(folder)
        if not (home / "hotline.db").exists():
            fill(home, chosen.days, chosen.calls)
        # a process of its own: what filling cost is not counted
        command = [sys.executable, "-m", "benchmarks.boards", "--roll-up", "--home", str(home), "--days", str(chosen.days)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results = json.loads(done.stdout.splitlines()[-1])
    table("Boards", ("figure", "value"), results.items())
    finish(results, versions=versions("polars", "sqlalchemy"))


def _store(home: Path) -> Store:
    return open_store(Settings(home=home, parquet=home / "parquet"))


def _roll_up(store: Store, days: int) -> dict[str, Any]:
    """The week as it is built when its calls have come in; the days before it have no calls."""
    began = time.process_time()
    rows = roll_up(store, [FIRST + timedelta(days=number) for number in range(days)])
    spent = time.process_time() - began
    with store.read() as connection:
        counted = connection.exec_driver_sql("select sum(calls), sum(fcr_closed), sum(scored), sum(surveys_asked) from agent_days").one()
    return {"rollup_cpu_s": round(spent, 2), "rollup_calls": counted[0], "rollup_agent_days": rows, "rollup_closed": counted[1]}


def fill(home: Path, days: int, calls_a_day: int) -> None:
    """Write the centre below ``home``, table by table as SQLite takes it quickest."""
    store = _store(home)
    store.migrate()
    store.close()
    rng = np.random.default_rng(7)
    with sqlite3.connect(home / "hotline.db") as connection:
        connection.execute("pragma synchronous = off")
        _organisation(connection)
        for number in range(days):
            day = FIRST + timedelta(days=number)
            for name, frame in _day(day, calls_a_day, rng):
                _insert(connection, name, frame)
            connection.commit()
        # the history goes on, so the windows of the last days are closed
        later = _calls(FIRST + timedelta(days=days + WINDOW), 1, rng)
        _insert(connection, "calls", later)
    connection.close()


def _insert(connection: sqlite3.Connection, name: str, frame: pl.DataFrame) -> None:
    statement = schema.metadata.tables[name].insert().compile(dialect=sqlite.dialect(), column_keys=frame.columns)
    connection.executemany(str(statement), frame.select(statement.positiontup or ()).iter_rows())


def _organisation(connection: sqlite3.Connection) -> None:
    units = [("c", None, "centre", "/c/")] + [(f"t{n}", "c", "team", f"/c/t{n}/") for n in range(TEAMS)]
    connection.executemany("insert into org_units (id, parent_id, kind, name, path) values (?, ?, ?, '单位', ?)", units)
    connection.executemany(
        "insert into agents (id, name, team_id) values (?, '某', ?)", [(f"a{n}", f"t{n % TEAMS}") for n in range(AGENTS)]
    )
    connection.executemany("insert into queues (id, name, unit_id) values (?, '队列', 'c')", [(f"q{n}",) for n in range(QUEUES)])
    connection.execute(
        "insert into rule_sets (content_hash, id, version, source, stored_at) values ('h', 'x', 1, '', '2026-01-01 00:00:00')"
    )


def _instants(day: date, seconds: np.ndarray) -> pl.Series:
    """Instants as the store writes them to SQLite, so many seconds after local midnight (UTC+8)."""
    midnight = datetime.combine(day, datetime.min.time()) - timedelta(hours=8)
    return (
        pl.Series([midnight]).dt.cast_time_unit("us") + pl.Series(seconds.astype(np.int64) * 1_000_000).cast(pl.Duration("us"))
    ).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")


def _calls(day: date, count: int, rng: np.random.Generator) -> pl.DataFrame:
    second = np.sort(rng.integers(0, 86_400, count))
    agent = rng.integers(0, AGENTS, count)
    caller = rng.integers(0, 8_000_000, count)
    return pl.DataFrame(
        {
            "id": [f"{day:%m%d}-{number:06d}" for number in range(count)],
            "started_at": _instants(day, second),
            "day": str(day),
            "queue_id": [f"q{number}" for number in rng.integers(0, QUEUES, count).tolist()],
            "agent_id": [f"a{number}" for number in agent.tolist()],
            "unit_path": [f"/c/t{number % TEAMS}/" for number in agent.tolist()],
            "topic": [TYPES[number] for number in rng.integers(0, len(TYPES), count).tolist()],
            "caller_key": [f"{number:064x}" for number in caller.tolist()],
            "wait_s": rng.exponential(15, count),
            "talk_s": rng.exponential(180, count),
            "hold_s": rng.exponential(10, count),
            "acw_s": rng.exponential(25, count),
            "transferred": rng.random(count) < 0.05,
            "resolved": rng.random(count) < 0.87,
        }
    )


def _day(day: date, count: int, rng: np.random.Generator) -> Iterator[tuple[str, pl.DataFrame]]:
    calls = _calls(day, count, rng)
    yield "calls", calls
    answered = rng.random(count) < 0.35
    score = pl.Series(rng.integers(1, 6, count))
    yield "surveys", calls.select(call_id="id", asked_at="started_at", score=pl.when(pl.lit(pl.Series(answered))).then(pl.lit(score)))
    points = rng.uniform(60, 100, count)
    yield (
        "scores",
        calls.select(
            call_id="id",
            rule_hash=pl.lit("h"),
            scored_at="started_at",
            low=pl.Series(points - 2),
            high=pl.Series(points),
            passed=pl.Series(np.where(points > 85, "yes", "no")),
            fatal_certain=pl.Series((points < 62).astype(int)),
            hits_file=pl.lit(""),
        ),
    )
    order = rng.random(count) < 0.2
    created = rng.integers(0, 86_000, int(order.sum()))
    fault = calls.filter(pl.Series(order))
    yield (
        "tickets",
        fault.select(
            id="id",
            call_id="id",
            queue_id="queue_id",
            type="topic",
            created_at=_instants(day, created),
            dispatched_at=_instants(day, created + rng.integers(5, 1300, len(created))),
            complaint=pl.col("topic") == "投诉",
            owner="agent_id",
        ),
    )
    halves = np.repeat(np.arange(16, 34), AGENTS)
    agents = np.tile(np.arange(AGENTS), 18)
    for state, seconds in (("talk", 900.0), ("acw", 200.0), ("available", 700.0)):
        start = _instants(day, halves * 1800)
        yield (
            "agent_intervals",
            pl.DataFrame({"agent_id": [f"a{n}" for n in agents.tolist()], "start": start, "state": state, "seconds": seconds}),
        )
    ends = [_instants(day, np.full(AGENTS, half * 1800)) for half in (16, 34)]
    yield (
        "agent_schedules",
        pl.DataFrame({"agent_id": [f"a{n}" for n in range(AGENTS)], "start": ends[0], "end": ends[1], "activity": "phone"}),
    )
    queue, half = np.repeat(np.arange(QUEUES), 48), np.tile(np.arange(48), QUEUES)
    counts = {"offered": 650, "answered": 600, "abandoned": 50, "answered_20s": 500, "wait_s": 9000.0, "handle_s": 120_000.0}
    yield (
        "interval_counts",
        pl.DataFrame({"queue_id": [f"q{n}" for n in queue.tolist()], "start": _instants(day, half * 1800)}).with_columns(
            **{name: pl.lit(value) for name, value in counts.items()}
        ),
    )


if __name__ == "__main__":
    main()
