"""How often the machine is right, from calls that people judged: estimates from samples whose calls had unequal chances.

    all calls of a period ── strata: hit, doubtful, un-hit ──► drawn with stored chances ──► people say what is true
                                                               └──────────► precision and recall with 95 % intervals

Every judged call carries its inclusion probability, the chance that the plan gave it; a call of chance 1/50 stands for fifty. Totals are
Horvitz and Thompson's (1952), shares are Hájek's ratio of two such totals (Hájek 1971; Särndal, Swensson & Wretman 1992, §5.6–5.7).

Variances are by stratum with the finite population correction: with chances that are equal within a stratum they are the textbook's
(Cochran 1977, §5.4 and §6.4), with unequal ones Hájek's (1964) approximation, which needs no joint probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from qa.review.shares import Floats, wilson

_Z = float(special.ndtri(0.975))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A total or share with its standard error and 95 % limits; NaN where nothing can be said.

    ``sample`` are the judged calls it rests on, ``effective`` what they are worth as a simple random sample (shares only).
    """

    value: float
    error: float
    low: float
    high: float
    sample: int
    effective: float


def total(values: ArrayLike, probability: ArrayLike, stratum: ArrayLike) -> Estimate:
    """Horvitz–Thompson estimate of a total over all calls (minutes of silence of a week, say), with Student limits.

    Numbers of calls have better limits from :func:`count`.

    ``values``, ``probability`` (of being drawn, over 0 to 1) and ``stratum`` have one entry a judged call. Raises ValueError for
    chances outside (0, 1].
    """
    y, p, s = _checked(values, probability, stratum)
    variance, freedom = _variance(y / p, p, s)
    whole, error = float((y / p).sum()), float(np.sqrt(variance))
    half = _student(freedom) * error
    return Estimate(whole, error, whole - half, whole + half, len(y), np.nan)


def count(positive: ArrayLike, probability: ArrayLike, stratum: ArrayLike) -> Estimate:
    """Estimated number of positive calls (violations of a week, say), ``positive`` being 0 or 1 a judged call.

    The value is Horvitz and Thompson's where strata were drawn with equal chances, and always each stratum's share times its size. The
    limits come from the strata's Wilson limits, put together by the method of variance estimates recovery (Zou & Donner 2008), so that
    they hold for rare positives too.
    """
    y, p, s = _checked(positive, probability, stratum)
    value, low, high = _amount(y, p, s, np.ones(len(y), bool))
    return Estimate(value, total(y, p, s).error, low, high, len(y), np.nan)


def share(of: ArrayLike, among: ArrayLike, probability: ArrayLike, stratum: ArrayLike) -> Estimate:
    """Hájek estimate of Σ of / Σ among over all calls, both 0 or 1 a call (``of`` only where ``among``).

    The interval is Wilson's with Student's quantile and the effective sample size, the size whose simple random sample would have
    this variance (Kott & Carr 1997; Dean & Pagano 2015). Within one stratum it is at most Kish's (1965, §11.7), which follows from the
    weights alone: a variance estimated from few calls of great weight is too small too often. Kish's is also taken where all judged
    calls are alike, so that there is no variance.
    """
    d, p, s = _checked(among, probability, stratum)
    n = np.asarray(of, float) * d
    within = d > 0
    if not within.any():
        return Estimate(np.nan, np.nan, np.nan, np.nan, 0, 0.0)
    bottom = float((d / p).sum())
    value = float((n / p).sum()) / bottom
    variance, freedom = _variance((n - value * d) / p / bottom, p, s)
    if 0 < value < 1 and variance > 0:
        effective = value * (1 - value) / variance
        if len(np.unique(s[within])) == 1:
            effective = min(effective, _kish(p[within]))
    else:
        variance, effective, freedom = 0.0, _kish(p[within]), np.inf
    low, high = _limits(value, effective, freedom)
    return Estimate(value, float(np.sqrt(variance)), low, high, int(within.sum()), effective)


def logit_limits(value: float, error: float, freedom: float = np.inf) -> tuple[float, float]:
    """95 % limits of a share, symmetric on the logit scale (Korn & Graubard 1999, §3.2); NaN at 0 and 1, where it has no slope.

    >>> low, high = logit_limits(0.9, 0.03)
    >>> round(low, 4), round(high, 4)
    (0.824, 0.9453)
    """
    if not 0 < value < 1:
        return np.nan, np.nan
    half = _student(freedom) * error / (value * (1 - value))
    low, high = special.expit(special.logit(value) + np.array([-half, half]))
    return float(low), float(high)


def precision(hit: ArrayLike, true: ArrayLike, probability: ArrayLike, stratum: ArrayLike) -> Estimate:
    """Share of the machine's hits that people confirm. ``hit`` and ``true`` are 0 or 1 a judged call."""
    return share(true, hit, probability, stratum)


def recall(hit: ArrayLike, true: ArrayLike, probability: ArrayLike, stratum: ArrayLike) -> Estimate:
    """Share of the true violations that the machine hits; 1 − recall is 漏检率. ``hit`` and ``true`` are 0 or 1 a judged call.

    Violations among un-hit calls are few, so that a handful of them, with great weights, decides: the variance of a linearised ratio
    is then far off, and 0 with none found. The limits come from each stratum's Wilson limits instead, put together for the numbers
    found and missed and for the logarithm of their ratio by the method of variance estimates recovery (Zou & Donner 2008; Donner & Zou
    2012). They answer also when no missed violation was found among the un-hit: then the upper limit is 1. ``error`` and ``effective``
    are the linearised ratio's.
    """
    h, p, s = _checked(hit, probability, stratum)
    t = np.asarray(true, float)
    ratio = share(h, t, p, s)
    found, missed = _amount(t, p, s, h > 0), _amount(t, p, s, h == 0)
    if ratio.sample == 0:
        return ratio
    low, high = _share_of(found, missed)
    return Estimate(ratio.value, ratio.error, low, high, ratio.sample, ratio.effective)


def _amount(positive: Floats, p: Floats, s: NDArray[np.int_], domain: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Estimated number of positives among the calls of a domain, with limits from the Wilson interval of each stratum's share."""
    value, under, over = 0.0, 0.0, 0.0
    for one in np.unique(s[domain]):
        inside = (s == one) & domain
        size = float((1 / p[inside]).sum())
        found = share(positive[inside], np.ones(inside.sum()), p[inside], s[inside])
        value += size * found.value
        under += (size * (found.value - found.low)) ** 2
        over += (size * (found.high - found.value)) ** 2
    return value, max(0.0, value - float(np.sqrt(under))), value + float(np.sqrt(over))


def _share_of(found: tuple[float, float, float], missed: tuple[float, float, float]) -> tuple[float, float]:
    """Limits of found / (found + missed) from (value, low, high) of each, by the logarithm of found / missed.

    At 0 found or missed these are the limits that the formula tends to.
    """
    (a, a_low, a_high), (b, b_low, b_high) = found, missed
    if a == 0:
        return 0.0, a_high / (a_high + b)
    if b == 0:
        return a / (a + b_high), 1.0
    with np.errstate(divide="ignore"):
        middle = np.log(a / b)
        low = middle - np.hypot(np.log(a_low / a), np.log(b_high / b))
        high = middle + np.hypot(np.log(a_high / a), np.log(b_low / b))
    return float(special.expit(low)), float(special.expit(high))


def _checked(values: ArrayLike, probability: ArrayLike, stratum: ArrayLike) -> tuple[Floats, Floats, NDArray[np.int_]]:
    y, p = np.asarray(values, float), np.asarray(probability, float)
    if not ((p > 0) & (p <= 1)).all():
        raise ValueError("an inclusion probability lies over 0 and up to 1")
    return y, p, np.unique(np.asarray(stratum), return_inverse=True)[1]


def _variance(weighted: Floats, p: Floats, s: NDArray[np.int_]) -> tuple[float, float]:
    """Variance of Σ weighted over independent strata (Hájek 1964, in the form of Deville 1999, with n/(n − 1)), and its degrees of freedom.

    ``weighted`` are values over their chances. With chances n/N in a stratum it is (1 − n/N) · n · s², the textbook's. A stratum of one
    call that was not sure to be drawn leaves the variance unknown: NaN.
    """
    if not len(weighted):
        return np.nan, 0.0
    count, rest = np.bincount(s).astype(float), np.bincount(s, 1 - p)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.bincount(s, (1 - p) * weighted) / rest
        spread = np.bincount(s, (1 - p) * (weighted - middle[s]) ** 2) * count / (count - 1)
    spread = np.where(rest > 0, np.where(count > 1, spread, np.nan), 0.0)
    random = rest > 0
    return float(spread.sum()), float(count[random].sum() - random.sum())


def _kish(p: Floats) -> float:
    """Kish's effective size of unequal weights, with the finite population correction; infinite for a census."""
    lost = float(((1 - p) / p**2).sum())
    return float((1 / p).sum()) ** 2 / lost if lost > 0 else np.inf


def _limits(value: float, effective: float, freedom: float) -> tuple[float, float]:
    if np.isinf(effective):
        return value, value
    low, high = wilson(value * effective if value < 1 else effective, effective, quantile=_student(freedom))
    return float(low), float(high)


def _student(freedom: float) -> float:
    return float(special.stdtrit(freedom, 0.975)) if 0 < freedom < np.inf else _Z if freedom > 0 else np.nan
