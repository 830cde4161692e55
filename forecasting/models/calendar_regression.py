"""The workhorse: log calls = calendar regression with priors + a slowly moving level.

    z_t = x_t'β + p_t + e_t        p_t = φ l_{t-1}        l_t = p_t + α e_t

The level makes the errors ARMA(1,1) with θ = -φ(1-α); φ = 1 is simple exponential smoothing. Filtering y and
every column of X through the same recursion turns the whole into one weighted ridge regression per (φ, α)
(generalised least squares, Cochrane and Orcutt's idea in innovations form: Hyndman et al., "Forecasting with
Exponential Smoothing", 2008, ch. 9). The pairs tried are a small grid and statsmodels' exact maximum likelihood
(SARIMAX on the regression's residuals); forecasts made inside the history choose among them and the best three
are averaged. Futures are simulated: coefficients from their posterior, innovations by bootstrap.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from statsmodels.tsa.statespace.sarimax import SARIMAX

from forecasting.features import Design
from forecasting.models import Floats, Prediction, summarise
from hotline.errors import BadInput

GRID = tuple((phi, alpha) for phi in (0.9, 0.98, 1.0) for alpha in (0.05, 0.15, 0.35))
BLEND = 3
HUBER = 1.8  # innovations beyond so many robust standard deviations lose weight
OUTLIER = 4.0
LONGEST_OUTLIER_RUN = 5  # days; longer is a shift of level, not a storm
LEAST_DAYS = 14
LEAST_SCALE = 1e-3  # log units: a series without any noise still is not known better than 0.1 %
BACKTEST_DAYS = 56
BACKTEST_STEP = 14
BACKTEST_ORIGINS = 14
PRIOR_ORIGINS = 6


@dataclass(frozen=True, slots=True)
class _Filtered:
    """y and X through the recursion: innovations [n, k+1] (column 0 is y) and levels before each day [n+1, k+1]."""

    innovations: Floats
    levels: Floats


@dataclass(frozen=True, slots=True)
class _Member:
    """One (φ, α) with its regression on the whole history."""

    phi: float
    alpha: float
    beta: Floats
    spread: Floats  # k x k, a root of the posterior covariance
    level: float  # level of y less that of X'β, for coefficients drawn anew
    level_of_x: Floats
    scale: float
    honesty: float  # what bands are stretched by, from forecasts made inside the history


class CalendarRegression:
    """Regression on a :class:`~forecasting.features.Design` with ARMA(1,1) errors, for counts or for handle times.

    After ``fit``: ``members_`` the averaged (φ, α), ``outliers_`` indices of days set apart (kept in the bands, kept out
    of the level), ``coefficients_`` effects in log units by name.
    """

    def __init__(self, *, counts: bool = True) -> None:
        self.counts = counts
        self.offset = 0.5 if counts else 0.0
        self.name = "calendar regression"

    def fit(self, y: Floats, X: Design | None = None, weights: Floats | None = None) -> Self:
        """Learn from ``y`` [n], NaN where unknown, and ``X`` [n + horizon, k]; ``weights`` [n] are relative precisions.

        Raises BadInput without ``X``, with fewer than ``LEAST_DAYS`` known days or with values that have no logarithm.
        """
        values = np.asarray(y, dtype=np.float64)
        if X is None or len(X.values) < len(values):
            raise BadInput("design", "has fewer rows than there are days", "build it for the history and the horizon")
        known = np.isfinite(values)
        if known.sum() < LEAST_DAYS:
            raise BadInput("history", f"{int(known.sum())} known days are too few to learn from", f"give at least {LEAST_DAYS}")
        if np.any(values[known] < 0) or (not self.counts and np.any(values[known] == 0)):
            raise BadInput("history", "has values below zero, or handle times of zero", "check the feed")
        self.design_, self.n_ = X, len(values)
        z = np.log(np.where(known, values, 1.0) + self.offset) - X.values[: self.n_] @ X.prior_mean
        self._z = np.where(known, z, np.nan)
        self._weights = np.where(known, 1.0 if weights is None else np.asarray(weights, dtype=np.float64), 0.0)
        if weights is not None:
            self._weights = self._weights / self._weights[known].mean()
        self._noise = np.ones(self.n_)
        self.outliers_ = np.zeros(0, dtype=np.int64)
        self._reweigh(values, known)
        self._choose()
        mean_beta = np.mean([m.beta for m in self.members_], axis=0) + X.prior_mean
        self.coefficients_ = dict(zip(X.names, map(float, mean_beta), strict=True))
        return self

    # -- learning ---------------------------------------------------------------------------------------------

    def _filter(self, phi: float, alpha: float) -> _Filtered:
        z = np.column_stack([self._z, self.design_.values[: self.n_]])
        gain = np.where(np.isfinite(self._z), alpha, 0.0)
        gain[self.outliers_] = 0.0
        z[:, 0] = np.nan_to_num(z[:, 0])
        innovations, levels = np.empty_like(z), np.zeros((self.n_ + 1, z.shape[1]))
        for t in range(self.n_):
            before = phi * levels[t]
            innovations[t] = z[t] - before
            levels[t + 1] = before + gain[t] * innovations[t]
        return _Filtered(innovations, levels)

    def _solve(self, filtered: _Filtered, days: int, scale: float) -> tuple[Floats, Floats]:
        """Ridge coefficients from the first ``days`` days and their posterior covariance's Cholesky root of the inverse."""
        e, w = filtered.innovations[:days], self._weights[:days] * self._huber[:days]
        gram = e[:, 1:].T @ (e[:, 1:] * w[:, None])
        precision = gram + np.diag(scale**2 / self.design_.prior_sd**2)
        root = np.linalg.cholesky(precision)
        right = e[:, 1:].T @ (e[:, 0] * w)
        return np.asarray(np.linalg.solve(root.T, np.linalg.solve(root, right)), np.float64), np.asarray(root, np.float64)

    def _reweigh(self, values: Floats, known: np.ndarray) -> None:
        """Huber weights, Poisson noise and outliers, found once with a middling (φ, α)."""
        phi, alpha = 0.98, 0.15
        self._huber = np.ones(self.n_)
        scale = max(float(np.nanstd(self._z)), LEAST_SCALE)
        base = self._weights.copy()
        for _ in range(4):
            filtered = self._filter(phi, alpha)
            beta, _root = self._solve(filtered, self.n_, scale)
            e = filtered.innovations[:, 0] - filtered.innovations[:, 1:] @ beta
            standard = e / np.sqrt(self._noise)
            scale = max(1.4826 * float(np.median(np.abs(standard[known]))), LEAST_SCALE)
            size = np.abs(standard) / scale
            self._huber = np.where(size > HUBER, HUBER / np.maximum(size, HUBER), 1.0)
            self.outliers_ = _short_runs(known & (size > OUTLIER))
            if self.counts:
                fitted = np.exp(np.where(known, self._z, 0.0) - e + self.design_.values[: self.n_] @ self.design_.prior_mean)
                poisson = 1 / np.maximum(fitted, 0.5)
                rest = max(scale**2 - float(np.median(poisson[known])), 0.2 * scale**2)
                noise = rest + poisson
                self._level_of_noise = float(np.median(noise[known]))
                self._rest = rest / self._level_of_noise
                self._noise = noise / self._level_of_noise
            else:
                self._noise = 0.5 + 0.5 / np.where(known, np.maximum(base, 0.02), 1.0)  # half of it averages out over calls
            self._weights = np.where(known, 1 / self._noise, 0.0)
        self._scale = scale
        self._residual = np.where(known, self._z - self.design_.values[: self.n_] @ beta, np.nan)

    def _choose(self) -> None:
        """Score every (φ, α) by forecasts made inside the history; keep the best few."""
        grid = [*GRID]
        if (likely := _maximum_likelihood(self._residual)) is not None:
            grid.append(likely)
        scored = []
        for phi, alpha in grid:
            filtered = self._filter(phi, alpha)
            scored.append((self._score(phi, filtered), phi, alpha, filtered))
        scored.sort(key=lambda row: row[0])
        members, pools = [], []
        for _, phi, alpha, filtered in scored[:BLEND]:
            beta, root = self._solve(filtered, self.n_, self._scale)
            e = (filtered.innovations[:, 0] - filtered.innovations[:, 1:] @ beta) / np.sqrt(self._noise)
            scale = max(1.4826 * float(np.median(np.abs(e[self._weights > 0]))), LEAST_SCALE)
            spread = np.asarray(scale * np.linalg.inv(root).T, np.float64)
            last = filtered.levels[-1]
            honesty = self._honesty(phi, alpha, filtered, scale, e[self._weights > 0])
            members.append(_Member(phi, alpha, beta, spread, float(last[0]), last[1:], scale, honesty))
            pools.append(e[self._weights > 0])
        self.members_ = members
        self._pools = pools

    def _origins(self) -> list[int]:
        latest = self.n_ - 7
        earliest = max(LEAST_DAYS, self.n_ // 3)
        return list(range(latest, earliest, -BACKTEST_STEP))[:BACKTEST_ORIGINS]

    def _score(self, phi: float, filtered: _Filtered) -> float:
        """Mean absolute log error, up to ``BACKTEST_DAYS`` ahead, over origins inside the history."""
        errors = []
        for origin in self._origins():
            beta, _ = self._solve(filtered, origin, self._scale)
            level = filtered.levels[origin, 0] - filtered.levels[origin, 1:] @ beta
            h = np.arange(min(BACKTEST_DAYS, self.n_ - origin))
            forecast = self.design_.values[origin + h] @ beta + level * phi ** (h + 1)
            missed = np.abs(self._z[origin + h] - forecast)
            errors.append(np.minimum(missed[np.isfinite(missed)], OUTLIER * 2 * self._scale))
        pooled = np.concatenate(errors) if errors else np.zeros(0)
        return float(pooled.mean()) if len(pooled) else 0.0

    def _honesty(self, phi: float, alpha: float, filtered: _Filtered, scale: float, pool: Floats) -> float:
        """How much wider than promised the misses inside the history were: the ratio of their 80 % quantiles.

        Drawn towards 1 as if ``PRIOR_ORIGINS`` further origins had found the promise kept.
        """
        sizes = []
        origins = self._origins()
        for origin in origins:
            beta, root = self._solve(filtered, origin, scale)
            level = filtered.levels[origin, 0] - filtered.levels[origin, 1:] @ beta
            h = np.arange(min(BACKTEST_DAYS, self.n_ - origin))
            x = self.design_.values[origin + h]
            missed = self._z[origin + h] - x @ beta - level * phi ** (h + 1)
            drift = alpha**2 * np.concatenate([[0.0], np.cumsum(phi ** (2 * h + 2))[:-1]])
            unsure = np.linalg.solve(root, (x - phi ** (h[:, None] + 1) * filtered.levels[origin, 1:]).T)
            promised = scale * np.sqrt(self._noise[origin + h] + drift + (unsure**2).sum(axis=0))
            sizes.append(np.abs(missed / promised)[np.isfinite(missed)])
        pooled = np.concatenate(sizes) if sizes else np.zeros(0)
        if len(pooled) < 28:
            return 1.0
        found = float(np.quantile(pooled, 0.8) / np.quantile(np.abs(pool) / scale, 0.8))
        return float(np.exp(np.log(found) * len(origins) / (len(origins) + PRIOR_ORIGINS)))

    # -- looking ahead ----------------------------------------------------------------------------------------

    def predict(self, h: int, levels: Sequence[int] = (80, 95)) -> Prediction:
        """Bands of 2,000 simulated futures around :meth:`mean`."""
        bands = summarise(self.paths(h, 2000, seed=0), levels)
        return Prediction(self.mean(h), bands.lower, bands.upper)

    def mean(self, h: int) -> Floats:
        """Expected values [h] at the estimated coefficients.

        What is unsure about a coefficient widens the bands only: the mean over it would let a holiday never seen,
        symmetric in log units, promise half as many calls again.
        """
        ahead = self._ahead(h)
        steps = np.arange(1, h + 1)
        means = []
        for member, pool in zip(self.members_, self._pools, strict=True):
            center = ahead @ (member.beta + self.design_.prior_mean) + (member.level - member.beta @ member.level_of_x) * member.phi**steps
            means.append(np.exp(center) * np.exp(pool).mean() - self.offset)
        return np.maximum(np.mean(means, axis=0), 0.0)

    def _ahead(self, h: int) -> Floats:
        if self.n_ + h > len(self.design_.values):
            raise BadInput("horizon", f"{h} days are more than the design has", "build the design for a longer horizon")
        return np.asarray(self.design_.values[self.n_ : self.n_ + h])

    def paths(self, h: int, n: int, seed: int) -> Floats:
        """``n`` futures [n, h] in the unit of ``y``. Raises BadInput beyond the design's horizon."""
        draw = np.random.default_rng(seed)
        ahead = self._ahead(h)
        shift = ahead @ self.design_.prior_mean
        parts = []
        for i, member in enumerate(self.members_):
            count = n * (i + 1) // len(self.members_) - n * i // len(self.members_)
            beta = member.beta + draw.standard_normal((count, len(member.beta))) @ member.spread.T
            level = member.level - beta @ member.level_of_x
            e = draw.choice(self._pools[i], size=(count, h))
            center = beta @ ahead.T + shift
            if self.counts:
                poisson = 1 / np.maximum(np.exp(center.mean(axis=0)), 0.5)
                e = e * np.sqrt(self._rest + poisson / self._level_of_noise)
            calm = np.where(np.abs(e) > OUTLIER * member.scale, 0.0, e)  # a storm passes, the level does not follow it
            z = np.empty((count, h))
            for t in range(h):
                before = member.phi * level
                z[:, t] = center[:, t] + before + e[:, t]
                level = before + member.alpha * calm[:, t]
            middle = np.median(z, axis=0)
            parts.append(middle + member.honesty * (z - middle))
        return np.maximum(np.exp(np.concatenate(parts)) - self.offset, 0.0)


def _short_runs(flags: np.ndarray) -> np.ndarray:
    """Indices of flags in runs of at most ``LONGEST_OUTLIER_RUN``."""
    kept, run = [], []
    for i, flag in enumerate([*flags, False]):
        if flag:
            run.append(i)
            continue
        if len(run) <= LONGEST_OUTLIER_RUN:
            kept.extend(run)
        run = []
    return np.array(kept, dtype=np.int64)


def _maximum_likelihood(residual: Floats) -> tuple[float, float] | None:
    """(φ, α) of an ARMA(1,1) fitted by statsmodels, None when the fit fails or has no such form."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence and starting values: the grid is there if this is no good
        try:
            result = SARIMAX(residual, order=(1, 0, 1), trend="n").fit(disp=False, maxiter=50)
        except (ValueError, np.linalg.LinAlgError):
            return None
    phi, theta = (float(v) for v in result.params[:2])
    if not 0.3 <= phi <= 1:
        return None
    alpha = 1 + theta / phi
    return (phi, alpha) if 0 <= alpha <= 1 else None
