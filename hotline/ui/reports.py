"""报告: make the weekly report of a unit and save it; reports made before, for those who see everything."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import polars as pl
import streamlit as st

from hotline.locale import current, t, term
from hotline.store import Store, Viewer
from hotline.ui import session
from hotline.ui.board import pick_unit, pick_week
from hotline.ui.markup import literal
from reports import weekly
from reports.week import IsoWeek

MIMES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
}
LISTED = 50


def show(store: Store, viewer: Viewer) -> None:
    """Pick week, unit and language; make the files; save them."""
    st.title(t("reports.title"), anchor=False)
    st.caption(t("reports.about"))
    with st.container(border=True):
        left, middle, right = st.columns([1.4, 2, 1.4], vertical_alignment="bottom")
        with left:
            week = pick_week(store, viewer, "report_week")
        with middle:
            unit = pick_unit(store, viewer, "report_unit")
        with right:
            language = st.selectbox(
                t("reports.language"),
                ["zh", "en"],
                index=["zh", "en"].index(current()),
                format_func=lambda c: term("language", c),
                key="report_language",
            )
        if st.button(t("reports.make"), type="primary", icon=":material/description:"):
            with st.spinner(t("reports.making")):
                st.session_state.report = (viewer, f"{week} {unit or ''}", _make(store, viewer, week, unit, language))
    made = st.session_state.get("report")
    if made and made[0] == viewer:
        _offer(made[1], made[2])
    if viewer.scope == "/":
        _before(store, viewer)


def _make(store: Store, viewer: Viewer, week: IsoWeek, unit: str | None, language: str) -> list[tuple[str, bytes]]:
    """Name and content of each file, made in a folder that is gone afterwards.

    The reports folder of the installation belongs to the server's own runs: a file there does not say whose scope it holds.
    """
    with tempfile.TemporaryDirectory(prefix="hotline-report-") as folder:
        files = weekly.write(store, viewer, week, Path(folder), unit=unit, language=language)
        return [(file.name, file.read_bytes()) for file in files]


def _offer(what: str, files: list[tuple[str, bytes]]) -> None:
    st.success(t("reports.ready", what=literal(what)), icon=":material/task_alt:")
    with st.container(horizontal=True):
        for name, content in files:
            session.offer_file(
                f"{name} ({len(content) / 1024:,.0f} KB)",
                content,
                name,
                MIMES.get(Path(name).suffix, "application/octet-stream"),
                at_once=False,
            )


def _before(store: Store, viewer: Viewer) -> None:
    """Reports the server wrote (``hotline report``); they may hold every unit, so only the widest scope sees them."""
    folder = store.settings.reports
    files = (
        sorted((f for f in folder.glob("*") if f.suffix in MIMES), key=lambda f: f.stat().st_mtime, reverse=True) if folder.is_dir() else []
    )
    st.subheader(t("reports.before", count=len(files)), anchor=False)
    if not files:
        st.caption(t("reports.none_before"))
        return
    shown = files[:LISTED]
    zone = store.settings.zone
    table = {
        t("reports.file"): [f.name for f in shown],
        t("reports.written"): [f"{datetime.fromtimestamp(f.stat().st_mtime, zone):%Y-%m-%d %H:%M}" for f in shown],
        t("reports.size"): [f"{f.stat().st_size / 1024:,.0f} KB" for f in shown],
    }
    chosen = st.dataframe(pl.DataFrame(table), hide_index=True, on_select="rerun", selection_mode="single-row", key="reports_before")
    picked = chosen["selection"]["rows"]
    if picked and picked[0] < len(shown):
        file = shown[picked[0]]
        session.offer_file(t("reports.save", name=file.name), _taken(store, viewer, file), file.name, MIMES[file.suffix], at_once=False)


def _taken(store: Store, viewer: Viewer, file: Path) -> bytes:
    """The content of the chosen file, read once while it stays chosen: the audit trail gets a line a taking, not one a click."""
    asked = (viewer, file.name, file.stat().st_mtime_ns)
    kept = st.session_state.get("report_taken")
    if not kept or kept[0] != asked:
        kept = st.session_state.report_taken = (asked, weekly.take(store, viewer, file.name))
    return bytes(kept[1])
