"""The back-test of a queue's forecast beside seasonal naive, run when asked for."""

from __future__ import annotations

import polars as pl
import streamlit as st

from forecasting import events as event_room
from forecasting.backtest import backtest
from hotline.locale import t, term
from hotline.store import Store, Viewer, series

FIGURES = ("wape", "bias", "mase", "pinball", "cover80", "cover95", "total")
SHARES = {"wape", "bias", "pinball", "cover80", "cover95", "total"}


def event_table(store: Store) -> event_room.EventTable:
    """The planner's events of this installation, or the ones that come along."""
    own = store.settings.home / "events.yaml"
    return event_room.load_events(own if own.exists() else None)


def show(store: Store, viewer: Viewer, queue: str) -> None:
    """Choose origins and horizon, run, read. The result stays in this browser session until the queue or the choice changes."""
    st.markdown(t("backtest.about"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        origins = st.number_input(t("backtest.origins"), 1, 12, 4, key="backtest_origins", width=180)
        days = st.number_input(t("backtest.days"), 7, 90, 28, step=7, key="backtest_days", width=180)
        pressed = st.button(t("backtest.run"), icon=":material/history:", type="primary")
    asked = (viewer, queue, origins, days)
    if pressed:
        history = series.offered(store, viewer, queue)
        table = event_table(store)
        with st.status(t("backtest.running")) as status:
            scores = backtest(
                history,
                int(origins),
                int(days),
                table.of_queue(queue),
                calendar=table.calendar,
                on_origin=lambda origin: status.update(label=t("backtest.origin", day=origin)),
            )
            status.update(label=t("backtest.done"), state="complete")
        st.session_state.backtest = (asked, scores)
    kept = st.session_state.get("backtest")
    if kept and kept[0] == asked:
        st.dataframe(_table(kept[1]), hide_index=True, height="content")
        st.caption(t("backtest.legend"))


def _table(scores: pl.DataFrame) -> pl.DataFrame:
    """A row a model, metric and grain, shares as percentages."""
    rows = []
    for row in scores.iter_rows(named=True):
        line: dict[str, object] = {
            t("backtest.metric"): term("metric", row["metric"]),
            t("backtest.grain"): term("grain", row["grain"]),
            t("backtest.model"): row["model"],
            t("backtest.points"): row["n"],
        }
        for name in FIGURES:
            value = row[name]
            line[t(f"figure.{name}")] = (
                "–" if value is None else f"{value:+.1%}" if name == "bias" else f"{value:.1%}" if name in SHARES else f"{value:.2f}"
            )
        rows.append(line)
    return pl.DataFrame(rows)
