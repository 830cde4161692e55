"""Charts: forecasts with bands, estimates with intervals, sparklines. One look for all of them.

Frames are polars; times are passed as local clock times without a zone, because a browser would move
anything else to its own zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl

from hotline.locale import t

FONT = "'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
MAIN, WARM, COOL, LOST, DOUBT, GREY = "#12897F", "#D9752B", "#3B6FB6", "#C2364F", "#B7791F", "#7B8794"
DAY = timedelta(days=1)


def local(frame: pl.DataFrame, column: str, zone: ZoneInfo) -> pl.DataFrame:
    """``frame`` with the instants of ``column`` as local clock times."""
    kind = frame.schema[column]
    if not isinstance(kind, pl.Datetime):
        return frame.with_columns(pl.col(column).cast(pl.Datetime("us")))
    instants = pl.col(column) if kind.time_zone else pl.col(column).dt.replace_time_zone("UTC")
    return frame.with_columns(instants.dt.convert_time_zone(str(zone)).dt.replace_time_zone(None))


def bands(
    frame: pl.DataFrame,
    *,
    unit: str,
    history: pl.DataFrame | None = None,
    events: Sequence[tuple[date, date, str]] = (),
    clock: str = "%m-%d",
    height: int = 320,
) -> alt.LayerChart:
    """A forecast: 95 % and 80 % bands round its mean.

    ``frame`` has start (clock time), mean, low80, high80, low95, high95; ``history`` has start and value;
    ``events`` are spans of days, both ends included, to mark with a name.
    """
    tips = [
        alt.Tooltip("start:T", title=t("chart.when"), format=clock if "%H" in clock else "%Y-%m-%d"),
        alt.Tooltip("mean:Q", title=t("chart.forecast"), format=",.0f"),
        alt.Tooltip("low80:Q", title=t("chart.low80"), format=",.0f"),
        alt.Tooltip("high80:Q", title=t("chart.high80"), format=",.0f"),
        alt.Tooltip("low95:Q", title=t("chart.low95"), format=",.0f"),
        alt.Tooltip("high95:Q", title=t("chart.high95"), format=",.0f"),
    ]
    x = alt.X("start:T", title=None, axis=alt.Axis(format=clock, labelOverlap="parity", grid=False))
    base = alt.Chart(frame).encode(x=x)
    y = alt.Y("low95:Q", title=unit, axis=alt.Axis(format="~s", tickCount=5))
    layers: list[alt.Chart] = [
        base.mark_area(color=MAIN, opacity=0.14).encode(y=y, y2="high95:Q"),
        base.mark_area(color=MAIN, opacity=0.26).encode(y="low80:Q", y2="high80:Q"),
        base.mark_line(color=MAIN, strokeWidth=1.6).encode(y="mean:Q", tooltip=tips),
    ]
    if history is not None and not history.is_empty():
        seen = [
            alt.Tooltip("start:T", title=t("chart.when"), format="%Y-%m-%d"),
            alt.Tooltip("value:Q", title=t("chart.history"), format=",.0f"),
        ]
        layers.insert(
            0, alt.Chart(history).mark_line(color=GREY, strokeWidth=1.1).encode(x=x, y=alt.Y("value:Q", title=unit), tooltip=seen)
        )
    if events:
        layers = [*_spans(events), *layers]
    return _styled(alt.layer(*layers), height)


def estimates(
    frame: pl.DataFrame, *, unit: str, reference: float | None = None, reference_name: str = "", domain: tuple[float, float] | None = None
) -> alt.LayerChart:
    """One row a name: a point with its interval. ``frame`` has name, value, low, high, enough (bool), n."""
    order = frame["name"].to_list()
    scale = alt.Scale(domain=list(domain)) if domain else alt.Scale(zero=False, nice=False, padding=14)
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=160))
    colour = alt.condition(alt.datum.enough, alt.value(MAIN), alt.value(GREY))
    tips = [
        alt.Tooltip("name:N", title=t("chart.who")),
        alt.Tooltip("value:Q", title=unit, format=",.1f"),
        alt.Tooltip("low:Q", title=t("chart.low95"), format=",.1f"),
        alt.Tooltip("high:Q", title=t("chart.high95"), format=",.1f"),
        alt.Tooltip("n:Q", title=t("chart.sample"), format=",.0f"),
    ]
    base = alt.Chart(frame)
    layers: list[alt.Chart] = [
        base.mark_rule(strokeWidth=5, opacity=0.35, strokeCap="round").encode(
            y=y, x=alt.X("low:Q", title=unit, scale=scale), x2="high:Q", color=colour, tooltip=tips
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(
            y=y, x=alt.X("value:Q", title=unit, scale=scale), color=colour, tooltip=tips
        ),
    ]
    if reference is not None:
        line = pl.DataFrame({"at": [reference], "name": [reference_name]})
        tip = [alt.Tooltip("name:N", title=" "), alt.Tooltip("at:Q", title=unit, format=",.1f")]
        layers.append(alt.Chart(line).mark_rule(color=WARM, strokeDash=[4, 3]).encode(x="at:Q", tooltip=tip))
    return _styled(alt.layer(*layers), 26 * len(order) + 90)


def bars(frame: pl.DataFrame, *, unit: str, height: int = 240) -> alt.LayerChart:
    """Upright bars with 80 % bands: ``label``, ``mean``, ``low80``, ``high80``, in the order of the rows."""
    tips = [
        alt.Tooltip("label:N", title=t("chart.when")),
        alt.Tooltip("mean:Q", title=t("chart.forecast"), format=",.0f"),
        alt.Tooltip("low80:Q", title=t("chart.low80"), format=",.0f"),
        alt.Tooltip("high80:Q", title=t("chart.high80"), format=",.0f"),
    ]
    base = alt.Chart(frame).encode(x=alt.X("label:N", sort=None, title=None, axis=alt.Axis(labelAngle=-40)), tooltip=tips)
    return _styled(
        alt.layer(
            base.mark_bar(color=MAIN, opacity=0.75, cornerRadiusTopLeft=2, cornerRadiusTopRight=2).encode(
                y=alt.Y("mean:Q", title=unit, axis=alt.Axis(format="~s", tickCount=5))
            ),
            base.mark_rule(color=GREY, strokeWidth=2).encode(y="low80:Q", y2="high80:Q"),
        ),
        height,
    )


def shares(frame: pl.DataFrame, *, unit: str) -> alt.LayerChart:
    """Lying bars in the order of the rows, each with its number and its share of the sum: ``name``, ``seconds``."""
    named = frame.with_columns(share=pl.col("seconds") / pl.col("seconds").sum()).with_columns(
        words=pl.format("{}  ({} %)", pl.col("seconds").round(1), (100 * pl.col("share")).round(0).cast(pl.Int64))
    )
    tips = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("seconds:Q", title=unit, format=",.1f"),
        alt.Tooltip("share:Q", title="%", format=".1%"),
    ]
    room = alt.Scale(domain=[0, 1.18 * max(frame["seconds"].to_list())])  # for the words beside the longest bar
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=140))
    base = alt.Chart(named)
    bar = base.mark_bar(color=MAIN, opacity=0.8, cornerRadiusEnd=2).encode(
        y=y, x=alt.X("seconds:Q", title=unit, scale=room, axis=alt.Axis(tickCount=6)), tooltip=tips
    )
    words = base.mark_text(align="left", dx=5, color=GREY, fontSize=12).encode(y=y, x="seconds:Q", text="words:N")
    return _styled(alt.layer(bar, words), 26 * frame.height + 50)


def steps(frame: pl.DataFrame, *, unit: str, names: Sequence[str], height: int = 280) -> alt.Chart:
    """Lines of steps over a day: ``start`` (clock time), ``value``, ``series`` (one of ``names``)."""
    tips = [
        alt.Tooltip("start:T", title=t("chart.when"), format="%H:%M"),
        alt.Tooltip("series:N", title=" "),
        alt.Tooltip("value:Q", title=unit, format=",.0f"),
    ]
    scale = alt.Scale(domain=list(names), range=[WARM, MAIN][-len(names) :])
    chart = alt.Chart(frame).mark_line(interpolate="step-after", strokeWidth=2)
    return _styled(
        chart.encode(
            x=alt.X("start:T", title=None, axis=alt.Axis(format="%H:%M", grid=False)),
            y=alt.Y("value:Q", title=unit),
            color=alt.Color("series:N", title=None, scale=scale, legend=alt.Legend(orient="top")),
            tooltip=tips,
        ),
        height,
    )


def rates(frame: pl.DataFrame, *, unit: str, height: int = 200) -> alt.LayerChart:
    """A share a week with its interval: ``week`` (its Monday), ``value``, ``low``, ``high`` (percent), ``n``."""
    tips = [
        alt.Tooltip("week:T", title=t("chart.when"), format="%Y-%m-%d"),
        alt.Tooltip("value:Q", title=unit, format=",.1f"),
        alt.Tooltip("low:Q", title=t("chart.low95"), format=",.1f"),
        alt.Tooltip("high:Q", title=t("chart.high95"), format=",.1f"),
        alt.Tooltip("n:Q", title=t("chart.sample"), format=",.0f"),
    ]
    clock = frame.with_columns(pl.col("week").cast(pl.Datetime("us")))
    base = alt.Chart(clock).encode(x=alt.X("week:T", title=None, axis=alt.Axis(format="%m-%d", grid=False, values=clock["week"].to_list())))
    y = alt.Y("low:Q", title=unit, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=4))
    return _styled(
        alt.layer(
            base.mark_area(color=LOST, opacity=0.14).encode(y=y, y2="high:Q"),
            base.mark_line(color=LOST, strokeWidth=1.8, point=alt.OverlayMarkDef(color=LOST, size=36)).encode(y="value:Q", tooltip=tips),
        ),
        height,
    )


def both_ways(frame: pl.DataFrame, *, unit: str, kinds: tuple[str, str]) -> alt.Chart:
    """Lying bars to either side of zero: ``name``, ``kind`` (one of ``kinds``: the bad one first), ``calls`` (how much)."""
    tips = [alt.Tooltip("name:N", title=" "), alt.Tooltip("kind:N", title=" "), alt.Tooltip("calls:Q", title=unit)]
    chart = alt.Chart(frame).mark_bar(cornerRadius=2, opacity=0.85)
    shown = chart.encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X("calls:Q", title=unit, axis=alt.Axis(tickMinStep=1, tickCount=6, labelExpr="abs(datum.value)")),
        color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=list(kinds), range=[LOST, MAIN]), legend=alt.Legend(orient="top")),
        tooltip=tips,
    )
    return _styled(shown, 28 * frame["name"].n_unique() + 140)


def heads(frame: pl.DataFrame, *, unit: str, height: int = 280) -> alt.Chart:
    """Heads per half-hour, coloured by the target that binds: ``start`` (clock time), ``net``, ``gross``, ``binding`` (a name)."""
    ends = frame.with_columns(end=pl.col("start") + timedelta(minutes=30), zero=pl.lit(0))
    tips = [
        alt.Tooltip("start:T", title=t("chart.when"), format="%H:%M"),
        alt.Tooltip("net:Q", title=t("planning.net"), format=",.0f"),
        alt.Tooltip("gross:Q", title=t("planning.gross"), format=",.0f"),
        alt.Tooltip("binding:N", title=t("planning.binding")),
    ]
    names = frame["binding"].unique(maintain_order=True).to_list()
    scale = alt.Scale(domain=names, range=[MAIN, WARM, COOL, LOST, DOUBT, GREY][: len(names)])
    base = alt.Chart(ends)
    span = {"x": alt.X("start:T", title=None, axis=alt.Axis(format="%H:%M", grid=False)), "x2": "end:T"}
    colour = alt.Color("binding:N", title=t("planning.binding"), scale=scale, legend=alt.Legend(orient="top"))
    return _styled(
        alt.layer(
            base.mark_rect(opacity=0.3).encode(**span, y=alt.Y("gross:Q", title=unit), y2="zero:Q", color=colour, tooltip=tips),
            base.mark_rect(opacity=0.95).encode(**span, y=alt.Y("net:Q", title=unit), y2="zero:Q", color=colour, tooltip=tips),
        ),
        height,
    )


def _spans(events: Sequence[tuple[date, date, str]]) -> list[alt.Chart]:
    """Named spans of days behind a chart, with the names of the longer ones written at the top."""
    marked = pl.DataFrame(
        [
            {
                "start": datetime(a.year, a.month, a.day),
                "end": datetime(b.year, b.month, b.day) + DAY,
                "name": name,
                "days": (b - a).days + 1,
            }
            for a, b, name in events
        ]
    )
    tips = [
        alt.Tooltip("name:N", title=t("chart.event")),
        alt.Tooltip("start:T", title=t("chart.from"), format="%Y-%m-%d"),
        alt.Tooltip("days:Q", title=t("chart.days")),
    ]
    base = alt.Chart(marked).encode(x="start:T", x2="end:T")
    text = alt.Chart(marked).transform_filter(alt.datum.days >= 14).encode(x="start:T", text="name:N")
    return [
        base.mark_rect(color=WARM, opacity=0.13).encode(tooltip=tips),
        text.mark_text(align="left", baseline="top", dx=3, y=3, fontSize=11, color=WARM),
    ]


def _styled(chart: alt.Chart, height: int) -> alt.Chart:
    level = {"titleAngle": 0, "titleAlign": "left", "titleBaseline": "bottom", "titleY": -8, "titleX": -30}  # Chinese does not turn
    return chart.properties(height=height, width="container").configure(font=FONT).configure_axisY(**level).configure_view(strokeWidth=0)
