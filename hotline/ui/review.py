"""质检复核: the list of calls worth a human ear; choose one and it opens beside its audio."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from typing import Any

import streamlit as st

from hotline.locale import pick, t, term
from hotline.store import Permission, Store, Viewer
from hotline.store import calls as call_store
from hotline.store.calls import CallPage, CallRow
from hotline.store.organisation import organisation
from hotline.ui import components, opened, session
from reports.week import IsoWeek

PAGE = 20
WEEKS = 12


def show(store: Store, viewer: Viewer) -> None:
    """The list, or with ``?call=…`` in the address one call."""
    call_id = st.query_params.get("call")
    if call_id:
        _walk(call_id)
        opened.show(store, viewer, call_id)
        return
    st.title(t("review.title"), anchor=False)
    filters = _filters(store, viewer)
    page_number = st.session_state.get("review_page", 1)
    found = call_store.page(store, viewer, **filters, limit=PAGE, offset=(page_number - 1) * PAGE)
    if not found.rows and page_number > 1:  # the filters have left fewer pages than before
        found = call_store.page(store, viewer, **filters, limit=PAGE, offset=0)
    if not found.total:
        st.info(t("review.nothing"), icon=":material/search_off:")
        return
    st.caption(t("review.found", count=f"{found.total:,}"))
    _list(found)
    if found.total > PAGE:
        st.pagination(ceil(found.total / PAGE), key="review_page", persist_state="session")
    if viewer.may(Permission.EXPORT_CALLS) and st.button(t("review.export"), icon=":material/download:", help=t("call.export_help")):
        session.offer_file(t("call.save_again"), call_store.export_page(store, viewer, **filters), "calls.csv", "text/csv")


def _walk(call_id: str) -> None:
    """Back to the list, and on to the calls before and after in it."""
    listed: list[str] = st.session_state.get("review_listed", [])
    place = listed.index(call_id) if call_id in listed else None
    with st.container(horizontal=True):
        if st.button(t("review.back"), icon=":material/arrow_back:"):
            _go(None)
        if place is not None and st.button(t("review.previous"), icon=":material/chevron_left:", disabled=place == 0):
            _go(listed[place - 1])
        if place is not None and st.button(t("review.next"), icon=":material/chevron_right:", disabled=place == len(listed) - 1):
            _go(listed[place + 1])


def _go(call_id: str | None) -> None:
    st.query_params.pop("at", None)
    if call_id is None:
        st.query_params.pop("call", None)
    else:
        st.query_params["call"] = call_id
    st.rerun()


def _filters(store: Store, viewer: Viewer) -> dict[str, Any]:
    """The filter row; its values outlive the opening of a call."""
    keep: dict[str, Any] = {"persist_state": "session", "on_change": _first_page}
    latest = call_store.page(store, viewer, recorded_only=True, limit=1).rows
    with st.container(border=True):
        top = st.columns([2, 1.4, 1.6, 1.6, 1.2, 1.4])
        text = top[0].text_input(t("review.text"), placeholder=t("review.text_hint"), key="review_text", **keep)
        weeks = [str(week) for week in _weeks(latest[0].day)] if latest else []
        period = top[1].selectbox(
            t("review.period"), ["all", *weeks, "dates"], format_func=lambda p: term("period", p), key="review_period", **keep
        )
        place = organisation(store, viewer)
        units = {u["path"]: "　" * (u["path"].count("/") - 2) + pick(u["name"], u["name_en"]) for u in place.units.iter_rows(named=True)}
        team = top[2].selectbox(
            t("review.team"), [None, *units], format_func=lambda path: units.get(path, t("review.any")), key="review_team", **keep
        )
        people = {a["id"]: f"{a['name']} {a['id']}" for a in place.agents.iter_rows(named=True) if a["path"].startswith(team or "/")}
        agent = top[3].selectbox(
            t("review.agent"), [None, *people], format_func=lambda a: people.get(a, t("review.any")), key=f"review_agent_{team}", **keep
        )
        outcome = top[4].selectbox(
            t("review.outcome"),
            [None, "yes", "no", "doubtful"],
            format_func=lambda o: term("passed", o) if o else t("review.any"),
            key="review_outcome",
            **keep,
        )
        order = top[5].selectbox(
            t("review.order"), ["newest", "lowest", "doubt"], format_func=lambda o: term("order", o), key="review_order", **keep
        )
        first, last = _days(period, keep)
        with st.container(horizontal=True, gap="medium"):
            doubtful = st.toggle(t("review.doubtful_only"), key="review_doubtful", **keep)
            fatal = st.toggle(t("review.fatal_only"), key="review_fatal", **keep)
            recorded = st.toggle(t("review.recorded_only"), value=True, key="review_recorded", **keep)
    return {
        "text": text,
        "first_day": first,
        "last_day": last,
        "team": team,
        "agent": agent,
        "outcome": outcome,
        "order": order,
        "doubtful_only": doubtful,
        "fatal_only": fatal,
        "recorded_only": recorded,
    }


def _first_page() -> None:
    st.session_state.review_page = 1


def _weeks(latest: date) -> list[IsoWeek]:
    return [IsoWeek.of(latest - timedelta(weeks=back)) for back in range(WEEKS)]


def _days(period: str, keep: dict[str, Any]) -> tuple[date | None, date | None]:
    if period == "all":
        return None, None
    if period != "dates":
        week = IsoWeek.parse(period)
        return week.first, week.last
    chosen = st.date_input(t("review.dates"), value=(), key="review_dates", **keep)
    days = chosen if isinstance(chosen, tuple) else (chosen,)
    return (days[0] if days else None), (days[-1] if len(days) > 1 else None)


def _list(found: CallPage) -> None:
    st.session_state.review_listed = [row.id for row in found.rows]
    heads = [t(f"review.head_{name}") for name in ("call", "agent", "topic", "words", "score", "result")]
    rows = [{"id": row.id, "cells": _cells(row)} for row in found.rows]
    chosen = components.table(key="review_list", data={"heads": heads, "rows": rows}, on_open_change=lambda: None)
    if chosen.open:
        _go(chosen.open)


def _cells(row: CallRow) -> list[dict[str, Any]]:
    minutes, seconds = divmod(round(row.duration_s if row.duration_s is not None else row.talk_s), 60)
    source = term("source", row.text_source.kind.value) if row.text_source else t("call.no_recording")
    return [
        {"lines": [row.id, f"{row.started_at:%Y-%m-%d %H:%M}"]},
        {"lines": [row.agent_name or row.agent_id or "–", opened.team_words(row) or "–"]},
        {"lines": [row.topic or "–", opened.queue_words(row)]},
        {"lines": [f"{minutes}:{seconds:02d}", source + (f" · {t('app.synthetic')}" if row.synthetic else "")]},
        score_cell(row),
        {"badges": badges(row)},
    ]


def score_cell(row: CallRow) -> dict[str, Any]:
    """The score interval as a bar with its numbers."""
    if row.low is None or row.high is None:
        return {"lines": ["–"]}
    return {"score": {"low": row.low, "high": row.high, "full": 100, "text": opened.score_words(row.low, row.high), "passed": row.passed}}


def badges(row: CallRow) -> list[dict[str, str]]:
    """Passed or not, fatal items, and how many items are in doubt."""
    found = []
    if row.passed is not None:
        found.append({"text": term("passed", row.passed), "kind": row.passed})
    if row.fatal_certain or row.fatal_possible:
        found.append({"text": t("review.fatal"), "kind": "fatal" if row.fatal_certain else "doubtful"})
    if row.doubtful_items:
        found.append({"text": t("review.doubtful", count=row.doubtful_items), "kind": "doubtful"})
    return found
