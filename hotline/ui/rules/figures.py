"""What items came to in stored calls and what reviewers said of them, read once and kept until a new result or review is stored."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import streamlit as st

from hotline.locale import t, term
from hotline.store import Store, UserRole, Viewer, item_reviews, item_statistics
from hotline.store.item_reviews import Precision
from hotline.store.item_statistics import Statistics
from qa.rules import RuleSet
from reports.intervals import wilson

_ALL = 0
"""Stands for all versions among their numbers, which begin at 1: a choice of None would be no choice."""


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``trials`` with Wilson's 95 % interval."""

    hits: int
    trials: int

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval, NaN for none of none."""
        low, high = wilson(self.hits, self.trials)
        return float(low), float(high)

    def words(self) -> str:
        """``12.5 % (8.1–18.9)``."""
        if not self.trials:
            return "–"
        low, high = self.bounds
        return f"{100 * self.hits / self.trials:.1f}% ({100 * low:.1f}–{100 * high:.1f})"


@dataclass(frozen=True, slots=True)
class Figures:
    """Statistics and reviews of one rule set, in one version or in all together, as this viewer may see them."""

    statistics: Statistics
    reviews: dict[tuple[str, str], Precision]

    def lost(self, item_id: str) -> Share:
        """How often the item certainly cost points, of the calls to which it applied."""
        counts = self.statistics.counts(item_id)
        return Share(counts.get("fail", 0), sum(counts.values()) - counts.get("na", 0))

    def precision(self, item_id: str, outcome: str = "fail") -> Share:
        """How many of the item's losses (or doubts) that somebody reviewed were right."""
        found = self.reviews.get((item_id, outcome), Precision())
        return Share(found.agreed, found.judged)

    def trend(self, item_id: str) -> pl.DataFrame:
        """A row a week: ``week``, ``value``, ``low``, ``high`` (percent of the calls to which it applied) and ``n``."""
        own = self.statistics.weeks.filter(pl.col("item_id") == item_id, pl.col("outcome") != "na")
        weeks = (
            own.group_by("week").agg(n=pl.col("calls").sum(), lost=pl.col("calls").filter(pl.col("outcome") == "fail").sum()).sort("week")
        )
        low, high = wilson(weeks["lost"].to_numpy(), weeks["n"].to_numpy())
        return weeks.with_columns(
            value=100 * pl.col("lost") / pl.col("n"),
            low=100 * pl.Series(low, dtype=pl.Float64),
            high=100 * pl.Series(high, dtype=pl.Float64),
        )


@st.cache_resource(max_entries=64, ttl="1h", show_spinner=False)
def _read(_store: Store, _viewer: Viewer, rule_set_id: str, version: int | None, stamp: tuple[object, ...]) -> Statistics | None:
    return item_statistics.statistics(_store, _viewer, rule_set_id, version=version)


def choose(store: Store, viewer: Viewer, rule_set: RuleSet, in_force: int | None) -> int | None:
    """The version whose results are shown, chosen by the reader: at first the one in force, else the newest that judged; None is all.

    Nothing is asked where there is nothing to choose from. Needs OPEN_CALLS.
    """
    judged = item_statistics.versions(store, viewer, rule_set.id)
    options = sorted({*judged, *([] if in_force is None else [in_force])}, reverse=True)
    if len(options) < 2:
        return options[0] if options else None
    first = in_force if in_force is not None else options[0]
    chosen: int = st.selectbox(
        t("rules.figures_of"),
        [*options, _ALL],
        index=options.index(first),
        format_func=lambda version: _option(version, judged, in_force),
        key=f"rules_figures_{rule_set.id}_{in_force}",
        width=360,
        persist_state="session",
    )
    return None if chosen == _ALL else chosen


def _option(version: int, judged: dict[int, int], in_force: int | None) -> str:
    if version == _ALL:
        return t("rules.all_versions", count=f"{sum(judged.values()):,}")
    words = t("rules.one_version", version=version, count=f"{judged.get(version, 0):,}")
    return f"{words} · {term('rule_status', 'in_force')}" if version == in_force else words


def of(store: Store, viewer: Viewer, rule_set: RuleSet, version: int | None = None) -> Figures | None:
    """The figures of a rule set, in ``version`` or all; None where it has judged no call in the viewer's scope. Needs OPEN_CALLS."""
    # Everybody with the same sight of calls shares one reading; who may see nothing is refused by the stamp.
    sight = viewer.agent_id if viewer.role is UserRole.AGENT else viewer.scope
    stamp = (str(store.settings.home), store.settings.database_url, viewer.role is UserRole.AGENT, sight or "")
    with st.spinner(t("rules.counting")):
        statistics = _read(store, viewer, rule_set.id, version, (*stamp, item_statistics.state(store, viewer)))
    # reviews are few and change while somebody looks
    return None if statistics is None else Figures(statistics, item_reviews.precision(store, viewer, rule_set.id, version))
