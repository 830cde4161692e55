"""How sure a number is, and whether it moved: 95 % intervals and comparisons of two weeks, for whole columns at once.

A difference counts only when the 95 % interval of the difference leaves out zero. Too little data gives no verdict at all.
All functions take numpy arrays (or scalars) of one length; NaN stands for "cannot be said".
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from qa.review.shares import wilson

Floats = NDArray[np.float64]


class Change(StrEnum):
    """This week beside last week."""

    UP = "up"
    DOWN = "down"
    SAME = "no_difference"
    TOO_FEW = "too_few"


def mean_variance(count: ArrayLike, total: ArrayLike, squares: ArrayLike) -> tuple[Floats, Floats]:
    """Mean and the variance of that mean, from n, sum and sum of squares; the variance is NaN below two observations."""
    n, s, q = (np.asarray(v, float) for v in (count, total, squares))
    mean = s / np.where(n > 0, n, np.nan)
    wide = np.where(n > 1, n, np.nan)
    spread = np.maximum(q - wide * mean**2, 0) / (wide - 1)
    return mean, np.where(spread < 1e-9 * np.maximum(1, mean**2), 0.0, spread) / wide


def t_interval(mean: ArrayLike, variance: ArrayLike, freedom: ArrayLike) -> tuple[Floats, Floats]:
    """95 % Student interval of a mean.

    NaN where nothing can be said: no degree of freedom, or no spread at all (five times 100 points do not prove that
    the sixth call gets 100).
    """
    m, v, f = (np.asarray(x, float) for x in (mean, variance, freedom))
    known = (f > 0) & (v > 0)
    half = stats.t.ppf(0.975, np.where(known, f, 1)) * np.sqrt(np.where(known, v, np.nan))
    return m - half, m + half


def share_difference(k1: ArrayLike, n1: ArrayLike, k0: ArrayLike, n0: ArrayLike) -> tuple[Floats, Floats]:
    """95 % interval of k1/n1 − k0/n0, built from Wilson's (Newcombe 1998, method 10); NaN where a share is 0 of 0.

    >>> low, high = share_difference(56, 70, 48, 80)  # an example of that paper
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    low1, high1 = wilson(k1, n1)
    low0, high0 = wilson(k0, n0)
    with np.errstate(invalid="ignore", divide="ignore"):
        p1, p0 = np.asarray(k1, float) / np.asarray(n1, float), np.asarray(k0, float) / np.asarray(n0, float)
    gap = p1 - p0
    return gap - np.sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2), gap + np.sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2)


def compare_shares(k1: ArrayLike, n1: ArrayLike, k0: ArrayLike, n0: ArrayLike, least: int) -> NDArray[np.str_]:
    """Did the share k/n change from week 0 to week 1? ``least`` observations are needed in both."""
    a, b, c, d = (np.atleast_1d(np.asarray(v, float)) for v in (k1, n1, k0, n0))
    return _verdict(*share_difference(a, b, c, d), (b >= least) & (d >= least))


def compare_means(
    mean1: ArrayLike,
    variance1: ArrayLike,
    freedom1: ArrayLike,
    mean0: ArrayLike,
    variance0: ArrayLike,
    freedom0: ArrayLike,
    enough: ArrayLike,
) -> NDArray[np.str_]:
    """Did a mean change? Welch's interval; variances are those of the means; ``enough`` says where both weeks have the data.

    Without any spread in both weeks equal means are equal, and different ones are too few to tell.
    """
    m1, v1, f1, m0, v0, f0 = (np.atleast_1d(np.asarray(v, float)) for v in (mean1, variance1, freedom1, mean0, variance0, freedom0))
    total = v1 + v0
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = total**2 / (v1**2 / f1 + v0**2 / f0)
    low, high = t_interval(m1 - m0, total, freedom)
    still = (total == 0) & (m1 == m0)
    return _verdict(np.where(still, -1.0, low), np.where(still, 1.0, high), np.atleast_1d(np.asarray(enough, bool)))


def ratio_variance(rest_squares: ArrayLike, bottom: ArrayLike, days: ArrayLike) -> tuple[Floats, Floats]:
    """Variance and degrees of freedom of a ratio Σtop/Σbottom when each day of work is one observation.

    ``rest_squares`` is Σ(top − ratio·bottom)² over the days, ``bottom`` is Σbottom. The linearised ratio estimator
    (Cochran 1977, §6.4): calls of one day share the day's trouble, so days vary, not calls. NaN below two days.
    """
    q, b, m = (np.asarray(v, float) for v in (rest_squares, bottom, days))
    known = (m > 1) & (b > 0)
    m, b = np.where(known, m, np.nan), np.where(known, b, np.nan)
    return q * m / (m - 1) / b**2, np.where(known, m - 1, 0)


def _verdict(low: Floats, high: Floats, enough: NDArray[np.bool_]) -> NDArray[np.str_]:
    known = enough & np.isfinite(low) & np.isfinite(high)
    with np.errstate(invalid="ignore"):
        moved = np.where(low > 0, Change.UP.value, np.where(high < 0, Change.DOWN.value, Change.SAME.value))
    return np.where(known, moved, Change.TOO_FEW.value)
