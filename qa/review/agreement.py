"""How well raters agree, beyond chance, with 95 % intervals: % agreement, Cohen's κ, Fleiss' κ, Gwet's AC1 and AC2, Krippendorff's α.

Look at several: where nearly all calls pass, κ and α sink although raters hardly ever differ, AC1 does not. With 85 calls
that both pass, 5 and 5 that one fails and 5 that both fail, raters agree on 90 %, κ is 0.444 and AC1 is 0.878:

>>> both = [[0, 0]] * 85 + [[0, 1]] * 5 + [[1, 0]] * 5 + [[1, 1]] * 5
>>> round(percent(both).value, 3), round(fleiss(both).value, 3), round(gwet(both).value, 3)
(0.9, 0.444, 0.878)

All take ratings as units × raters, any number of raters, NaN where one did not rate (Cohen's κ: two raters, complete pairs).

Intervals, as :class:`Agreement` names them in ``interval``:

- ``linearised``: Gwet's variance of the coefficient over units (Gwet 2008; 2014, §5.3) with Student's quantile for n − 1; Cohen's κ has
  Fleiss, Cohen and Everitt's (1969) with the normal quantile. Both as for a large population of units.
- ``bootstrap``: units drawn anew with a given seed, percentiles (Efron & Tibshirani 1993, §13.3). Used where a seed is given, and for
  the ordinal α, whose weights hang on the ratings themselves and which has no published variance.
- ``exact``: raters never differed, so no variance can be had. The lower limit is that of Clopper and Pearson for "n of n units agree",
  put through the coefficient with chance agreement as observed (the ordinal α: that of the nominal one); the upper is 1.
- ``none``: nothing can be said; the limits are NaN.

Degenerate cases. No unit with two ratings, or one rater: all NaN. Everybody always used one and the same category: % agreement is 1, and
AC1 too where other categories were possible; κ and α are NaN, for chance alone would have agreed as well. One category that could be
used at all: AC1 is NaN too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from qa.review.ratings import Floats, Level, Table, Weights, table, weights
from qa.review.shares import clopper_pearson

RESAMPLES = 2000
_NO_SPREAD = 1e-7
"""Below this, variances and differences from 1 are rounding (the root of a variance that cancels is only good to 1e-8)."""
_Statistic = Callable[[Floats], Floats]


class Interval(StrEnum):
    """How an interval was made; see the module."""

    LINEARISED = "linearised"
    BOOTSTRAP = "bootstrap"
    EXACT = "exact"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient with its standard error and 95 % limits (NaN: cannot be said) and the units with two ratings or more."""

    value: float
    error: float
    low: float
    high: float
    units: int
    interval: Interval


def percent(
    ratings: ArrayLike, kind: Weights = Weights.NOMINAL, categories: Sequence[float] | None = None, seed: int | None = None
) -> Agreement:
    """Share of pairs of raters that agree, averaged over units; with ``kind`` near misses count in part."""
    t = table(ratings, categories)
    kept = Table(t.counts[t.paired], t.values)  # a single rating says nothing here
    w = weights(t.values, kind)
    observed = _observed(kept, w)

    def value(drawn: Floats) -> Floats:
        return np.asarray(drawn @ observed / drawn.sum(axis=1))

    return _measured(kept, value, observed, observed, 0.0, seed)


def fleiss(
    ratings: ArrayLike, kind: Weights = Weights.NOMINAL, categories: Sequence[float] | None = None, seed: int | None = None
) -> Agreement:
    """Fleiss' κ (Fleiss 1971) for any number of raters, weighted by ``kind``; missing ratings after Gwet (2014, §2.4).

    With two raters this is Scott's π (1955), not Cohen's κ.
    """
    t = table(ratings, categories)
    w = weights(t.values, kind)

    def chance(used: Floats) -> Floats:
        return np.einsum("bk,kl,bl->b", used, w, used)

    return _corrected(t, w, chance, lambda used: (w + w.T) @ used / 2, seed)


def gwet(
    ratings: ArrayLike, kind: Weights = Weights.NOMINAL, categories: Sequence[float] | None = None, seed: int | None = None
) -> Agreement:
    """Gwet's AC1 (Gwet 2008); with weights AC2 (Gwet 2014, §3.5). It stays near % agreement where one category prevails."""
    t = table(ratings, categories)
    w, q = weights(t.values, kind), len(t.values)
    scale = w.sum() / (q * (q - 1)) if q > 1 else np.nan

    def chance(used: Floats) -> Floats:
        return np.asarray(scale * (used * (1 - used)).sum(axis=1))

    return _corrected(t, w, chance, lambda used: scale * (1 - used), seed)


def cohen(
    first: ArrayLike,
    second: ArrayLike,
    kind: Weights = Weights.NOMINAL,
    categories: Sequence[float] | None = None,
) -> Agreement:
    """Cohen's κ of two raters (Cohen 1960), weighted by ``kind`` (Cohen 1968), over units that both rated.

    The interval is Fleiss, Cohen & Everitt's (1969), the large-sample variance that does not suppose κ = 0.
    """
    pair = np.column_stack([np.asarray(first, float), np.asarray(second, float)])
    pair = pair[~np.isnan(pair).any(axis=1)]
    t = table(pair, categories)
    w, n, q = weights(t.values, kind), len(pair), len(t.values)
    if n == 0:
        return _nothing(0)
    shares = np.zeros((q, q))
    places = np.searchsorted(t.values, pair)
    np.add.at(shares, (places[:, 0], places[:, 1]), 1 / n)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, chance = float((w * shares).sum()), float(rows @ w @ columns)
    if 1 - chance < _NO_SPREAD:
        return _nothing(n)
    value = (observed - chance) / (1 - chance)
    marginal = (w @ columns)[:, None] + (rows @ w)[None, :]
    scores = w - marginal * (1 - value)
    # the paper's sum of squares less the square of the mean, without its loss of digits
    variance = (shares * (scores - (shares * scores).sum()) ** 2).sum() / (n * (1 - chance) ** 2)
    return _limits(value, float(np.sqrt(variance)), n, float(special.ndtri(0.975)), observed, chance)


def krippendorff(
    ratings: ArrayLike, level: Level = Level.NOMINAL, categories: Sequence[float] | None = None, seed: int | None = None
) -> Agreement:
    """Krippendorff's α (Krippendorff 2019, ch. 12) of nominal, ordinal or interval ratings, missing ones allowed.

    The ordinal distance counts how many ratings lie between two categories, so it is found anew in every bootstrap sample; without a
    ``seed`` the ordinal α takes 0.
    """
    t = table(ratings, categories)
    kept = Table(t.counts[t.paired], t.values)
    if not len(kept.counts):
        return _nothing(0)
    # coincidences of a unit: each pair of its ratings, shared so that the unit weighs as many as it has ratings
    pairs = kept.counts[:, :, None] * kept.counts[:, None, :] - np.eye(len(t.values)) * kept.counts[:, :, None]
    pairs /= (kept.raters - 1)[:, None, None]
    flat = pairs.reshape(len(pairs), -1)

    def value(drawn: Floats) -> Floats:
        together = (drawn @ flat).reshape(-1, len(t.values), len(t.values))
        used = together.sum(axis=2)
        apart = _distances(used, t.values, level)
        seen = (together * apart).sum(axis=(1, 2))
        expected = np.einsum("bk,bkl,bl->b", used, apart, used) / (used.sum(axis=1) - 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(expected > 0, 1 - seen / expected, np.nan)

    w = weights(t.values, Weights.QUADRATIC if level is Level.INTERVAL else Weights.NOMINAL)
    used = kept.counts.sum(axis=0) / kept.counts.sum()
    chance = float(used @ w @ used)
    if level is Level.ORDINAL:
        return _measured(kept, value, None, _observed(kept, w), chance, 0 if seed is None else seed)
    return _measured(kept, value, _alpha_scores(kept, w) if chance < 1 else None, _observed(kept, w), chance, seed)


def _distances(used: Floats, values: Floats, level: Level) -> Floats:
    """Krippendorff's squared distance of each two categories, for each row of ``used`` (ratings per category)."""
    if level is Level.ORDINAL:
        middle = np.cumsum(used, axis=1) - used / 2
        return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2)
    kind = Weights.NOMINAL if level is Level.NOMINAL else Weights.QUADRATIC
    return np.broadcast_to(1 - weights(values, kind), (len(used), len(values), len(values)))


def _alpha_scores(kept: Table, w: Floats) -> Floats:
    """What each unit adds to α, linearised (Gwet 2014, §5.3, as irrCAC computes it); their mean is α without its small-sample term."""
    raters = kept.raters
    many = raters.mean()
    used = (kept.counts / many).mean(axis=0)
    chance = used @ w @ used
    extra = (raters - many) / many
    agreed = (kept.counts * (kept.counts @ w.T - 1)).sum(axis=1) / (many * (raters - 1))
    plain = (agreed.mean() - chance) / (1 - chance)
    corrected = agreed.mean() + (1 - agreed.mean()) / raters.sum()
    expected = kept.counts @ ((w + w.T) @ used / 2) / many - chance * extra
    scores = (agreed - corrected * extra - chance) / (1 - chance) - 2 * (1 - plain) * (expected - chance) / (1 - chance)
    return np.asarray(scores)


def _observed(t: Table, w: Floats) -> Floats:
    """Agreement within each unit of two ratings or more, 0 for the others."""
    pairs = np.where(t.paired, t.raters * (t.raters - 1), 1)
    return np.where(t.paired, (t.counts * (t.counts @ w.T - 1)).sum(axis=1) / pairs, 0.0)


def _corrected(t: Table, w: Floats, chance: _Statistic, slope: _Statistic, seed: int | None) -> Agreement:
    """(observed − chance) / (1 − chance) with Gwet's linearised scores.

    ``chance`` takes shares of categories (samples × categories), ``slope`` those of all units and gives half the derivative of
    chance agreement by each share, plus what cancels in the mean.
    """
    if not t.paired.any():
        return _nothing(0)
    n, paired = len(t.counts), t.paired
    observed, share = _observed(t, w), t.counts / t.raters[:, None]
    expected = float(chance(share.mean(axis=0)[None])[0])

    def value(drawn: Floats) -> Floats:
        seen = drawn[:, paired] @ observed[paired] / drawn[:, paired].sum(axis=1)
        by_chance = chance(drawn @ share / drawn.sum(axis=1, keepdims=True))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(1 - by_chance > _NO_SPREAD, (seen - by_chance) / (1 - by_chance), np.nan)

    whole = float(value(np.ones((1, n)))[0])
    if np.isnan(whole):
        return _nothing(int(paired.sum()))
    scores = n / paired.sum() * (observed - expected * paired) / (1 - expected)
    scores = scores - 2 * (1 - whole) * (share @ slope(share.mean(axis=0)) - expected) / (1 - expected)
    return _measured(t, value, scores, observed[paired], expected, seed)


def _measured(t: Table, value: _Statistic, scores: Floats | None, observed: Floats, chance: float, seed: int | None) -> Agreement:
    """The coefficient of all units with its limits; ``value`` takes how often each unit was drawn (samples × units).

    ``observed`` is the agreement within each unit of two ratings or more, ``scores`` what each unit adds to the linearised coefficient.
    """
    n, units = len(t.counts), int(t.paired.sum())
    if units == 0:
        return _nothing(0)
    whole = float(value(np.ones((1, n)))[0])
    if np.isnan(whole):
        return _nothing(units)
    if n < 2:
        return Agreement(whole, np.nan, np.nan, np.nan, units, Interval.NONE)
    if seed is not None and observed.min() < 1:
        drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = value(drawn)
        values = values[np.isfinite(values)]
        low, high = np.quantile(values, [0.025, 0.975])
        return Agreement(whole, float(values.std(ddof=1)), float(low), float(high), units, Interval.BOOTSTRAP)
    error = 0.0 if scores is None else float(np.sqrt(np.var(scores, ddof=1) / n))
    return _limits(whole, error, units, float(special.stdtrit(n - 1, 0.975)), float(observed.mean()), chance)


def _limits(value: float, error: float, units: int, quantile: float, observed: float, chance: float) -> Agreement:
    if 1 - observed < _NO_SPREAD:
        least = float(clopper_pearson(units, units)[0])
        return Agreement(value, 0.0, max(-1.0, (least - chance) / (1 - chance)), 1.0, units, Interval.EXACT)
    if error < _NO_SPREAD:
        return Agreement(value, error, np.nan, np.nan, units, Interval.NONE)
    return Agreement(value, error, max(-1.0, value - quantile * error), min(1.0, value + quantile * error), units, Interval.LINEARISED)


def _nothing(units: int) -> Agreement:
    return Agreement(np.nan, np.nan, np.nan, np.nan, units, Interval.NONE)
