"""The fair board's rows: scored calls in, one row an agent out, adjusted for the mix, drawn in, and set beside the others.

calls (agent, score, topic, queue, hour …) ─► adjust ─► value at everybody's mix ─┬─► shrink: the best guess of the true value
                                                                                  └─► compare: above, below, no difference
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import special

from reports.fairness.bands import Standing, benjamini_hochberg, compare
from reports.fairness.mix import Adjusted, Codes, Floats, adjust
from reports.fairness.shares import expect, shrunk_ratio
from reports.fairness.shrinkage import shrink

LEAST_CALLS = 5
"""Fewer scored calls allow no verdict on an agent."""


def standings(
    calls: pl.DataFrame,
    factors: Sequence[str] = (),
    *,
    agent: str = "agent_id",
    score: str = "score",
    team: str | None = None,
    margin: float = 0.0,
    rate: float = 0.05,
    least: int = LEAST_CALLS,
) -> pl.DataFrame:
    """One row an agent, in order of ``agent``: nobody is ranked.

    ``calls`` has a row a scored call with ``agent``, ``score`` (points, or 0 and 1), the ``factors`` of the mix as columns (missing is a
    level of its own) and, if values shall be drawn to their team's mean, ``team``. Calls without agent or score are left out.

    Columns: ``agent``; calls; plain (mean score), mix (what the own mix adds to it, negative for a harder one), adjusted = plain − mix with
    error, low, high (95 %, Student); shrunk, shrunk_low, shrunk_high, kept (share of the own measurement in it); others (their mean),
    band_low, band_high (values that would not be told from it), p, q, standing (:class:`reports.fairness.bands.Standing`). Null where a
    number cannot be said. ``margin`` is the smallest difference that matters, ``rate`` the share of names that may be wrong, ``least``
    the calls that an agent needs.
    """
    used = calls.drop_nulls([agent, score])
    if used.is_empty():
        return _frame({agent: used[agent], **{name: [] for name in _NUMBERS}, "standing": []}, agent)
    names, codes = _codes(used[agent])
    found = adjust(codes, used[score].cast(pl.Float64).to_numpy(), [_codes(used[factor])[1] for factor in factors], len(names))
    enough = found.calls >= max(least, 2)
    bands = compare(
        found.value, found.variance, found.freedom, found.calls, enough, found.comparable, found.component, margin=margin, rate=rate
    )
    drawn = shrink(found.value, found.variance, None if team is None else _teams(used, agent, team, names))
    low, high = _limits(found)
    columns: dict[str, object] = {
        agent: names,
        "calls": found.calls.astype(np.int64),
        "plain": found.plain,
        "mix": found.plain - found.value,
        "adjusted": found.value,
        "error": np.sqrt(found.variance),
        "low": low,
        "high": high,
        "shrunk": drawn.value,
        "shrunk_low": drawn.low,
        "shrunk_high": drawn.high,
        "kept": drawn.weight,
        "others": bands.others,
        "band_low": bands.low,
        "band_high": bands.high,
        "p": bands.p,
        "q": bands.q,
        "standing": bands.standing.tolist(),
    }
    return _frame(columns, agent)


def share_standings(
    calls: pl.DataFrame,
    factors: Sequence[str] = (),
    *,
    agent: str = "agent_id",
    positive: str = "positive",
    rate: float = 0.05,
    least: int = LEAST_CALLS,
) -> pl.DataFrame:
    """One row an agent for a share of calls (failures, fatal errors, dissatisfied), in order of ``agent``.

    ``calls`` has a row a call with ``agent``, ``positive`` (true or false) and the ``factors``. Columns: ``agent``; calls; observed;
    expected (by the mix, :func:`reports.fairness.shares.expect`); share; adjusted (the centre's share times observed / expected, at
    most 1); ratio, low, high (95 %, exact); shrunk, shrunk_low, shrunk_high (the ratio drawn to 1); p, q, standing: above means more
    than expected.
    """
    used = calls.drop_nulls([agent, positive])
    names, codes = _codes(used[agent])
    found = expect(codes, used[positive].cast(pl.Float64).to_numpy(), [_codes(used[factor])[1] for factor in factors], len(names))
    tested = (found.calls >= least) & np.isfinite(found.p)
    p = np.where(tested, found.p, np.nan)
    q = benjamini_hochberg(p) if len(p) else p
    named = tested & (np.where(tested, q, 1) <= rate)
    standing = np.where(named, np.where(found.ratio > 1, Standing.ABOVE.value, Standing.BELOW.value), Standing.SAME.value)
    drawn = shrunk_ratio(found.observed, found.expected, found.between)
    centre = float(found.observed.sum() / found.calls.sum()) if len(names) else np.nan
    columns: dict[str, object] = {
        agent: names,
        "calls": found.calls.astype(np.int64),
        "observed": found.observed.astype(np.int64),
        "expected": found.expected,
        "share": found.observed / found.calls,
        "adjusted": np.minimum(centre * found.ratio, 1),
        **{"ratio": found.ratio, "low": found.low, "high": found.high},
        **dict(zip(("shrunk", "shrunk_low", "shrunk_high"), drawn, strict=True)),
        **{"p": p, "q": q, "standing": pl.Series(np.where(tested, standing, Standing.TOO_FEW.value).tolist(), dtype=pl.String)},
    }
    return pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None))


def mix_effects(calls: pl.DataFrame, factors: Sequence[str], *, agent: str = "agent_id", score: str = "score") -> dict[str, pl.DataFrame]:
    """How hard each topic, queue or hour is: by factor a frame of its levels, ``calls`` and ``effect`` (points above the average call).

    Estimated within agents as in :func:`standings`; each factor's effects average 0 over calls.
    """
    used = calls.drop_nulls([agent, score])
    coded = {factor: _codes(used[factor]) for factor in factors}
    found = adjust(_codes(used[agent])[1], used[score].cast(pl.Float64).to_numpy(), [codes for _, codes in coded.values()])
    tables = {}
    for (factor, (levels, codes)), effect in zip(coded.items(), found.effects, strict=True):
        counts = np.bincount(codes, minlength=len(levels))
        centred = effect - (counts @ effect / max(counts.sum(), 1))
        tables[factor] = pl.DataFrame({factor: levels, "calls": counts, "effect": centred})
    return tables


_NUMBERS = (
    *("calls", "plain", "mix", "adjusted", "error", "low", "high", "shrunk", "shrunk_low", "shrunk_high", "kept"),
    *("others", "band_low", "band_high", "p", "q"),
)


def _frame(columns: dict[str, object], agent: str) -> pl.DataFrame:
    types: dict[str, type[pl.DataType]] = {**dict.fromkeys(_NUMBERS, pl.Float64), "calls": pl.Int64, "standing": pl.String}
    return (
        pl.DataFrame(columns)
        .cast({pl.selectors.by_name(name): kind for name, kind in types.items()})
        .with_columns(pl.selectors.float().fill_nan(None))
    )


def _codes(column: pl.Series) -> tuple[pl.Series, Codes]:
    """The different values in order, missing ones first, and each row's place among them."""
    values = column.unique().sort()
    places = pl.DataFrame({"value": values}).with_row_index("place")
    found = pl.DataFrame({"value": column}).join(places, on="value", how="left", nulls_equal=True, maintain_order="left")
    return values, found["place"].cast(pl.Int64).to_numpy()


def _teams(used: pl.DataFrame, agent: str, team: str, names: pl.Series) -> Codes:
    """Each agent's team: that of the last call."""
    last = used.group_by(agent).agg(pl.col(team).last())
    joined = pl.DataFrame({agent: names}).join(last, on=agent, how="left", maintain_order="left")
    return _codes(joined[team])[1]


def _limits(found: Adjusted) -> tuple[Floats, Floats]:
    half = special.stdtrit(np.maximum(found.freedom, 1), 0.975) * np.sqrt(found.variance)
    return found.value - half, found.value + half
