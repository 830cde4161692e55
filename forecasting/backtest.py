"""What would have been forecast then, against what came: rolling origins, beside seasonal naive.

At every origin the model sees only what was known that morning. Errors are pooled over origins:

    WAPE = Σ|a - f| / Σa      bias = Σ(f - a) / Σa      MASE = mean|a - f| / mean|a_t - a_{t-7 days}| (in the history)
    pinball = mean quantile loss over the bands' bounds and the mean, as a share of the mean actual
    cover = share of actuals inside the band        total = mean |Σf - Σa| / Σa per origin
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from forecasting.calendar import ONE_DAY, Calendar
from forecasting.events import Event
from forecasting.models import Prediction
from forecasting.models.seasonal_naive import SeasonalNaive
from forecasting.produce import MODEL_NAME, Forecast, produce
from forecasting.series import Floats, History, read_history
from hotline.errors import BadInput

HALF_HOUR_DAYS = 42
LEAST_HISTORY_DAYS = 56
LEVELS = (80, 95)


@dataclass(slots=True)
class _Tally:
    """Actual and forecast of all origins, for one model, metric and grain."""

    actual: list[Floats] = field(default_factory=list)
    mean: list[Floats] = field(default_factory=list)
    bounds: dict[float, list[Floats]] = field(default_factory=dict)  # quantile → values
    naive_error: list[float] = field(default_factory=list)

    def add(self, actual: Floats, forecast: Prediction, usable: np.ndarray, naive_error: float) -> None:
        self.actual.append(actual[usable])
        self.mean.append(forecast.mean[usable])
        for level in LEVELS:
            self.bounds.setdefault((100 - level) / 200, []).append(forecast.lower[level][usable])
            self.bounds.setdefault((100 + level) / 200, []).append(forecast.upper[level][usable])
        self.naive_error.append(naive_error)

    def scores(self) -> dict[str, float | int | None]:
        a, f = np.concatenate(self.actual), np.concatenate(self.mean)
        if not len(a) or a.sum() == 0:
            return {"n": len(a)} | dict.fromkeys(("wape", "bias", "mase", "pinball", "cover80", "cover95", "total"))
        bounds = {q: np.concatenate(parts) for q, parts in self.bounds.items()}
        losses = [np.abs(a - f) / 2] + [np.maximum(q * (a - b), (q - 1) * (a - b)) for q, b in bounds.items()]
        totals = [abs(float(f_.sum() / a_.sum()) - 1) for a_, f_ in zip(self.actual, self.mean, strict=True) if a_.sum() > 0]
        scale = float(np.nanmean(self.naive_error)) if np.isfinite(self.naive_error).any() else 0.0
        return {
            "n": len(a),
            "wape": float(np.abs(a - f).sum() / a.sum()),
            "bias": float((f - a).sum() / a.sum()),
            "mase": float(np.abs(a - f).mean() / scale) if scale > 0 else None,
            "pinball": float(np.mean(losses) / a.mean()),
            "cover80": float(((a >= bounds[0.1]) & (a <= bounds[0.9])).mean()),
            "cover95": float(((a >= bounds[0.025]) & (a <= bounds[0.975])).mean()),
            "total": float(np.mean(totals)),
        }


def backtest(
    intervals: pl.DataFrame | History,
    origins: int = 6,
    days: int = 28,
    events: Sequence[Event] = (),
    *,
    step: int | None = None,
    calendar: Calendar | None = None,
    on_origin: Callable[[date], None] | None = None,
) -> pl.DataFrame:
    """Scores of the model and of seasonal naive over ``origins`` rolling origins, ``days`` ahead each.

    Origins are ``step`` days apart (default ``days``: windows that do not overlap), the last one ``days`` before the history's
    end. Returns a row per ``metric`` (volume, aht), ``grain`` (day, half_hour) and ``model`` with ``n`` points and the
    scores of the module's head; both models are scored on the same points. Raises BadInput when the history is too
    short for that many origins.
    """
    if origins < 1 or days < 1 or (step is not None and step < 1):
        raise BadInput("backtest", "origins, days and step must be one or more", "for example --origins 6 --days 28")
    history = intervals if isinstance(intervals, History) else read_history(intervals)
    step = step or days
    known = np.flatnonzero(history.complete)
    last = history.first + (int(known[-1]) + 1 if len(known) else 0) * ONE_DAY
    chosen = [last - (days + k * step) * ONE_DAY for k in range(origins)][::-1]
    if (chosen[0] - history.first).days < LEAST_HISTORY_DAYS:
        most = max(0, ((last - history.first).days - LEAST_HISTORY_DAYS - days) // step + 1)
        raise BadInput("backtest", f"the history is too short for {origins} origins of {days} days", f"at most {most} origins fit")
    tallies: dict[tuple[str, str, str], _Tally] = {}
    for origin in chosen:
        if on_origin is not None:
            on_origin(origin)
        _one_origin(history, origin, days, events, calendar, tallies)
    rows = [{"metric": m, "grain": g, "model": name, **tally.scores()} for (m, g, name), tally in tallies.items()]
    return pl.DataFrame(rows)


def _one_origin(
    history: History,
    origin: date,
    days: int,
    events: Sequence[Event],
    calendar: Calendar | None,
    tallies: dict[tuple[str, str, str], _Tally],
) -> None:
    forecast = produce(history, origin, days, events, calendar=calendar, levels=LEVELS, half_hour_days=min(days, HALF_HOUR_DAYS))
    past = history.until(origin)
    rows = slice(past.days, past.days + days)
    near = slice(past.days, past.days + min(days, HALF_HOUR_DAYS))
    slots = history.offered.shape[1]
    series = (
        ("volume", "day", past.volume(), history.volume()[rows], 7),
        ("aht", "day", past.aht(), history.aht()[rows], 7),
        ("volume", "half_hour", past.offered.ravel(), history.offered[near].ravel(), 7 * slots),
    )
    for metric, grain, before, actual, season in series:
        ours = _prediction(forecast, metric, grain)
        naive = SeasonalNaive(season).fit(before).predict(len(actual), LEVELS)
        usable = np.isfinite(actual) & np.isfinite(naive.mean)
        steps = np.abs(before[season:] - before[:-season])
        scale = float(np.nanmean(steps)) if np.isfinite(steps).any() else np.nan
        tallies.setdefault((metric, grain, MODEL_NAME), _Tally()).add(actual, ours, usable, scale)
        tallies.setdefault((metric, grain, SeasonalNaive.name), _Tally()).add(actual, naive, usable, scale)


def _prediction(forecast: Forecast, metric: str, grain: str) -> Prediction:
    frame = forecast.grain(metric, grain)
    lower = {level: frame[f"low{level}"].to_numpy() for level in LEVELS}
    upper = {level: frame[f"high{level}"].to_numpy() for level in LEVELS}
    return Prediction(frame["mean"].to_numpy(), lower, upper)
