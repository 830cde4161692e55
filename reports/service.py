"""How callers were served in a week: answer rate, service level, speed of answer per queue and per day."""

from __future__ import annotations

import polars as pl

from hotline.store import service
from hotline.store.access import Viewer
from hotline.store.engine import Store
from reports.week import IsoWeek

_SUMS = ("offered", "answered", "abandoned", "answered_20s", "wait_s", "handle_s")


def rates(sums: pl.DataFrame) -> pl.DataFrame:
    """Add answer_rate, service_level (shares of offered calls), asa and aht (s of answered calls); null for 0 of 0.

    The definitions are the KPIs of the same names in the dictionary.
    """

    def ratio(top: str, bottom: str) -> pl.Expr:
        return pl.when(pl.col(bottom) > 0).then(pl.col(top) / pl.col(bottom))

    return sums.with_columns(
        answer_rate=ratio("answered", "offered"),
        service_level=ratio("answered_20s", "offered"),
        asa=ratio("wait_s", "answered"),
        aht=ratio("handle_s", "answered"),
    )


def week_of_service(store: Store, viewer: Viewer, week: IsoWeek, unit_path: str) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The week's queues, days and total for a unit: (per queue, per day, one row in all), each with :func:`rates`.

    A unit's queues are those below it, and for a team those of the sub-centre it answers for. Rates of the week before stand
    beside the queues' as ``answer_rate_before`` and ``service_level_before``. Needs SEE_REPORTS.
    """
    halves = service.half_hours(store, viewer, week.previous.first, week.last)
    below = pl.col("path").str.starts_with(unit_path) | pl.lit(unit_path).str.starts_with(pl.col("path"))
    halves = halves.filter(below).with_columns(day=pl.col("start").dt.date())
    now, before = halves.filter(pl.col("day") >= week.first), halves.filter(pl.col("day") < week.first)
    queue = ["queue_id", "queue", "queue_en"]
    earlier = rates(before.group_by("queue_id").agg(pl.col(_SUMS).sum())).select("queue_id", "answer_rate", "service_level")
    queues = rates(now.group_by(queue).agg(pl.col(_SUMS).sum())).join(earlier, on="queue_id", how="left", suffix="_before").sort("queue_id")
    days = rates(pl.DataFrame({"day": week.days}).join(now.group_by("day").agg(pl.col(_SUMS).sum()), on="day", how="left").fill_null(0))
    return queues, days, rates(now.select(pl.col(_SUMS).sum()))
