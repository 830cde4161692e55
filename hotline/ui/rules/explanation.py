"""Why a call came out as it did: each item with its conditions, what they found and where they looked, excuses and doubts."""

from __future__ import annotations

import polars as pl
import streamlit as st

from hotline.locale import current, t, term
from hotline.ui.markup import literal
from qa.calls import Call
from qa.rules import RuleSet, in_language
from qa.rules.explain import ConditionSeen, ItemSeen, Part, explain, sentences
from qa.rules.verdict import Hit
from qa.scoring import Outcome

_MARKS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.DOUBTFUL: "?", Outcome.NA: "–"}
_FIRST = (Outcome.FAIL, Outcome.DOUBTFUL, Outcome.PASS, Outcome.NA)
_HITS = 8
"""Hits of one condition that are shown."""


def show(rule_set: RuleSet, call: Call) -> None:
    """Every item, those that cost points first."""
    found = explain(rule_set, call)
    st.subheader(t("explain.title"), anchor=False)
    st.caption(t("explain.about", ms=f"{found.seconds * 1000:.1f}", items=len(found.items)))
    for seen in sorted(found.items, key=lambda s: _FIRST.index(s.result.outcome)):
        _item(seen, call)


def _item(seen: ItemSeen, call: Call) -> None:
    result = seen.result
    title = f"{_MARKS[result.outcome]} {literal(seen.item.title[current()])} · {term('outcome', result.outcome.value)}"
    with st.expander(title):
        if result.reason:
            st.markdown(literal(in_language(result.reason, current())))
        if seen.item.applies_when is not None:
            _expression("applies", str(seen.item.applies_when), seen.applies.value, seen.applies_parts)
        if seen.parts:
            written = str(seen.item.requirement)
            written = f"forbid: {written.removeprefix('not ')}" if seen.item.forbids else f"expect: {written}"
            _expression("met", written, seen.holds.value, seen.parts)
        if seen.conditions:
            st.dataframe(_conditions(seen, call), hide_index=True, height="content")
        if result.outcome is Outcome.DOUBTFUL and seen.doubts:
            doubts = t("provenance.and").join(in_language(doubt, current()) for doubt in seen.doubts)
            st.caption(literal(t("explain.doubt", why=doubts)))


def _expression(name: str, written: str, verdict: str, parts: tuple[Part, ...]) -> None:
    atoms = "　".join(f"`{part.text}` {term('verdict', part.verdict.value)}" for part in parts) if len(parts) > 1 else ""
    st.markdown(f"{t(f'explain.{name}')} `{written}` → **{term('verdict', verdict)}**　{atoms}")


def _conditions(seen: ItemSeen, call: Call) -> pl.DataFrame:
    rows = [
        {
            t("explain.condition"): condition.name,
            t("explain.value"): term("verdict", condition.verdict.value),
            t("explain.wanted"): f"{condition.operator}: {condition.wanted[current()]}",
            t("explain.place"): condition.place[current()] or t("explain.whole"),
            t("explain.looked"): sentences(condition.searched),
            t("explain.hits"): _hits(condition, call),
            t("explain.notes"): _notes(condition, call),
        }
        for condition in seen.conditions
    ]
    return pl.DataFrame(rows)


def _hits(condition: ConditionSeen, call: Call) -> str:
    shown = [_hit(hit, call) for hit in condition.hits[:_HITS]]
    more = len(condition.hits) - _HITS
    return "\n".join([*shown, f"… +{more}"] if more > 0 else shown)


def _notes(condition: ConditionSeen, call: Call) -> str:
    excused = [t("explain.excused", hit=_hit(excuse.hit, call), by=excuse.by) for excuse in condition.excused]
    return "\n".join([*excused, *(in_language(text, current()) for text in (condition.unsure, condition.note) if text)])


def _hit(hit: Hit, call: Call) -> str:
    place = "" if hit.turn is None else f"#{hit.turn + 1} {term('side', call.turns[hit.turn].role.value)} "
    doubt = "" if hit.certain else f" ({in_language(hit.doubt, current())})"
    return f"{place}{in_language(hit.detail, current())}{doubt}"
