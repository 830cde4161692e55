"""Recordings in, stored verdicts out: manifest → jobs → turns → scores → roll-ups.

    manifest ─► job (call id + content hash) ─► worker: listen → mask → judge → Parquet
                                                   │
                                   this process:  one SQL transaction a call ─► roll-up of the days touched

A worker writes only Parquet files with names that follow from the call; everything else happens in one
transaction per call. So a process killed anywhere leaves either nothing or a whole call, and the same
command run again does the rest: finished jobs are skipped, unfinished ones repeated over the same files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline.errors import BadInput, BadRecording, HotlineError, MissingPart
from hotline.secret import caller_key, secret_key
from hotline.settings import Settings
from hotline.store import Store, audit, feeds, jobs, open_store, parquet, rollups
from hotline.store import calls as call_store
from hotline.store.access import OPERATOR
from qa import manifest, redaction
from qa.calls import Call
from qa.listen import Heard, Request, listen
from qa.rulebook import RuleBook
from qa.scoring import Scorecard, score
from qa.workers import Workers

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to work on; ``id`` follows from call id and content, so the same work has the same id."""

    id: str
    content_hash: str
    entry: manifest.Entry


@dataclass(frozen=True, slots=True)
class Judged:
    """What a worker hands back: the rows to store and the Parquet files it wrote."""

    heard: Heard
    call: Call
    scorecard: Scorecard
    turns_file: str
    hits_file: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: a line per recording or row put aside, and one per remark on a recording that was stored."""

    stored: int
    skipped: int
    quarantined: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        return {"stored": self.stored, "skipped": self.skipped, "quarantined": list(self.quarantined), "notes": list(self.notes)}


def ingest(store: Store, source: Path, *, rules: Path | None = None, workers: int = 1, on_progress: Progress | None = None) -> Summary:
    """Bring a manifest or a folder into the store; see the module text for what a kill leaves behind.

    ``rules`` names one rule set for all calls; without it the rule book chooses by the call's language.
    ``workers=1`` works in this process. Raises BadInput when the source itself cannot be read.
    """
    report = on_progress or (lambda done, total, what: None)
    book = RuleBook.load(rules or store.settings.rules)
    entries, bad_rows = manifest.read(source, store.settings.zone)
    put_aside: list[str] = []
    for row in bad_rows:
        put_aside.append(_put_aside(store, _row_id(source, row.where), row.where, row.error))
    with store.begin() as connection:
        for entry in entries:  # a row that was wrong in an earlier run and can be read now
            jobs.release(connection, _row_id(source, entry.where))

    waiting: list[Job] = []
    skipped = 0
    for entry in entries:
        job, error = _job(store, entry)
        if error is not None:
            put_aside.append(_put_aside(store, _digest("call", entry.call_id), entry.where, error))
        elif job is None:
            skipped += 1
        else:
            waiting.append(job)

    stored = 0
    notes: list[str] = []
    work = Workers(_attempt, _start_worker, (store.settings, book), _died)
    for finished, (job, outcome) in enumerate(work.run(waiting, workers), start=1):
        report(finished, len(waiting), job.entry.call_id)
        if isinstance(outcome, MissingPart):
            raise outcome  # the installation's fault: every other recording would meet it too
        try:
            if isinstance(outcome, HotlineError):
                raise outcome
            _commit(store, book, job, outcome)
        except HotlineError as error:
            put_aside.append(_put_aside(store, _digest("call", job.entry.call_id), job.entry.where, error))
        else:
            stored += 1
            notes += [f"{job.entry.where}: {job.entry.call_id}: {warning}" for warning in outcome.heard.warnings]
    # Every day the manifest names, also of calls stored before: a run killed between commit and roll-up is made good here.
    rollups.roll_up(store, {entry.started_at.astimezone(store.settings.zone).date() for entry in entries})
    parquet.sweep(store)
    return Summary(stored, skipped, tuple(put_aside), tuple(notes))


def judge(settings: Settings, store: Store, book: RuleBook, job: Job) -> Judged:
    """Listen to one recording, mask and judge it, and write its Parquet files. Raises BadRecording."""
    entry = job.entry
    heard = listen(
        entry.path,
        Request(
            call_id=entry.call_id,
            supplied=entry.transcript,
            language=entry.language,
            channel_map=entry.channel_map,
            opening_phrases=book.opening_phrases(entry.language),
        ),
        settings.models,
    )
    turns = tuple(redaction.mask_turn(turn) for turn in heard.call.turns) if settings.mask_text else heard.call.turns
    call = replace(
        heard.call,
        turns=turns,
        started_at=entry.started_at,
        agent_id=entry.agent_id,
        queue=entry.queue_id,
        direction=entry.direction or "inbound",
        metadata={"topic": entry.topic or "", "language": entry.language, **entry.metadata},
    )
    scorecard = score(book.choose(call), call)
    return Judged(heard, call, scorecard, parquet.write_turns(store, call), parquet.write_hits(store, call, scorecard))


def rescore(store: Store, call_ids: Sequence[str], rules: Path | None = None) -> list[dict[str, Any]]:
    """Judge stored calls by the rules as they are now; earlier results stay, marked as not current.

    Returns one row a call: old and new score interval. Raises NotFound for an unknown call.
    """
    book = RuleBook.load(rules or store.settings.rules)
    rows = []
    for call_id in call_ids:
        opened = call_store.open_call(store, OPERATOR, call_id)
        rule_set = book.choose(opened.call)
        scorecard = score(rule_set, opened.call)
        hits_file = parquet.write_hits(store, opened.call, scorecard)
        with store.begin() as connection:
            call_store.save_score(connection, rule_set, scorecard, hits_file)
            audit.record(connection, OPERATOR.name, "rescore_call", call_id, rules=rule_set.content_hash)
        rollups.roll_up(store, {opened.row.day})
        rows.append({"call": call_id, "was": _interval(opened.row.low, opened.row.high), "is": _interval(scorecard.low, scorecard.high)})
    return rows


def _job(store: Store, entry: manifest.Entry) -> tuple[Job | None, BadInput | None]:
    """The job for an entry; None when it is done; or why it cannot be worked on."""
    try:
        content_hash = _hash_file(entry.path)
    except OSError as error:
        return None, BadRecording(f"{entry.where}: file", f"cannot be read ({error.strerror})", "mend the file or its permissions")
    with store.read() as connection:
        job = Job(_digest(entry.call_id, content_hash), content_hash, _filled(entry, call_store.facts(connection, entry.call_id)))
        if jobs.is_done(connection, job.id):
            return None, None
        problem = _conflict(connection, job)
    return (None, problem) if problem else (job, None)


def _filled(entry: manifest.Entry, facts: Mapping[str, Any] | None) -> manifest.Entry:
    """The entry with what the telephone system's feed knows of the call and the manifest does not say."""
    if facts is None:
        return entry
    blank = {name: facts[name] for name in ("agent_id", "queue_id", "direction", "topic") if getattr(entry, name) is None}
    return replace(entry, **blank, metadata={**facts["metadata"], **entry.metadata})


def _conflict(connection: sa.Connection, job: Job) -> BadInput | None:
    """What in the store forbids to take this recording in."""
    entry = job.entry
    holder = call_store.holder_of(connection, job.content_hash)
    if holder is not None and holder != entry.call_id:
        return BadRecording(f"{entry.where}: file", f"the same recording is stored as call {holder}", "name the right file")
    if call_store.has_other_recording(connection, entry.call_id, job.content_hash):
        return BadRecording(f"{entry.where}: call_id", f"call {entry.call_id} has another recording already", "give the call its own id")
    if entry.agent_id is not None and feeds.team_path(connection, entry.agent_id) is None:
        return BadInput(f"{entry.where}: agent_id", f"'{entry.agent_id}' is not in the organisation", "hotline centre import")
    if entry.queue_id is not None and not feeds.has_queue(connection, entry.queue_id):
        return BadInput(f"{entry.where}: queue_id", f"'{entry.queue_id}' is not a queue here", "hotline centre import")
    return None


def _commit(store: Store, book: RuleBook, job: Job, judged: Judged) -> None:
    """Everything SQL knows of one call, in one transaction. Raises HotlineError when the store refuses it."""
    entry, heard, call = job.entry, judged.heard, judged.call
    with store.begin() as connection:
        problem = _conflict(connection, job)  # again: an earlier row of this run may have brought the same file
        if problem is not None:
            raise problem
        call_store.save_heard(connection, _call_row(store, connection, entry, call), _recording_row(job, heard, call, judged.turns_file))
        call_store.save_score(connection, book.choose(call), judged.scorecard, judged.hits_file)
        audit.record(connection, OPERATOR.name, "ingest_call", entry.call_id)
        jobs.done(connection, job.id, entry.call_id, str(entry.path))
        jobs.release(connection, _digest("call", entry.call_id))


def _call_row(store: Store, connection: sa.Connection, entry: manifest.Entry, call: Call) -> dict[str, Any]:
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


def _recording_row(job: Job, heard: Heard, call: Call, turns_file: str) -> dict[str, Any]:
    """The row of ``recordings``."""
    return {
        "call_id": call.id,
        "content_hash": job.content_hash,
        "path": str(job.entry.path),
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
        "turns_file": turns_file,
        "ingested_at": datetime.now(UTC),
    }


def _put_aside(store: Store, job_id: str, source: str, error: HotlineError) -> str:
    with store.begin() as connection:
        jobs.quarantine(connection, job_id, source, f"{error.thing}: {error.problem}", error.mend)
    return str(error)


# --- workers -----------------------------------------------------------------------------------------

_context: tuple[Settings, Store, RuleBook] | None = None
"""What a worker process keeps between jobs; set once by ``_start_worker``."""


def _start_worker(settings: Settings, book: RuleBook) -> None:
    global _context
    _context = settings, open_store(settings), book


def _attempt(job: Job) -> Judged | HotlineError:
    """One job in a worker; whatever goes wrong with a recording comes back as a line, never as a crash."""
    assert _context is not None
    settings, store, book = _context
    try:
        return judge(settings, store, book, job)
    except HotlineError as error:
        return error
    except Exception as error:
        return BadRecording(job.entry.where, f"{type(error).__name__}: {error}", "this is a fault of Hotline's: please report it")


def _died(job: Job) -> HotlineError:
    return BadRecording(job.entry.where, "the worker process died on this recording, twice", "check the file; more memory may help")


def _row_id(source: Path, where: str) -> str:
    return _digest("row", str(source.resolve()), where)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _hash_file(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:g}–{high:g}"
