"""Calls as CSV that a spreadsheet opens safely: no cell can start a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hotline.store.call_rows import CallRow
from qa.calls import Call
from qa.scoring import ItemResult

CALL_COLUMNS: tuple[str, ...] = ("call_id", "kind", "number", "start_s", "end_s", "role", "text", "source", "item", "section", "outcome")
CALL_COLUMNS += ("points", "lost_low", "lost_high", "fatal", "reason")
LIST_COLUMNS: tuple[str, ...] = (
    "call_id",
    "started_at",
    "queue",
    "agent_id",
    "agent",
    "team",
    "direction",
    "topic",
    "talk_s",
    "hold_s",
    "acw_s",
)
LIST_COLUMNS += ("score_low", "score_high", "passed", "fatal_certain", "fatal_possible", "rule_set", "text_source", "synthetic")

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # East Asian Excel reads the wide ones too


def neutral(value: Any) -> Any:
    """The value as a cell that stays text: what a spreadsheet would run as a formula gets an apostrophe before it.

    >>> neutral("=1+1"), neutral("您好"), neutral(-5.0)
    ("'=1+1", '您好', -5.0)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS_FORMULA) else value


def csv_bytes(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """The rows as CSV in UTF-8 with a byte order mark (so that Excel reads Chinese), each cell :func:`neutral`."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(columns)
    writer.writerows([neutral(row.get(name)) for name in columns] for row in rows)
    return target.getvalue().encode("utf-8-sig")


def turn_rows(call: Call) -> list[dict[str, Any]]:
    """The turns of a call as rows of ``CALL_COLUMNS``; times in seconds."""
    return [
        {
            "call_id": call.id,
            "kind": "turn",
            "number": turn.index + 1,
            "start_s": round(turn.span.start, 2) if turn.span is not None else None,
            "end_s": round(turn.span.end, 2) if turn.span is not None else None,
            "role": turn.role.value,
            "text": turn.text,
            "source": str(turn.source),
        }
        for turn in call.turns
    ]


def item_rows(call_id: str, items: Sequence[ItemResult]) -> list[dict[str, Any]]:
    """The item results of a call as rows of ``CALL_COLUMNS``."""
    return [
        {
            "call_id": call_id,
            "kind": "item",
            "number": number,
            "item": item.item_id,
            "section": item.section_id,
            "outcome": item.outcome.value,
            "points": item.points,
            "lost_low": item.lost_low,
            "lost_high": item.lost_high,
            "fatal": item.fatal,
            "reason": item.reason,
        }
        for number, item in enumerate(items, start=1)
    ]


def list_row(row: CallRow) -> dict[str, Any]:
    """A line of the call list as a row of ``LIST_COLUMNS``."""
    return {
        "call_id": row.id,
        "started_at": row.started_at.isoformat(),
        "queue": row.queue_name,
        "agent_id": row.agent_id,
        "agent": row.agent_name,
        "team": row.team,
        "direction": row.direction,
        "topic": row.topic,
        "talk_s": row.talk_s,
        "hold_s": row.hold_s,
        "acw_s": row.acw_s,
        "score_low": row.low,
        "score_high": row.high,
        "passed": row.passed,
        "fatal_certain": row.fatal_certain,
        "fatal_possible": row.fatal_possible,
        "rule_set": f"{row.rule_set_id} {row.rule_version}" if row.rule_set_id else None,
        "text_source": str(row.text_source) if row.text_source else None,
        "synthetic": row.synthetic,
    }
