"""Published versions: who made each the one that judges, when, why, and from when to when it is in force."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from hotline.locale import current, t, term
from hotline.ui.markup import literal
from hotline.ui.rules.changes import changes
from hotline.ui.rules.shelf import Shown
from qa.rules.diff import rule_changes


def show(shown: Sequence[Shown], one: Shown) -> None:
    """All versions of the chosen rule set, newest first, and what one says otherwise than another."""
    own = sorted(
        (s for s in shown if s.rule_set.id == one.rule_set.id), key=lambda s: (s.rule_set.version, s.published is None), reverse=True
    )
    rows = [
        {
            t("versions.version"): s.rule_set.version,
            t("versions.status"): term("rule_status", s.status),
            t("versions.from"): _moment(s.rule_set.effective.start),
            t("versions.to"): _moment(s.rule_set.effective.end),
            t("versions.who"): s.published.published_by if s.published else t("versions.file"),
            t("versions.at"): f"{s.published.published_at:%Y-%m-%d %H:%M}" if s.published else "",
            t("versions.note"): s.published.note if s.published else "",
            t("versions.hash"): s.rule_set.content_hash[:12],
        }
        for s in own
    ]
    st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
    if not any(s.published for s in own):
        st.caption(t("versions.none"))
    others = {s.key: s for s in own if s.key != one.key}
    if not others:
        return
    other = st.selectbox(
        t("versions.compare"),
        list(others),
        format_func=lambda key: f"v{others[key].rule_set.version} · {term('rule_status', others[key].status)}",
        key="rules_compare",
        width=480,
    )
    before, after = sorted((one.rule_set, others[other].rule_set), key=lambda r: r.version)
    st.markdown(t("versions.changes", title=literal(before.title[current()]), old=before.version, new=after.version))
    changes(rule_changes(before, after), before, after)


def _moment(value: object) -> str:
    return "…" if value is None else str(value)[:16]
