"""What people corrected in a call: who, when, which turn; and the turns as they were before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hotline.errors import BadInput, NotFound
from hotline.store import parquet
from hotline.store.access import Viewer
from hotline.store.calls import OpenedCall, open_call
from hotline.store.engine import Store
from hotline.store.parquet_files import part_of
from hotline.store.schema import recordings, turn_corrections
from qa.calls import Turn


def history(store: Store, viewer: Viewer, call_id: str) -> list[dict[str, Any]]:
    """The corrections of a call, newest first: id, at (local), who, turn, role_before, role_after, text_changed, note.

    Opens the call, so scope and audit trail are those of :func:`hotline.store.calls.open_call`.
    """
    return of_opened(store, open_call(store, viewer, call_id))


def of_opened(store: Store, opened: OpenedCall) -> list[dict[str, Any]]:
    """:func:`history` of a call that the viewer has just opened, without opening it again."""
    columns = [column for column in turn_corrections.c if column.name not in ("call_id", "turns_before")]
    query = sa.select(*columns).where(turn_corrections.c.call_id == opened.row.id).order_by(turn_corrections.c.id.desc())
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [dict(row) | {"at": row["at"].astimezone(store.settings.zone)} for row in rows]


def earlier_turns(store: Store, viewer: Viewer, call_id: str, correction: int) -> tuple[Turn, ...]:
    """The turns as they were before a correction. Access as for :func:`history`; raises NotFound for another call's correction."""
    open_call(store, viewer, call_id)
    query = sa.select(turn_corrections.c.turns_before).where(turn_corrections.c.id == correction, turn_corrections.c.call_id == call_id)
    with store.read() as connection:
        reference = connection.scalar(query)
    if reference is None:
        raise NotFound(f"correction {correction}", f"call {call_id} has none with this number", "see its history")
    return parquet.read_turns(store, reference)


def turns_file(connection: sa.Connection, call_id: str) -> str | None:
    """The reference to a call's present turns."""
    return connection.scalar(_present(call_id))


def are_present(connection: sa.Connection, call_id: str, seen: str) -> bool:
    """Are the turns ``seen`` refers to ("": there were none) still the call's? Then they stay so until the transaction ends.

    Joining files in between does no harm, for the part stays the same.
    """
    return part_of(_held(connection, call_id) or "") == part_of(seen)


def replace_turns(
    connection: sa.Connection, call_id: str, seen: str, after: str, who: str, rows: Sequence[Mapping[str, Any]], **recording: Any
) -> None:
    """Let a call's recording name the turns ``after``, and keep who changed what; ``recording`` are more columns to set.

    ``seen`` refers to the turns that the correction was made from. Raises BadInput when they are not the present ones any more;
    joining files in between does no harm, for the part stays the same.
    """
    present = _held(connection, call_id)
    if present is None or part_of(present) != part_of(seen):
        raise BadInput(f"call {call_id}", "somebody else has corrected it since it was opened", "open it again and repeat the correction")
    statement = recordings.update().where(recordings.c.call_id == call_id)
    connection.execute(statement.values(turns_file=after, **recording))
    common = {"call_id": call_id, "at": datetime.now(UTC), "who": who[:80], "turns_before": present}
    connection.execute(turn_corrections.insert(), [{**row, **common} for row in rows])


def _present(call_id: str) -> sa.Select[Any]:
    return sa.select(recordings.c.turns_file).where(recordings.c.call_id == call_id)


def _held(connection: sa.Connection, call_id: str) -> str | None:
    """The reference to a call's present turns, which stays so until the transaction ends: others that would change it wait."""
    # SQLite has no such clause; a transaction that may write is the only one there
    return connection.scalar(_present(call_id).with_for_update())
