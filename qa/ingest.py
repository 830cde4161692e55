"""Recordings in, stored verdicts out: manifest → jobs → turns → scores → roll-ups.

    manifest ─► intake ─► worker: read → listen → mask → judge → Parquet
                  ▲          │
             tries again     ▼
                        this process:  one SQL transaction a call ─► roll-up of the days touched

A worker writes only Parquet files with names that follow from the call; everything else happens in one
transaction per call. So a process killed anywhere leaves either nothing or a whole call, and the same
command run again does the rest: finished jobs are skipped, unfinished ones repeated over the same files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline.errors import BadRecording, HotlineError, MissingPart
from hotline.secret import caller_key, secret_key
from hotline.store import Store, audit, feeds, jobs, parquet, publishing, rollups
from hotline.store import calls as call_store
from hotline.store.access import OPERATOR
from qa import judging, manifest, redaction
from qa.calls import Call
from qa.intake import Intake
from qa.judging import Failed, Job, Judged, Known, judge
from qa.manifest import BadRow, Entry
from qa.progress import Progress, Record
from qa.rulebook import RuleBook
from qa.sidecars import NamePattern
from qa.workers import Crew, Workers

__all__ = ["Summary", "ingest", "ingest_items", "judge"]

OnProgress = Callable[[Progress], None]
Stop = Callable[[], bool]
AnyCrew = Crew[Job, judging.Outcome]
COMPACT_FROM = 200
"""Days that are over and have so many small files are joined at the end of a run."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: a line per recording or row put aside, and one per remark on a recording that was stored.

    ``stages`` are seconds of all workers together, ``audio_s`` the length of what was stored, ``wall_s`` the seconds it took.
    """

    stored: int
    skipped: int
    quarantined: tuple[str, ...]
    notes: tuple[str, ...] = ()
    retried: int = 0
    audio_s: float = 0.0
    wall_s: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        counts = {"stored": self.stored, "skipped": self.skipped, "retried": self.retried}
        times = {"audio_s": round(self.audio_s, 1), "wall_s": round(self.wall_s, 1), "stages": self.stages}
        return counts | times | {"quarantined": list(self.quarantined), "notes": list(self.notes)}


def ingest(
    store: Store,
    source: Path,
    *,
    rules: Path | None = None,
    workers: int = 1,
    names: NamePattern | None = None,
    on_progress: OnProgress | None = None,
    stop: Stop = _never,
) -> Summary:
    """Bring a manifest, a folder or one recording into the store; see the module text for what a kill leaves behind.

    ``rules`` names one rule set for all calls; without it the rule book chooses by the call's language. ``names`` reads the names
    of recordings that come without a manifest. ``workers=1`` works in this process. ``stop`` is asked about every second: once it
    says so, what is under way is finished and nothing new begun. Raises BadInput when the source itself cannot be read.
    """
    source = source.absolute()
    items = manifest.stream(source, store.settings.zone, names)  # a source that is not there is said before a store is asked for
    total = manifest.count(source)
    return ingest_items(
        store, publishing.rule_book(store, rules), source, items, total, workers=workers, on_progress=on_progress, stop=stop
    )


def ingest_items(
    store: Store,
    book: RuleBook,
    source: Path,
    items: Iterator[Entry | BadRow],
    total: int,
    *,
    workers: int = 1,
    crew: AnyCrew | None = None,
    on_progress: OnProgress | None = None,
    stop: Stop = _never,
) -> Summary:
    """Bring entries into the store, however they were come by; see :func:`ingest`.

    ``source`` is where a retry finds them again: their manifest, or the folder that recordings without one lie in. A ``crew``
    stays for the next run.
    """
    progress = Progress(total, workers)
    intake = Intake(store, source, items)
    record = Record(store, str(source), progress)
    notes: list[str] = []
    state = "failed"

    def tick() -> None:
        if stop():
            intake.stop()
        progress.skipped, progress.failed, progress.retried = intake.skipped, len(intake.put_aside), intake.retried
        record.tick()
        if on_progress is not None:
            on_progress(progress)

    settings = store.settings
    work: Workers[Job, judging.Outcome] = Workers(
        judging.attempt,
        judging.start_worker,
        (settings, book),
        judging.gone,
        limit_s=judging.limit_s,
        load_s=judging.LOAD_S,
        most_tasks=settings.worker_calls,
        most_mb=settings.worker_memory_mb,
        on_tick=tick,
    )
    try:
        for job, outcome in work.run(intake, workers, crew):
            _file(store, book, intake, progress, notes, job, outcome)
        state = "stopped" if stop() else "finished"
    except KeyboardInterrupt:
        state = "stopped"
        raise
    finally:
        with suppress(sa.exc.SQLAlchemyError, MissingPart):  # a database that is gone, or lacks a table, must not hide what went wrong
            tick()
            record.end(state)
    # Every day the manifest names, also of calls stored before: a run killed between commit and roll-up is made good here.
    rollups.roll_up(store, intake.days)
    parquet.sweep(store)
    yesterday = datetime.now(store.settings.zone).date() - timedelta(days=1)
    parquet.compact_before(store, yesterday, least=COMPACT_FROM)
    return Summary(
        progress.done,
        progress.skipped,
        tuple(intake.put_aside),
        tuple(notes),
        intake.retried,
        progress.audio_s,
        progress.wall_s,
        progress.in_order(),
    )


def _file(store: Store, book: RuleBook, intake: Intake, progress: Progress, notes: list[str], job: Job, outcome: judging.Outcome) -> None:
    """What becomes of a job: a stored call, one that was known already, another try, or the quarantine. Raises MissingPart."""
    if isinstance(outcome, Judged):
        begun = time.perf_counter()
        try:
            _commit(store, book, job, outcome)
        except (HotlineError, sa.exc.StatementError, ValueError) as error:  # ValueError: a text that the driver cannot encode
            outcome = judging.passing(error, job.entry.where) or Failed(_told(error, job.entry.where))
            if isinstance(error, HotlineError):
                parquet.forget_erased(store, job.entry.call_id)
        else:
            stages = {**outcome.stages, "store": time.perf_counter() - begun}
            progress.stored(job.entry.call_id, outcome.call.duration, stages)
            notes += [f"{job.entry.where}: {job.entry.call_id}: {warning}" for warning in outcome.heard.warnings]
    elif isinstance(outcome, Known):
        intake.skipped += 1
        with store.begin() as connection:
            _done(connection, job, outcome.content_hash)
    if isinstance(outcome, Failed):
        if isinstance(outcome.error, MissingPart):
            raise outcome.error  # the installation's fault: every other recording would meet it too
        intake.failed(job, outcome)


def _told(error: Exception, where: str) -> HotlineError:
    if isinstance(error, HotlineError):
        return error
    cause = error.orig if isinstance(error, sa.exc.StatementError) and error.orig is not None else error
    said = redaction.mask((str(cause).splitlines() or [type(cause).__name__])[0][:200])  # it may quote what was said
    return BadRecording(where, f"the database does not take it ({said})", "mend the transcript or the manifest's line")


def _commit(store: Store, book: RuleBook, job: Job, judged: Judged) -> None:
    """Everything SQL knows of one call, in one transaction. Raises HotlineError when the store refuses it."""
    entry, call = judged.entry, judged.call
    with store.begin() as connection:
        problem = judging.conflict(connection, entry, judged.content_hash)  # again: an earlier row may have brought the same file
        if problem is not None:
            raise problem
        call_store.save_heard(connection, _call_row(store, connection, entry, call), _recording_row(judged))
        call_store.save_score(connection, book.choose(call), judged.scorecard, judged.hits_file)
        audit.record(connection, OPERATOR.name, "ingest_call", entry.call_id)
        _done(connection, job, judged.content_hash)


def _done(connection: sa.Connection, job: Job, content_hash: str) -> None:
    entry = job.entry
    ledger_id = judging.job_id(entry.call_id, content_hash)
    jobs.done(connection, ledger_id, entry.call_id, str(entry.path), size=entry.size, mtime_ns=entry.mtime_ns)
    jobs.release(connection, job.id)


def _call_row(store: Store, connection: sa.Connection, entry: Entry, call: Call) -> dict[str, Any]:
    """The row of ``calls``: what the manifest does not say is left out, so that the feed's value stays."""
    said = {name: getattr(entry, name) for name in ("agent_id", "queue_id", "direction", "topic", "wait_s", "hold_s", "acw_s")}
    if entry.agent_id is not None:
        said["unit_path"] = feeds.team_path(connection, entry.agent_id)
    if entry.caller is not None:
        said["caller_key"] = caller_key(secret_key(store.settings.home), entry.caller)
    if call_store.facts(connection, entry.call_id) is None:
        said["talk_s"] = max(0.0, call.duration - (entry.hold_s or 0.0))
    return {
        "id": entry.call_id,
        "started_at": entry.started_at,
        "day": entry.started_at.astimezone(store.settings.zone).date(),
        "metadata": dict(call.metadata),
        "metadata_closed": call.metadata_closed,
        "synthetic": entry.synthetic,
        **{name: value for name, value in said.items() if value is not None},
    }


def _recording_row(judged: Judged) -> dict[str, Any]:
    """The row of ``recordings``."""
    heard, call = judged.heard, judged.call
    return {
        "call_id": call.id,
        "content_hash": judged.content_hash,
        "path": str(judged.entry.path),
        "transcript": None if judged.entry.transcript is None else str(judged.entry.transcript),
        "codec": heard.codec,
        "layout": call.layout.value,
        "duration_s": call.duration,
        "truncated": call.truncated,
        "overlaps": [[span.start, span.end] for span in call.overlaps],
        "overlap_known": call.overlap_known,
        "sounds": [[sound.kind.value, sound.span.start, sound.span.end] for sound in call.sounds],
        "speakers": heard.speakers,
        "text_kind": heard.text_source.kind.value,
        "text_engine": heard.text_source.name,
        "text_version": heard.text_source.version,
        "diarizer": heard.diarizer,
        "role_method": heard.role_method,
        "role_confidence": heard.role_confidence,
        "warnings": list(heard.warnings),
        "turns_file": judged.turns_file,
        "ingested_at": datetime.now(UTC),
    }
