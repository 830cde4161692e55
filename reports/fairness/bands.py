"""Who differs from the others: bands of no difference instead of ranks, with the number of wrong names under control.

A ranking always has a last place, whoever works there. Here an agent is named only when the difference to the others is larger than
chance, and more agents compared do not make more wrong names: of the names on a board, one in twenty is wrong in the long run (false
discovery rate, Benjamini & Hochberg 1995; which side included: Benjamini & Yekutieli 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


class Standing(StrEnum):
    """An agent beside the others."""

    ABOVE = "above"
    BELOW = "below"
    SAME = "no_difference"
    TOO_FEW = "too_few"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True)
class Bands:
    """One entry an agent. ``low`` to ``high`` is the band in which the value would not be told from ``others``, the others' mean.

    ``p`` is two-sided, ``q`` the smallest false discovery rate at which the agent is named (Storey's q-value as Benjamini and Hochberg
    have it); NaN where nothing is tested.
    """

    others: Floats
    low: Floats
    high: Floats
    p: Floats
    q: Floats
    standing: NDArray[np.str_]


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """q-values of p-values (Benjamini & Hochberg 1995, step-up); NaN is left out and stays NaN.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    values = np.atleast_1d(np.asarray(p, float))
    q = np.full(len(values), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    stepped = values[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1)
    return q


def others_mean(values: Floats, variances: Floats, weights: Floats, group: NDArray[np.int64] | None = None) -> tuple[Floats, Floats]:
    """For each entry the weighted mean of all others in its ``group``, and its variance; NaN for one who is alone.

    NaN values do not count.
    """
    known = np.isfinite(values) & np.isfinite(variances) & (weights > 0)
    codes = np.zeros(len(values), np.int64) if group is None else group
    w = np.where(known, weights, 0.0)
    y, v = np.where(known, values, 0.0), np.where(known, variances, 0.0)
    groups = int(codes.max(initial=0)) + 1

    def rest(terms: Floats) -> Floats:
        return np.asarray(np.bincount(codes, terms, groups)[codes] - terms)

    alone = rest(known.astype(float)) < 0.5
    size = np.where(alone, np.nan, rest(w))
    return rest(w * y) / size, rest(w**2 * v) / size**2


def compare(
    values: Floats,
    variances: Floats,
    freedom: Floats,
    weights: Floats,
    enough: NDArray[np.bool_],
    comparable: NDArray[np.bool_] | None = None,
    group: NDArray[np.int64] | None = None,
    margin: float = 0.0,
    rate: float = 0.05,
) -> Bands:
    """Set each agent beside the mean of all others (of the same ``group``), weighted by ``weights`` (calls).

    An agent is named when the difference is shown to be larger than ``margin`` (in the unit of the values; a difference that matters),
    at false discovery rate ``rate`` over all agents tested: t tests against the nearer end of ±margin, two-sided. ``enough`` says who has
    the calls to be tested (the others count all the same), ``comparable`` whose mix can be compared.
    """
    told = np.ones(len(values), bool) if comparable is None else comparable
    mean, mean_variance = others_mean(values, variances, np.where(told, weights, 0), group)
    error = np.sqrt(variances + mean_variance)
    tested = enough & told & np.isfinite(values) & np.isfinite(mean) & (error > 0)
    gap = np.where(tested, values - mean, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = np.maximum(np.abs(gap) - margin, 0) / error
        p = np.where(tested, np.minimum(2 * special.stdtr(np.maximum(freedom, 1), -beyond), 1), np.nan)
    q = benjamini_hochberg(p)
    named = tested & (np.where(tested, q, 1) <= rate)
    # the p at which one more agent would be named: the edge of the band
    edge = rate * min(int(named.sum()) + 1, max(int(tested.sum()), 1)) / max(int(tested.sum()), 1)
    half = margin + special.stdtrit(np.maximum(freedom, 1), 1 - edge / 2) * error
    standing = np.where(named, np.where(gap > 0, Standing.ABOVE.value, Standing.BELOW.value), Standing.SAME.value)
    standing = np.where(tested, standing, np.where(told | ~enough, Standing.TOO_FEW.value, Standing.NOT_COMPARABLE.value))
    return Bands(
        others=np.where(tested, mean, np.nan),
        low=np.where(tested, mean - half, np.nan),
        high=np.where(tested, mean + half, np.nan),
        p=p,
        q=q,
        standing=standing.astype(str),
    )
