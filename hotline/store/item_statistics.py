"""What the items of a rule set came to in stored calls: counts a week, and the newest calls in which each cost points.

One pass over the hits of the span: of every item's rows of a call the first is read, in a few columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.store import parquet
from hotline.store.access import Viewer
from hotline.store.engine import Store
from hotline.store.schema import calls, rule_sets, scores
from hotline.store.tables import frame

NEWEST = 8
"""Calls that cost points which are kept for each item."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Results of one rule set (of one version of it, or of all together) on the calls of ``first`` to ``last`` that the viewer may open.

    ``weeks`` has item_id, week (its Monday), outcome (pass, fail, doubtful, na) and calls. ``newest`` has item_id, call_id, day,
    agent_id, outcome, lost (points), turn and start (seconds, of the first evidence), newest first, for lost items only.
    """

    first: date
    last: date
    weeks: pl.DataFrame
    newest: pl.DataFrame

    def counts(self, item_id: str) -> dict[str, int]:
        """Calls by outcome of an item."""
        own = self.weeks.filter(pl.col("item_id") == item_id).group_by("outcome").agg(pl.col("calls").sum())
        return {outcome: int(count) for outcome, count in own.iter_rows()}


def last_day(store: Store, viewer: Viewer, rule_set_id: str, version: int | None = None) -> date | None:
    """The local day of the newest call in scope that this rule set judged, in ``version`` or any. Needs OPEN_CALLS."""
    with store.read() as connection:
        return connection.scalar(_judged(sa.select(sa.func.max(calls.c.day)), viewer, rule_set_id, version))


def versions(store: Store, viewer: Viewer, rule_set_id: str) -> dict[int, int]:
    """Calls in scope whose result counts, by the version of the rule set that judged them, newest version first. Needs OPEN_CALLS."""
    query = _judged(sa.select(rule_sets.c.version, sa.func.count().label("calls")), viewer, rule_set_id, None)
    with store.read() as connection:
        rows = connection.execute(query.group_by(rule_sets.c.version).order_by(rule_sets.c.version.desc())).all()
    return {row.version: row.calls for row in rows}


def _judged(query: sa.Select[Any], viewer: Viewer, rule_set_id: str, version: int | None) -> sa.Select[Any]:
    """``query`` on the calls in scope whose result that counts is of this rule set, in ``version`` or any."""
    of_it = rule_sets.c.id == rule_set_id
    if version is not None:
        of_it &= rule_sets.c.version == version
    return (
        query.select_from(calls)
        .join(scores, (scores.c.call_id == calls.c.id) & scores.c.current)
        .join(rule_sets, rule_sets.c.content_hash == scores.c.rule_hash)
        .where(of_it, viewer.calls_clause())
    )


def state(store: Store, viewer: Viewer) -> int:
    """A number that changes when a result was stored, so that figures read before need not be read again. Needs OPEN_CALLS."""
    viewer.calls_clause()
    with store.read() as connection:
        return connection.scalar(sa.select(sa.func.max(scores.c.id))) or 0


def statistics(store: Store, viewer: Viewer, rule_set_id: str, weeks: int = 13, version: int | None = None) -> Statistics | None:
    """The last ``weeks`` weeks with calls that this rule set judged, in ``version`` or any; None where there are none. Needs OPEN_CALLS."""
    last = last_day(store, viewer, rule_set_id, version)
    if last is None:
        return None
    first = last - timedelta(days=last.weekday() + 7 * (weeks - 1))
    columns_of = sa.select(calls.c.id.label("call_id"), calls.c.day, calls.c.agent_id)
    with store.read() as connection:
        known = frame(connection, _judged(columns_of, viewer, rule_set_id, version).where(calls.c.day.between(first, last)))

    def scan() -> pl.LazyFrame:
        wanted = (pl.col("rule_set_id") == rule_set_id, pl.col("evidence_no").fill_null(0) == 0)
        columns = ("call_id", pl.col("item_id", "outcome").cast(pl.Categorical), "turn", "start", pl.col("lost_low").alias("lost"))
        return parquet.scan_hits(store, viewer, first, last).filter(*wanted).select(*columns).join(known.lazy(), on="call_id")

    rows = parquet.gathered(scan)
    names = pl.col("item_id", "outcome").cast(pl.String)
    counted = rows.group_by("item_id", pl.col("day").dt.truncate("1w").alias("week"), "outcome").agg(calls=pl.len()).with_columns(names)
    newest = (
        rows.filter(pl.col("outcome") == "fail")
        .sort("day", "call_id", descending=True)
        .group_by("item_id", maintain_order=True)
        .head(NEWEST)
    )
    return Statistics(first, last, counted.sort("item_id", "week", "outcome"), newest.with_columns(names))
