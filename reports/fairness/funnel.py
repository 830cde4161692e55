"""A funnel: where agents' values would lie by chance alone, the narrower the more calls (Spiegelhalter 2005).

Drawn behind the agents it shows at a look that a low value from six calls means little. Limits are at 95 % and 99.8 %, as the paper has
them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

LEVELS = (0.95, 0.998)


def mean_limits(calls: ArrayLike, centre: float, variance: float, level: float, between: float = 0.0) -> tuple[Floats, Floats]:
    """Limits of a mean of ``calls`` scores about ``centre``, of ``variance`` a call; NaN at 0 calls.

    ``between`` is τ², the agents' own spread, where that is not news either.
    """
    n = np.asarray(calls, float)
    half = special.ndtri(0.5 + level / 2) * np.sqrt(variance / np.where(n > 0, n, np.nan) + between)
    return centre - half, centre + half


def share_limits(calls: ArrayLike, centre: float, level: float) -> tuple[Floats, Floats]:
    """Exact binomial limits of a share about ``centre``, between whole numbers interpolated so that the funnel has no steps.

    Spiegelhalter (2005), appendix A.1.1. NaN at 0 calls.
    """
    n = np.asarray(calls, float)
    tail = (1 - level) / 2

    def limit(probability: float) -> Floats:
        safe = np.where(n > 0, n, 1)
        whole = stats.binom.ppf(probability, safe, centre)
        upto, without = stats.binom.cdf(whole, safe, centre), stats.binom.cdf(whole - 1, safe, centre)
        part = (upto - probability) / np.where(upto > without, upto - without, 1)
        return np.where(n > 0, np.clip((whole - part) / safe, 0, 1), np.nan)

    return limit(tail), limit(1 - tail)


def overdispersion(z: ArrayLike, trim: float = 0.1) -> float:
    """φ ≥ 1, by how much standardised differences vary more than by chance; multiply the variance by it.

    Their mean square after drawing the outer ``trim`` of either side in to that quantile (Spiegelhalter 2005, §3.3.3).
    """
    values = np.asarray(z, float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return 1.0
    low, high = np.quantile(values, [trim, 1 - trim])
    return max(1.0, float((np.clip(values, low, high) ** 2).mean()))
