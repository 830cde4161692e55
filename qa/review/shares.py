"""Intervals of a share k of n, for whole columns at once: Wilson's for every day, Clopper and Pearson's where coverage must be guaranteed.

``n`` may be an *effective* number of observations: what a sample with unequal weights is worth (:mod:`qa.review.estimates`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95, quantile: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share (Wilson 1927); NaN for 0 of 0.

    ``quantile`` takes the place of the normal quantile of ``level``: Student's, where the spread is estimated.

    >>> low, high = wilson(1, 5)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0362, 0.6245)
    """
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    z = np.asarray(special.ndtri(0.5 + level / 2) if quantile is None else quantile, float)
    safe = np.where(n > 0, n, np.nan)
    share = k / safe
    centre = (share + z**2 / (2 * safe)) / (1 + z**2 / safe)
    half = z / (1 + z**2 / safe) * np.sqrt(share * (1 - share) / safe + z**2 / (4 * safe**2))
    # at 0 of n and n of n the bound is exactly 0 or 1; rounding must not put the share outside its own interval
    low, high = np.where(k == 0, 0 * safe, centre - half), np.where(k == n, safe / safe, centre + half)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def clopper_pearson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """The exact interval of a share (Clopper & Pearson 1934), which holds it at least ``level`` of the time; NaN for 0 of 0.

    >>> low, high = clopper_pearson(0, 30)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0, 0.1157)
    """
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    tail = (1 - level) / 2
    known = n > 0
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, special.betaincinv(np.maximum(k, 1e-300), n - k + 1, tail), 0.0)
        high = np.where(k < n, special.betaincinv(k + 1, np.maximum(n - k, 1e-300), 1 - tail), 1.0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)
