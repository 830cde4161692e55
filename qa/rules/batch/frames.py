"""The table of many calls from two frames, as the store keeps them: turns, and what is known of each call."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl

from qa.calls import Call, Layout, Role, SourceKind, Span, TextSource, Turn
from qa.rules.batch.table import ROLES, Ints, Table, code_points
from qa.rules.facts import fact

_CODES = {role.value: code for code, role in enumerate(ROLES)}
_KNOWN = ("call_id", "duration", "layout", "direction", "queue", "agent_id", "truncated", "metadata_closed")


def of_frames(turns: pl.DataFrame, calls: pl.DataFrame) -> Table:
    """The table of ``calls`` (a row a call) and their ``turns``: a call's rows lie together, in its order and that of ``calls``.

    ``turns`` needs ``call_id``, ``role``, ``text``, ``start`` and ``end`` (seconds, null when unknown), and may have ``role_confidence``,
    ``confidence`` and ``source_kind``. ``calls`` needs ``call_id``, and may have ``duration`` (seconds), ``layout``, ``direction``,
    ``queue``, ``agent_id``, ``truncated`` and ``metadata_closed``; all other columns are metadata. For calls with word times, sounds or
    masked values use :func:`qa.rules.batch.table.of_calls`. Raises ValueError when the turns are not in the order of the calls.
    """
    ids = calls["call_id"]
    count = len(calls)
    runs = turns.select(pl.col("call_id").rle()).unnest("call_id") if len(turns) else pl.DataFrame({"len": [], "value": []})
    sizes = np.zeros(count, dtype=np.int64)
    place = {call_id: row for row, call_id in enumerate(ids.to_list())}
    rows = [place.get(call_id, -1) for call_id in runs["value"].to_list()]
    if rows != sorted(set(rows)) or -1 in rows:
        raise ValueError("turns do not lie in the order of the calls")
    sizes[rows] = runs["len"].to_numpy()
    text = turns["text"].fill_null("")
    joined = "\n".join(text.to_list())
    at = _offsets(text.str.len_chars().to_numpy())
    chars = code_points(joined)
    if len(turns) > 1:
        chars = np.delete(chars, at[1:-1] + np.arange(len(turns) - 1))

    def floats(frame: pl.DataFrame, name: str, default: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if name not in frame.columns:
            return np.full(len(frame), default)
        return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)

    kind = turns["source_kind"] if "source_kind" in turns.columns else pl.Series(["supplied"] * len(turns))
    layout = calls["layout"].to_list() if "layout" in calls.columns else ["none"] * count
    truncated = calls["truncated"].to_numpy() if "truncated" in calls.columns else np.zeros(count, dtype=np.bool_)
    first = _offsets(sizes)
    source = _Rows(turns, calls, first)
    no, stereo = np.zeros(count, dtype=np.bool_), np.array([value == "stereo" for value in layout], dtype=np.bool_)
    return Table(
        ids=tuple(ids.to_list()),
        first=first,
        role=turns["role"].replace_strict(_CODES, return_dtype=pl.Int8).to_numpy(),
        role_confidence=floats(turns, "role_confidence", 1.0),
        start=floats(turns, "start", np.nan),
        end=floats(turns, "end", np.nan),
        confidence=floats(turns, "confidence", np.nan),
        lowest_word=np.full(len(turns), np.nan),
        worded=np.zeros(len(turns), dtype=np.bool_),
        speech_without_source=(kind == "none").to_numpy(),
        chars=chars,
        at=at,
        utf8=joined.encode("utf-8", "replace"),
        byte_at=_offsets(text.str.len_bytes().to_numpy() + 1),
        duration=np.nan_to_num(floats(calls, "duration", 0.0)),
        truncated=np.asarray(truncated, dtype=np.bool_),
        measured=np.array([value != "none" for value in layout], dtype=np.bool_),
        sounding=no,
        tokened=no,
        overlaps_known=stereo,
        call=source.call,
        head=source.head,
        by_field=source.by_field,
    )


class _Rows:
    """Single calls out of the frames, for what columns cannot settle."""

    def __init__(self, turns: pl.DataFrame, calls: pl.DataFrame, first: Ints) -> None:
        self.turns, self.calls, self.first = turns, calls, first
        self.call = cache(self._call)

    def _call(self, number: int) -> Call:
        low, high = int(self.first[number]), int(self.first[number + 1])
        turns = tuple(_turn(index, row) for index, row in enumerate(self.turns.slice(low, high - low).iter_rows(named=True)))
        return self._head(self.calls.row(number, named=True), turns)

    def head(self, number: int) -> Call:
        """See ``Table.head``."""
        return self._head(self.calls.row(number, named=True))

    def _head(self, row: dict[str, Any], turns: tuple[Turn, ...] = ()) -> Call:
        layout = Layout(str(row.get("layout") or "none"))
        given = {
            name: row[name] for name in ("direction", "queue", "agent_id", "truncated", "metadata_closed") if row.get(name) is not None
        }
        return Call(
            str(row["call_id"]),
            turns,
            float(row.get("duration") or 0.0),
            layout,
            overlap_known=layout is Layout.STEREO,
            metadata={name: value for name, value in row.items() if name not in _KNOWN},
            **given,
        )

    def by_field(self, field: str) -> tuple[Ints, list[Call]]:
        """See ``Table.by_field``."""
        column = {"meta.": field[5:], "agent": "agent_id"}.get(field[:5], field)
        names = [name for name in dict.fromkeys((column, field, "metadata_closed")) if name in self.calls.columns]
        seen: dict[tuple[str | None, bool], int] = {}
        stubs: list[Call] = []
        rows = self.calls.select(names or "call_id").with_row_index("row_")
        row = pl.col("row_")
        kinds = rows.group_by(names, maintain_order=True).agg(row) if names else rows.select(row.implode())
        which = np.zeros(len(self.calls), dtype=np.int64)
        for alike in kinds["row_"].to_list():
            if not alike:
                continue
            stub = self._head(self.calls.row(alike[0], named=True))
            key = (fact(stub, field), stub.metadata_closed)
            if key not in seen:
                seen[key] = len(stubs)
                stubs.append(stub)
            which[alike] = seen[key]
        return which, stubs


def _turn(index: int, row: dict[str, Any]) -> Turn:
    start, end = row.get("start"), row.get("end")
    span = None if start is None or end is None else Span(float(start), float(end))
    confidence = row.get("confidence")
    sure = row.get("role_confidence")
    return Turn(
        index,
        Role(str(row["role"])),
        str(row["text"] or ""),
        span,
        1.0 if sure is None else float(sure),
        None if confidence is None else float(confidence),
        source=TextSource(SourceKind(str(row.get("source_kind") or "supplied"))),
    )


def _offsets(lengths: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths.astype(np.int64))]).astype(np.int64)
