"""What the columns of the roll-ups add up, said once: the roll-up sums by these conditions, and the rows behind a number fit them.

calls + own survey + current score ─► CALLS      half-hours of a queue ─► QUEUES      work orders ─► TICKETS
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hotline.store.dialects import seconds_between
from hotline.store.schema import calls, interval_counts, scores, surveys, tickets


@dataclass(frozen=True, slots=True)
class Measure:
    """Rows that fit ``where`` count one each, or add ``value``."""

    where: sa.ColumnElement[bool]
    value: sa.ColumnElement[Any] | None = None

    def total(self) -> sa.ColumnElement[Any]:
        """The sum over rows, 0 where none fits."""
        one: sa.ColumnElement[Any] = sa.literal_column("1") if self.value is None else self.value
        nought: sa.ColumnElement[Any] = sa.literal_column("0" if self.value is None else "0.0")
        return sa.func.coalesce(sa.func.sum(sa.case((self.where, one), else_=nought)), nought)


_INBOUND, _OUTBOUND = calls.c.direction == "inbound", calls.c.direction == "outbound"
_HANDLE = calls.c.talk_s + calls.c.hold_s + calls.c.acw_s
_ASKED = sa.and_(_INBOUND, surveys.c.call_id.is_not(None))
_SCORED = sa.and_(_INBOUND, scores.c.id.is_not(None))
_OUT_SCORED = sa.and_(_OUTBOUND, scores.c.id.is_not(None))
_POSSIBLE = scores.c.fatal_certain + scores.c.fatal_possible

CALLS: Mapping[str, Measure] = {
    "calls": Measure(_INBOUND),
    "handle_s": Measure(_INBOUND, _HANDLE),
    "talk_s": Measure(_INBOUND, calls.c.talk_s),
    "hold_s": Measure(_INBOUND, calls.c.hold_s),
    "acw_s": Measure(_INBOUND, calls.c.acw_s),
    "transferred": Measure(sa.and_(_INBOUND, calls.c.transferred)),
    "resolved_known": Measure(sa.and_(_INBOUND, calls.c.resolved.is_not(None))),
    "resolved_yes": Measure(sa.and_(_INBOUND, calls.c.resolved)),
    "outbound_calls": Measure(_OUTBOUND),
    "outbound_s": Measure(_OUTBOUND, _HANDLE),
    "outbound_scored": Measure(_OUT_SCORED),
    "outbound_high_sum": Measure(_OUT_SCORED, scores.c.high),
    "outbound_high_sq": Measure(_OUT_SCORED, scores.c.high * scores.c.high),
    "surveys_asked": Measure(_ASKED),
    "surveys_answered": Measure(sa.and_(_ASKED, surveys.c.score.is_not(None))),
    "surveys_satisfied": Measure(sa.and_(_ASKED, surveys.c.score >= 4)),
    "scored": Measure(_SCORED),
    "score_low_sum": Measure(_SCORED, scores.c.low),
    "score_high_sum": Measure(_SCORED, scores.c.high),
    "score_high_sq": Measure(_SCORED, scores.c.high * scores.c.high),
    "fatal_certain": Measure(_SCORED, scores.c.fatal_certain),
    "fatal_possible": Measure(_SCORED, scores.c.fatal_possible),
    "fatal_calls": Measure(sa.and_(_SCORED, scores.c.fatal_certain > 0)),
    "fatal_calls_possible": Measure(sa.and_(_SCORED, _POSSIBLE > 0)),
    "passed": Measure(sa.and_(_SCORED, scores.c.passed == "yes")),
    "failed": Measure(sa.and_(_SCORED, scores.c.passed == "no")),
    "doubtful": Measure(sa.and_(_SCORED, scores.c.passed == "doubtful")),
}
"""Columns of ``agent_days`` from single calls, but for first-contact resolution (:func:`resolution`)."""


def of_calls() -> sa.FromClause:
    """Calls with their own survey and the score that counts: what :data:`CALLS` is asked of."""
    own = sa.and_(surveys.c.call_id == calls.c.id, surveys.c.source == "own")
    counts = sa.and_(scores.c.call_id == calls.c.id, scores.c.current)
    return calls.outerjoin(surveys, own).outerjoin(scores, counts)


def resolution(closed: sa.ColumnElement[bool], until: sa.ColumnElement[Any], *more: Any) -> dict[str, Measure]:
    """``fcr_closed`` and ``fcr_resolved``: the repeat-call proxy.

    ``closed`` says that the call's window has passed, ``until`` is its last day; ``more`` narrows the search for a repeat, given the
    alias of calls that it looks through.
    """
    again = calls.alias("again")
    came_back = sa.exists().where(
        again.c.caller_key == calls.c.caller_key,
        again.c.topic == calls.c.topic,
        again.c.started_at > calls.c.started_at,
        again.c.day <= until,
        again.c.direction == "inbound",
        *(narrow(again) for narrow in more),
    )
    countable = sa.and_(calls.c.caller_key.is_not(None), _INBOUND, closed)
    return {"fcr_closed": Measure(countable), "fcr_resolved": Measure(sa.and_(countable, ~came_back))}


_COUNTS = interval_counts.c
QUEUES: Mapping[str, Measure] = {
    **{
        name: Measure(sa.true(), _COUNTS[name])
        for name in ("offered", "answered", "abandoned", "abandoned_short", "answered_20s", "wait_s", "handle_s")
    },
    "answered_15s": Measure(_COUNTS.answered_15s.is_not(None), _COUNTS.answered_15s),
    "offered_15s": Measure(_COUNTS.answered_15s.is_not(None), _COUNTS.offered),
    "answered_30s": Measure(_COUNTS.answered_30s.is_not(None), _COUNTS.answered_30s),
    "offered_30s": Measure(_COUNTS.answered_30s.is_not(None), _COUNTS.offered),
}
"""Columns of ``queue_days``, from half-hours."""

DISPATCHED: Mapping[str, Measure] = {
    "dispatched": Measure(sa.true()),
    "misdirected": Measure(sa.or_(tickets.c.returned, tickets.c.redispatched > 0)),
    "checked": Measure(tickets.c.error.is_not(None)),
    "wrong": Measure(sa.and_(tickets.c.error.is_not(None), tickets.c.error)),
}
"""Columns of ``ticket_days`` from work orders dispatched on the day."""

CLOSED: Mapping[str, Measure] = {
    "complaints_closed": Measure(tickets.c.complaint),
    "closure_s": Measure(tickets.c.complaint, seconds_between(tickets.c.created_at, tickets.c.closed_at)),
}
"""Columns of ``ticket_days`` from work orders closed on the day."""

BUSY = ("talk", "hold", "acw")
AWAY = ("meeting", "training")
"""States that are work, but not at the phone."""
PHONE = ("available", *BUSY)
"""States in which an agent does what the schedule calls phone."""
