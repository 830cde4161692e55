"""Calls: store what was heard, list, open, hear and export them, each for a viewer and in the viewer's scope."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import polars as pl
import sqlalchemy as sa

from hotline.errors import AccessDenied, BadRecording, MissingPart, NotFound
from hotline.store import audit, export, parquet
from hotline.store.access import Permission, UserRole, Viewer
from hotline.store.call_rows import LISTED, CallRow, call_row, select_rows
from hotline.store.engine import Store
from hotline.store.erasure import refusal
from hotline.store.schema import agents, calls, recordings, rule_sets, scores
from hotline.store.scores import save_score
from hotline.store.tables import check_lengths, upsert
from qa.calls import Call, Layout, Sound, SoundKind, Span
from qa.scoring import ItemResult

__all__ = [
    "CallPage",
    "CallRow",
    "OpenedCall",
    "audio_path",
    "export_audio",
    "export_call",
    "export_page",
    "open_call",
    "page",
    "save_heard",
    "save_score",
]

Order = Literal["newest", "lowest", "doubt"]
MOST_EXPORTED = 10_000
"""Calls in one exported list."""


@dataclass(frozen=True, slots=True)
class CallPage:
    """One page of the call list; ``total`` counts all calls that fit the filters."""

    rows: list[CallRow]
    total: int


@dataclass(frozen=True, slots=True)
class OpenedCall:
    """A call with its words and, when it was judged, each item's result; ``rule_source`` is the YAML that judged it."""

    row: CallRow
    call: Call
    items: tuple[ItemResult, ...]
    rule_source: str | None
    diarizer: str
    role_method: str
    warnings: tuple[str, ...]
    speakers: int | None = None
    """How many people were heard; None when nobody counted."""
    turns_file: str = ""
    """Which turns these are: a correction refers to them, so that two people cannot overwrite each other."""


def page(
    store: Store,
    viewer: Viewer,
    *,
    queue: str | None = None,
    agent: str | None = None,
    team: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    outcome: str | None = None,
    doubtful_only: bool = False,
    fatal_only: bool = False,
    recorded_only: bool = False,
    text: str = "",
    order: Order = "newest",
    limit: int = 50,
    offset: int = 0,
) -> CallPage:
    """Calls in the viewer's scope that fit all filters given, one page of them.

    ``team`` is a unit path and holds what is below it; ``outcome`` is yes, no or doubtful (passed); ``fatal_only`` keeps calls
    with a certain or possible fatal item; ``text`` is looked for in id, topic, agent and in what was said. ``order``: newest
    first, lowest score first, or widest score interval (most doubt) first; calls without a score come last. Needs OPEN_CALLS.
    """
    where = [viewer.calls_clause()]
    if queue is not None:
        where.append(calls.c.queue_id == queue)
    if agent is not None:
        where.append(calls.c.agent_id == agent)
    if outcome is not None:
        where.append(scores.c.passed == outcome)
    if team is not None:
        prefix = team.rstrip("/") + "/"
        where.append(sa.func.substr(calls.c.unit_path, 1, len(prefix)) == prefix)
    if first_day is not None:
        where.append(calls.c.day >= first_day)
    if last_day is not None:
        where.append(calls.c.day <= last_day)
    if doubtful_only:
        where.append(scores.c.doubtful_items > 0)
    if fatal_only:
        where.append(scores.c.fatal_certain + scores.c.fatal_possible > 0)
    if recorded_only:
        where.append(recordings.c.call_id.is_not(None))
    if text.strip():
        where.append(_mentions(store, viewer, text.strip(), first_day, last_day))
    sequence: dict[str, list[sa.ColumnElement[Any]]] = {
        "newest": [],
        "lowest": [scores.c.low.is_(None), scores.c.low, scores.c.high],
        "doubt": [scores.c.low.is_(None), (scores.c.high - scores.c.low).desc(), scores.c.low],
    }
    rows = select_rows().where(*where).order_by(*sequence[order], calls.c.started_at.desc(), calls.c.id.desc()).limit(limit).offset(offset)
    with store.read() as connection:
        total = connection.scalar(sa.select(sa.func.count()).select_from(LISTED).where(*where)) or 0
        found = connection.execute(rows).mappings().all()
    return CallPage([call_row(row, store.settings.zone) for row in found], total)


def open_call(store: Store, viewer: Viewer, call_id: str) -> OpenedCall:
    """A call with words, verdicts and evidence; the audit trail says who opened it.

    Raises AccessDenied when it is outside the viewer's scope or does not exist: the two look the same to people.
    """
    _admit(store, viewer, call_id, "view_call", Permission.OPEN_CALLS)
    columns: list[sa.ColumnElement[Any]] = [
        calls.c.metadata,
        calls.c.metadata_closed,
        scores.c.hits_file,
        rule_sets.c.source.label("rule_source"),
    ]
    columns += [
        recordings.c[name]
        for name in ("overlaps", "overlap_known", "sounds", "speakers", "truncated", "turns_file", "diarizer", "role_method", "warnings")
    ]
    with store.read() as connection:
        found = connection.execute(select_rows(*columns).where(calls.c.id == call_id)).mappings().one()
    row = call_row(found, store.settings.zone)
    call = Call(
        id=row.id,
        turns=parquet.read_turns(store, found["turns_file"]) if row.recorded else (),
        duration=row.duration_s or 0.0,
        layout=Layout(row.layout or "none"),
        started_at=row.started_at,
        agent_id=row.agent_id,
        queue=row.queue_id,
        direction=row.direction,
        overlaps=tuple(Span(start, end) for start, end in found["overlaps"] or ()),
        overlap_known=bool(found["overlap_known"]),
        sounds=tuple(Sound(SoundKind(kind), Span(start, end)) for kind, start, end in found["sounds"] or ()),
        truncated=bool(found["truncated"]),
        metadata=found["metadata"],
        metadata_closed=found["metadata_closed"],
    )
    return OpenedCall(
        row=row,
        call=call,
        items=parquet.read_items(store, found["hits_file"]) if found["hits_file"] else (),
        rule_source=found["rule_source"],
        diarizer=found["diarizer"] or "",
        role_method=found["role_method"] or "",
        warnings=tuple(found["warnings"] or ()),
        speakers=found["speakers"],
        turns_file=found["turns_file"] or "",
    )


def audio_path(store: Store, viewer: Viewer, call_id: str) -> Path:
    """The recording's file, for playing; the audit trail says who heard it.

    Raises AccessDenied like :func:`open_call`, NotFound for a call without a recording, MissingPart when the file is gone.
    """
    _admit(store, viewer, call_id, "hear_call", Permission.OPEN_CALLS)
    with store.read() as connection:
        name = connection.scalar(sa.select(recordings.c.path).where(recordings.c.call_id == call_id))
    if name is None:
        raise NotFound(f"call {call_id}", "has no recording", "it is known from the telephone system only")
    path = store.settings.home / name  # an absolute name stays as it is
    if not path.is_file():
        raise MissingPart(f"call {call_id}", f"the recording {path} is gone", "restore it from the recording system")
    return path


def export_call(store: Store, viewer: Viewer, call_id: str, file: Path | None = None) -> bytes:
    """A call's turns and item results as CSV (UTF-8 with byte order mark). Needs EXPORT_CALLS; written to the audit trail.

    ``file`` is where the caller is about to write it: the trail keeps the place, so that an erasure finds the copy.
    """
    _admit(store, viewer, call_id, "export_call", Permission.EXPORT_CALLS, **_place(file))
    opened = open_call(store, viewer, call_id)
    return export.csv_bytes([*export.turn_rows(opened.call), *export.item_rows(opened.call.id, opened.items)], export.CALL_COLUMNS)


def export_audio(store: Store, viewer: Viewer, call_id: str, file: Path | None = None) -> bytes:
    """A call's recording as 16-bit WAV, silent wherever a personal value is said: only this leaves the house.

    Needs EXPORT_CALLS; written to the audit trail, with ``file`` as :func:`export_call`. Raises NotFound for a call without a
    recording, MissingPart when the file is gone, BadRecording when it is not known where personal data are said.
    """
    from qa.audio import decode  # takes a moment to import, and nothing else here decodes
    from qa.redaction.audio import muted, wav_bytes

    _admit(store, viewer, call_id, "export_audio", Permission.EXPORT_CALLS, **_place(file))
    opened = open_call(store, viewer, call_id)
    audio = decode(audio_path(store, viewer, call_id))
    return wav_bytes(muted(audio, opened.call.turns))


def export_page(store: Store, viewer: Viewer, **filters: Any) -> bytes:
    """The call list (filters as in :func:`page`, at most ``MOST_EXPORTED`` calls) as CSV.

    Needs EXPORT_CALLS; the audit trail gets a line a call.
    """
    viewer.require(Permission.EXPORT_CALLS, "calls")
    found = page(store, viewer, **{"limit": MOST_EXPORTED, **filters})
    with store.begin() as connection:
        for row in found.rows:
            audit.record(connection, viewer.name, "export_call", row.id, list=True)
    return export.csv_bytes([export.list_row(row) for row in found.rows], export.LIST_COLUMNS)


def save_heard(connection: sa.Connection, call_row: Mapping[str, Any], recording_row: Mapping[str, Any]) -> None:
    """Store a call and its recording; keys are the columns of ``calls`` and ``recordings``, those left out keep their value.

    Again with the same rows changes nothing. Raises BadRecording when the file is stored as another call or was erased,
    BadInput for a text too long for its column.
    """
    refused = refusal(connection, f"call {call_row['id']}", call_row["id"], recording_row["content_hash"])
    if refused is not None:
        raise refused
    holder = holder_of(connection, recording_row["content_hash"])
    if holder is not None and holder != call_row["id"]:
        raise BadRecording(f"call {call_row['id']}", f"the same recording is stored as call {holder}", "name the right file")
    for table, row in ((calls, call_row), (recordings, recording_row)):
        check_lengths(table, row, f"call {call_row['id']}")
        upsert(connection, table, [row])


def facts(connection: sa.Connection, call_id: str) -> Mapping[str, Any] | None:
    """What is known of a call without hearing it: the columns of ``calls``; None when it is not known at all."""
    found = connection.execute(sa.select(calls).where(calls.c.id == call_id)).mappings().one_or_none()
    return None if found is None else dict(found)


def holder_of(connection: sa.Connection, content_hash: str) -> str | None:
    """The call whose recording has this content (sha256), if one is stored."""
    return connection.scalar(sa.select(recordings.c.call_id).where(recordings.c.content_hash == content_hash))


def has_other_recording(connection: sa.Connection, call_id: str, content_hash: str) -> bool:
    """Is a recording with another content stored for this call?"""
    held = connection.scalar(sa.select(recordings.c.content_hash).where(recordings.c.call_id == call_id))
    return held is not None and held != content_hash


def _place(file: Path | None) -> dict[str, str]:
    return {} if file is None else {"folder": str(file.parent.resolve()), "file": file.name}


def _admit(store: Store, viewer: Viewer, call_id: str, action: str, permission: Permission, **detail: str) -> None:
    """Let the viewer at this call or raise; either way the audit trail says so before anything is shown."""
    permitted = viewer.may(permission) and viewer.may(Permission.OPEN_CALLS)
    with store.begin() as connection:
        inside = permitted and bool(
            connection.scalar(sa.select(sa.func.count()).select_from(calls).where(calls.c.id == call_id, viewer.calls_clause()))
        )
        if inside:
            audit.record(connection, viewer.name, action, call_id, **detail)
        else:
            audit.record(connection, viewer.name, "denied", call_id, wanted=action)
    if inside:
        return
    if not permitted:
        raise AccessDenied("calls", f"the role {viewer.role.value} may not do this", "ask an administrator")
    if viewer.role is UserRole.OPERATOR:
        raise NotFound(f"call {call_id}", "not in the store", "see: hotline calls list")
    raise AccessDenied(f"call {call_id}", "not there, or outside what you may see", "ask an administrator if you should see it")


def _mentions(store: Store, viewer: Viewer, text: str, first_day: date | None, last_day: date | None) -> sa.ColumnElement[bool]:
    """The condition that a call's id, topic, agent or words contain ``text``, in capitals or not."""
    contains = pl.col("text").str.to_lowercase().str.contains(text.lower(), literal=True)

    def scan() -> pl.LazyFrame:
        return parquet.scan_turns(store, viewer, first_day, last_day).filter(contains).select(pl.col("call_id").unique())

    said = parquet.gathered(scan)["call_id"].to_list()
    columns = (calls.c.id, calls.c.topic, calls.c.agent_id, agents.c.name)
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns), calls.c.id.in_(_listed(store, said)))


def _listed(store: Store, ids: list[str]) -> sa.Select[Any]:
    """The ids as a query. They travel as one JSON parameter: a statement takes 65,535 parameters on PostgreSQL, 32,766 on SQLite."""
    array = sa.literal(json.dumps(ids), sa.Text())
    if store.engine.dialect.name == "postgresql":
        return sa.select(sa.func.json_array_elements_text(sa.cast(array, sa.JSON())).table_valued("value").c.value)
    return sa.select(sa.func.json_each(array).table_valued("value").c.value)
