"""Seasonal naive: the last known same weekday. The yardstick every other model has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from forecasting.features import Design
from forecasting.models import Floats, Prediction, summarise
from hotline.errors import BadInput

WEEK = 7


class SeasonalNaive:
    """Repeats the last known value of each place in the season of ``period`` days.

    Bands come from the history: futures are random walks whose steps, a whole season at a time, are the changes from
    season to season seen before (never below zero, as calls and handle times are).
    """

    name = "seasonal naive"

    def __init__(self, period: int = WEEK) -> None:
        self.period = period

    def fit(self, y: Floats, X: Design | None = None, weights: Floats | None = None) -> Self:
        """Remember ``y`` [n]; ``X`` and ``weights`` are not used. Raises BadInput when a place of the season was never seen."""
        values = np.asarray(y, dtype=np.float64)
        padded = np.concatenate([np.full(-len(values) % self.period, np.nan), values])
        table = padded.reshape(-1, self.period)  # the last row ends at the last day
        if len(table) < 2 or np.all(np.isnan(table)):
            raise BadInput("history", f"{len(values)} days are too few for a season of {self.period}", "give at least two weeks")
        known = _carried(table)
        self.last_ = known[-1]
        change = table[1:] - known[:-1]
        change = change[np.any(np.isfinite(change), axis=1)]
        self.steps_ = np.nan_to_num(change)
        return self

    def predict(self, h: int, levels: Sequence[int] = (80, 95)) -> Prediction:
        """The repeated season as ``mean`` (NaN where a weekday was never seen), with bands from past misses."""
        bands = summarise(self.paths(h, 1000, seed=0), levels)
        return Prediction(np.tile(self.last_, h // self.period + 1)[:h], bands.lower, bands.upper)

    def paths(self, h: int, n: int, seed: int) -> Floats:
        """Random walks of whole seasons [n, h], stepping by changes seen in the history."""
        draw = np.random.default_rng(seed)
        seasons = h // self.period + 1
        if len(self.steps_):
            chosen = self.steps_[draw.integers(0, len(self.steps_), size=(n, seasons))]
        else:
            chosen = np.zeros((n, seasons, self.period))
        walks = np.maximum(self.last_ + np.cumsum(chosen, axis=1), 0.0)
        return walks.reshape(n, -1)[:, :h]


def _carried(table: Floats) -> Floats:
    """Each column with its gaps filled by the last known value above."""
    filled = table.copy()
    for row in range(1, len(filled)):
        filled[row] = np.where(np.isnan(filled[row]), filled[row - 1], filled[row])
    return filled
