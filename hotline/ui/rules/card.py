"""The scorecard: sections, and in each the items with what is at stake; a click on an item opens it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from hotline.locale import current, t, term
from hotline.store import Permission, Store, Viewer
from hotline.ui import components
from hotline.ui.markup import literal
from hotline.ui.rules import figures
from hotline.ui.rules.shelf import Shown
from qa.rules.model import Item

_KINDS = {"general": "neutral", "serious": "doubtful", "fatal": "fatal"}


def show(store: Store, viewer: Viewer, one: Shown, in_force: int | None) -> None:
    """Sections with their items: stake, severity, clause and coaching; beside them how often each cost points lately."""
    seen = None
    if viewer.may(Permission.OPEN_CALLS):
        seen = figures.of(store, viewer, one.rule_set, figures.choose(store, viewer, one.rule_set, in_force))
    if seen is not None:
        st.caption(t("rules.figures_span", first=seen.statistics.first, last=seen.statistics.last))
    heads = [t(f"rules_head.{name}") for name in ("item", "stake", "why")]
    if seen is not None:
        heads += [t(f"rules_head.{name}") for name in ("lost", "precision")]
    widths = ["24%", "13%", "33%", "15%", "15%"] if seen is not None else ["30%", "20%", "50%"]
    for section in one.rule_set.sections:
        points = sum(item.points for item in section.items if not item.fatal)
        st.subheader(
            t("rules.section", title=literal(section.title[current()]), count=len(section.items), points=f"{points:g}"), anchor=False
        )
        rows = [{"id": item.id, "cells": _cells(item, seen)} for item in section.items]
        chosen = components.table(
            key=f"rules_items_{one.key}_{section.id}", data={"heads": heads, "rows": rows, "widths": widths}, on_open_change=lambda: None
        )
        if chosen.open:
            st.session_state.rules_item_asked = chosen.open
            st.session_state.rules_go = "item"
            st.rerun()


def stake(item: Item) -> str:
    """What failing costs, in words."""
    if item.fatal:
        return t("rules.fatal")
    if item.fatal_section:
        return t("rules.fatal_section")
    if item.set_score is not None:
        return t("rules.set_score", points=f"{item.set_score:g}")
    if item.points_per_hit:
        return t("rules.per_hit", points=f"{item.points_per_hit:g}", most=f"{item.points:g}")
    if item.bonus and not item.points:
        return t("rules.bonus", points=f"{item.bonus:g}")
    return t("rules.weight", points=f"{item.points:g}") if item.in_percent else t("rules.points", points=f"{item.points:g}")


def severity(item: Item) -> dict[str, str]:
    """The severity as a badge."""
    return {"text": term("severity", item.severity), "kind": _KINDS[item.severity]}


def _cells(item: Item, seen: figures.Figures | None) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = [
        {"lines": [item.title[current()], item.id]},
        {"lines": [stake(item)], "badges": [severity(item)] if item.severity != "general" and not item.fatal else []},
        {"lines": ["", *(text for text in (item.clause, _short(item.coaching[current()])) if text)]},
    ]
    if seen is not None:
        lost, precision = seen.lost(item.id), seen.precision(item.id)
        cells.append({"lines": [lost.words(), t("rules.of_calls", count=lost.hits, total=lost.trials)] if lost.trials else ["–"]})
        cells.append(
            {"lines": [precision.words(), t("rules.of_judged", count=precision.hits, total=precision.trials)]}
            if precision.trials
            else {"lines": ["–"]}
        )
    return cells


def _short(text: str, most: int = 44) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
