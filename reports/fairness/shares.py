"""Shares at everybody's mix of calls: pass rates, fatal errors, satisfaction – the logistic counterpart of :mod:`reports.fairness.mix`.

    logit P(a call is positive) = agent + topic + queue + hour,     agent normal about the centre with variance τ²

A mixed logistic model by penalised iteratively reweighted least squares (Breslow & Clayton 1993), τ² where EM on the agents' modes and
their curvature stays (Stiratelli, Laird & Ware 1984). It gives what everybody's typical agent would have had on each agent's own
calls: the *expected* number. Observed beside expected is the agent (indirect standardisation; Spiegelhalter 2005, §2), tested by the
binomial of the same mean, which is never narrower than the sum of unequal chances (Hoeffding 1956).

Count what is rare: failures, not passes, so that a share near 100 % is a number of calls with a list behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from reports.fairness.mix import pseudo_inverse

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_STEPS = 100
_SMALL = 1e-9
_LEAST, _WIDEST = 1e-6, 25.0
"""Range of τ² on the logit scale: less counts as 0, and agents who are all or nothing would drive it up without end."""


@dataclass(frozen=True)
class Expected:
    """``observed`` and ``expected`` positives and ``calls``, one entry an agent; ``effects`` of levels (logit) by factor.

    ``ratio`` is observed / expected, with exact 95 % limits of the observed number for the expected one taken as known; ``p`` is the mid-p
    value, two-sided, of so many or so few. ``between`` is τ². NaN without calls, ratios also where nothing is expected.
    """

    calls: Floats
    observed: Floats
    expected: Floats
    ratio: Floats
    low: Floats
    high: Floats
    p: Floats
    effects: tuple[Floats, ...]
    between: float


def expect(agent: Codes, positive: Floats, factors: Sequence[Codes] = (), agents: int | None = None) -> Expected:
    """What the mix lets expect of each agent. ``agent`` and ``factors`` are codes from 0 up, ``positive`` is 0 or 1 a call.

    The expected numbers of all agents add up to the observed.
    """
    many = agents if agents is not None else int(agent.max(initial=-1)) + 1
    y = np.asarray(positive, float)
    calls, observed = np.bincount(agent, minlength=many).astype(float), np.bincount(agent, y, many).astype(float)
    if len(y) == 0 or y.min() == y.max():
        chance = np.full(len(y), y.mean() if len(y) else np.nan)
        effects: tuple[Floats, ...] = tuple(np.zeros(int(codes.max(initial=-1)) + 1) for codes in factors)
        between = 0.0
    else:
        beta, _, between = mixed_logistic(agent, y, factors, many)
        linear, effects = _linear(beta, factors, len(y))
        # the typical agent's chances, moved together until they add up to what was observed
        level = optimize.brentq(
            lambda shift: special.expit(linear + shift).sum() - y.sum(), -40 - linear.max(), 40 - linear.min(), xtol=1e-13
        )
        chance = special.expit(linear + level)
    expected = np.bincount(agent, chance, many).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        known = np.where(calls > 0, calls, np.nan)
        mean = expected / known
        below = (stats.binom.cdf(observed - 1, known, mean) + stats.binom.cdf(observed, known, mean)) / 2
        lower = np.where(observed > 0, special.betaincinv(np.maximum(observed, 1e-300), known - observed + 1, 0.025), 0.0)
        upper = np.where(observed < known, special.betaincinv(observed + 1, np.maximum(known - observed, 1e-300), 0.975), 1.0)
        certain = (mean <= 0) | (mean >= 1)
        return Expected(
            calls=calls,
            observed=np.where(calls > 0, observed, np.nan),
            expected=np.where(calls > 0, expected, np.nan),
            ratio=np.where(expected > 0, observed / expected, np.nan),
            low=np.where(expected > 0, lower * known / expected, np.nan),
            high=np.where(expected > 0, upper * known / expected, np.nan),
            p=np.where(certain, np.where(np.isnan(mean), np.nan, 1.0), np.minimum(2 * np.minimum(below, 1 - below), 1)),
            effects=effects,
            between=between,
        )


def shrunk_ratio(observed: Floats, expected: Floats, between: float) -> tuple[Floats, Floats, Floats]:
    """Observed / expected drawn to 1, with 95 % limits (Clayton & Kaldor 1987).

    True ratios are taken as gamma about 1 with variance ``between``: for rare events τ² on the logit scale is nearly that. With 0
    everybody gets 1.

    >>> value, low, high = shrunk_ratio(np.array([4.0]), np.array([1.0]), 0.25)
    >>> round(float(value[0]), 3), round(float(low[0]), 3), round(float(high[0]), 3)
    (1.6, 0.691, 2.885)
    """
    known = np.isfinite(observed) & np.isfinite(expected)
    if between <= 0:
        one = np.where(known, 1.0, np.nan)
        return one, one, one
    weight = 1 / between
    shape, rate = weight + observed, weight + expected
    return shape / rate, special.gammaincinv(shape, 0.025) / rate, special.gammaincinv(shape, 0.975) / rate


def mixed_logistic(
    agent: Codes, positive: Floats, factors: Sequence[Codes], agents: int, between: float | None = None
) -> tuple[Floats, Floats, float]:
    """Effects (intercept, then each factor's levels), agents' own departures, and τ².

    Given ``between`` τ² is not estimated; 0 is a plain logistic regression. Each factor has an effect for every level, so
    that only differences of effects mean something.
    """
    sizes = [int(codes.max(initial=-1)) + 1 for codes in factors]
    starts = np.concatenate([[1], 1 + np.cumsum(sizes)]).astype(int)
    beta, own = np.zeros(int(starts[-1])), np.zeros(agents)
    beta[0] = special.logit(np.clip(positive.mean(), 1e-6, 1 - 1e-6))

    def fitted(tau2: float) -> float:
        """Fit with τ², from where the last fit ended; gives the τ² that an EM step would take next."""
        nonlocal beta, own
        for _ in range(_STEPS):
            step, move, curvature = _newton(agent, positive, factors, starts, beta, own, tau2)
            beta, own = beta + step, own + move
            if max(np.abs(step).max(), np.abs(move).max(initial=0)) < _SMALL:
                break
        return float((own**2 + 1 / (curvature + 1 / tau2)).mean()) if tau2 > 0 else 0.0

    if between is None:
        # where EM would stay: found by its sign, since its own steps are many and small
        if fitted(_LEAST) <= _LEAST:
            between = 0.0
        elif fitted(_WIDEST) >= _WIDEST:
            between = _WIDEST
        else:
            between = float(
                np.exp(optimize.brentq(lambda log: fitted(np.exp(log)) - np.exp(log), np.log(_LEAST), np.log(_WIDEST), xtol=1e-6))
            )
        if between == 0:
            own = np.zeros(agents)
    fitted(between)
    return beta, own, between


def _newton(
    agent: Codes, y: Floats, factors: Sequence[Codes], starts: NDArray[np.int_], beta: Floats, own: Floats, tau2: float
) -> tuple[Floats, Floats, Floats]:
    """One Newton step of effects and agents' departures, agents absorbed (the matrix is an arrow), and agents' curvature."""
    many = len(own)
    chance = special.expit(_linear(beta, factors, len(y))[0] + own[agent])
    weight, rest = chance * (1 - chance), y - chance
    curvature = np.bincount(agent, weight, many).astype(float)
    shrink = 1 / (curvature + 1 / tau2) if tau2 > 0 else np.zeros(many)
    columns = [
        (np.zeros(len(y), np.int64), 1),
        *((codes, int(b - a)) for codes, (a, b) in zip(factors, pairwise(starts), strict=True)),
    ]
    slope = np.concatenate([np.bincount(codes, rest, size) for codes, size in columns])
    across = np.hstack([np.bincount(agent * size + codes, weight, many * size).reshape(many, size) for codes, size in columns])
    whole = np.vstack(
        [
            np.hstack([np.bincount(first * wide + second, weight, tall * wide).reshape(tall, wide) for second, wide in columns])
            for first, tall in columns
        ]
    )
    pull: Floats = np.bincount(agent, rest, many) - (own / tau2 if tau2 > 0 else np.zeros(many))
    matrix = whole - across.T @ (across * shrink[:, None])
    step = pseudo_inverse(matrix, float(weight.sum()))[0] @ (slope - across.T @ (shrink * pull))
    move: Floats = shrink * (pull - across @ step)
    return np.asarray(step, np.float64), move, np.asarray(curvature, np.float64)


def _linear(beta: Floats, factors: Sequence[Codes], calls: int) -> tuple[Floats, tuple[Floats, ...]]:
    """The calls' logits without their agents, and the effects by factor."""
    logits, effects, place = np.full(calls, beta[0]), [], 1
    for codes in factors:
        effects.append(beta[place : place + int(codes.max(initial=-1)) + 1])
        logits = logits + effects[-1][codes]
        place += len(effects[-1])
    return logits, tuple(effects)
