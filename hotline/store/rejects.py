"""Rows of feeds that were put aside: which line of which file, what is wrong with it and how to mend it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.schema import feed_rejects
from hotline.store.tables import frame, upsert


@dataclass(frozen=True, slots=True)
class Reject:
    """A row put aside. ``line`` is the line of the file, or the row's number where a format has no lines; ``row`` its cells."""

    feed: str
    file: str
    line: int
    column: str
    problem: str
    mend: str
    row: dict[str, str | None] = field(default_factory=dict)


def keep(connection: sa.Connection, files: Collection[str], found: Iterable[Reject]) -> None:
    """Put ``found`` in place of what was put aside from ``files`` before: what has been mended is no longer listed.

    Cells are masked as calls' metadata are, and numbers of callers are left out. The same rows again keep the instant of the first time.
    """
    from qa.redaction import mask  # its recognisers take a moment to build, and readers of the store need none

    rows: dict[str, dict[str, Any]] = {}
    now = datetime.now(UTC)
    for reject in found:
        cells = {name: mask(text) if text else text for name, text in reject.row.items()}
        known = {"feed": reject.feed, "file": reject.file[:200], "line": reject.line, "column": reject.column[:80]}
        text = json.dumps([*known.values(), cells], ensure_ascii=False, sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()
        rows[key] = {"id": key, **known, "problem": mask(reject.problem), "mend": reject.mend, "row": cells, "at": now}
    old = connection.scalars(sa.select(feed_rejects.c.id).where(feed_rejects.c.file.in_([file[:200] for file in files])))
    gone = [key for key in old if key not in rows]
    for first in range(0, len(gone), 10_000):
        connection.execute(feed_rejects.delete().where(feed_rejects.c.id.in_(gone[first : first + 10_000])))
    upsert(connection, feed_rejects, list(rows.values()), keep=("at",))


def put_aside(store: Store, viewer: Viewer, *, limit: int = 100, offset: int = 0) -> pl.DataFrame:
    """A page of the rows put aside, by file and line: feed, file, line, column, problem, mend, at. Needs IMPORT."""
    viewer.require(Permission.IMPORT, "rows put aside")
    columns = [feed_rejects.c[name] for name in ("feed", "file", "line", "column", "problem", "mend", "at")]
    query = sa.select(*columns).order_by(feed_rejects.c.file, feed_rejects.c.line, feed_rejects.c.id).limit(limit).offset(offset)
    with store.read() as connection:
        return frame(connection, query, store.settings.timezone)
