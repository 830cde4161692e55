"""What a draft would change: the newest calls in scope judged by what is in force and by the draft, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hotline.locale import current, t, term
from hotline.store import Permission, Store, Viewer
from hotline.store import calls as call_store
from hotline.store.judging_again import opened, selected
from hotline.ui import charts, components
from hotline.ui.components import Badge, Card
from hotline.ui.opened import score_words
from hotline.ui.rules import draft as drafts
from hotline.ui.rules import shelf
from hotline.ui.rules.shelf import Shown
from qa.calls import Call
from qa.rules import RuleSet
from qa.rules.impact import AgentChange, Impact, ItemChange, Result, impact
from reports.week import IsoWeek

COUNTS = (50, 200, 500, 1000, 2000)
_WEEKS = 8
_LISTED = 50


@dataclass(frozen=True, slots=True)
class Previewed:
    """An impact with what it was computed for, so that it is shown beside this draft only."""

    old: str
    new: str
    found: Impact
    calls: int


def show(store: Store, viewer: Viewer, one: Shown, shown: Sequence[Shown]) -> None:
    """Choose calls and compare. Needs DRAFT_RULES; every call that is opened stands in the audit trail."""
    viewer.require(Permission.DRAFT_RULES, "rules")
    checked = drafts.checked(drafts.of(one), one.rule_set.file)
    base = shelf.judging(list(shown), one.rule_set) or one
    if checked.rule_set is None:
        st.error(t("impact.unreadable"), icon=":material/error:")
        return
    new = checked.rule_set
    st.caption(t("impact.about", old=f"{base.rule_set.id} v{base.rule_set.version}", new=f"{new.id} v{new.version}"))
    if new.content_hash == base.rule_set.content_hash:
        st.info(t("impact.same"), icon=":material/equal:")
        return
    latest = call_store.page(store, viewer, recorded_only=True, limit=1).rows
    weeks = [str(IsoWeek.of(latest[0].day - timedelta(weeks=back))) for back in range(_WEEKS)] if latest else []
    left, middle, right = st.columns([1.2, 1.2, 2], vertical_alignment="bottom")
    period = left.selectbox(t("review.period"), ["all", *weeks], format_func=lambda p: term("period", p), key="impact_period")
    most = middle.selectbox(t("impact.most"), COUNTS, index=1, key="impact_most")
    if right.button(t("impact.run"), type="primary", icon=":material/compare:", help=t("rules.audited")):
        week = None if period == "all" else IsoWeek.parse(period)
        ids = selected(store, viewer, first_day=week.first if week else None, last_day=week.last if week else None, most=most)
        bar = st.progress(0.0, t("impact.running", done=0, count=len(ids)))
        found = impact(base.rule_set, new, _followed(opened(store, viewer, ids, base.rule_set, new), len(ids), bar))
        bar.empty()
        st.session_state.rules_impact = Previewed(base.rule_set.content_hash, new.content_hash, found, len(ids))
    known = previewed(base.rule_set, new)
    if known is not None:
        result(known.found)


def previewed(old: RuleSet, new: RuleSet) -> Previewed | None:
    """The comparison of exactly these two, if it was made in this session."""
    known = st.session_state.get("rules_impact")
    fits = isinstance(known, Previewed) and (known.old, known.new) == (old.content_hash, new.content_hash)
    return known if fits else None


def _followed(calls: Iterator[Call], count: int, bar: DeltaGenerator) -> Iterator[Call]:
    for done, call in enumerate(calls, 1):
        if done % 10 == 0 or done == count:
            bar.progress(min(1.0, done / max(1, count)), t("impact.running", done=done, count=count))
        yield call


def result(found: Impact) -> None:
    """Averages, items, agents and calls that change."""
    if not found.total:
        st.info(t("impact.no_calls"), icon=":material/search_off:")
        return
    summary(found)
    items = [one for one in found.items if one.changed]
    if items:
        st.subheader(t("impact.items"), anchor=False)
        shown = items[:20]
        bars = pl.DataFrame(
            {
                "name": [one.title[current()] for one in shown] * 2,
                "kind": [t("impact.lost")] * len(shown) + [t("impact.cleared")] * len(shown),
                "calls": [one.lost for one in shown] + [-one.cleared for one in shown],
            }
        )
        st.altair_chart(charts.both_ways(bars, unit=t("unit.calls"), kinds=(t("impact.lost"), t("impact.cleared"))))
        st.dataframe(_items(items), hide_index=True, height="content")
    agents = [one for one in found.agents if one.calls]
    if agents:
        st.subheader(t("impact.agents", count=len(agents)), anchor=False)
        if not items:  # the same outcomes with other points
            _agent_chart(agents[:20])
        rows = [
            {
                t("impact.agent"): one.agent_id,
                t("impact.changed"): f"{one.calls} / {one.total}",
                t("impact.mean_before"): round(one.old_mean, 1),
                t("impact.mean_after"): round(one.new_mean, 1),
                t("impact.difference"): round(one.change, 1),
                t("impact.passed_before"): f"{one.old_passed:.0%}",
                t("impact.passed_after"): f"{one.new_passed:.0%}",
            }
            for one in agents[:_LISTED]
        ]
        st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
    if found.calls:
        titles = {one.item_id: one.title[current()] for one in found.items}
        st.subheader(t("impact.calls", count=len(found.calls)), anchor=False)
        rows = [
            {
                t("impact.call"): one.call_id,
                t("impact.agent"): one.agent_id or "–",
                t("impact.before"): _result(one.old),
                t("impact.after"): _result(one.new),
                t("impact.why"): "; ".join(f"{titles.get(i, i)}: {_outcome(a)} → {_outcome(b)}" for i, a, b in one.items),
            }
            for one in found.calls[:_LISTED]
        ]
        st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")


def _agent_chart(agents: Sequence[AgentChange]) -> None:
    moved = pl.DataFrame(
        {
            "name": [one.agent_id for one in agents],
            "kind": [t("impact.gained") if one.change >= 0 else t("impact.fell") for one in agents],
            "calls": [round(one.change, 2) for one in agents],
        }
    )
    st.altair_chart(charts.both_ways(moved, unit=t("unit.points"), kinds=(t("impact.fell"), t("impact.gained"))))


def summary(found: Impact) -> None:
    """The impact in four numbers."""
    shift = found.new.mean - found.old.mean
    components.cards(
        "impact_cards",
        [
            Card(t("impact.judged"), f"{found.total:,}", t("impact.judged_help"), lines=(t("impact.change", count=len(found.calls)),)),
            Card(
                t("impact.mean"),
                f"{found.new.mean:.1f}",
                t("impact.mean_help"),
                Badge(f"{shift:+.1f}", "good" if shift > 0.05 else "bad" if shift < -0.05 else "neutral"),
                (t("impact.was", value=f"{found.old.mean:.1f}"),),
            ),
            Card(
                t("impact.now_failing"),
                str(found.passed_now_failing),
                t("impact.now_failing_help"),
                lines=(t("impact.failing_before", count=found.old.failed),),
            ),
            Card(
                t("impact.now_passing"),
                str(found.failed_now_passing),
                t("impact.now_passing_help"),
                lines=(t("impact.passing_before", count=found.old.passed),),
            ),
        ],
    )


def _items(items: Sequence[ItemChange]) -> pl.DataFrame:
    """How often each outcome came before and comes now, an item a row."""
    rows = []
    for one in items:
        row: dict[str, object] = {t("rules_head.item"): one.title[current()]}
        for outcome in ("pass", "fail", "doubtful", "na"):
            before, after = (str(counts.get(outcome, "–")) for counts in (one.old, one.new))
            row[term("outcome", outcome)] = before if before == after else f"{before} → {after}"
        rows.append(row | {t("impact.lost"): one.lost, t("impact.cleared"): one.cleared})
    return pl.DataFrame(rows)


def _result(one: Result) -> str:
    return f"{score_words(one.low, one.high)} {term('passed', one.passed)}"


def _outcome(outcome: str) -> str:
    return term("outcome", outcome) if outcome else "–"
