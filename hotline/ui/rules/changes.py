"""The differences of two rule sets in words: a line each, with the value before and after."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from hotline.locale import current, t, term
from qa.rules import RuleSet
from qa.rules.diff import RuleChange


def changes(found: Sequence[RuleChange], before: RuleSet, after: RuleSet) -> None:
    """A table of what is otherwise; one sentence where nothing is."""
    if not found:
        st.info(t("changes.none"), icon=":material/equal:")
        return
    titles = {item.id: item.title[current()] for item in (*before.items, *after.items)}
    rows = [
        {
            t("changes.what"): f"{term('rule_change_part', one.part)} {titles.get(one.name, one.name)}",
            t("changes.how"): term("rule_change", one.change) + (f" {one.field}" if one.field else ""),
            t("changes.before"): one.old,
            t("changes.after"): one.new,
        }
        for one in found
    ]
    st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
