"""Within the day: how a day's calls and handle times spread over its intervals.

The share of each slot is learnt per day class (Monday … Sunday, holiday, make-up day) with recent weeks counting
more, and drawn towards the profile of all working (or resting) days as far as the classes differ no more
than chance would make them (empirical Bayes). What is left, beyond Poisson, is measured on weeks
predicted from the weeks before them: Var(calls | day's total) = μ + c μ².
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import trim_mean

from forecasting.series import HOLIDAY_CLASS, MAKEUP_CLASS, Flags, Floats

Classes = NDArray[np.int64]

HALF_LIFE_DAYS = 42.0
HOLIDAY_HALF_LIFE_DAYS = 500.0  # holidays are rare: last year's count nearly as much
HOLIDAY_PRIOR_DAYS = 2.0
AHT_PRIOR_CALLS = 200.0
CHECK_WEEKS = 6
_RESTING = (5, 6, HOLIDAY_CLASS)


class DayProfile:
    """Shares of the day's calls and ratios to the day's AHT, by day class and slot.

    After ``fit``: ``shares_`` and ``aht_ratios_`` [9, slots], ``excess_`` the c of the overdispersion, ``aht_cv_`` the
    coefficient of variation of one call's handle time, as far as interval means show it.
    """

    def fit(self, offered: Floats, answered: Floats, handle: Floats, complete: Flags, classes: Classes, opened: Flags) -> Self:
        """Learn from tables [days, slots]; only ``complete`` [days] are used. ``opened`` [9, slots] closes slots for good."""
        self.shares_ = _shares(offered, complete, classes, opened)
        self.excess_ = self._excess(offered, complete, classes, opened)
        self._fit_aht(answered, handle, complete, classes)
        return self

    def _excess(self, offered: Floats, complete: Flags, classes: Classes, opened: Flags) -> float:
        found: list[float] = []
        for week in range(CHECK_WEEKS, 0, -1):
            start = len(offered) - 7 * week
            if start < 14 or not complete[:start].any():
                continue
            shares = _shares(offered[:start], complete[:start], classes[:start], opened)
            days = start + np.flatnonzero(complete[start : start + 7])
            actual = np.nan_to_num(offered[days])
            expected = actual.sum(axis=1, keepdims=True) * shares[classes[days]]
            poisson = (expected * (1 - shares[classes[days]])).sum(axis=1)  # given the day's sum, a slot's variance is μ(1 - share)
            size = (expected**2).sum(axis=1)
            busy = size > 0
            found.extend((((actual - expected) ** 2).sum(axis=1) - poisson)[busy] / size[busy])
        # the middle of the days: one day of outage must not widen every day's bands
        return max(float(trim_mean(found, 0.2)), 0.0) if found else 0.02

    def _fit_aht(self, answered: Floats, handle: Floats, complete: Flags, classes: Classes) -> None:
        calls, seconds = np.nan_to_num(answered), np.nan_to_num(handle)
        day_calls = calls.sum(axis=1)
        usable = complete & (day_calls > 0) & (seconds.sum(axis=1) > 0)
        ratios = np.ones((MAKEUP_CLASS + 1, calls.shape[1]))
        self.aht_cv_ = 0.0
        if usable.any():
            day_aht = seconds.sum(axis=1) / np.where(day_calls > 0, day_calls, 1.0)
            weight = np.where(usable, 0.5 ** ((len(calls) - 1 - np.arange(len(calls))) / (2 * HALF_LIFE_DAYS)), 0.0)
            resting = np.isin(classes, _RESTING)
            for group in (True, False):
                w = weight * (resting == group)
                expected = (w * day_aht) @ calls
                base = np.median(day_aht[usable])
                ratio = (w @ seconds + AHT_PRIOR_CALLS * base) / (expected + AHT_PRIOR_CALLS * base)
                for k in range(MAKEUP_CLASS + 1):
                    if (k in _RESTING) == group:
                        ratios[k] = ratio
            recent = np.flatnonzero(usable)[-7 * CHECK_WEEKS :]
            n, fitted = calls[recent], day_aht[recent, None] * ratios[classes[recent]]
            has = n > 0
            miss = np.zeros_like(n)
            miss[has] = seconds[recent][has] / n[has] / fitted[has] - 1
            self.aht_cv_ = float(np.sqrt((n * miss**2)[has].mean())) if has.any() else 0.0
        self.aht_ratios_ = ratios

    def volume_paths(self, day_paths: Floats, classes: Classes, seed: int) -> Floats:
        """Calls per slot [n, days, slots] for futures of day totals [n, days]: gamma excess, then Poisson."""
        draw = np.random.default_rng(seed)
        mean = day_paths[:, :, None] * self.shares_[classes][None]
        if self.excess_ > 1e-6:
            mean = mean * draw.gamma(1 / self.excess_, self.excess_, size=mean.shape)
        return draw.poisson(mean).astype(np.float64)

    def volume_mean(self, day_mean: Floats, classes: Classes) -> Floats:
        """Expected calls per slot [days, slots]."""
        return np.asarray(day_mean[:, None] * self.shares_[classes])

    def aht_paths(self, day_paths: Floats, classes: Classes, calls: Floats, seed: int) -> Floats:
        """Mean handle time per slot [n, days, slots], for ``calls`` expected per slot [days, slots]."""
        draw = np.random.default_rng(seed)
        mean = day_paths[:, :, None] * self.aht_ratios_[classes][None]
        noise = self.aht_cv_ / np.sqrt(np.maximum(calls, 1.0))
        spread = np.sqrt(np.log1p(noise**2))
        return np.asarray(mean * np.exp(spread * draw.standard_normal(mean.shape) - spread**2 / 2))

    def aht_mean(self, day_mean: Floats, classes: Classes) -> Floats:
        """Expected handle time per slot [days, slots], seconds."""
        return np.asarray(day_mean[:, None] * self.aht_ratios_[classes])


def _shares(offered: Floats, complete: Flags, classes: Classes, opened: Flags) -> Floats:
    """Profiles [9, slots], each summing to one over the open slots."""
    n, slots = offered.shape
    calls = np.where(complete[:, None], np.nan_to_num(offered), 0.0)
    age = n - 1 - np.arange(n)
    weight = 0.5 ** (age / np.where(classes == HOLIDAY_CLASS, HOLIDAY_HALF_LIFE_DAYS, HALF_LIFE_DAYS))
    sums = np.zeros((MAKEUP_CLASS + 1, slots))
    np.add.at(sums, classes, weight[:, None] * calls)
    per_day = calls.sum() / max(1, int(complete.sum()))
    shares = np.full((MAKEUP_CLASS + 1, slots), 1.0 / slots)
    for group in ((0, 1, 2, 3, 4), (5, 6)):
        pooled = sums[list(group)].sum(axis=0)
        if pooled.sum() == 0:
            pooled = sums[:7].sum(axis=0)
        base = pooled / pooled.sum() if pooled.sum() > 0 else np.full(slots, 1.0 / slots)
        strength = _prior_calls(sums[list(group)], base)
        for k in group:
            shares[k] = (sums[k] + strength * base) / (sums[k].sum() + strength)
    resting = shares[6]
    prior = HOLIDAY_PRIOR_DAYS * per_day
    total = sums[HOLIDAY_CLASS].sum() + prior
    shares[HOLIDAY_CLASS] = (sums[HOLIDAY_CLASS] + prior * resting) / total if total > 0 else resting
    shares[MAKEUP_CLASS] = shares[:5].mean(axis=0)
    shares = np.where(opened, shares, 0.0)
    sum_of = shares.sum(axis=1, keepdims=True)
    return np.asarray(np.where(sum_of > 0, shares / np.where(sum_of > 0, sum_of, 1.0), 0.0))


def _prior_calls(sums: Floats, base: Floats) -> float:
    """How many calls the pooled profile is worth: chance's share of the difference between classes, as a sample size."""
    totals = sums.sum(axis=1)
    seen = totals > 0
    if seen.sum() < 2:
        return float(max(totals.max(initial=1.0), 1.0))
    chance = float((base * (1 - base)).sum())
    differ = float((((sums[seen] / totals[seen, None]) - base) ** 2).sum(axis=1).mean())
    noise = float((chance / totals[seen]).mean())
    between = max(differ - noise, 1e-3 * noise)
    return min(chance / between, 50 * float(totals.max()))
