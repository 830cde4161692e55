"""One item: what it asks, its examples with what becomes of them now, and what it came to in stored calls."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from hotline.locale import current, t, term
from hotline.store import Permission, Store, Viewer
from hotline.ui import charts, components, session
from hotline.ui.components import Badge, Card
from hotline.ui.markup import literal
from hotline.ui.rules import figures
from hotline.ui.rules.card import severity, stake
from hotline.ui.rules.shelf import Shown
from qa.rules import RuleSet, in_language, proving
from qa.rules.model import Item
from qa.rules.proving import Proof


def show(store: Store, viewer: Viewer, one: Shown, in_force: int | None) -> None:
    """Choose an item; the one asked for by a click on the card is chosen at first."""
    rule_set = one.rule_set
    items = {item.id: item for item in rule_set.items}
    key = f"rules_item_{rule_set.id}"
    if (asked := st.session_state.pop("rules_item_asked", None)) in items:
        st.session_state[key] = asked
    if st.session_state.get(key) not in items:
        st.session_state.pop(key, None)
    item = items[
        st.selectbox(
            t("rules.item"),
            list(items),
            format_func=lambda i: f"{items[i].title[current()]}　{i}",
            key=key,
            persist_state="session",
            width=640,
        )
    ]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{literal(stake(item))}**", width="content")
        st.badge(severity(item)["text"], color={"fatal": "red", "serious": "orange"}.get(item.severity, "gray"))
        if item.clause:
            st.caption(t("rules.clause", clause=literal(item.clause)), width="content")
    if item.coaching[current()]:
        st.markdown(literal(item.coaching[current()]))
    if viewer.may(Permission.OPEN_CALLS):
        _figures(store, viewer, rule_set, item, in_force)
    with st.expander(t("rules.written"), expanded=not item.examples):
        st.code(source_of(item, rule_set), language="yaml")
    st.subheader(t("rules.examples_now"), anchor=False)
    proofs = list(proving.prove(rule_set, [item.id]))
    if not proofs:
        st.info(t("rules.no_examples"), icon=":material/science:")
        return
    st.caption(t("rules.held", held=sum(p.held for p in proofs), failed=sum(not p.held for p in proofs)))
    for outcome in ("pass", "fail", "doubtful", "na"):
        examples([proof for proof in proofs if proof.example.outcome == outcome], outcome)


def examples(proofs: Sequence[Proof], outcome: str) -> None:
    """Examples that should come out as ``outcome``, each with its conversation and what became of it."""
    if not proofs:
        return
    st.markdown(f"**{t('rules.examples', outcome=term('outcome', outcome))}**")
    heads = [t("rules.says"), t("rules.became")]
    rows = []
    for proof in proofs:
        lines = [f"{term('side', turn.role.value)}：{turn.text}" for turn in proof.example.call.turns]
        badge = {"text": f"{'✓' if proof.held else '✗'} {term('outcome', proof.outcome.value)}", "kind": "good" if proof.held else "bad"}
        rows.append(
            {
                "id": None,
                "cells": [
                    {"lines": ["", *lines] if len(lines) > 1 else lines},
                    {"lines": ["", in_language(proof.reason, current())] if proof.reason else [], "badges": [badge]},
                ],
            }
        )
    components.table(key=f"rules_examples_{proofs[0].item.id}_{outcome}", data={"heads": heads, "rows": rows, "wrap": True})


def source_of(item: Item, rule_set: RuleSet) -> str:
    """The item as its author wrote it: from its first line to where the next item or section begins."""
    lines = rule_set.source.splitlines()
    heads = (f"- id: {item.id}", f"id: {item.id}")  # the source of a set that includes others has lines of its own
    first = next((n for n, line in enumerate(lines) if line.strip() in heads), min(item.line, len(lines)) - 1)
    indent = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and (not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) > indent):
        last += 1
    return "\n".join(line[indent:] for line in lines[first:last]).rstrip()


def _figures(store: Store, viewer: Viewer, rule_set: RuleSet, item: Item, in_force: int | None) -> None:
    st.subheader(t("rules.in_calls"), anchor=False)
    seen = figures.of(store, viewer, rule_set, figures.choose(store, viewer, rule_set, in_force))
    counts = {} if seen is None else seen.statistics.counts(item.id)
    if seen is None or not counts:
        st.info(t("rules.no_calls"), icon=":material/query_stats:")
        return
    st.caption(t("rules.figures_span", first=seen.statistics.first, last=seen.statistics.last))
    lost, right, doubts = seen.lost(item.id), seen.precision(item.id), seen.precision(item.id, "doubtful")
    components.cards(
        "rules_figures_cards",
        [
            Card(
                t("rules.judged"),
                f"{sum(counts.values()):,}",
                t("rules.judged_help"),
                lines=(t("rules.applied", count=f"{lost.trials:,}"),),
            ),
            Card(
                t("rules.lost_rate"),
                _percent(lost),
                t("rules.lost_help"),
                lines=(_interval(lost), t("rules.lost_count", count=f"{lost.hits:,}")),
            ),
            Card(
                t("rules.doubtful"),
                f"{counts.get('doubtful', 0):,}",
                t("rules.doubtful_help"),
                Badge(t("rules.doubts_right", count=doubts.hits, total=doubts.trials)) if doubts.trials else None,
            ),
            Card(
                t("rules.precision"),
                _percent(right),
                t("rules.precision_help"),
                lines=(_interval(right), *((t("rules.of_judged", count=right.hits, total=right.trials),) if right.trials else ())),
            ),
        ],
    )
    trend = seen.trend(item.id)
    left, side = st.columns([3, 2])
    with left:
        st.markdown(f"**{t('rules.trend')}**")
        if trend.height > 1:
            st.altair_chart(charts.rates(trend, unit=t("rules.trend_unit")))
        else:
            st.caption(t("rules.one_week"))
    with side:
        st.markdown(f"**{t('rules.newest_lost')}**")
        _newest(seen.statistics.newest.filter(pl.col("item_id") == item.id))


def _newest(lost: pl.DataFrame) -> None:
    """The newest calls that the item cost points; a click opens the call at the sentence."""
    if lost.is_empty():
        st.caption(t("rules.none_lost"))
        return
    starts = {row["call_id"]: row["start"] for row in lost.iter_rows(named=True)}
    rows = [
        {
            "id": row["call_id"],
            "cells": [
                {"lines": [row["call_id"], f"{row['day']} · {row['agent_id'] or '–'}"]},
                {"lines": [t("rules.cost", points=f"{row['lost']:g}")]},
            ],
        }
        for row in lost.iter_rows(named=True)
    ]
    heads = [t("rules_head.call"), t("rules_head.cost")]
    chosen = components.table(key="rules_newest", data={"heads": heads, "rows": rows}, on_open_change=lambda: None)
    if chosen.open in starts:
        at = starts[chosen.open]
        session.go_to("review", call=chosen.open, **({} if at is None else {"at": f"{at:.2f}"}))


def _percent(share: figures.Share) -> str:
    return f"{100 * share.hits / share.trials:.1f}%" if share.trials else "–"


def _interval(share: figures.Share) -> str:
    low, high = share.bounds
    return t("rules.interval", low=f"{100 * low:.1f}", high=f"{100 * high:.1f}") if share.trials else t("rules.no_interval")
