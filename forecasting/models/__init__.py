"""Forecast models behind one protocol: ``fit(y, X)``, then ``predict(h, levels)`` or ``paths(h, n, seed)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from forecasting.features import Design

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The next ``h`` values: ``mean`` [h], and for each level in percent the lower and upper bounds [h]."""

    mean: Floats
    lower: Mapping[int, Floats]
    upper: Mapping[int, Floats]


class Model(Protocol):
    """What every model can do. Missing days of ``y`` [n] are NaN; they are never filled with zero."""

    name: str

    def fit(self, y: Floats, X: Design | None = None, weights: Floats | None = None) -> Self:
        """Learn from ``y``. ``X`` has a row for every day of ``y`` and for every day that will be asked for."""
        ...

    def predict(self, h: int, levels: Sequence[int] = (80, 95)) -> Prediction:
        """The next ``h`` days with central bands."""
        ...

    def paths(self, h: int, n: int, seed: int) -> Floats:
        """``n`` futures of ``h`` days [n, h], correlated from day to day, so that sums have honest bands."""
        ...


def summarise(paths: Floats, levels: Sequence[int]) -> Prediction:
    """Mean and central bands of sample paths [n, h]."""
    tails = [q for level in levels for q in ((100 - level) / 200, (100 + level) / 200)]
    bounds = np.quantile(paths, tails, axis=0) if tails else np.empty((0, paths.shape[1]))
    lower = {level: bounds[2 * i] for i, level in enumerate(levels)}
    upper = {level: bounds[2 * i + 1] for i, level in enumerate(levels)}
    return Prediction(paths.mean(axis=0), lower, upper)
