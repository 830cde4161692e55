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
    """Rows of ``base`` that fit ``where`` (None: all of them) count one each, or add ``value``, where it is not NULL."""

    where: sa.ColumnElement[bool] | None = None
    value: sa.ColumnElement[Any] | None = None
    base: sa.ColumnElement[bool] | None = None

    def total(self) -> sa.ColumnElement[Any]:
        """The sum over rows of the base, 0 where none fits."""
        if self.value is None:
            return sa.func.count() if self.where is None else sa.func.count(sa.case((self.where, 1)))
        added = self.value if self.where is None else sa.case((self.where, self.value))
        return sa.func.coalesce(sa.func.sum(added), sa.literal_column("0.0"))

    def added(self) -> sa.ColumnElement[Any]:
        """What one row adds, whatever its base."""
        one: sa.ColumnElement[Any] = sa.literal_column("1.0") if self.value is None else sa.func.coalesce(self.value, 0.0)
        conditions = [condition for condition in (self.base, self.where) if condition is not None]
        return sa.case((sa.and_(*conditions), one), else_=0.0) if conditions else one


INBOUND, OUTBOUND = calls.c.direction == "inbound", calls.c.direction == "outbound"
_HANDLE = calls.c.talk_s + calls.c.hold_s + calls.c.acw_s


def _in(where: sa.ColumnElement[bool] | None = None, value: sa.ColumnElement[Any] | None = None) -> Measure:
    return Measure(where, value, INBOUND)


def _out(where: sa.ColumnElement[bool] | None = None, value: sa.ColumnElement[Any] | None = None) -> Measure:
    return Measure(where, value, OUTBOUND)


# Where a call has no survey or score, its columns are NULL, and NULL is not added.
INBOUND_CALLS: Mapping[str, Measure] = {
    "calls": _in(),
    "handle_s": _in(value=_HANDLE),
    "talk_s": _in(value=calls.c.talk_s),
    "hold_s": _in(value=calls.c.hold_s),
    "acw_s": _in(value=calls.c.acw_s),
    "transferred": _in(calls.c.transferred),
    "resolved_known": _in(calls.c.resolved.is_not(None)),
    "resolved_yes": _in(calls.c.resolved),
    "surveys_asked": _in(surveys.c.call_id.is_not(None)),
    "surveys_answered": _in(surveys.c.score.is_not(None)),
    "surveys_satisfied": _in(surveys.c.score >= 4),
    "scored": _in(scores.c.id.is_not(None)),
    "score_low_sum": _in(value=scores.c.low),
    "score_high_sum": _in(value=scores.c.high),
    "score_high_sq": _in(value=scores.c.high * scores.c.high),
    "fatal_certain": _in(value=scores.c.fatal_certain),
    "fatal_possible": _in(value=scores.c.fatal_possible),
    "fatal_calls": _in(scores.c.fatal_certain > 0),
    "fatal_calls_possible": _in(scores.c.fatal_certain + scores.c.fatal_possible > 0),
    "passed": _in(scores.c.passed == "yes"),
    "failed": _in(scores.c.passed == "no"),
    "doubtful": _in(scores.c.passed == "doubtful"),
}
"""Columns of ``agent_days`` from single inbound calls, but for first-contact resolution (:func:`resolution`)."""

OUTBOUND_CALLS: Mapping[str, Measure] = {
    "outbound_calls": _out(),
    "outbound_s": _out(value=_HANDLE),
    "outbound_scored": _out(scores.c.id.is_not(None)),
    "outbound_high_sum": _out(value=scores.c.high),
    "outbound_high_sq": _out(value=scores.c.high * scores.c.high),
}
"""Columns of ``agent_days`` from call-backs."""

CALLS: Mapping[str, Measure] = {**INBOUND_CALLS, **OUTBOUND_CALLS}


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
    countable = sa.and_(calls.c.caller_key.is_not(None), closed)
    return {"fcr_closed": _in(countable), "fcr_resolved": _in(sa.and_(countable, ~came_back))}


_COUNTS = interval_counts.c
QUEUES: Mapping[str, Measure] = {
    **{
        name: Measure(value=_COUNTS[name])
        for name in ("offered", "answered", "abandoned", "abandoned_short", "answered_20s", "wait_s", "handle_s")
    },
    "answered_15s": Measure(value=_COUNTS.answered_15s),
    "offered_15s": Measure(_COUNTS.answered_15s.is_not(None), _COUNTS.offered),
    "answered_30s": Measure(value=_COUNTS.answered_30s),
    "offered_30s": Measure(_COUNTS.answered_30s.is_not(None), _COUNTS.offered),
}
"""Columns of ``queue_days``, from half-hours."""

DISPATCHED: Mapping[str, Measure] = {
    "dispatched": Measure(),
    "misdirected": Measure(sa.or_(tickets.c.returned, tickets.c.redispatched > 0)),
    "checked": Measure(tickets.c.error.is_not(None)),
    "wrong": Measure(tickets.c.error),
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
