"""What a worker does with one recording: hash → listen → mask → judge → Parquet. No SQL is written here.

Stages are timed one by one. What goes wrong comes back as a value: for good (the recording's fault) or for now (a share that does
not answer, memory that is short, a locked database), which is worth another try.
"""

from __future__ import annotations

import errno
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline.errors import BadInput, BadRecording, HotlineError
from hotline.secret import secret_key
from hotline.settings import Settings
from hotline.store import Store, erasure, feeds, jobs, open_store, parquet, voiceprints
from hotline.store import calls as call_store
from qa import hotwords, redaction
from qa.calls import Call, Turn
from qa.decoding import stated_seconds
from qa.listen import Heard, Request, listen
from qa.manifest import Entry
from qa.redaction.fields import mask_fields
from qa.rulebook import RuleBook
from qa.rules import serving
from qa.scoring import Scorecard, score
from qa.workers import SetLimit

_FOR_GOOD = {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}
"""What an operating system says of a file that will not be there or readable in a minute either."""
LEAST_LIMIT_S = 60.0
LOAD_S = 600.0
"""The first recording of a process loads the models, which on a busy machine with a cold disk takes minutes."""
_BYTES_A_SECOND = 100_000
"""A slow disk or share; until the length is known a recording may take this long to be read, and the least limit."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to work on; ``attempts`` are those that have failed for a passing reason."""

    id: str
    """Digest of the call id: what quarantine and attempts are filed under."""
    entry: Entry
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What a worker hands back: the rows to store and the Parquet files it wrote. ``stages`` are seconds."""

    content_hash: str
    entry: Entry
    heard: Heard
    call: Call
    scorecard: Scorecard
    turns_file: str
    hits_file: str
    stages: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Known:
    """The recording is in the store already: the same content, perhaps copied anew."""

    content_hash: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Why nothing came of it; ``passing`` when another try may help."""

    error: HotlineError
    passing: bool = False


Outcome = Judged | Known | Failed


@dataclass(slots=True)
class StageClock:
    """Seconds per stage; a stage ends when the next begins."""

    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""
    _since: float = 0.0

    def __call__(self, stage: str) -> None:
        """Begin a stage; "" only ends the present one."""
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now


def judge(
    settings: Settings,
    store: Store,
    book: RuleBook,
    entry: Entry,
    content_hash: str,
    clock: StageClock | None = None,
    *,
    metadata_closed: bool = True,
) -> Judged:
    """Listen to one recording, mask and judge it, and write its Parquet files. Raises BadRecording.

    While more metadata may arrive from another system (``metadata_closed`` False), what they are missing for is doubtful.
    """
    clock = clock or StageClock()
    heard = listen(
        entry.path,
        Request(
            call_id=entry.call_id,
            supplied=entry.transcript,
            language=entry.language,
            channel_map=entry.channel_map,
            opening_phrases=book.opening_phrases(entry.language),
            hotwords=hotwords.expected(settings.hotwords, entry.queue_id, book, entry.language),
            longest_s=settings.longest_recording_hours * 3600,
            synthetic=entry.synthetic,
            voiceprint=voiceprints.vector_of(store, entry.agent_id),
            direction=entry.direction or "inbound",
        ),
        settings.models,
        on_stage=clock,
    )
    clock("mask")
    turns = masked(settings, entry.call_id, heard.call.turns)
    call = replace(
        heard.call,
        turns=turns,
        started_at=entry.started_at.astimezone(settings.zone),
        agent_id=entry.agent_id,
        queue=entry.queue_id,
        direction=entry.direction or "inbound",
        metadata={"topic": entry.topic or "", "language": entry.language, **told(settings, entry.metadata)},
        metadata_closed=metadata_closed,
    )
    clock("score")
    scorecard = score(book.choose(call), call)
    clock("write")
    turns_file, hits_file = parquet.write_turns(store, call), parquet.write_hits(store, call, scorecard)
    clock("")
    return Judged(content_hash, entry, heard, call, scorecard, turns_file, hits_file, clock.seconds)


def masked(settings: Settings, call_id: str, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """The turns of a call with personal values masked (unless the settings keep them) and a token for each value."""
    key = redaction.call_key(secret_key(settings.home), call_id)
    return redaction.redact(turns, key, masked=settings.mask_text)


def told(settings: Settings, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What came with a call, personal values masked (unless the settings keep them); see :func:`qa.redaction.fields.mask_fields`."""
    return mask_fields(metadata) if settings.mask_text else dict(metadata)


def conflict(connection: sa.Connection, entry: Entry, content_hash: str) -> BadInput | None:
    """What in the store forbids to take this recording in."""
    if (refused := erasure.refusal(connection, f"{entry.where}: file", entry.call_id, content_hash)) is not None:
        return refused
    holder = call_store.holder_of(connection, content_hash)
    if holder is not None and holder != entry.call_id:
        return BadRecording(f"{entry.where}: file", f"the same recording is stored as call {holder}", "name the right file")
    if call_store.has_other_recording(connection, entry.call_id, content_hash):
        return BadRecording(f"{entry.where}: call_id", f"call {entry.call_id} has another recording already", "give the call its own id")
    if entry.agent_id is not None and feeds.team_path(connection, entry.agent_id) is None:
        return BadInput(f"{entry.where}: agent_id", f"'{entry.agent_id}' is not in the organisation", "hotline centre import")
    if entry.queue_id is not None and not feeds.has_queue(connection, entry.queue_id):
        return BadInput(f"{entry.where}: queue_id", f"'{entry.queue_id}' is not a queue here", "hotline centre import")
    return None


def passing(error: BaseException, where: str) -> Failed | None:
    """The failure for an error that another try may not meet; None for all others."""
    if isinstance(error, MemoryError):
        return Failed(BadRecording(where, "memory ran short", "fewer workers, or more memory"), passing=True)
    if isinstance(error, sa.exc.OperationalError):
        return Failed(BadRecording(where, f"the database did not answer ({_said(error.orig)})", "see hotline doctor"), passing=True)
    if isinstance(error, OSError) and error.errno not in _FOR_GOOD:
        problem = f"the file system did not answer ({error.strerror or _said(error)})"
        return Failed(BadRecording(where, problem, "check the share or the disk"), passing=True)
    return None


def job_id(call_id: str, content_hash: str) -> str:
    """The ledger's id of a recording in the store: the same call and content have the same id."""
    return digest(call_id, content_hash)


def digest(*parts: str) -> str:
    """SHA-256 of the parts, hexadecimal."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()  # names of files may be no UTF-8


# --- in a worker process -----------------------------------------------------------------------------

_context: tuple[Settings, Store, RuleBook] | None = None
"""What a worker process keeps between jobs; set once by ``start_worker``."""


def start_worker(settings: Settings, book: RuleBook) -> None:
    global _context
    _context = settings, open_store(settings), book
    serving.ready(book.rule_sets)


def attempt(job: Job, set_limit: SetLimit) -> Outcome:
    """One job in a worker; whatever goes wrong with a recording comes back as a value, never as a crash."""
    assert _context is not None
    settings, store, book = _context
    where = job.entry.where
    clock = StageClock()
    try:
        clock("read")
        content_hash = hash_file(job.entry.path, where)
        with store.read() as connection:
            if jobs.is_done(connection, job_id(job.entry.call_id, content_hash)):
                return Known(content_hash)
            known = call_store.facts(connection, job.entry.call_id)
            entry = _filled(job.entry, known)
            problem = conflict(connection, entry, content_hash)
        if problem is not None:
            return Failed(problem)
        seconds = stated_seconds(entry.path)
        if seconds is not None:
            set_limit(max(LEAST_LIMIT_S, settings.timeout_factor * seconds))
        return judge(settings, store, book, entry, content_hash, clock, metadata_closed=known is None or known["metadata_closed"])
    except HotlineError as error:
        return passing(error.__cause__ or error, where) or Failed(error)
    except Exception as error:
        reason = redaction.mask(f"{type(error).__name__}: {error}")  # it may quote what was said
        fault = BadRecording(where, reason, "this is a fault of Hotline's: please report it")
        return passing(error, where) or Failed(fault)


def limit_s(job: Job) -> float:
    """Seconds a job may take before the length of its recording is known."""
    return LEAST_LIMIT_S + job.entry.size / _BYTES_A_SECOND


def gone(job: Job, why: str) -> Outcome:
    """The outcome of a job whose process died or had to be ended."""
    problems = {
        "died": ("the worker process died on this recording", "check the file; more memory may help"),
        "slow": ("took too long and was stopped", "check the file; see timeout_factor in docs/settings.md"),
    }
    return Failed(BadRecording(job.entry.where, *problems[why]), passing=True)


def hash_file(path: Path, where: str) -> str:
    """SHA-256 of a file's content. Raises BadRecording when it cannot be read for good, OSError when only for now."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        if error.errno in _FOR_GOOD:
            problem = f"cannot be read ({error.strerror})"
            raise BadRecording(f"{where}: file", problem, "mend the file or its permissions") from None
        raise


def _filled(entry: Entry, facts: Mapping[str, Any] | None) -> Entry:
    """The entry with what the telephone system's feed knows of the call and the manifest does not say."""
    if facts is None:
        return entry
    blank = {name: facts[name] for name in ("agent_id", "queue_id", "direction", "topic") if getattr(entry, name) is None}
    return replace(entry, **blank, metadata={**facts["metadata"], **entry.metadata})


def _said(error: BaseException | None) -> str:
    return str(error).splitlines()[0][:120] if error is not None and str(error) else type(error).__name__
