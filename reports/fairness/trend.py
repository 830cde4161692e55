"""Weeks in a row with control limits: what is the usual coming and going, and what is news (Shewhart 1931; Wheeler 2000).

``xmr`` is for one number a week (a mean, a time), ``p_chart`` for shares. Limits come from the weeks given as ``baseline`` (all of them
unless said), and a week is news when it lies outside, or is the eighth in a row on one side of the centre (Nelson 1984, with Wheeler's
eight).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

RUN = 8
_MEAN_RANGE = 1.128379167095513
"""Mean of the range of two normal values, in standard deviations: 2/√π."""


class Signal(StrEnum):
    """What a week says."""

    NONE = ""
    ABOVE = "above_limit"
    BELOW = "below_limit"
    RUN_ABOVE = "run_above"
    RUN_BELOW = "run_below"


@dataclass(frozen=True)
class Control:
    """One entry a week: ``centre``, ``low`` and ``high`` limits, ``signal``. NaN limits where the baseline is too short (two weeks)."""

    centre: Floats
    low: Floats
    high: Floats
    signal: NDArray[np.str_]


def xmr(values: ArrayLike, baseline: int | None = None) -> Control:
    """Natural process limits: mean ± 3 · (mean moving range / 1.128) = mean ± 2.66 · mR̄ (Wheeler 2000, ch. 3).

    ``values`` in order of time, NaN for a week without one (left out; the range then spans the gap). ``baseline`` is how many of the
    first weeks set the limits.
    """
    y = np.asarray(values, float)
    base = y[: len(y) if baseline is None else baseline]
    base = base[np.isfinite(base)]
    centre = float(base.mean()) if len(base) else np.nan
    half = 3 / _MEAN_RANGE * float(np.abs(np.diff(base)).mean()) if len(base) > 1 else np.nan
    flat = np.full(len(y), centre)
    return Control(flat, flat - half, flat + half, signals(y, flat, flat - half, flat + half))


def p_chart(successes: ArrayLike, trials: ArrayLike, baseline: int | None = None, laney: bool = True) -> Control:
    """Limits of weekly shares: p̄ ± 3 σ √(p̄(1 − p̄)/n), each week by its own n; NaN at 0 trials.

    With ``laney`` σ is the spread of the weeks' z-scores by their moving range, where larger than 1 (Laney 2002, p′): with
    thousands of calls a week the binomial alone would call every week news. Otherwise σ = 1.
    """
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    safe = np.where(n > 0, n, np.nan)
    share = k / safe
    first = slice(0, len(k) if baseline is None else baseline)
    whole = float(n[first].sum())
    centre = float(k[first].sum()) / whole if whole else np.nan
    error = np.sqrt(centre * (1 - centre) / safe)
    widen = 1.0
    if laney and 0 < centre < 1:
        z = ((share - centre) / error)[first]
        z = z[np.isfinite(z)]
        widen = max(1.0, float(np.abs(np.diff(z)).mean()) / _MEAN_RANGE) if len(z) > 1 else 1.0
    flat = np.full(len(k), centre)
    low, high = np.clip(flat - 3 * widen * error, 0, 1), np.clip(flat + 3 * widen * error, 0, 1)
    return Control(flat, low, high, signals(share, flat, low, high))


def signals(values: Floats, centre: Floats, low: Floats, high: Floats) -> NDArray[np.str_]:
    """The :class:`Signal` of each week. A week on the centre line, or without a value, breaks no run and joins none."""
    found = np.full(len(values), Signal.NONE.value, dtype="<U12")
    side, length = 0, 0
    for week, (value, middle) in enumerate(zip(values, centre, strict=True)):
        here = int(np.sign(value - middle)) if np.isfinite(value - middle) else 0
        if here == 0:
            continue
        length = length + 1 if here == side else 1
        side = here
        if length >= RUN:
            found[week] = (Signal.RUN_ABOVE if side > 0 else Signal.RUN_BELOW).value
    with np.errstate(invalid="ignore"):
        found[values > high] = Signal.ABOVE.value
        found[values < low] = Signal.BELOW.value
    return found
