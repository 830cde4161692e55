"""Bring in what other systems know: organisation, queue counts, agent states, call records, tickets, surveys.

A feed is a polars frame with the columns of its table. It is checked at the door, written in one transaction, and
may come again: rows that are there are updated, so loading twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput
from hotline.secret import caller_key, secret_key
from hotline.store import audit, schema
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.erasure import without_erased
from hotline.store.organisation import Organisation, organisation
from hotline.store.organisation import queues_of as queues
from hotline.store.schema import UtcDateTime, agents, calls, org_units
from hotline.store.tables import upsert

__all__ = ["FEEDS", "Organisation", "has_queue", "load", "load_all", "organisation", "queues", "team_path"]

FEEDS: dict[str, sa.Table] = {
    table.name: table
    for table in (
        schema.org_units,
        schema.agents,
        schema.queues,
        schema.calls,
        schema.interval_counts,
        schema.topic_days,
        schema.agent_intervals,
        schema.agent_schedules,
        schema.tickets,
        schema.surveys,
        schema.external_surveys,
    )
}
"""The tables that a feed can fill, parents before children."""


class BadValue(BadInput):
    """A value of a feed cannot be used; ``feed``, ``column`` and ``value`` say which, for whoever knows the line it came from."""

    feed: str = ""
    column: str = ""
    value: object = None


_CHOICES = {
    ("org_units", "kind"): ("centre", "sub_centre", "team"),
    ("calls", "direction"): ("inbound", "outbound"),
    ("calls", "hung_up_by"): ("", "agent", "caller", "system"),
    ("agent_schedules", "activity"): ("phone", "break", "meeting", "training"),
    ("surveys", "score"): (1, 2, 3, 4, 5),
    ("surveys", "source"): ("own", "third_party"),
    ("surveys", "asked_by"): ("", "ivr", "sms", "callback"),
}


Aside = Callable[[str, int, str, str, str], None]
"""Takes a row that cannot be used: feed, row of the frame given (from 0), column, problem, mend."""


def load_all(
    store: Store,
    viewer: Viewer,
    frames: Mapping[str, pl.DataFrame],
    *,
    aside: Aside | None = None,
    last: Callable[[sa.Connection], None] | None = None,
) -> dict[str, int]:
    """Load several feeds by table name, parents first, all or nothing; returns the rows of each. Raises like :func:`load`.

    With ``aside`` rows whose values cannot be used are handed to it and the others loaded. ``last`` is called in the same transaction,
    when all is written: what it raises takes everything back.
    """
    for name in frames:
        _table(name)
    viewer.require(Permission.IMPORT, "feeds")
    with store.begin() as connection:
        loaded = {name: _load(store, connection, viewer, name, frames[name], aside) for name in FEEDS if name in frames}
        if last is not None:
            last(connection)
        return loaded


def load(store: Store, viewer: Viewer, feed: str, frame: pl.DataFrame) -> int:
    """Insert or update the rows of ``frame`` in the table ``feed``; returns how many. Needs IMPORT.

    Columns are the table's; those with a default may be left out. Instants must be timezone-aware. A frame of calls may
    give ``caller`` (the number, kept only as a keyed hash) for ``caller_key``, and leave out ``day`` and ``unit_path``, which
    then follow from ``started_at`` and the agent's team; personal values in ``metadata`` are masked.
    Raises BadInput naming feed and column, as BadValue when one value is wrong.
    """
    viewer.require(Permission.IMPORT, f"feed {feed}")
    with store.begin() as connection:
        return _load(store, connection, viewer, feed, frame)


def _load(store: Store, connection: sa.Connection, viewer: Viewer, feed: str, frame: pl.DataFrame, aside: Aside | None = None) -> int:
    table = _table(feed)
    if aside is not None:
        frame = _sound(connection, table, frame, aside)
    frame = without_erased(connection, feed, frame)
    if frame.is_empty():
        return 0
    keep: set[str] = set()
    if table is calls:
        frame, keep = _complete_calls(connection, store, frame)
    _check_columns(table, frame)
    key = [column.name for column in table.primary_key]
    frame = frame.unique(subset=key, keep="last", maintain_order=True)
    _check_values(connection, table, frame)
    if table is org_units:
        _check_tree(connection, frame)
        frame = frame.sort(pl.col("path").str.len_chars(), maintain_order=True)
    rows = _rows(table, frame, masked=store.settings.mask_text)
    if table is calls and "metadata" in frame.columns:
        _add_to_metadata(connection, rows)
    upsert(connection, table, rows, keep=keep)
    audit.record(connection, viewer.name, "import", feed, rows=frame.height)
    return frame.height


def team_path(connection: sa.Connection, agent_id: str) -> str | None:
    """The unit path of an agent's team; None for an unknown agent."""
    joined = agents.join(org_units, org_units.c.id == agents.c.team_id)
    return connection.scalar(sa.select(org_units.c.path).select_from(joined).where(agents.c.id == agent_id))


def has_queue(connection: sa.Connection, queue_id: str) -> bool:
    """Is there a queue with this id?"""
    return connection.scalar(sa.select(schema.queues.c.id).where(schema.queues.c.id == queue_id)) is not None


def _table(feed: str) -> sa.Table:
    if feed not in FEEDS:
        raise BadInput(f"feed {feed}", "there is no such feed", f"known: {', '.join(FEEDS)}")
    return FEEDS[feed]


def _complete_calls(connection: sa.Connection, store: Store, frame: pl.DataFrame) -> tuple[pl.DataFrame, set[str]]:
    """Fill in what follows from other columns; also which columns are only written for new calls."""
    keep: set[str] = set()
    if "caller" in frame.columns:
        secret = secret_key(store.settings.home)
        if frame.schema["caller"] not in (pl.String, pl.Null) and not frame.schema["caller"].is_integer():
            raise BadInput("feed calls: caller", f"{frame.schema['caller']} is not text", "give numbers as text: a nought may come first")
        frame = frame.with_columns(pl.col("caller").cast(pl.String))
        keys = {number: caller_key(secret, number) for number in frame["caller"].drop_nulls().unique().to_list()}
        frame = frame.with_columns(pl.col("caller").replace_strict(keys, default=None, return_dtype=pl.String).alias("caller_key")).drop(
            "caller"
        )
    if "day" not in frame.columns and "started_at" in frame.columns:
        _check_instant("feed calls: started_at", frame.schema["started_at"])
        frame = frame.with_columns(pl.col("started_at").dt.convert_time_zone(store.settings.timezone).dt.date().alias("day"))
    if "unit_path" not in frame.columns and "agent_id" in frame.columns:
        joined = agents.join(org_units, org_units.c.id == agents.c.team_id)
        paths = {row.id: row.path for row in connection.execute(sa.select(agents.c.id, org_units.c.path).select_from(joined))}
        frame = frame.with_columns(pl.col("agent_id").replace_strict(paths, default="/", return_dtype=pl.String).alias("unit_path"))
        keep.add("unit_path")  # an agent who moves takes no earlier call along
    return frame, keep


def _check_columns(table: sa.Table, frame: pl.DataFrame) -> None:
    known = {column.name: column for column in table.columns}
    for name in frame.columns:
        if name not in known:
            raise BadInput(f"feed {table.name}: {name}", "unknown column", f"known: {', '.join(known)}")
    for name, column in known.items():
        required = not column.nullable and column.server_default is None
        if required and name not in frame.columns:
            raise BadInput(f"feed {table.name}: {name}", "this column is missing", "add it")
        if not column.nullable and name in frame.columns and frame[name].null_count():
            raise BadInput(
                f"feed {table.name}: {name}", f"{frame[name].null_count()} rows have no value", "fill them in or leave the rows out"
            )


def _check_values(connection: sa.Connection, table: sa.Table, frame: pl.DataFrame) -> None:
    for error in _wrong_values(connection, table, frame):
        raise error


def _sound(connection: sa.Connection, table: sa.Table, frame: pl.DataFrame, aside: Aside) -> pl.DataFrame:
    """``frame`` without the rows that cannot be used, which go to ``aside``, each with its first problem."""
    known = frame.select(name for name in frame.columns if name in table.c)
    refused: set[int] = set()

    def put(error: BadValue) -> None:
        for row in set((known[error.column] == error.value).fill_null(False).arg_true()) - refused:
            aside(table.name, row, error.column, error.problem, error.mend)
            refused.add(row)

    for error in _wrong_values(connection, table, known):
        put(error)
    kept = frame.with_row_index("row of the file").filter(~pl.col("row of the file").is_in(list(refused)))
    while table is org_units:
        try:
            _check_tree(connection, kept)
            break
        except BadValue as error:
            put(error)
            kept = kept.filter(pl.col("id") != error.value)
    return kept.drop("row of the file")


def _wrong_values(connection: sa.Connection, table: sa.Table, frame: pl.DataFrame) -> Iterator[BadValue]:
    """Each different value that cannot be used, with what is wrong with it."""
    for name, kind in frame.schema.items():
        column, thing = table.c[name], f"feed {table.name}: {name}"
        if isinstance(column.type, UtcDateTime):
            _check_instant(thing, kind)
        if isinstance(column.type, sa.Date) and kind != pl.Date:
            raise BadInput(thing, f"{kind} is not a date", "give local days as YYYY-MM-DD")
        if isinstance(column.type, (sa.Float, sa.Integer)) and not isinstance(column.type, sa.Boolean):
            if kind != pl.Null and not kind.is_numeric():
                raise BadInput(thing, f"{kind} is not a number", "give seconds or counts as numbers")
            for value in _values(frame[name], (frame[name] < 0) | ~frame[name].cast(pl.Float64).is_finite()):
                yield _bad(table, name, value, f"{value} is not a usable number", "counts and seconds are finite and not negative")
        if isinstance(column.type, sa.String) and column.type.length and kind == pl.String:
            for value in _values(frame[name], frame[name].str.len_chars() > column.type.length):
                yield _bad(table, name, value, f"a value has {len(value)} characters", f"at most {column.type.length}")
        if allowed := _CHOICES.get((table.name, name)):
            for value in _values(frame[name], ~frame[name].is_in(list(allowed))):
                yield _bad(table, name, value, f"'{value}' is not one of them", f"use {', '.join(map(str, allowed))}")
        for foreign in column.foreign_keys:
            if foreign.column.table is not table:
                other = foreign.column.table.name
                for value in _unknown(connection, foreign.column, frame[name]):
                    yield _bad(table, name, value, f"'{value}' not in {other}", f"load {other} first")


def _values(values: pl.Series, wrong: pl.Series) -> list[Any]:
    return values.filter(wrong.fill_null(False)).unique(maintain_order=True).to_list()


def _bad(table: sa.Table, column: str, value: object, problem: str, mend: str) -> BadValue:
    error = BadValue(f"feed {table.name}: {value if table is org_units and column == 'id' else column}", problem, mend)
    error.feed, error.column, error.value = table.name, column, value
    return error


def _check_instant(thing: str, kind: pl.DataType) -> None:
    if not (isinstance(kind, pl.Datetime) and kind.time_zone):
        raise BadInput(thing, f"{kind} is not an instant with a time zone", "give ISO 8601 times with their offset")


def _unknown(connection: sa.Connection, column: sa.Column[Any], values: pl.Series) -> list[str]:
    wanted = values.drop_nulls().unique().to_list()
    known: set[str] = set()
    for first in range(0, len(wanted), 10_000):
        known.update(connection.scalars(sa.select(column).where(column.in_(wanted[first : first + 10_000]))))
    return sorted(set(wanted) - known)


def _check_tree(connection: sa.Connection, frame: pl.DataFrame) -> None:
    """Every path is its parent's path and one more step, so that a scope is a prefix and nothing else."""
    paths = {row.id: row.path for row in connection.execute(sa.select(org_units.c.id, org_units.c.path))}
    paths |= dict(frame.select("id", "path").iter_rows())
    for unit in frame.iter_rows(named=True):
        parent, path = unit.get("parent_id"), unit["path"]
        above = "/" if parent is None else paths.get(parent)
        if above is None:
            problem = f"the parent '{parent}' is not in the organisation"
            raise _bad(org_units, "id", unit["id"], problem, "load it first")
        step = path[len(above) : -1]
        if not (path.startswith(above) and path.endswith("/") and step and "/" not in step):
            problem = f"the path '{path}' is not below '{above}'"
            raise _bad(org_units, "id", unit["id"], problem, f"use {above}<name>/")


def _add_to_metadata(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Let a feed that comes later add its fields to those that came with the recording, instead of replacing them."""
    for first in range(0, len(rows), 10_000):
        some = rows[first : first + 10_000]
        query = sa.select(calls.c.id, calls.c.metadata).where(calls.c.id.in_([row["id"] for row in some]))
        held = {row.id: row.metadata for row in connection.execute(query)}
        for row in some:
            row["metadata"] = {**held.get(row["id"], {}), **row["metadata"]}


def _rows(table: sa.Table, frame: pl.DataFrame, *, masked: bool) -> list[dict[str, Any]]:
    """The rows for SQL; what came with calls has its personal values masked as in manifests, if ``masked``."""
    from qa.redaction.fields import mask_fields  # its recognisers take a moment to build, and readers of the store need none

    rows = frame.to_dicts()
    for name, kind in frame.schema.items():
        if isinstance(table.c[name].type, sa.JSON):
            for row in rows:
                value = json.loads(row[name]) if kind == pl.String else row[name]
                said = {field: content for field, content in value.items() if content is not None}
                row[name] = mask_fields(said) if masked else said
    return rows
