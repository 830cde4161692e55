"""Watch a folder: what has stopped growing is taken in, what is half copied waits, what was taken in once is known again.

    manifest.csv + what it names ─┐ unchanged for ``settle_s``?      ┌─► stored
    S1.wav + S1.meta.json         ├───────────────────────────► ingest
    S2.wav + S2.srt               ┘ content not seen before?         └─► put aside

Every few seconds the folder is looked through anew, so nothing depends on messages of the file system, which network shares do
not send. A set of files (a recording and what lies beside it, or a manifest and what it names) is known by a digest of its content;
a set that changes is new. Files stay where they are unless a folder to move them to is given; nothing that is there is overwritten.
Symbolic links are not followed, not even where a manifest names them: what they lead to may still be growing.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from hotline.errors import BadInput, storable
from hotline.store import Store, publishing, watched
from qa import archive, manifest
from qa.ingest import AnyCrew, OnProgress, Stop, Summary, ingest_items
from qa.judging import digest
from qa.manifest import BadRow, Entry
from qa.manifest_fields import Places
from qa.rulebook import RuleBook
from qa.sidecars import AUDIO_SUFFIXES, NamePattern, beside, lone_entry
from qa.workers import Crew

_HALF = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", "~")
"""Endings under which copying programs keep what is not whole yet; names that begin with a dot too."""
Stamp = tuple[int, int]
"""Size and time of change (ns) of a file."""
_LINK, _UNREADABLE_NAME = (-1, -1), (-1, -2)
_PASSED_OVER: dict[Stamp, str] = {
    _LINK: "is a symbolic link, which is not followed",
    _UNREADABLE_NAME: "its name is not in UTF-8: rename it",
}


@dataclass(frozen=True, slots=True)
class Found:
    """Files that belong together; ``manifest`` when the first of them is one."""

    files: tuple[Path, ...]
    manifest: bool

    @property
    def first(self) -> Path:
        return self.files[0]


@dataclass(slots=True)
class Watch:
    """A watched folder; ``waiting`` says what of it has not been taken in yet, and why, after each look.

    ``settle_s`` is how long all files of a set must have stayed the same. Recordings that no manifest names are taken in when something
    lies beside them, when ``names`` tells what their names mean, or when ``lone``. Raises BadInput when there is no such folder.
    """

    store: Store
    folder: Path
    settle_s: float = 10.0
    rules: Path | None = None
    workers: int = 1
    names: NamePattern | None = None
    lone: bool = False
    move_to: Path | None = None
    waiting: dict[Path, str] = field(default_factory=dict)
    _seen: dict[Path, tuple[Stamp, float]] = field(default_factory=dict)
    _finished: dict[Path, Stamp] = field(default_factory=dict)
    _manifests: dict[Path, tuple[Stamp, set[Path] | None]] = field(default_factory=dict)
    _crew: AnyCrew | None = None
    _book: RuleBook | None = None

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise BadInput(str(self.folder), "no such folder", "make it, or mend the name")
        self.folder = self.folder.resolve()
        if self.move_to is not None:
            self.move_to = self.move_to.absolute()
            if self.move_to.resolve().is_relative_to(self.folder):
                raise BadInput("--move-to", "lies inside the watched folder", "name a folder outside of it")
        with self.store.read() as connection:
            # what was stored and still lies there was to be moved when an earlier watch was killed: it is looked at again
            self._finished = watched.stamps(connection, but=None if self.move_to is None else "stored")

    def look(self, *, stop: Stop = lambda: False, on_progress: OnProgress | None = None) -> Summary | None:
        """Look once and take in what has settled; None when there was nothing."""
        stamps = self._stamps()
        now = time.monotonic()
        self._seen = {path: (s, self._seen[path][1] if self._seen.get(path, (None,))[0] == s else now) for path, s in stamps.items()}
        self.waiting = {path: _PASSED_OVER[s] for path, s in stamps.items() if s in _PASSED_OVER}
        due: list[tuple[Found, Stamp]] = []
        for found in self._sets(stamps):
            stamp = _together(stamps, found.files)
            if self._finished.get(found.first) == stamp:
                continue
            if any(now - self._seen[path][1] < self.settle_s for path in found.files):
                self.waiting[found.first] = "has not settled"
            else:
                due.append((found, stamp))
        return self._take_in(due, stop, on_progress) if due else None

    def close(self) -> None:
        """End the worker processes."""
        if self._crew is not None:
            self._crew.dismiss()
            self._crew = None

    def _stamps(self) -> dict[Path, Stamp]:
        """Every file below the folder that may be whole; what is passed over with an impossible stamp. Linked folders are not entered."""
        stamps: dict[Path, Stamp] = {}
        for folder, below, names in os.walk(self.folder):
            below[:] = sorted(name for name in below if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if name.startswith(".") or name.endswith(_HALF):
                    continue
                try:
                    found = path.lstat()
                except OSError:
                    continue  # it has gone, or the share does not answer: the next look will tell
                if stat.S_ISLNK(found.st_mode):
                    stamps[path] = _LINK
                elif storable(str(path)) != str(path):
                    stamps[path] = _UNREADABLE_NAME
                elif stat.S_ISREG(found.st_mode):
                    stamps[path] = (found.st_size, found.st_mtime_ns)
        return stamps

    def _sets(self, stamps: dict[Path, Stamp]) -> list[Found]:
        whole = {path for path, stamp in stamps.items() if stamp not in _PASSED_OVER}
        sets: list[Found] = []
        named: set[Path] = set()
        for path in sorted(path for path in whole if path.suffix.lower() in manifest.MANIFEST_SUFFIXES):
            files = self._named_by(path, stamps[path])
            if files is not None:
                present = files & whole
                named |= present
                sets.append(Found((path, *sorted(present)), True))
        for path in sorted(path for path in whole - named if path.suffix.lower() in AUDIO_SUFFIXES):
            others = [other for other in beside(path) if other in whole]
            if others or self.names is not None or self.lone:
                sets.append(Found((path, *others), False))
            else:
                self.waiting[path] = "no manifest names it and nothing lies beside it"
        return sets

    def _named_by(self, path: Path, stamp: Stamp) -> set[Path] | None:
        """What a manifest names; None for a table that is none. Read again only when it has changed."""
        held = self._manifests.get(path)
        if held is None or held[0] != stamp:
            try:
                files = set(manifest.named_files(path)) if manifest.is_manifest(path) else None
            except BadInput:  # it is being written, or broken: ingestion says so once it has settled
                files = set()
            held = self._manifests[path] = (stamp, files)
        return held[1]

    def _take_in(self, due: list[tuple[Found, Stamp]], stop: Stop, on_progress: OnProgress | None) -> Summary:
        summaries: list[Summary] = []
        fresh: list[tuple[Found, Stamp, str]] = []
        for found, stamp in due:
            try:
                content = _content(found.files)
            except OSError as error:
                self.waiting[found.first] = f"cannot be read ({error.strerror})"
                continue
            with self.store.read() as connection:
                known = watched.outcome(connection, content)
            if known is not None:
                self._finish(found, stamp, content, known)
            else:
                fresh.append((found, stamp, content))
        book = self._staff()
        for found, stamp, content in (item for item in fresh if item[0].manifest):
            summaries.append(self._ingest(book, found.first, self._rows(found.first), _count(found.first), stop, on_progress))
            if not stop():
                self._finish(found, stamp, content, "manifest")
        lone = [item for item in fresh if not item[0].manifest]
        if lone and not stop():
            items = [self._entry(found.first) for found, _, _ in lone]
            summaries.append(self._ingest(book, self.folder, iter(items), len(items), stop, on_progress))
            for (found, stamp, content), item in zip(lone, items, strict=True):
                outcome = self._outcome(item)
                if outcome is not None:
                    self._finish(found, stamp, content, outcome)
        return _sum(summaries)

    def _rows(self, file: Path) -> Iterator[Entry | BadRow]:
        """The rows of a manifest; where it cannot be read any further, a bad one that says so."""
        try:
            yield from manifest.stream(file, self.store.settings.zone, links=False)
        except BadInput as error:
            yield BadRow(file.name, error)

    def _entry(self, recording: Path) -> Entry | BadRow:
        where = recording.relative_to(self.folder).as_posix()
        try:
            return lone_entry(recording, Places(self.folder), self.store.settings.zone, self.names)
        except BadInput as error:
            return BadRow(where, error)
        except OSError as error:
            return BadRow(where, BadInput(f"{where}: file", f"cannot be read ({error.strerror})", "check the share or the permissions"))

    def _ingest(
        self, book: RuleBook, source: Path, items: Iterator[Entry | BadRow], total: int, stop: Stop, on_progress: OnProgress | None
    ) -> Summary:
        return ingest_items(
            self.store,
            book,
            source,
            items,
            total,
            workers=self.workers,
            crew=self._crew,
            on_progress=on_progress,
            stop=stop,
        )

    def _staff(self) -> RuleBook:
        """The rules as they are now, and workers that know them."""
        book = publishing.rule_book(self.store, self.rules)
        if self._book is None or _marks(book) != _marks(self._book):
            self.close()
            self._book = book
        if self._crew is None and self.workers > 1:
            self._crew = Crew(self.workers)
        return self._book

    def _outcome(self, item: Entry | BadRow) -> str | None:
        """What became of a recording: stored or put aside; None when its turn has not come."""
        if isinstance(item, BadRow):
            return "put aside"
        with self.store.read() as connection:
            return watched.became(connection, digest("call", item.call_id), item.call_id, str(item.path))

    def _finish(self, found: Found, stamp: Stamp, content: str, outcome: str) -> None:
        """Remember a set, and move a recording that was stored if that was asked for.

        A move that fails, or is killed, is made up for by the next look that finds the set there.
        """
        with self.store.begin() as connection:
            watched.remember(connection, content, str(found.first), stamp, outcome)
        if self.move_to is not None and not found.manifest and outcome == "stored":
            try:
                self._move(found.files, archive.places(found.files, self.folder, self.move_to, content))
            except OSError as error:
                self.waiting[found.first] = f"cannot be moved ({error.strerror})"
                return
        self._finished[found.first] = stamp

    def _move(self, files: tuple[Path, ...], places: tuple[Path, ...]) -> None:
        """So that the store names a file that is there at every moment: copy, rename in the store, remove."""
        for file, there in zip(files, places, strict=True):
            archive.copy(file, there)
        with self.store.begin() as connection:
            for file, there in zip(files, places, strict=True):
                watched.moved(connection, str(file), str(there), there.stat().st_mtime_ns)
        for file in reversed(files):  # the recording last: what lies beside another one of its name later must not be of this one
            file.unlink(missing_ok=True)


def watch(
    watcher: Watch,
    *,
    every_s: float = 5.0,
    once: bool = False,
    stop: Stop = lambda: False,
    on_progress: OnProgress | None = None,
    on_summary: Callable[[Summary], None] = lambda summary: None,
) -> Summary:
    """Look every ``every_s`` seconds until ``stop`` says so, or with ``once`` until what is there now has been looked at twice.

    What is under way when ``stop`` says so is finished. Errors of the file system and the database are waited out; a
    store that lacks a table or column is not: MissingPart.
    """
    summaries: list[Summary] = []
    begun: float | None = None
    try:
        while not stop():
            last = once and begun is not None and time.monotonic() - begun >= watcher.settle_s
            try:
                summary = watcher.look(stop=stop, on_progress=on_progress)
            except (OSError, sa.exc.OperationalError):
                if last:
                    raise
                summary = None
            if summary is not None:
                summaries.append(summary)
                on_summary(summary)
            if last:
                break
            begun = begun or time.monotonic()
            until = time.monotonic() + (min(every_s, max(0.05, watcher.settle_s)) if once else every_s)
            while not stop() and (left := until - time.monotonic()) > 0:
                time.sleep(min(left, 0.5))
    finally:
        watcher.close()
    return _sum(summaries)


def _count(file: Path) -> int:
    try:
        return manifest.count(file)
    except BadInput:  # reading its rows says what is wrong
        return 1


def _together(stamps: dict[Path, Stamp], files: Iterable[Path]) -> Stamp:
    sizes, times = zip(*(stamps[file] for file in files), strict=True)
    return sum(sizes), max(times)


def _content(files: Iterable[Path]) -> str:
    """Digest of what is in the files, in their order; names do not count, so a copy is known again."""
    parts = []
    for file in files:
        with file.open("rb") as handle:
            parts.append(hashlib.file_digest(handle, "sha256").hexdigest())
    return digest("watched", *parts)


def _sum(summaries: list[Summary]) -> Summary:
    stages: dict[str, float] = {}
    for summary in summaries:
        for stage, seconds in summary.stages.items():
            stages[stage] = round(stages.get(stage, 0.0) + seconds, 3)
    return Summary(
        sum(s.stored for s in summaries),
        sum(s.skipped for s in summaries),
        tuple(line for s in summaries for line in s.quarantined),
        tuple(line for s in summaries for line in s.notes),
        sum(s.retried for s in summaries),
        sum(s.audio_s for s in summaries),
        sum(s.wall_s for s in summaries),
        stages,
    )


def _marks(book: RuleBook) -> list[tuple[str, str]]:
    """What tells one rule book from another: the texts, and when they are in force."""
    return [(rule_set.content_hash, str(rule_set.effective)) for rule_set in book.rule_sets]
