"""听音处理: how runs of ingestion go, and what they put aside."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from hotline.errors import BadInput
from hotline.locale import messages, t, term
from hotline.store import Permission, Store, Viewer, jobs
from hotline.ui import background, charts, components, session, voices
from hotline.ui.components import Badge, Card
from hotline.ui.markup import literal
from qa.redaction.file_names import masked_name

EVERY_S = 3.0
"""How often a run that is under way is looked at."""
RUNS, ASIDE = 20, 10


def show(store: Store, viewer: Viewer) -> None:
    """Runs, the quarantine or voiceprints, as far as the viewer may. Raises AccessDenied for who may none of them."""
    if not viewer.may(Permission.ENROL_VOICES):
        viewer.require(Permission.IMPORT, "ingestion")
    st.title(t("ingestion.title"), anchor=False)
    parts = ["runs", "aside"] if viewer.may(Permission.IMPORT) else []
    if viewer.may(Permission.ENROL_VOICES):
        parts.append("voices")
    part = st.segmented_control(
        t("ingestion.title"),
        parts,
        default=parts[0],
        format_func=lambda name: term("ingestion_part", name),
        key="ingestion_part",
        label_visibility="collapsed",
    )
    if part == "voices":
        voices.show(store, viewer)
        return
    voices.left()
    if part == "aside":
        _aside(store, viewer)
        return
    active = any(run["state"] == "running" for run in jobs.runs(store, viewer, RUNS))
    st.fragment(_runs, run_every=EVERY_S if active else None)(store, viewer, active)


def _runs(store: Store, viewer: Viewer, was_active: bool) -> None:
    """The chosen run, the newest unless another was clicked, above the list of all; drawn anew by itself while one is under way."""
    session.speak()  # a fragment that runs by itself has a context of its own, without what app.py has set
    if session.viewer() != viewer:
        st.rerun()  # signed out meanwhile, or the account has changed
    runs = jobs.runs(store, viewer, RUNS)
    if was_active and not any(run["state"] == "running" for run in runs):
        st.rerun()  # the whole page: nothing is to be watched any more
    if not runs:
        st.info(t("ingestion.no_runs"), icon=":material/graphic_eq:")
        return
    chosen = st.session_state.get("ingestion_run")
    _run(next((run for run in runs if run["id"] == chosen), runs[0]))
    st.subheader(t("ingestion.before"), anchor=False)
    heads = [t(f"ingestion.head_{name}") for name in ("started", "source", "rows", "audio", "took", "state")]
    clicked = components.table(
        key="ingestion_runs", data={"heads": heads, "rows": [_line(run) for run in runs]}, on_open_change=lambda: None
    )
    if clicked.open:
        st.session_state.ingestion_run = int(clicked.open)
        st.rerun(scope="fragment" if was_active else "app")


def _run(run: dict[str, Any]) -> None:
    """One run: how far, how fast, and where its time goes."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(t("ingestion.run", id=run["id"], source=literal(masked_name(Path(run["source"]).name))), anchor=False, width="content")
        colours = {"running": "blue", "finished": "green", "stopped": "orange"}
        st.badge(term("run_state", run["state"]), color=colours.get(run["state"], "red"))
    past = run["done"] + run["skipped"] + run["failed"]
    if run["total"]:
        words = t("ingestion.progress", past=f"{past:,}", total=f"{run['total']:,}", share=f"{min(1.0, past / run['total']):.0%}")
        st.progress(min(1.0, past / run["total"]), text=words)
    if run["state"] == "killed":
        st.warning(t("ingestion.killed"), icon=":material/power_off:")
    left = run["left_s"] if run["state"] == "running" else None
    speed = run["speed"] if run["done"] else None
    aside = Badge(t("ingestion.look"), "bad") if run["failed"] else None
    components.cards(
        "ingestion_cards",
        [
            Card(t("ingestion.done"), f"{run['done']:,}", t("ingestion.done_help"), lines=(t("ingestion.skipped", count=run["skipped"]),)),
            Card(
                t("ingestion.failed"),
                f"{run['failed']:,}",
                t("ingestion.failed_help"),
                aside,
                (t("ingestion.again", count=run["retried"]),),
            ),
            Card(
                t("ingestion.speed"),
                "–" if speed is None else t("ingestion.hours_an_hour", hours=f"{speed:.1f}"),
                t("ingestion.speed_help"),
                lines=(t("ingestion.audio", hours=f"{run['audio_s'] / 3600:.2f}", workers=run["workers"]),),
            ),
            Card(
                t("ingestion.left") if left is not None else t("ingestion.took"),
                _clock(left if left is not None else _took(run)),
                t("ingestion.left_help") if left is not None else "",
                lines=(t("ingestion.told", at=f"{run['updated_at']:%H:%M:%S}"),),
            ),
        ],
    )
    stages = pl.DataFrame([{"name": term("stage", name), "seconds": seconds} for name, seconds in run["stages"].items()])
    if not stages.is_empty() and stages["seconds"].sum() > 0:
        st.caption(t("ingestion.stages"), help=t("ingestion.stages_help"))
        st.altair_chart(charts.shares(stages, unit=t("ingestion.seconds")))


def _line(run: dict[str, Any]) -> dict[str, Any]:
    counts = t("ingestion.counts", done=f"{run['done']:,}", skipped=f"{run['skipped']:,}", failed=f"{run['failed']:,}")
    speed = t("ingestion.hours_an_hour", hours=f"{run['speed']:.1f}") if run["done"] and run["speed"] else ""
    tone = {"running": "", "finished": "yes", "stopped": "doubtful"}.get(run["state"], "no")
    return {
        "id": str(run["id"]),
        "cells": [
            {"lines": [f"{run['started_at']:%Y-%m-%d %H:%M}", f"#{run['id']}"]},
            {"lines": [masked_name(Path(run["source"]).name or run["source"]), masked_name(str(Path(run["source"]).parent))]},
            {"lines": [f"{run['total']:,}", counts]},
            {"lines": [t("ingestion.hours", hours=f"{run['audio_s'] / 3600:.2f}"), speed]},
            {"lines": [_clock(_took(run))]},
            {"badges": [{"text": term("run_state", run["state"]), "kind": tone}]},
        ],
    }


def _took(run: dict[str, Any]) -> float:
    return float((run["updated_at"] - run["started_at"]).total_seconds())


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _aside(store: Store, viewer: Viewer) -> None:
    """The quarantine, each line with its reason, what to do, and both ways out of it."""
    rows = jobs.quarantined(store, viewer)
    st.subheader(t("overview.quarantine", count=len(rows)), anchor=False, help=t("overview.quarantine_help"))
    if message := st.session_state.pop("ingestion_message", None):
        st.success(literal(message), icon=":material/task_alt:")
    if not rows:
        st.success(t("overview.nothing_aside"), icon=":material/done_all:")
        return
    busy = any(run["state"] == "running" for run in jobs.runs(store, viewer, RUNS))
    if busy:
        st.caption(f":material/hourglass_top: {t('ingestion.busy')}")
    if len(rows) > 1 and st.button(t("ingestion.retry_all", count=len(rows)), icon=":material/replay:", disabled=busy, key="retry_all"):
        _retry(store, viewer, rows)
    page = st.session_state.get("aside_page", 1)
    first = (min(page, ceil(len(rows) / ASIDE)) - 1) * ASIDE
    for row in rows[first : first + ASIDE]:
        _put_aside(store, viewer, row, busy)
    if len(rows) > ASIDE:
        st.pagination(ceil(len(rows) / ASIDE), key="aside_page")


def _put_aside(store: Store, viewer: Viewer, row: dict[str, Any], busy: bool) -> None:
    with st.container(border=True):
        words, buttons = st.columns([5, 2], vertical_alignment="center")
        with words:
            name = row["call_id"] or masked_name(Path(row["source"]).name)
            st.markdown(f"**{literal(name)}**　{literal(messages.line(row['problem']))}")
            st.markdown(f":material/build: {literal(messages.message(row['mend']))}")
            tries = t("ingestion.tries", count=row["attempts"]) if row["attempts"] else ""
            st.caption("　".join(part for part in (literal(masked_name(row["source"])), tries, f"{row['at']:%Y-%m-%d %H:%M}") if part))
        with buttons, st.container(horizontal=True, horizontal_alignment="right"):
            if st.button(t("ingestion.retry"), icon=":material/replay:", disabled=busy, key=f"retry_{row['job_id']}"):
                _retry(store, viewer, [row])
            if st.button(t("ingestion.drop"), icon=":material/delete:", help=t("ingestion.drop_help"), key=f"drop_{row['job_id']}"):
                jobs.drop(store, viewer, [row["job_id"]])
                st.session_state.ingestion_message = t("ingestion.dropped", name=name)
                st.rerun()


def _retry(store: Store, viewer: Viewer, rows: list[dict[str, Any]]) -> None:
    """Take the lines out and start a run over each source that named them. Raises BadInput when a source is gone."""
    for row in rows:
        if not row["origin"] or not Path(row["origin"]).exists():
            where = row["origin"] or t("ingestion.no_origin")
            raise BadInput(row["source"], t("ingestion.origin_gone", where=where), t("ingestion.origin_mend"))
    jobs.drop(store, viewer, [row["job_id"] for row in rows])
    for origin in dict.fromkeys(row["origin"] for row in rows):
        background.ingest(store, viewer, Path(origin))
    st.session_state.ingestion_message = t("ingestion.retrying", count=len(rows))
    st.rerun()
