"""The weekly board: one row an agent, one row a team, each number with how sure it is.

    agent_days (this week and last) ─► sums per agent and per team ─► KPIs with 95 % intervals ─► change to last week

Nobody is ranked: rows stand in the order of their ids, and a change is named only when the interval of the difference
leaves out zero. ``Board.columns`` says which KPI each column shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from hotline.errors import NotFound
from hotline.store.access import UserRole, Viewer
from hotline.store.engine import Store
from hotline.store.organisation import organisation
from hotline.store.rollups import agent_days
from hotline.store.service import has_synthetic
from reports import intervals
from reports.kpi import Kpi, kpis
from reports.week import IsoWeek

LEAST_SCORED = 5
"""Fewer scored calls allow no verdict on a QA score."""
LEAST_DAYS = 3
"""Fewer days of work allow no verdict on handle time."""

_SUMS = (
    *("calls", "handle_s", "surveys_asked", "surveys_answered", "surveys_satisfied", "fcr_closed", "fcr_resolved"),
    *("scored", "score_low_sum", "score_high_sum", "score_high_sq", "fatal_certain", "fatal_possible"),
)

BOARD_KPIS = ("calls", "aht", "qa_score", "fatal", "satisfaction", "response", "fcr")
COMPARED = ("aht", "qa_score", "satisfaction", "fcr")
"""KPIs whose change gets a verdict; counts only show the difference."""


@dataclass(frozen=True)
class Board:
    """The board of one week.

    ``agents``, ``teams`` and ``total`` have the columns of :func:`measure` after their keys (agent_id, agent, team_id, team /
    unit_id, team / nothing). ``agents`` is empty for viewers who see teams only, ``teams`` for agents. ``unit`` is the name of the
    unit asked for. ``synthetic`` says that invented calls are among those counted.
    """

    week: IsoWeek
    unit: str
    unit_en: str
    unit_path: str
    agents: pl.DataFrame
    teams: pl.DataFrame
    total: pl.DataFrame
    synthetic: bool
    least: int
    """Observations that a share needs before it is compared."""

    @property
    def columns(self) -> dict[str, Kpi]:
        """The KPIs shown, by id, with their definitions."""
        return {name: kpis()[name] for name in BOARD_KPIS}


def weekly(store: Store, viewer: Viewer, week: IsoWeek, unit: str | None = None) -> Board:
    """The board of ``week`` in the viewer's scope, or of one ``unit`` (id such as ``t01``, or path) inside it.

    Agents see their own row and no teams, planners teams and no agents; ``total`` is the unit as a whole (an agent's own row again).
    Raises NotFound for a unit that does not exist or lies outside the scope (the two look the same), AccessDenied for roles
    without a board.
    """
    days = agent_days(store, viewer, week.previous.first, week.last)
    name, name_en, path = _unit(store, viewer, unit)
    days = days.filter(pl.col("unit_path").str.starts_with(path))
    least = store.settings.min_sample
    teams = measure(days.clear() if viewer.role is UserRole.AGENT else days, ["unit_path"], week, least)
    people = measure(days.filter(pl.col("agent_id").is_not_null()), ["agent_id"], week, least)
    return Board(
        week=week,
        unit=name,
        unit_en=name_en,
        unit_path=path,
        agents=_named(people, days, "agent_id", ["agent_name", "team", "team_en", "unit_path"]),
        teams=_named(teams, days, "unit_path", ["team", "team_en"]),
        total=measure(days.with_columns(everything=pl.lit("")), ["everything"], week, least).drop("everything"),
        synthetic=has_synthetic(store, viewer, week.previous.first, week.last),
        least=least,
    )


def _named(measured: pl.DataFrame, days: pl.DataFrame, key: str, names: list[str]) -> pl.DataFrame:
    """Put names beside the key: those of the latest day, so that an agent who moved stands under the new team."""
    latest = days.sort("day").unique(subset=key, keep="last").select(key, *names)
    return measured.join(latest, on=key, how="left").select(key, *names, pl.exclude(key, *names)).sort(key)


def _unit(store: Store, viewer: Viewer, unit: str | None) -> tuple[str, str, str]:
    """Names and path of the unit asked for; without one, of the viewer's scope."""
    units = organisation(store, viewer).units
    if unit is None:
        found = units.filter(pl.col("path") == viewer.scope) if viewer.scope != "/" else units.filter(pl.col("parent_id").is_null())
        if found.height != 1:
            return "全部", "All units", viewer.scope
    else:
        found = units.filter((pl.col("id") == unit) | (pl.col("path") == unit.rstrip("/") + "/"))
        if found.height != 1:
            raise NotFound(f"unit {unit}", "not there, or outside what you may see", "see: hotline centre show")
    row = found.row(0, named=True)
    return row["name"], row["name_en"] or row["name"], row["path"]


def measure(days: pl.DataFrame, key: list[str], week: IsoWeek, least: int) -> pl.DataFrame:
    """KPIs of ``week`` per ``key``, compared with the week before.

    ``days`` has the columns of ``agent_days`` for both weeks. Result columns: ``key``; calls, calls_change; aht, aht_low, aht_high (s);
    scored, qa_low, qa_high (mean of the lower and upper scores), qa_ci_low, qa_ci_high (points); fatal_certain, fatal_possible and
    fatal_change; surveys_asked, surveys_answered, response, satisfaction(_low, _high); fcr_closed, fcr(_low, _high) (shares);
    ``<kpi>_change`` with a :class:`intervals.Change` and ``<kpi>_enough`` for the KPIs in ``COMPARED``. A number that cannot be said
    is null. Keys without a call this week are left out.
    """
    now = _sums(days.filter(pl.col("day").is_between(week.first, week.last)), key).filter((pl.col("calls") > 0) | (pl.col("scored") > 0))
    before = _sums(days.filter(pl.col("day").is_between(week.previous.first, week.previous.last)), key)
    both = now.join(before, on=key, how="left", suffix="_before").sort(key).with_columns(pl.selectors.numeric().fill_null(0))
    this, last = _values(both, ""), _values(both, "_before")
    counted = {
        name: both[name]
        for name in ("calls", "scored", "fatal_certain", "fatal_possible", "surveys_asked", "surveys_answered", "fcr_closed")
    }
    seen = both["calls_before"] > 0
    changes = {
        "calls_change": pl.select(pl.when(seen).then(both["calls"] - both["calls_before"])).to_series(),
        "fatal_change": pl.select(
            pl.when((both["scored_before"] > 0) & (both["scored"] > 0)).then(both["fatal_certain"] - both["fatal_certain_before"])
        ).to_series(),
    }
    shown = ["aht", "aht_low", "aht_high", "qa_low", "qa_high", "qa_ci_low", "qa_ci_high"]
    shown += ["response", "satisfaction", "satisfaction_low", "satisfaction_high", "fcr", "fcr_low", "fcr_high"]
    measured = {name: pl.Series(this[name], dtype=pl.Float64, nan_to_null=True) for name in shown}
    return both.select(key).with_columns(**counted, **measured, **changes, **_compare(both, this, last, least))


def _sums(days: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Sums per key, with the scatter of handle time between days of work that its interval needs."""
    cluster = [*key, "unit_path", "day"] if "unit_path" not in key else [*key, "day"]
    daily = days.group_by(cluster).agg(pl.col(_SUMS).sum())
    ratio = pl.col("handle_s").sum().over(key) / pl.col("calls").sum().over(key)
    rest = daily.with_columns(rest=(pl.col("handle_s") - ratio * pl.col("calls")) ** 2)
    wanted = [
        *(pl.col(name).sum() for name in _SUMS),
        pl.col("rest").fill_nan(0).sum(),
        (pl.col("calls") > 0).sum().cast(pl.Int64).alias("days"),
    ]
    return rest.group_by(key).agg(wanted)


def _values(sums: pl.DataFrame, suffix: str) -> dict[str, intervals.Floats]:
    """Values and intervals of one week as arrays; NaN where nothing can be said."""
    n = {name: sums[f"{name}{suffix}"].to_numpy().astype(float) for name in (*_SUMS, "rest", "days")}
    with np.errstate(invalid="ignore", divide="ignore"):
        aht = n["handle_s"] / n["calls"]
        qa_low, response = n["score_low_sum"] / n["scored"], n["surveys_answered"] / n["surveys_asked"]
        satisfaction, fcr = n["surveys_satisfied"] / n["surveys_answered"], n["fcr_resolved"] / n["fcr_closed"]
    aht_variance, aht_freedom = intervals.ratio_variance(n["rest"], n["calls"], n["days"])
    qa_high, qa_variance = intervals.mean_variance(n["scored"], n["score_high_sum"], n["score_high_sq"])
    values = {"aht": aht, "aht_variance": aht_variance, "aht_freedom": aht_freedom, "response": response, "fcr": fcr}
    values |= {"qa_low": qa_low, "qa_high": qa_high, "qa_variance": qa_variance, "satisfaction": satisfaction}
    values["aht_low"], values["aht_high"] = intervals.t_interval(aht, aht_variance, aht_freedom)
    values["qa_ci_low"], values["qa_ci_high"] = intervals.t_interval(qa_high, qa_variance, n["scored"] - 1)
    values["qa_ci_low"], values["qa_ci_high"] = np.maximum(values["qa_ci_low"], 0), np.minimum(values["qa_ci_high"], 100)
    values["satisfaction_low"], values["satisfaction_high"] = intervals.wilson(n["surveys_satisfied"], n["surveys_answered"])
    values["fcr_low"], values["fcr_high"] = intervals.wilson(n["fcr_resolved"], n["fcr_closed"])
    return values


def _compare(both: pl.DataFrame, this: dict[str, intervals.Floats], last: dict[str, intervals.Floats], least: int) -> dict[str, pl.Series]:
    """Verdicts on the change and whether this week alone has enough data, as named columns."""
    n = {name: both[name].to_numpy() for name in both.columns if both[name].dtype.is_numeric()}
    aht_now = (n["days"] >= LEAST_DAYS) & (n["calls"] >= least)
    aht_both = aht_now & (n["days_before"] >= LEAST_DAYS) & (n["calls_before"] >= least)
    qa_both = (n["scored"] >= LEAST_SCORED) & (n["scored_before"] >= LEAST_SCORED)
    aht = intervals.compare_means(
        this["aht"], this["aht_variance"], this["aht_freedom"], last["aht"], last["aht_variance"], last["aht_freedom"], aht_both
    )
    qa = intervals.compare_means(
        this["qa_high"], this["qa_variance"], n["scored"] - 1, last["qa_high"], last["qa_variance"], n["scored_before"] - 1, qa_both
    )
    satisfied, answered = ("surveys_satisfied", "surveys_answered")
    resolved, closed = ("fcr_resolved", "fcr_closed")
    shares = {
        name: intervals.compare_shares(n[top], n[bottom], n[f"{top}_before"], n[f"{bottom}_before"], least)
        for name, top, bottom in (("satisfaction", satisfied, answered), ("fcr", resolved, closed))
    }
    verdicts = {"aht": aht, "qa_score": qa, **shares}
    enough = {"aht": aht_now, "qa_score": n["scored"] >= LEAST_SCORED, "satisfaction": n[answered] >= least, "fcr": n[closed] >= least}
    columns = {f"{name}_change": pl.Series(value.tolist(), dtype=pl.String) for name, value in verdicts.items()}
    return columns | {f"{name}_enough": pl.Series(value.tolist(), dtype=pl.Boolean) for name, value in enough.items()}
