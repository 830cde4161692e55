"""What is to be done of a source, in order: rows read as they are needed, what is done left out, what failed for now tried again.

    manifest rows ─► known by path, size and time? skipped ─► job ─► worker
                                                              ▲        │ failed for now
                                                              └─ later ┘  (up to ``attempts`` times, then quarantine)

A thousand rows are looked up at once, and nothing is read of a file that is stored: of 300,000 rows that are done, a run finds so
in seconds. Tries are counted in the store, so a kill does not begin the count anew.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice
from pathlib import Path

from hotline.errors import BadInput, HotlineError
from hotline.store import Store, jobs
from qa.judging import Failed, Job, digest
from qa.manifest import BadRow, Entry

_BATCH = 1_000
BACKOFF_S = (5.0, 60.0, 600.0)
"""Pause before the second try, the third, and all later ones, seconds."""


class Intake:
    """The source of a run's jobs (see :class:`qa.workers.Source`), and the book-keeping of those that come to nothing."""

    def __init__(self, store: Store, source: Path, items: Iterator[Entry | BadRow]) -> None:
        self._store, self._source, self._items = store, source, items
        self._ready: list[Job] = []
        self._later: list[tuple[datetime, int, Job]] = []
        self._order = count()
        self._exhausted = self._stopped = False
        self.days: set[date] = set()
        """Local days that the source names."""
        self.seen = self.skipped = self.retried = 0
        self.put_aside: list[str] = []
        with store.read() as connection:
            self._tried = jobs.attempts(connection)
            self._aside = jobs.set_aside(connection)

    def take(self) -> Job | None:
        """The next job that is due; None when there is none now."""
        if self._stopped:
            return None
        if self._later and self._later[0][0] <= datetime.now(UTC):
            return heapq.heappop(self._later)[2]
        if not self._ready and not self._exhausted:
            self._read_batch()
        return self._ready.pop() if self._ready else None

    def wait_s(self) -> float | None:
        """Seconds until the next job may be due; None when there is none any more."""
        if self._stopped:
            return None
        if self._ready or not self._exhausted:
            return 0.0
        if self._later:
            return max(0.0, (self._later[0][0] - datetime.now(UTC)).total_seconds())
        return None

    def stop(self) -> None:
        """Give out nothing any more; what is under way may end."""
        self._stopped = True

    @property
    def waiting(self) -> int:
        """Jobs known to be left, without what has not been read."""
        return len(self._ready) + len(self._later)

    def failed(self, job: Job, failure: Failed) -> None:
        """File a job that came to nothing: for another try when that may help and some are left, else in the quarantine."""
        tries = job.attempts + 1
        if failure.passing and tries < self._store.settings.attempts:
            next_at = datetime.now(UTC) + timedelta(seconds=BACKOFF_S[min(tries, len(BACKOFF_S)) - 1])
            with self._store.begin() as connection:
                jobs.failed_attempt(connection, job.id, job.entry.where, tries, str(failure.error), next_at)
            self.retried += 1
            self._push(next_at, replace(job, attempts=tries))
            return
        error = failure.error
        if failure.passing:
            problem = f"{error.problem} (tried {tries} time{'s' if tries > 1 else ''})"
            error = type(error)(error.thing, problem, f"{error.mend}; then: hotline calls quarantine retry")
        self._file(job.id, job.entry, error, tries if failure.passing else 0)

    def _file(self, job_id: str, entry: Entry, error: HotlineError, tries: int) -> None:
        more = {"call_id": entry.call_id, "attempts": tries, "size": entry.size, "mtime_ns": entry.mtime_ns}
        problem = f"{error.thing}: {error.problem}"
        with self._store.begin() as connection:
            jobs.quarantine(connection, job_id, entry.where, problem, error.mend, origin=self._origin(entry.where), **more)
        self.put_aside.append(str(error))

    def _read_batch(self) -> None:
        items = list(islice(self._items, _BATCH))
        self._exhausted = len(items) < _BATCH
        self.seen += len(items)
        entries = [item for item in items if isinstance(item, Entry)]
        bad = [item for item in items if isinstance(item, BadRow)]
        zone = self._store.settings.zone
        self.days |= {entry.started_at.astimezone(zone).date() for entry in entries}
        mended = [row for entry in entries if (row := self._row_id(entry.where)) in self._aside]
        if bad or mended:
            self._file_rows(bad, mended)
        with self._store.read() as connection:
            known = jobs.known_files(connection, [entry.call_id for entry in entries])
        for entry in reversed(entries):  # taken from the end
            if (entry.call_id, str(entry.path), entry.size, entry.mtime_ns) in known:
                self.skipped += 1
            else:
                self._plan(entry)

    def _plan(self, entry: Entry) -> None:
        job_id = digest("call", entry.call_id)
        aside = self._aside.get(job_id)
        if aside is not None and aside["attempts"] and (aside["size"], aside["mtime_ns"]) == (entry.size, entry.mtime_ns):
            # it has had its tries; a person decides whether it gets more
            self.put_aside.append(str(BadInput(entry.where, f"still put aside ({aside['problem']})", "hotline calls quarantine retry")))
            return
        tries, next_at = self._tried.get(job_id, (0, None))
        job = Job(job_id, entry, tries)
        if next_at is not None:
            self._push(next_at, job)
        else:
            self._ready.append(job)

    def _file_rows(self, bad: list[BadRow], mended: list[str]) -> None:
        with self._store.begin() as connection:
            for job_id in mended:  # a row that was wrong in an earlier run and can be read now
                jobs.release(connection, job_id)
            for row in bad:
                problem = f"{row.error.thing}: {row.error.problem}"
                jobs.quarantine(connection, self._row_id(row.where), row.where, problem, row.error.mend, origin=self._origin(row.where))
                self.put_aside.append(str(row.error))

    def _origin(self, where: str) -> str:
        """What a retry is to read: the manifest, or the one recording of a folder."""
        return str(self._source / where if self._source.is_dir() else self._source)

    def _row_id(self, where: str) -> str:
        return digest("row", str(self._source), where)

    def _push(self, at: datetime, job: Job) -> None:
        heapq.heappush(self._later, (at, next(self._order), job))
