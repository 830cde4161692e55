"""预测与排班: what is coming, how sure that is, and how many heads it takes."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import streamlit as st

from forecasting import staffing
from forecasting.plan import USUAL_SHRINKAGE
from hotline.locale import current, pick, t, term
from hotline.store import Store, Viewer, forecasts, series
from hotline.store.forecasts import Forecast
from hotline.store.organisation import queues_of
from hotline.ui import charts, components
from hotline.ui.backtest import event_table
from hotline.ui.backtest import show as show_backtest
from hotline.ui.components import Badge, Card
from hotline.ui.markup import literal

PAST = 90
"""Days of history drawn before the forecast."""


def show(store: Store, viewer: Viewer) -> None:
    """Pick a queue; read its year, one of its days, and try other promises."""
    st.title(t("planning.title"), anchor=False)
    names = {row["id"]: pick(row["name"], row["name_en"]) for row in queues_of(store, viewer).iter_rows(named=True)}
    if not names:
        st.info(t("planning.no_queue"), icon=":material/call_missed:")
        return
    queue = st.selectbox(
        t("planning.queue"), list(names), format_func=lambda q: f"{names[q]}　{q}", key="planning_queue", width=360, persist_state="session"
    )
    forecast = forecasts.latest(store, viewer, queue)
    if forecast is None:
        st.info(t("planning.none"), icon=":material/query_stats:")
    else:
        _about(store, viewer, forecast)
    parts = ["year", "day", "what_if", "backtest"] if forecast else ["backtest"]
    part = st.segmented_control(
        t("planning.part"),
        parts,
        default=parts[0],
        format_func=lambda p: term("part", p),
        key="planning_part",
        label_visibility="collapsed",
        required=True,
    )
    if part == "backtest" or forecast is None:
        show_backtest(store, viewer, queue)
    elif part == "day":
        _day(store, viewer, forecast)
    elif part == "what_if":
        _what_if(store, viewer, forecast)
    else:
        _year(store, viewer, forecast)


def _about(store: Store, viewer: Viewer, forecast: Forecast) -> None:
    history = series.offered(store, viewer, forecast.queue_id, "day", last=forecast.first_day, first=forecast.first_day - 7 * charts.DAY)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.caption(
            t(
                "planning.about",
                model=literal(term("forecast_model", forecast.model)),
                made=f"{forecast.made_at:%Y-%m-%d %H:%M}",
                by=literal(term("who", forecast.made_by)),
                first=forecast.first_day,
                last=forecast.last_day,
            ),
            width="content",
        )
        if history["synthetic"].any():
            st.badge(t("app.synthetic_data"), color="gray", icon=":material/science:")
    if forecast.notes:
        st.info("\n".join(f"- {literal(note_words(note))}" for note in forecast.notes))


def note_words(note: str) -> str:
    """The half of a forecast's note, ``Chinese (English)``, that suits the language."""
    chinese, opening, english = note.partition(" (")
    return note if not opening else pick(chinese, english.removesuffix(")"))


def _year(store: Store, viewer: Viewer, forecast: Forecast) -> None:
    """Twelve months of days with bands, the events that move them, and the totals of the months."""
    zone = store.settings.zone
    metric = st.radio(
        t("planning.metric"), ["volume", "aht"], format_func=lambda m: term("metric", m), horizontal=True, key="planning_metric"
    )
    days = charts.local(forecasts.values(store, viewer, forecast.id, metric, "day"), "start", zone)
    past = series.offered(store, viewer, forecast.queue_id, "day", first=forecast.first_day - 400 * charts.DAY)
    past = charts.local(past, "start", zone).filter(pl.col("start") < days["start"].min())
    seen = past.select("start", value=pl.col("offered") if metric == "volume" else pl.col("handle_s") / pl.col("answered"))
    shown = _events(store, forecast)
    unit = t("planning.calls_a_day") if metric == "volume" else t("planning.seconds")
    st.altair_chart(charts.bands(days, unit=unit, history=seen.tail(PAST), events=shown, clock="%Y-%m", height=360))
    st.caption(t("planning.bands"))
    if metric == "volume":
        _months(charts.local(forecasts.values(store, viewer, forecast.id, "volume", "month"), "start", zone), past)
    if shown:
        with st.expander(t("planning.events", count=len(shown))):
            rows = [{t("chart.event"): name, t("chart.from"): str(first), t("planning.until"): str(last)} for first, last, name in shown]
            st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")


def _months(months: pl.DataFrame, past: pl.DataFrame) -> None:
    """Totals of whole months with bands, beside the same month a year before."""
    if months.is_empty():
        return
    before = past.group_by(pl.col("start").dt.truncate("1mo")).agg(pl.col("offered").sum(), days=pl.len()).filter(pl.col("days") >= 28)
    joined = (
        months.with_columns(year_ago=pl.col("start").dt.offset_by("-1y"), label=pl.col("start").dt.strftime("%Y-%m"))
        .join(before, left_on="year_ago", right_on="start", how="left")
        .with_columns(change=pl.col("mean") / pl.col("offered") - 1)
    )
    st.subheader(t("planning.months"), anchor=False)
    left, right = st.columns([3, 2.4])
    left.altair_chart(charts.bars(joined, unit=t("planning.calls_a_month"), height=430))
    table = {
        t("planning.month"): joined["label"],
        t("planning.expected"): [f"{v:,.0f}" for v in joined["mean"]],
        t("planning.low80"): [f"{v:,.0f}" for v in joined["low80"]],
        t("planning.high80"): [f"{v:,.0f}" for v in joined["high80"]],
        t("planning.year_ago"): ["–" if o is None else f"{o:,}" for o in joined["offered"]],
        t("planning.change"): ["–" if c is None else f"{c:+.0%}" for c in joined["change"]],
    }
    right.dataframe(pl.DataFrame(table), hide_index=True, height="content")
    st.caption(t("planning.months_note"))


def _events(store: Store, forecast: Forecast) -> list[tuple[date, date, str]]:
    """Holidays and the planner's events inside the horizon, in order, cut to it."""
    table = event_table(store)
    first, last = forecast.first_day, forecast.last_day
    found = [(p.first, p.last, term("holiday", p.name)) for p in table.calendar.periods(first, last)]
    for event in table.of_queue(forecast.queue_id):
        if event.holidays:
            continue  # the holidays themselves are marked
        found += [(w.first, w.last, event.title[current()]) for w in event.windows(first, last, table.calendar)]
    return sorted((max(a, first), min(b, last), name) for a, b, name in found if a <= last and b >= first)


def _half_hours(store: Store, viewer: Viewer, forecast: Forecast) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Volume and handle time by half-hour as clock times; None when the forecast has none."""
    zone = store.settings.zone
    volume = charts.local(forecasts.values(store, viewer, forecast.id, "volume", "half_hour"), "start", zone)
    handle = charts.local(forecasts.values(store, viewer, forecast.id, "aht", "half_hour"), "start", zone)
    if volume.is_empty():
        st.info(t("planning.no_half_hours"), icon=":material/schedule:")
        return None
    return volume, handle


def _pick_day(frame: pl.DataFrame, key: str) -> date:
    days = frame["start"].dt.date()
    first, last = days.min(), days.max()
    assert isinstance(first, date) and isinstance(last, date)
    chosen = st.date_input(t("planning.day"), value=first, min_value=first, max_value=last, key=key, width=240)
    return chosen if isinstance(chosen, date) else first


def _day(store: Store, viewer: Viewer, forecast: Forecast) -> None:
    """One day in half-hours: calls with bands, heads with the constraint that binds."""
    found = _half_hours(store, viewer, forecast)
    if found is None:
        return
    day = _pick_day(found[0], f"planning_day_{forecast.id}")
    volume = found[0].filter(pl.col("start").dt.date() == day)
    st.altair_chart(charts.bands(volume, unit=t("planning.calls_half_hour"), clock="%H:%M", height=260))
    plan = charts.local(forecasts.plan(store, viewer, forecast.id), "start", store.settings.zone).filter(pl.col("start").dt.date() == day)
    st.subheader(t("planning.heads"), anchor=False)
    if plan.is_empty():
        st.info(t("planning.no_plan"), icon=":material/groups:")
        return
    named = plan.with_columns(binding=pl.col("binding").map_elements(lambda b: term("binding", b), return_dtype=pl.String))
    calls, levels = volume["mean"].to_numpy(), plan["service_level"].to_numpy()
    weight = float(levels @ calls / max(calls.sum(), 1e-9)) if len(calls) == len(levels) else None
    components.cards(
        "day_cards",
        [
            Card(t("planning.expected_day"), f"{calls.sum():,.0f}"),
            Card(t("planning.head_hours"), f"{plan['gross'].sum() / 2:,.1f}", t("planning.head_hours_help")),
            Card(t("planning.peak_gross"), str(plan["gross"].to_numpy().max())),
            Card(t("planning.service_level"), "–" if weight is None else f"{weight:.1%}", t("planning.service_level_help")),
        ],
    )
    st.altair_chart(charts.heads(named, unit=t("planning.heads_unit")))
    st.caption(t("planning.heads_note"))
    with st.expander(t("planning.table")):
        table = {
            t("planning.half_hour"): plan["start"].dt.strftime("%H:%M"),
            t("planning.net"): plan["net"],
            t("planning.gross"): plan["gross"],
            t("planning.binding"): named["binding"],
            t("planning.service_level"): [f"{v:.1%}" for v in plan["service_level"]],
            t("planning.occupancy"): [f"{v:.1%}" for v in plan["occupancy"]],
            t("planning.abandonment"): [f"{v:.1%}" for v in plan["abandonment"]],
            t("planning.asa"): [f"{v:.1f}" for v in plan["asa_s"]],
        }
        st.dataframe(pl.DataFrame(table), hide_index=True, height=420)


def _what_if(store: Store, viewer: Viewer, forecast: Forecast) -> None:
    """Other promises, volumes or handle times for a day, beside the stored plan."""
    found = _half_hours(store, viewer, forecast)
    if found is None:
        return
    volume, handle = found
    usual = staffing.total_shrinkage(USUAL_SHRINKAGE)
    left, right = st.columns([1, 2.4], gap="large")
    with left:
        day = _pick_day(volume, f"what_if_day_{forecast.id}")
        level = st.slider(t("what_if.level"), 50, 99, 80, format="%d%%", key="what_if_level") / 100
        within = st.slider(t("what_if.within"), 5, 120, 20, step=5, key="what_if_within")
        occupancy = st.slider(t("what_if.occupancy"), 50, 100, 85, format="%d%%", key="what_if_occupancy") / 100
        calls = st.slider(t("what_if.volume"), 50, 200, 100, step=5, format="%d%%", key="what_if_volume") / 100
        aht = st.slider(t("what_if.aht"), 50, 200, 100, step=5, format="%d%%", key="what_if_aht") / 100
        shrinkage = st.slider(t("what_if.shrinkage"), 0, 60, round(100 * usual), format="%d%%", key="what_if_shrinkage") / 100
        upper = st.toggle(t("what_if.upper"), key="what_if_upper", help=t("what_if.upper_help"))
    of_day = pl.col("start").dt.date() == day
    joined = volume.filter(of_day).join(handle.filter(of_day).select("start", aht="mean"), on="start", how="left")
    offered = joined["high80" if upper else "mean"].to_numpy() * calls
    targets = staffing.Targets(service_level=level, within_s=within, occupancy=occupancy)
    need = staffing.required(offered, joined["aht"].fill_null(strategy="mean").to_numpy() * aht, targets)
    gross = staffing.gross_heads(need.net, {"all": shrinkage})
    plan = charts.local(forecasts.plan(store, viewer, forecast.id), "start", store.settings.zone).filter(of_day)
    with right:
        hours, planned = gross.sum() / 2, plan["gross"].sum() / 2
        against = Badge(t("what_if.against", hours=f"{hours - planned:+,.1f}")) if not plan.is_empty() and hours != planned else None
        share = float((need.service_level * offered).sum() / max(offered.sum(), 1e-9))
        busiest = [str(name) for name in need.binding if name not in ("none", "minimum")]
        binding = max(set(busiest), key=busiest.count) if busiest else "none"
        components.cards(
            "what_if_cards",
            [
                Card(t("planning.head_hours"), f"{hours:,.1f}", t("planning.head_hours_help"), against),
                Card(t("planning.peak_gross"), str(gross.max())),
                Card(t("planning.service_level"), f"{share:.1%}", t("planning.service_level_help")),
                Card(t("planning.binding"), term("binding", binding), t("what_if.binding_help")),
            ],
        )
        lines = [_line(joined["start"], gross, t("what_if.this"))]
        if not plan.is_empty():
            lines.insert(0, _line(plan["start"], plan["gross"].to_numpy(), t("what_if.plan")))
        st.altair_chart(
            charts.steps(pl.concat(lines), unit=t("planning.heads_unit"), names=[line["series"][0] for line in lines], height=340)
        )
        st.caption(t("what_if.note"))


def _line(start: pl.Series, value: np.ndarray, name: str) -> pl.DataFrame:
    return pl.DataFrame({"start": start, "value": np.asarray(value, dtype=np.float64)}).with_columns(series=pl.lit(name))
