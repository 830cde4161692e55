"""A fresh store on SQLite and on a real PostgreSQL that the session starts, and a small organisation in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.settings import Settings
from hotline.store import OPERATOR, Store, UserRole, Viewer, calls, feeds, open_store, parquet
from qa.calls import Call, Channel, Layout, Role, SourceKind, Span, TextSource, Turn, Word
from qa.rules.model import Doubt, RuleSet, Title
from qa.rules.verdict import Evidence
from qa.scoring import ItemResult, Outcome, Scorecard

ZONE = ZoneInfo("Asia/Shanghai")


def _programs() -> Path | None:
    """The folder of PostgreSQL's server programs."""
    if (config := shutil.which("pg_config")) is not None:
        folder = Path(subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
        if (folder / "initdb").exists():
            return folder
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Starts a PostgreSQL server without network, in a temporary folder; yields the folder of its socket."""
    programs = _programs()
    if programs is None:
        reason = "PostgreSQL's server programs (initdb, pg_ctl) are not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path may have 107 characters only
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")

    def call(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd="/")

    data = str(folder / "data")
    call(str(programs / "initdb"), "-D", data, "-U", "hotline", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=60"
    call(str(programs / "pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield str(folder)
    finally:
        call(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(postgres: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases; returns their URLs."""
    admin = sa.create_engine(_url(postgres, "postgres"), isolation_level="AUTOCOMMIT")
    numbers = count()

    def make() -> str:
        name = f"store_{next(numbers)}"
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return _url(postgres, name)

    yield make
    admin.dispose()


def _url(socket: str, name: str) -> str:
    return f"postgresql://hotline@/{name}?host={socket}"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an installation whose store does not exist yet, once for each database."""
    database = request.getfixturevalue("new_database")() if request.param == "postgresql" else ""
    return Settings(home=tmp_path / "home", database=database, parquet=tmp_path / "home" / "parquet", lockout_attempts=3)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A migrated, empty store."""
    opened = open_store(settings)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def centre(store: Store) -> Store:
    """The store with an organisation: two sub-centres whose paths begin alike, two teams in the first, an agent or two each."""
    units = [
        ("c", None, "centre", "/c/"),
        ("c-1", "c", "sub_centre", "/c/1/"),
        ("c-10", "c", "sub_centre", "/c/10/"),
        ("t01", "c-1", "team", "/c/1/t01/"),
        ("t02", "c-1", "team", "/c/1/t02/"),
        ("t10", "c-10", "team", "/c/10/t10/"),
    ]
    frames = {
        "org_units": pl.DataFrame(
            [{"id": i, "parent_id": p, "kind": k, "name": f"单位{i}", "path": path} for i, p, k, path in units],
            schema={"id": pl.String, "parent_id": pl.String, "kind": pl.String, "name": pl.String, "path": pl.String},
        ),
        "agents": pl.DataFrame(
            [{"id": a, "name": f"坐席{a}", "team_id": t} for a, t in (("a1", "t01"), ("a2", "t01"), ("a3", "t02"), ("a4", "t10"))]
        ),
        "queues": pl.DataFrame([{"id": "q1", "name": "供电", "unit_id": "c-1"}, {"id": "q10", "name": "油品", "unit_id": "c-10"}]),
    }
    feeds.load_all(store, OPERATOR, frames)
    return store


class Samples:
    """Small values for tests: instants, call feeds, viewers, heard calls and their scorecards."""

    roles = tuple(role for role in UserRole if role is not UserRole.OPERATOR)

    @staticmethod
    def at(day: date | str, clock: str = "10:00") -> datetime:
        """A local instant."""
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE)

    @staticmethod
    def call_feed(*rows: dict[str, Any]) -> pl.DataFrame:
        """Call records; what a row leaves out is the same for all."""
        common = {"queue_id": "q1", "agent_id": "a1", "talk_s": 100.0, "hold_s": 10.0, "acw_s": 20.0, "topic": "电费", "caller": None}
        schema = {"caller": pl.String, "started_at": pl.Datetime("us", "Asia/Shanghai")}
        return pl.DataFrame([{**common, **row} for row in rows], schema_overrides=schema, infer_schema_length=None)

    @staticmethod
    def viewer(role: UserRole, scope: str = "/c/1/", agent_id: str = "a1") -> Viewer:
        """Somebody with a role; agents are a1 unless named."""
        return Viewer(f"some-{role.value}", role, scope, agent_id if role is UserRole.AGENT else None)

    @staticmethod
    def call(call_id: str = "S001", agent_id: str = "a1", day: str = "2026-11-09", text: str = "您好，这里是供电服务") -> Call:
        """A heard call with two turns."""
        source = TextSource(SourceKind.SUPPLIED, "vendor", "1")
        words = (Word("您好", 0, Span(0.5, 0.9), 0.9),)
        turns = (
            Turn(0, Role.AGENT, text, Span(0.5, 2.5), 0.9, 0.8, Channel.LEFT, "A", source, words, -20.5),
            Turn(1, Role.CUSTOMER, "家里停电了", Span(3.0, 5.0), source=source),
        )
        return Call(call_id, turns, 6.0, Layout.STEREO, Samples.at(day), agent_id, "q1", overlaps=(Span(2.4, 2.6),), overlap_known=True)

    @staticmethod
    def scorecard(call_id: str = "S001", low: float = 80.0, high: float = 90.0, rule_hash: str = "h" * 64) -> Scorecard:
        """A scorecard with a passed, a failed and a doubtful item."""
        seen = Evidence("hello", "say", 0, (0, 2), Span(0.5, 0.9), "说了「您好」 / said: 您好", {"finding": "hit"})
        gap = Evidence("dead", "silence", None, None, Span(10.0, 25.5), "沉默 / silence", {"finding": "hit", "seconds": 15.5})
        items = (
            ItemResult("greeting", "opening", Outcome.PASS, 5.0, 0.0, 0.0, False, "", (seen,)),
            ItemResult("no_dead_air", "handling", Outcome.FAIL, 10.0, 100.0 - high, 100.0 - high, False, "沉默 / silence", (gap, seen)),
            ItemResult("rude", "manner", Outcome.DOUBTFUL, 0.0, 0.0, high - low, True, "听不清 / unclear", ()),
        )
        return Scorecard(low, high, "doubtful", 0, 1, call_id, "tiny", 1, rule_hash, items)

    @staticmethod
    def store_call(store: Store, call: Call, scorecard: Scorecard | None = None, audio: Path | None = None) -> None:
        """Store a call the way ingestion does: Parquet first, then one transaction."""
        turns_file = parquet.write_turns(store, call)
        hits_file = parquet.write_hits(store, call, scorecard) if scorecard is not None else ""
        assert call.started_at is not None and call.agent_id is not None
        with store.begin() as connection:
            calls.save_heard(
                connection,
                {
                    "id": call.id,
                    "started_at": call.started_at,
                    "day": call.started_at.date(),
                    "queue_id": call.queue,
                    "agent_id": call.agent_id,
                    "unit_path": feeds.team_path(connection, call.agent_id),
                    "topic": "停电",
                },
                {
                    "call_id": call.id,
                    "content_hash": hashlib.sha256(call.id.encode()).hexdigest(),
                    "path": str(audio or f"/nowhere/{call.id}.wav"),
                    "codec": "pcm_mulaw",
                    "layout": call.layout.value,
                    "duration_s": call.duration,
                    "overlaps": [[span.start, span.end] for span in call.overlaps],
                    "overlap_known": call.overlap_known,
                    "text_kind": "supplied",
                    "turns_file": turns_file,
                    "ingested_at": datetime.now(UTC),
                },
            )
            if scorecard is not None:
                calls.save_score(connection, Samples.rule_set(scorecard.rule_hash), scorecard, hits_file)

    @staticmethod
    def rule_set(content_hash: str = "h" * 64) -> RuleSet:
        """A rule set; only its identity matters to the store."""
        title = Title("小", "tiny")
        return RuleSet("tiny", 1, title, "zh", 100.0, 85.0, (), (), {}, Doubt(), content_hash, "id: tiny\n", "tiny.yaml")


@pytest.fixture
def samples() -> type[Samples]:
    return Samples
