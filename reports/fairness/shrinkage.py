"""Empirical Bayes: a number from few calls is drawn to the mean of its team or centre, as far as agents are known to be alike.

True values are taken as normal about a mean with variance τ², measured values as normal about the true ones (Morris 1983). τ² is
Paule and Mandel's (1982): the one that makes the weighted squares about the mean as large as they should be. With τ² = 0 nothing but
chance shows, and nearly everybody gets the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]

_Z = float(special.ndtri(0.975))


@dataclass(frozen=True)
class Shrunk:
    """One entry a measured value: drawn in, with 95 % limits, and the ``weight`` that the own measurement kept (0–1).

    ``centre`` is the mean that each was drawn to, ``between`` the variance τ² of true values.
    """

    value: Floats
    low: Floats
    high: Floats
    weight: Floats
    centre: Floats
    between: float


def between_variance(values: Floats, variances: Floats, group: NDArray[np.int64] | None = None) -> float:
    """Paule and Mandel's τ² (1982; DerSimonian & Kacker 2007), about the means of ``group`` if given: Σ (y − ȳ)²/(v + τ²) = n − groups."""
    groups = np.zeros(len(values), np.int64) if group is None else np.unique(group, return_inverse=True)[1]
    freedom = len(values) - len(np.unique(groups))
    if freedom < 1:
        return 0.0

    def excess(tau2: float) -> float:
        weight = 1 / (variances + tau2)
        mean = np.bincount(groups, weight * values) / np.bincount(groups, weight)
        return float((weight * (values - mean[groups]) ** 2).sum() - freedom)

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.var(values) * len(values) / freedom) + float(variances.max())
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-14 * high, rtol=1e-14))


def shrink(values: Floats, variances: Floats, group: NDArray[np.int64] | None = None) -> Shrunk:
    """Draw ``values`` with error ``variances`` (> 0) to their mean; with ``group`` (team codes) to the mean of their team.

    Teams' means are themselves drawn to the centre's, so that a team of three does not stand by its own. NaN values stay NaN and
    count for nothing. With more than two values over the number of means they are drawn a little less, and limits are a little wider,
    since τ² is estimated (Morris 1983, eq. 1.17 to 1.19).
    """
    known = np.isfinite(values) & (variances > 0)
    out = {name: np.full(len(values), np.nan) for name in ("value", "low", "high", "weight", "centre")}
    if not known.any():
        return Shrunk(**out, between=0.0)
    y, v = values[known], variances[known]
    codes = np.zeros(len(y), np.int64) if group is None else np.unique(group[known], return_inverse=True)[1].astype(np.int64)
    tau2 = between_variance(y, v, codes)
    weight = 1 / (v + tau2)
    size = np.bincount(codes, weight)
    mean, mean_variance = np.bincount(codes, weight * y) / size, 1 / size
    if len(size) > 1:
        over = shrink(mean, mean_variance)
        mean, mean_variance = over.value, ((over.high - over.low) / (2 * _Z)) ** 2
    many = len(y) - len(size)
    drawn = v / (v + tau2) * ((many - 2) / many if many > 2 else 1.0)
    centre, centre_variance = mean[codes], mean_variance[codes]
    value = y - drawn * (y - centre)
    variance = v * (1 - drawn) + drawn**2 * centre_variance
    if many > 2:
        variance = variance + 2 / (many - 2) * drawn**2 * (v.mean() + tau2) / (v + tau2) * (y - centre) ** 2
    half = _Z * np.sqrt(variance)
    for name, found in (("value", value), ("low", value - half), ("high", value + half), ("weight", 1 - drawn), ("centre", centre)):
        out[name][known] = found
    return Shrunk(**out, between=tau2)
