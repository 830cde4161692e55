"""What fails for a passing reason is tried again, a few times, across kills; then a person decides."""

from __future__ import annotations

import errno
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hotline import cli
from hotline.errors import AccessDenied, NotFound
from hotline.store import OPERATOR, Store, UserRole, Viewer, jobs, schema
from qa import ingest as room
from qa import intake, judging
from qa.ingest import ingest
from qa.judging import Job
from qa.manifest import Entry
from qa.progress import Progress

STARTED = "2026-11-09T09:30:00+08:00"


@pytest.fixture
def manifest(tmp_path: Path, record: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two calls; pauses between tries are short."""
    monkeypatch.setattr(intake, "BACKOFF_S", (0.05, 0.1))
    rows = ["call_id,file,started_at,transcript"]
    for number, name in enumerate(("A", "B")):
        record(tmp_path / "calls" / f"{name}.wav", 5 + number)
        rows.append(f"{name},{name}.wav,{STARTED},{name}.json")
    (tmp_path / "calls" / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path / "calls" / "manifest.csv"


def _failing(monkeypatch: pytest.MonkeyPatch, times: int, error: BaseException, call_id: str = "A") -> list[str]:
    """Let listening to one call fail so many times; returns the list of calls that were listened to."""
    listen, heard = judging.listen, []

    def failing(path: Path, request: Any, *rest: Any, **named: Any) -> Any:
        heard.append(request.call_id)
        if request.call_id == call_id and heard.count(call_id) <= times:
            raise error
        return listen(path, request, *rest, **named)

    monkeypatch.setattr(judging, "listen", failing)
    return heard


@pytest.mark.parametrize(
    "error", [OSError(errno.ESTALE, "Stale file handle"), MemoryError(), sa.exc.OperationalError("x", {}, Exception("database is locked"))]
)
def test_a_share_that_answers_later(quick_store: Store, manifest: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = _failing(monkeypatch, 2, error)
    summary = ingest(quick_store, manifest)
    assert (summary.stored, summary.retried, summary.quarantined) == (2, 2, ())
    assert heard.count("A") == 3 and heard.count("B") == 1
    with quick_store.read() as connection:
        assert jobs.attempts(connection) == {}


def test_after_its_tries_it_is_put_aside_until_somebody_says_so(
    quick_store: Store, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = _failing(monkeypatch, 99, OSError(errno.EIO, "Input/output error"))
    summary = ingest(quick_store, manifest)
    assert summary.stored == 1 and heard.count("A") == 3
    (line,) = summary.quarantined
    assert "Input/output error" in line and "tried 3 times" in line and "quarantine retry" in line
    (row,) = jobs.quarantined(quick_store, OPERATOR)
    assert (row["call_id"], row["attempts"], row["origin"]) == ("A", 3, str(manifest))

    assert "still put aside" in ingest(quick_store, manifest).quarantined[0]
    assert heard.count("A") == 3, "a run does not begin its tries anew"
    os.utime(manifest.parent / "A.wav")
    ingest(quick_store, manifest)
    assert heard.count("A") == 6, "a file that was touched is another"


def test_tries_are_counted_across_a_kill(quick_store: Store, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = _failing(monkeypatch, 99, OSError(errno.EIO, "Input/output error"))
    with quick_store.begin() as connection:
        job = judging.digest("call", "A")
        jobs.failed_attempt(connection, job, "manifest.csv:2", 2, "x", datetime.now(UTC) + timedelta(seconds=0.3))
    begun = time.monotonic()
    ingest(quick_store, manifest)
    assert time.monotonic() - begun >= 0.3, "not before its time"
    assert heard.count("A") == 1, "two tries were spent before"


def test_for_good_is_for_good(quick_store: Store, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = _failing(monkeypatch, 99, OSError(errno.EACCES, "Permission denied"))
    summary = ingest(quick_store, manifest)
    assert summary.retried == 0 and heard.count("A") == 1 and len(summary.quarantined) == 1


def test_the_command_line_lists_retries_and_drops(quick_store: Store, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(quick_store.settings.home))

    def hotline(*arguments: str) -> Any:
        result = CliRunner().invoke(cli.app, ["calls", *arguments, "--json"])
        if result.exception is not None:
            raise result.exception
        return json.loads(result.output[result.output.index("[") :])

    with monkeypatch.context() as patched:
        _failing(patched, 99, OSError(errno.EIO, "Input/output error"))
        ingest(quick_store, manifest)
    (row,) = hotline("quarantine", "list")
    assert row["call_id"] == "A"
    with pytest.raises(NotFound, match="nothing put aside has this id"):
        hotline("quarantine", "drop", "nobody")
    (summary,) = hotline("quarantine", "retry", "A", "--workers", "1")
    assert (summary["stored"], summary["skipped"], summary["quarantined"]) == (1, 1, [])
    assert hotline("quarantine", "list") == []
    run = hotline("runs")[0]
    assert (run["state"], run["total"], run["done"], run["skipped"]) == ("finished", 2, 1, 1)
    assert {"read", "decode", "diarize", "transcribe", "score", "write", "store"} <= set(run["stages"])
    with pytest.raises(AccessDenied):
        jobs.drop(quick_store, Viewer("x", UserRole.QA), ["A"])


def test_runs_that_were_killed_say_so(quick_store: Store) -> None:
    with quick_store.begin() as connection:
        ours = jobs.begin_run(connection, "here", 1)
        theirs = jobs.begin_run(connection, "gone", 1)
        connection.execute(schema.ingest_runs.update().where(schema.ingest_runs.c.id == theirs).values(pid=2**22 + 1))
    states = {row["id"]: row["state"] for row in jobs.runs(quick_store, OPERATOR)}
    assert states == {ours: "running", theirs: "killed"}


def test_a_run_that_is_stopped_finishes_what_is_under_way(quick_store: Store, manifest: Path) -> None:
    summary = ingest(quick_store, manifest, stop=lambda: True)
    assert summary.stored <= 1
    assert jobs.runs(quick_store, OPERATOR)[0]["state"] == "stopped"
    assert ingest(quick_store, manifest).stored + summary.stored == 2


def test_time_left_follows_from_the_audio_left() -> None:
    progress = Progress(total=10, workers=2, skipped=2)
    progress.began -= 20
    progress.stored("A", 100.0, {"decode": 1.0, "store": 0.5})
    progress.stored("B", 300.0, {"decode": 2.0})
    assert progress.left == 6
    assert progress.speed == pytest.approx(20, rel=0.01)
    assert progress.left_s == pytest.approx(6 * 200 / 20, rel=0.01)
    assert progress.in_order() == {"decode": 3.0, "store": 0.5}


def test_the_limit_grows_with_the_recording(tmp_path: Path) -> None:
    entry = Entry("A", tmp_path / "a.wav", datetime.now(UTC), "m.csv:2", size=30_000_000)
    assert judging.limit_s(Job("x", entry)) == 60 + 300
    outcome = judging.gone(Job("x", entry), "slow")
    assert isinstance(outcome, judging.Failed) and outcome.passing and "took too long" in str(outcome.error)


def test_a_database_that_is_locked_while_storing_is_tried_again(
    quick_store: Store, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, times = room._commit, 0

    def locked(*arguments: Any) -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise sa.exc.OperationalError("x", {}, Exception("database is locked"))
        commit(*arguments)

    monkeypatch.setattr(room, "_commit", locked)
    summary = ingest(quick_store, manifest)
    assert (summary.stored, summary.retried) == (2, 1)
