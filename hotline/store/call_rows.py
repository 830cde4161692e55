"""A call as the call list shows it: one row, read with its names, recording and current score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hotline.store.schema import agents, calls, org_units, queues, recordings, rule_sets, scores
from qa.calls import SourceKind, TextSource


@dataclass(frozen=True, slots=True)
class CallRow:
    """One line of the call list. Durations in seconds, ``started_at`` in the centre's zone.

    ``recorded`` is False for calls known from the telephone system only; ``low`` to ``high`` is the current score,
    None while there is none.
    """

    id: str
    started_at: datetime
    day: date
    queue_id: str | None
    queue_name: str | None
    queue_name_en: str | None
    agent_id: str | None
    agent_name: str | None
    unit_path: str
    team: str | None
    team_en: str | None
    direction: str
    topic: str
    wait_s: float
    talk_s: float
    hold_s: float
    acw_s: float
    transferred: bool
    synthetic: bool
    recorded: bool
    duration_s: float | None
    layout: str | None
    text_source: TextSource | None
    role_confidence: float | None
    low: float | None
    high: float | None
    passed: str | None
    fatal_certain: int | None
    fatal_possible: int | None
    failed_items: int | None
    doubtful_items: int | None
    rule_set_id: str | None
    rule_version: int | None
    rule_hash: str | None


LISTED = (
    calls.outerjoin(scores, (scores.c.call_id == calls.c.id) & scores.c.current)
    .outerjoin(recordings, recordings.c.call_id == calls.c.id)
    .outerjoin(agents, agents.c.id == calls.c.agent_id)
)
"""Calls with what the filters of the list ask about."""

_FULL = (
    LISTED.outerjoin(queues, queues.c.id == calls.c.queue_id)
    .outerjoin(org_units, org_units.c.path == calls.c.unit_path)
    .outerjoin(rule_sets, rule_sets.c.content_hash == scores.c.rule_hash)
)

_CALL_FIELDS: tuple[str, ...] = ("id", "started_at", "day", "queue_id", "agent_id", "unit_path", "direction", "topic")
_CALL_FIELDS += ("wait_s", "talk_s", "hold_s", "acw_s", "transferred", "synthetic")
_NAMES = ("agent_name", "queue_name", "queue_name_en", "team", "team_en")
_SCORE_FIELDS = ("low", "high", "passed", "fatal_certain", "fatal_possible", "failed_items", "doubtful_items", "rule_hash")


def select_rows(*more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Select what :func:`call_row` needs, and ``more`` columns."""
    return sa.select(
        *(calls.c[name] for name in _CALL_FIELDS),
        *(scores.c[name] for name in _SCORE_FIELDS),
        *(recordings.c[name] for name in ("duration_s", "layout", "text_kind", "text_engine", "text_version", "role_confidence")),
        agents.c.name.label("agent_name"),
        queues.c.name.label("queue_name"),
        queues.c.name_en.label("queue_name_en"),
        org_units.c.name.label("team"),
        org_units.c.name_en.label("team_en"),
        rule_sets.c.id.label("rule_set_id"),
        rule_sets.c.version.label("rule_version"),
        *more,
    ).select_from(_FULL)


def call_row(row: sa.RowMapping, zone: ZoneInfo) -> CallRow:
    """The row of :func:`select_rows` as a value."""
    recorded = row["text_kind"] is not None
    return CallRow(
        **{name: row[name] for name in (*_CALL_FIELDS, *_SCORE_FIELDS) if name != "started_at"},
        **{name: row[name] for name in _NAMES},
        **{name: row[name] for name in ("duration_s", "layout", "role_confidence")},
        started_at=row["started_at"].astimezone(zone),
        recorded=recorded,
        text_source=TextSource(SourceKind(row["text_kind"]), row["text_engine"], row["text_version"]) if recorded else None,
        rule_set_id=row["rule_set_id"],
        rule_version=row["rule_version"],
    )
