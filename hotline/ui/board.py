"""周看板: the week of a unit, its teams and its agents, each number with how sure it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import streamlit as st

from hotline.locale import current, pick, t, term
from hotline.store import Permission, Store, UserRole, Viewer
from hotline.store.organisation import organisation
from hotline.store.service import last_day
from hotline.ui import charts, components
from hotline.ui.components import Badge, Card
from hotline.ui.markup import literal
from reports import wording
from reports.boards import Board, weekly
from reports.kpi import Kpi, kpis
from reports.week import IsoWeek

WEEKS = 26
CHARTED = {
    "qa_score": ("qa_high", "qa_ci_low", "qa_ci_high", "scored"),
    "aht": ("aht", "aht_low", "aht_high", "calls"),
    "satisfaction": ("satisfaction", "satisfaction_low", "satisfaction_high", "surveys_answered"),
    "fcr": ("fcr", "fcr_low", "fcr_high", "fcr_closed"),
}
"""KPI → columns of a board: value, interval, observations."""


def show(store: Store, viewer: Viewer) -> None:
    """Pick week and unit; read the board."""
    st.title(t("board.title"), anchor=False)
    left, middle, right = st.columns([1.4, 2, 3], vertical_alignment="bottom")
    with left:
        week = pick_week(store, viewer, "board_week")
    with middle:
        unit = pick_unit(store, viewer, "board_unit")
    board = weekly(store, viewer, week, unit)
    with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if board.synthetic:
            st.badge(t("app.synthetic_data"), color="gray", icon=":material/science:")
        with st.popover(t("board.definitions"), icon=":material/menu_book:"):
            definitions(tuple(board.columns))
    if board.total.is_empty():
        st.info(t("board.empty", week=week), icon=":material/event_busy:")
        return
    st.caption(t("board.about", unit=literal(pick(board.unit, board.unit_en)), first=week.first, last=week.last))
    totals(board, "board_totals")
    if not board.teams.is_empty():
        st.subheader(t("board.teams"), anchor=False)
        _table(board, board.teams.with_columns(name=_names("team"), below=pl.lit("")), "board_teams")
    if not board.agents.is_empty():
        st.subheader(t("board.own" if viewer.role is UserRole.AGENT else "board.agents"), anchor=False)
        named = board.agents.with_columns(name=pl.col("agent_name") + " " + pl.col("agent_id"), below=_names("team"))
        _table(board, named, "board_agents")
        _chart(board, named)
    st.caption(t("board.fairness", least=board.least))


def pick_week(store: Store, viewer: Viewer, key: str) -> IsoWeek:
    """A box of recent weeks; it stands at the last week that holds calls."""
    latest = last_day(store, viewer) or datetime.now(store.settings.zone).date()
    weeks = [IsoWeek.of(latest - timedelta(weeks=back)) for back in range(WEEKS)]
    names = {str(week): t("board.week_name", week=week, first=week.first, last=week.last) for week in weeks}
    return IsoWeek.parse(st.selectbox(t("board.week"), list(names), format_func=lambda w: names[w], key=key, persist_state="session"))


def pick_unit(store: Store, viewer: Viewer, key: str) -> str | None:
    """A box of the units in scope; None where there is nothing to choose (an agent, one unit)."""
    units = organisation(store, viewer).units
    if viewer.role is UserRole.AGENT or units.height < 2:
        return None
    depth = min(path.count("/") for path in units["path"])
    names = {u["path"]: "　" * (u["path"].count("/") - depth) + pick(u["name"], u["name_en"]) for u in units.iter_rows(named=True)}
    return st.selectbox(t("board.unit"), list(names), format_func=lambda path: names[path], key=key, persist_state="session")


def definitions(ids: tuple[str, ...]) -> None:
    """What each number means, from the KPI dictionary."""
    for name in ids:
        kpi = kpis()[name]
        st.markdown(f"**{kpi.name[current()]}**　{kpi.formula[current()]}")
        st.caption(t("board.definition", top=kpi.numerator[current()], bottom=kpi.denominator[current()], out=kpi.exclusions[current()]))


def totals(board: Board, key: str) -> None:
    """The unit as a whole: its numbers as cards, each with what changed since last week and how sure it is."""
    row = board.total.row(0, named=True)
    cards = []
    for kpi in board.columns.values():
        if kpi.id == "response":
            continue  # it stands on the card of the satisfaction it limits
        told = wording.change(row, kpi, current())
        badge = Badge(t("board.against", change=told), wording.tone(row, kpi)) if told not in ("", "–") else None
        lines = _sure_words(kpi, row)
        if kpi.id == "satisfaction":
            response = board.columns["response"]
            lines.append(f"{response.name[current()]} {response.text(_number(row['response']))}")
        cards.append(Card(kpi.name[current()], value_words(kpi, row), kpi.formula[current()], badge, tuple(lines)))
    components.cards(key, cards)


def value_words(kpi: Kpi, row: dict[str, object]) -> str:
    """The value alone, as short as a card needs: an interval of scores, certain fatal items with doubtful ones in brackets."""
    if kpi.id == "qa_score":
        low, high = kpi.text(_number(row["qa_low"])), kpi.text(_number(row["qa_high"]))
        return high if low == high else f"{low}–{high}"
    if kpi.id == "fatal":
        certain, possible = row["fatal_certain"], row["fatal_possible"]
        return t("board.fatal", certain=certain, possible=possible) if possible else str(certain)
    value = _number(row[kpi.id])
    return t("board.seconds", value=kpi.text(value)) if kpi.unit == "s" and value is not None else kpi.text(value)


def _sure_words(kpi: Kpi, row: dict[str, object]) -> list[str]:
    """The interval and the observations behind a value; only the latter while they are too few."""
    if kpi.id not in CHARTED:
        return []
    _, low, high, count = CHARTED[kpi.id]
    words = [t("board.sample", count=f"{row[count]:,}")]
    if row[f"{kpi.id}_enough"] and row[low] is not None:
        words.insert(0, t("board.interval", low=kpi.text(_number(row[low])).rstrip("%"), high=kpi.text(_number(row[high]))))
    return words


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _names(column: str) -> pl.Expr:
    english = pl.col(f"{column}_en")
    key = pl.col("unit_path")
    chinese = pl.col(column).fill_null(key)
    return pl.when(english.is_null() | (english == "")).then(chinese).otherwise(english) if current() == "en" else chinese


def _table(board: Board, frame: pl.DataFrame, key: str) -> None:
    """One row a team or agent: each KPI with its interval and sample below, and what changed since last week."""
    rows = []
    for row in frame.iter_rows(named=True):
        cells: list[dict[str, object]] = [{"lines": [row["name"], row["below"]]}]
        for kpi in board.columns.values():
            value, _, sure = wording.cell(row, kpi).partition(" ")
            told = wording.change(row, kpi, current())
            cells.append(
                {"lines": [value, sure], "badges": [{"text": told, "kind": wording.tone(row, kpi)}] if told not in ("", "–") else []}
            )
        rows.append({"id": None, "cells": cells})
    heads = [t("board.name"), *(kpi.name[current()] for kpi in board.columns.values())]
    components.table(key=key, data={"heads": heads, "rows": rows})


def _chart(board: Board, named: pl.DataFrame) -> None:
    """Agents as points with 95 % intervals round them, in the order of their ids: nobody is ranked."""
    shown = [name for name in CHARTED if named[CHARTED[name][0]].is_not_null().any()]
    if not shown or named.height < 2:
        return
    chosen = st.segmented_control(
        t("board.chart"), shown, default=shown[0], format_func=lambda name: kpis()[name].name[current()], key="board_chart", required=True
    )
    kpi = kpis()[chosen or shown[0]]
    value, low, high, count = CHARTED[kpi.id]
    scale = 100.0 if kpi.unit == "percent" else 1.0
    frame = named.filter(pl.col(value).is_not_null()).select(
        "name",
        value=pl.col(value) * scale,
        low=pl.coalesce(low, value) * scale,
        high=pl.coalesce(high, value) * scale,
        n=count,
        enough=f"{kpi.id}_enough",
    )
    average = board.total[value][0]
    st.altair_chart(
        charts.estimates(
            frame,
            unit=t("board.with_unit", name=kpi.name[current()], unit=term("unit", kpi.unit)),
            reference=average * scale if average is not None else None,
            reference_name=t("board.average"),
        )
    )
    st.caption(t("board.chart_note"))


def allowed(viewer: Viewer) -> bool:
    """May this person see any board?"""
    return viewer.may(Permission.SEE_BOARD) or viewer.may(Permission.SEE_TEAM_BOARD)
