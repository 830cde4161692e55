"""总览: the week at a glance, what waits for a person, and the days ahead; each part for those who may see it."""

from __future__ import annotations

import polars as pl
import streamlit as st

from hotline.locale import messages, pick, t, term
from hotline.store import Permission, Store, Viewer, audit, forecasts, jobs, series
from hotline.store import calls as call_store
from hotline.store.organisation import queues_of
from hotline.store.service import last_day
from hotline.ui import board, charts, components, planning, review, session
from hotline.ui.markup import literal
from reports.boards import weekly
from reports.week import IsoWeek

AHEAD = 14
WAITING = 8


def show(store: Store, viewer: Viewer) -> None:
    """Everything in one look."""
    st.title(t("overview.title"), anchor=False)
    if board.allowed(viewer):
        _week(store, viewer)
    left, right = st.columns(2, gap="medium")
    if viewer.may(Permission.OPEN_CALLS):
        with left:
            _waiting(store, viewer)
    if viewer.may(Permission.SEE_FORECAST):
        with right if viewer.may(Permission.OPEN_CALLS) else left:
            _ahead(store, viewer)
    if viewer.may(Permission.IMPORT):
        _quarantine(store, viewer)
    if viewer.may(Permission.SEE_AUDIT):
        _trail(store, viewer)


def _week(store: Store, viewer: Viewer) -> None:
    latest = last_day(store, viewer)
    if latest is None:
        st.info(t("overview.no_data"), icon=":material/hourglass_empty:")
        return
    week = weekly(store, viewer, IsoWeek.of(latest))
    with st.container(horizontal=True, vertical_alignment="center"):
        name = literal(pick(week.unit, week.unit_en))
        st.subheader(
            t("overview.week", week=week.week, first=week.week.first, last=week.week.last, unit=name), anchor=False, width="content"
        )
        if week.synthetic:
            st.badge(t("app.synthetic_data"), color="gray", icon=":material/science:")
        with st.popover(t("board.definitions"), icon=":material/menu_book:"):
            board.definitions(tuple(week.columns))
    if week.total.is_empty():
        st.info(t("board.empty", week=week.week), icon=":material/event_busy:")
        return
    board.totals(week, "overview_totals")


def _waiting(store: Store, viewer: Viewer) -> None:
    """Calls with doubtful items, the widest score interval first: a machine could not decide them."""
    found = call_store.page(store, viewer, doubtful_only=True, order="doubt", limit=WAITING)
    st.subheader(t("overview.waiting", count=f"{found.total:,}"), anchor=False, help=t("overview.waiting_help"))
    if not found.rows:
        st.success(t("overview.nothing_waits"), icon=":material/done_all:")
        return
    heads = [t("review.head_call"), t("review.head_agent"), t("review.head_score"), t("review.head_result")]
    rows = [
        {
            "id": row.id,
            "cells": [
                {"lines": [row.id, f"{row.started_at:%m-%d %H:%M}"]},
                {"lines": [row.agent_name or row.agent_id or "–", row.topic]},
                review.score_cell(row),
                {"badges": review.badges(row)},
            ],
        }
        for row in found.rows
    ]
    chosen = components.table(key="overview_waiting", data={"heads": heads, "rows": rows}, on_open_change=lambda: None)
    if chosen.open:
        session.go_to("review", call=chosen.open)


def _ahead(store: Store, viewer: Viewer) -> None:
    """The next days of each queue's forecast, summed means only where several are shown."""
    names = {row["id"]: pick(row["name"], row["name_en"]) for row in queues_of(store, viewer).iter_rows(named=True)}
    st.subheader(t("overview.ahead", days=AHEAD), anchor=False)
    made = {forecast.queue_id: forecast for forecast in forecasts.listed(store, viewer) if forecast.latest}
    if not made:
        st.info(t("planning.none"), icon=":material/query_stats:")
        return
    known = [queue for queue in names if queue in made]
    queue = st.selectbox(
        t("planning.queue"),
        known,
        format_func=lambda q: names[q],
        key="overview_queue",
        label_visibility="collapsed",
        persist_state="session",
    )
    zone = store.settings.zone
    days = charts.local(forecasts.values(store, viewer, made[queue].id, "volume", "day"), "start", zone).head(AHEAD)
    past = series.offered(store, viewer, queue, "day", first=made[queue].first_day - AHEAD * charts.DAY)
    history = charts.local(past, "start", zone).filter(pl.col("start") < days["start"].min()).select("start", value="offered")
    st.altair_chart(charts.bands(days, unit=t("planning.calls_a_day"), history=history, height=260))
    if past["synthetic"].any():
        st.caption(t("app.synthetic_data"))
    for note in made[queue].notes:
        st.caption(f":material/info: {literal(planning.note_words(note))}")


def _quarantine(store: Store, viewer: Viewer) -> None:
    aside = jobs.quarantined(store, viewer)
    st.subheader(t("overview.quarantine", count=len(aside)), anchor=False, help=t("overview.quarantine_help"))
    if not aside:
        st.success(t("overview.nothing_aside"), icon=":material/done_all:")
        return
    told = [
        row | {"problem": messages.line(row["problem"]), "mend": messages.message(row["mend"]), "at": f"{row['at']:%Y-%m-%d %H:%M:%S}"}
        for row in aside
    ]
    rows = [{t(f"quarantine.{name}"): row[name] for name in ("source", "problem", "mend", "at")} for row in told]
    st.dataframe(pl.DataFrame(rows), hide_index=True)


def _trail(store: Store, viewer: Viewer) -> None:
    st.subheader(t("overview.trail"), anchor=False)
    lines = audit.read(store, viewer, limit=50)
    rows = [
        {
            t("trail.at"): f"{line.at.astimezone(store.settings.zone):%Y-%m-%d %H:%M:%S}",
            t("trail.who"): term("who", line.who),
            t("trail.action"): term("action", line.action),
            t("trail.object"): line.object,
        }
        for line in lines
    ]
    st.dataframe(pl.DataFrame(rows), hide_index=True)
