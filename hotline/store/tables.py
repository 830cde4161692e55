"""Small tools on tables: write rows whether they are there or not, read a statement as a polars frame."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hotline.errors import BadInput
from hotline.store.schema import UtcDateTime

_CHUNK = 10_000  # rows a round trip


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str] = (),
    keep: Collection[str] = (),
) -> None:
    """Insert ``rows`` (all with the same fields); where ``key`` (default: primary key) exists, update the other fields.

    Fields in ``keep`` are written on insert only. The same rows twice leave the table as after the first time.
    """
    if not rows:
        return
    key = tuple(key) or tuple(column.name for column in table.primary_key)
    changed = tuple(name for name in rows[0] if name not in key and name not in keep)
    statement = _upserting(connection.dialect.name, table, key, changed)
    for first in range(0, len(rows), _CHUNK):
        connection.execute(statement, list(rows[first : first + _CHUNK]))


@lru_cache(maxsize=256)
def _upserting(dialect: str, table: sa.Table, key: tuple[str, ...], changed: tuple[str, ...]) -> Any:
    """The statement of :func:`upsert`; making one takes longer than SQLite takes for a row, and a call writes six."""
    # Both dialects speak the same clause, but SQLAlchemy gives each its own insert.
    statement: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if changed:
        return statement.on_conflict_do_update(index_elements=list(key), set_={name: statement.excluded[name] for name in changed})
    return statement.on_conflict_do_nothing(index_elements=list(key))


def check_lengths(table: sa.Table, row: Mapping[str, Any], thing: str) -> None:
    """Raise BadInput for a text that its column cannot hold; SQLite would take it, PostgreSQL not."""
    for name, value in row.items():
        longest = getattr(table.c[name].type, "length", None)
        if isinstance(value, str) and longest is not None and len(value) > longest:
            raise BadInput(f"{thing}: {name}", f"{len(value)} characters", f"at most {longest}")


def frame(connection: sa.Connection, statement: sa.Select[Any], zone: str = "UTC") -> pl.DataFrame:
    """The rows of ``statement`` as a frame; instants in ``zone`` (an IANA name). Column types hold for no rows too."""
    columns = statement.selected_columns
    schema = {column.name: _polars_type(column.type) for column in columns}
    rows = [tuple(row) for row in connection.execute(statement)]
    result = pl.DataFrame(rows, schema=schema, orient="row")
    instants = [name for name, kind in schema.items() if kind == pl.Datetime("us", "UTC")]
    return result.with_columns(pl.col(instants).dt.convert_time_zone(zone)) if instants and zone != "UTC" else result


def _polars_type(kind: sa.types.TypeEngine[Any]) -> Any:
    for sql_type, polars_type in (
        (UtcDateTime, pl.Datetime("us", "UTC")),
        (sa.Date, pl.Date),
        (sa.Boolean, pl.Boolean),
        (sa.Float, pl.Float64),
        (sa.Integer, pl.Int64),
        (sa.String, pl.String),
    ):
        if isinstance(kind, sql_type):
            return polars_type
    raise TypeError(f"no frame type for {kind!r}")
