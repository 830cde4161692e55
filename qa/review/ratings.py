"""Ratings as tables: who said what of which unit, as counts per category, and how close two categories are.

    ratings (units × raters, NaN = not rated) ─► counts (units × categories) ─► the coefficients of qa.review.agreement

A unit is what is rated: a call, or one hit of one item in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Level(StrEnum):
    """What the categories are: names, places in an order, or numbers whose distances mean something."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


class Weights(StrEnum):
    """How much of an agreement two different categories are, 0 to 1 (Gwet 2014, §3.5).

    ``NOMINAL``: none. ``LINEAR``: 1 − distance / range. ``QUADRATIC``: 1 − (distance / range)². ``ORDINAL``: by the number of
    pairs of categories between them, whatever their values.
    """

    NOMINAL = "nominal"
    LINEAR = "linear"
    QUADRATIC = "quadratic"
    ORDINAL = "ordinal"


@dataclass(frozen=True)
class Table:
    """``counts`` (units × categories): how many raters put a unit into a category; ``values`` (categories), ascending.

    Only units that somebody rated are rows.
    """

    counts: Floats
    values: Floats

    @property
    def raters(self) -> Floats:
        """Ratings of each unit."""
        made: Floats = self.counts.sum(axis=1)
        return made

    @property
    def paired(self) -> NDArray[np.bool_]:
        """Units with two ratings or more; only they can agree."""
        return np.asarray(self.raters >= 2)


def table(ratings: ArrayLike, categories: Sequence[float] | None = None) -> Table:
    """Count ``ratings`` (units × raters; NaN where a rater did not rate).

    ``categories`` are all values that a rater may give; without them those that were given. Gwet's AC1 depends on how many there
    are, so name them where one may stay unused. Raises ValueError for ratings of another shape or outside the categories.

    >>> table([[1, 1], [1, 0], [float("nan"), 1]]).counts
    array([[0., 2.],
           [1., 1.],
           [0., 1.]])
    """
    given = np.asarray(ratings, float)
    if given.ndim != 2:
        raise ValueError(f"ratings must be units × raters, not of {given.ndim} dimensions")
    known = ~np.isnan(given)
    values = np.unique(given[known]) if categories is None else np.unique(np.asarray(categories, float))
    if not np.isin(given[known], values).all():
        raise ValueError("a rating is none of the categories")
    place = np.searchsorted(values, given[known])
    counts = np.zeros((given.shape[0], len(values)))
    np.add.at(counts, (np.nonzero(known)[0], place), 1)
    return Table(counts[known.any(axis=1)], values)


def weights(values: ArrayLike, kind: Weights) -> Floats:
    """Agreement of each pair of categories (categories × categories), 1 on the diagonal.

    >>> weights([1, 2, 3], Weights.LINEAR)[0]
    array([1. , 0.5, 0. ])
    """
    v = np.asarray(values, float)
    span = max(float(np.ptp(v)), np.finfo(float).tiny) if len(v) else 1.0
    apart = np.abs(v[:, None] - v) / span
    match kind:
        case Weights.NOMINAL:
            return np.eye(len(v))
        case Weights.LINEAR:
            return 1 - apart
        case Weights.QUADRATIC:
            return np.asarray(1 - apart**2)
    steps = np.abs(np.arange(len(v))[:, None] - np.arange(len(v)))
    return np.asarray(1 - steps * (steps + 1) / max(len(v) * (len(v) - 1), 1))
