"""Where Parquet files lie, what they are called, and how they are written whole or not at all.

A *reference* is what SQL rows hold. It names a call's own file, or a file that holds many calls and the part in it:

    turns/day=2026-11-09/S001-3f0c…-9d2e….parquet
    turns/day=2026-11-09/all-77ab….parquet#S001-3f0c…-9d2e…

The part is the name (without ending) of the file the rows came from, so it holds a digest of call and content too.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hotline.errors import BadInput
from hotline.store.engine import Store

KINDS = ("turns", "hits")
PART = "part"
"""The column of a file of many calls that says which part a row belongs to."""
MANY = "all-"
"""How the names of files of many calls begin; those of one call hold two digests after the first letters."""
LOCK = ".lock"


def split(reference: str) -> tuple[str, str | None]:
    """The file of a reference, and the part in it or None when the file is the call's own.

    >>> split("turns/day=2026-11-09/all-77.parquet#S1-3f-9d"), split("turns/day=2026-11-09/S1-3f-9d.parquet")
    (('turns/day=2026-11-09/all-77.parquet', 'S1-3f-9d'), ('turns/day=2026-11-09/S1-3f-9d.parquet', None))
    """
    file, separator, part = reference.partition("#")
    return file, part if separator else None


def part_of(reference: str) -> str:
    """The part that a reference's rows are or would be called by in a file of many calls."""
    file, part = split(reference)
    return part or file.rpartition("/")[2].removesuffix(".parquet")


def stem(call_id: str) -> str:
    """How the names of a call's files begin: readable letters, then a digest, since case and other marks may be lost on the way."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', call_id)[:40]}-{hashlib.sha256(call_id.encode()).hexdigest()[:16]}"


def path_of(store: Store, reference: str) -> Path:
    """The file of a reference. Raises BadInput when it would lie outside the Parquet folder."""
    file, _ = split(reference)
    root = store.settings.parquet.resolve()
    path = (root / file).resolve()
    if not path.is_relative_to(root):
        raise BadInput(file, "lies outside the Parquet folder", "name a file as write_turns or write_hits returned it")
    return path


@contextmanager
def one_at_a_time(store: Store) -> Iterator[None]:
    """Hold the Parquet folder against every other process and thread that rewrites or removes files in it; waits its turn.

    Writers of new files and readers need no turn. A process that dies gives its turn back. Not for use inside itself.
    """
    store.settings.parquet.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (store.settings.parquet / LOCK).open("ab") as handle:  # open for writing: network file systems ask for it
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_whole(target: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file whole or not at all, durably: beside its place, synced, renamed, and the folder synced.

    Until then it is called ``.NAME-….tmp``, so that what a killed writer left can be told to be of a call.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.parent / f".{target.stem}-{secrets.token_hex(8)}.tmp"
    try:
        with fresh.open("wb") as handle:
            write(handle)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
