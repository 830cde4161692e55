"""Files outside the store that hold what was said in a call: recording, transcript, ``.meta.json``, exports.

Recordings and what lies beside them are Hotline's own when they lie in its home. Exports are files that Hotline wrote: the audit
trail keeps folder and name, and only a regular file that still lies there counts, no link that was put in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from hotline.store.engine import Store
from hotline.store.schema import audit, recordings
from qa.sidecars import META_SUFFIX


@dataclass(frozen=True, slots=True)
class Exports:
    """``here``: exported files that Hotline wrote and that are still there; ``gone``: (call, who, when) of all other copies."""

    here: tuple[Path, ...]
    gone: tuple[tuple[str, str, datetime], ...]


def spoken(store: Store, connection: sa.Connection, ids: Sequence[str]) -> tuple[Path, ...]:
    """The recordings of the calls, then their transcripts and ``.meta.json``, those that are there.

    A transcript that the recording of another call names too is left out: it is not these callers' alone.
    """
    rows = connection.execute(sa.select(recordings.c.path, recordings.c.transcript).where(recordings.c.call_id.in_(ids))).all()
    others = sa.select(recordings.c.transcript).where(recordings.c.call_id.not_in(ids), recordings.c.transcript.is_not(None))
    texts = {row.transcript for row in rows if row.transcript is not None}
    shared = set(connection.scalars(others.where(recordings.c.transcript.in_(texts)))) if texts else set()
    home = store.settings.home
    audio = [home / row.path for row in rows]
    beside = [home / name for name in sorted(texts - shared)] + [path.with_suffix(META_SUFFIX) for path in audio]
    return tuple(dict.fromkeys([*audio, *(path for path in beside if path.is_file())]))


def exported(store: Store, connection: sa.Connection, ids: Sequence[str]) -> Exports:
    """What left the store of the calls, by the audit trail."""
    wanted = audit.c.action.in_(("export_call", "export_audio")), audit.c.object.in_(ids)
    query = sa.select(audit.c.object, audit.c.who, audit.c.at, audit.c.detail).where(*wanted).order_by(audit.c.id)
    here: list[Path] = []
    gone: list[tuple[str, str, datetime]] = []
    for row in connection.execute(query):
        path = _written(row.detail.get("folder"), row.detail.get("file"))
        if path is None:
            gone.append((row.object, row.who, row.at.astimezone(store.settings.zone)))
        else:
            here.append(path)
    return Exports(tuple(dict.fromkeys(here)), tuple(gone))


def is_ours(store: Store, path: Path) -> bool:
    """Whether a file lies in Hotline's home."""
    return path.resolve().is_relative_to(store.settings.home.resolve())


def _written(folder: str | None, name: str | None) -> Path | None:
    if not folder or not name or Path(name).name != name:
        return None
    path = Path(folder) / name
    return path if path.is_file() and path.resolve() == path else None
