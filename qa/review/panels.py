"""Agreement per item, from a list of ratings: one row a rating, as a calibration or a double review leaves them.

item       unit   rater     rating
greeting   C0001  zhang     pass
greeting   C0001  machine   fail      ─► by_item: every coefficient; by_pair: each two raters, the machine among them
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations

import numpy as np
import polars as pl

from qa.review.agreement import cohen, fleiss, gwet, krippendorff, percent
from qa.review.ratings import Floats, Level, Weights

_KIND = {Level.NOMINAL: Weights.NOMINAL, Level.ORDINAL: Weights.LINEAR, Level.INTERVAL: Weights.QUADRATIC}
_SCHEMA = {
    "value": pl.Float64,
    "error": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "units": pl.Int64,
    "interval": pl.String,
}


def by_item(
    ratings: pl.DataFrame, categories: Sequence[str | float], level: Level = Level.NOMINAL, seed: int | None = None
) -> pl.DataFrame:
    """Every coefficient of every item.

    ``ratings`` has item, unit, rater, rating; ``categories`` are all ratings possible, in their order (numbers for
    ``Level.INTERVAL``). Ordinal ratings weigh linearly in κ and AC2, interval ones quadratically. A row each of percent,
    fleiss, ac1, alpha, and cohen where an item has just two raters: item, coefficient, raters, value, error, low, high (null: cannot be
    said), units (with two ratings or more), interval (how it was made). Raises ValueError for a rating outside the categories or a unit
    that a rater rated twice.
    """
    kind = _KIND[level]
    rows = []
    for item, frame in _groups(ratings):
        values, places = _matrix(frame, sorted(frame["rater"].unique().to_list()), categories, level)
        found = {
            "percent": percent(values, kind, places, seed),
            "fleiss": fleiss(values, kind, places, seed),
            "ac1": gwet(values, kind, places, seed),
            "alpha": krippendorff(values, level, places, seed),
        }
        if values.shape[1] == 2:
            found["cohen"] = cohen(values[:, 0], values[:, 1], kind, places)
        rows += [{"item": item, "coefficient": name, "raters": values.shape[1], **asdict(f)} for name, f in found.items()]
    keys = {"item": pl.String, "coefficient": pl.String, "raters": pl.Int64}
    return pl.DataFrame(rows, {**keys, **_SCHEMA}).with_columns(pl.selectors.float().fill_nan(None))


def by_pair(ratings: pl.DataFrame, categories: Sequence[str | float], level: Level = Level.NOMINAL) -> pl.DataFrame:
    """Cohen's κ of each two raters on each item, over the units that both rated.

    Takes what :func:`by_item` takes; gives item, first, second, percent (null: no unit of both), value, error, low, high, units, interval.
    """
    rows = []
    for item, frame in _groups(ratings):
        raters = sorted(frame["rater"].unique().to_list())
        values, places = _matrix(frame, raters, categories, level)
        for a, b in combinations(range(len(raters)), 2):
            pair = values[:, [a, b]]
            names = {"item": item, "first": raters[a], "second": raters[b]}
            agreed = percent(pair, _KIND[level], places).value
            rows.append({**names, "percent": agreed, **asdict(cohen(pair[:, 0], pair[:, 1], _KIND[level], places))})
    keys = {"item": pl.String, "first": pl.String, "second": pl.String, "percent": pl.Float64}
    return pl.DataFrame(rows, {**keys, **_SCHEMA}).with_columns(pl.selectors.float().fill_nan(None))


def _groups(ratings: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    if ratings.select("item", "unit", "rater").is_duplicated().any():
        raise ValueError("a rater rated the same item of a unit twice")
    for (item,), frame in ratings.drop_nulls("rating").sort("item").group_by("item", maintain_order=True):
        yield str(item), frame


def _matrix(frame: pl.DataFrame, raters: list[str], categories: Sequence[str | float], level: Level) -> tuple[Floats, list[float]]:
    """Ratings as numbers, units × raters, and the numbers of the categories: their places, for ``Level.INTERVAL`` themselves."""
    places = [float(c) for c in categories] if level is Level.INTERVAL else [float(p) for p in range(len(categories))]
    number = dict(zip(categories, places, strict=True))
    units = {unit: row for row, unit in enumerate(frame["unit"].unique().sort())}
    column = {rater: place for place, rater in enumerate(raters)}
    values = np.full((len(units), len(raters)), np.nan)
    for unit, rater, rating in frame.select("unit", "rater", "rating").iter_rows():
        if rating not in number:
            raise ValueError(f"rating {rating!r} is none of the categories")
        values[units[unit], column[rater]] = number[rating]
    return values, places
