"""Charts of the printed report as SVG, drawn by Vega-Lite without a browser and without the network."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import vl_convert

from reports.kpi import kpis

FONT = "Noto Sans SC"
INK, ACCENT, LIGHT, RULE, BAD, PALE_BAD = "#1F2A37", "#0B5C7A", "#9FC3D3", "#DCE5EA", "#B3261E", "#E8B4B0"


@cache
def font_folder() -> Path:
    """The folder of the Chinese fonts that come as a Python package: no font of the system is needed."""
    folder = Path(str(resources.files("pylopdf_fonts_zh_cn")))
    vl_convert.register_font_directory(str(folder))
    return folder


def calls_a_day(days: pl.DataFrame, language: str) -> str:
    """Offered and answered calls of each day, side by side."""
    names = [kpis()["offered"].name[language], kpis()["calls"].name[language]]
    weekdays = "一二三四五六日" if language == "zh" else ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    rows = [
        {"day": f"{row['day']:%m-%d} {weekdays[row['day'].weekday()]}", "what": name, "calls": row[column]}
        for row in days.iter_rows(named=True)
        for name, column in zip(names, ("offered", "answered"), strict=True)
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(cornerRadiusTopLeft=1, cornerRadiusTopRight=1)
        .encode(
            x=alt.X("day:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("what:N", sort=names),
            y=alt.Y("calls:Q", title=None, axis=alt.Axis(format=",d", tickCount=5)),
            color=alt.Color("what:N", sort=names, title=None, scale=alt.Scale(domain=names, range=[LIGHT, ACCENT])),
        )
    )
    return _svg(chart, 430, 210)


def team_intervals(teams: pl.DataFrame, kpi_id: str, language: str) -> str:
    """Each team's share as a point on its 95 % interval; teams whose intervals overlap are not told apart."""
    name = "team" if language == "zh" else "team_en"
    rows = [
        {"team": row[name], "value": row[kpi_id], "low": row[f"{kpi_id}_low"], "high": row[f"{kpi_id}_high"]}
        for row in teams.iter_rows(named=True)
        if row[kpi_id] is not None
    ]
    share = alt.Axis(format=".1~%", tickCount=6)
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("team:N", sort=None, title=None))
    bars = base.mark_rule(color=ACCENT, strokeWidth=2).encode(
        x=alt.X("low:Q", title=kpis()[kpi_id].name[language], axis=share, scale=alt.Scale(zero=False, nice=True)), x2="high:Q"
    )
    points = base.mark_point(color=ACCENT, filled=True, size=55, opacity=1).encode(x=alt.X("value:Q", axis=share))
    return _svg(bars + points, 360, max(40, 20 * len(rows)))


def worst_items(deductions: pl.DataFrame, count: int) -> pl.DataFrame:
    """Items that cost points or failed, the costliest first."""
    return (
        deductions.filter((pl.col("lost_certain") > 0) | (pl.col("lost_possible") > 0) | (pl.col("failed") > 0))
        .sort("lost_certain", "failed", "lost_possible", "item_no", descending=[True, True, True, False])
        .head(count)
    )


def most_lost(deductions: pl.DataFrame, language: str, count: int = 12) -> str:
    """The items that cost most points: certain ones dark, those in doubt light."""
    names = ["确定扣分", "存疑扣分"] if language == "zh" else ["Points lost", "In doubt"]
    title = "title" if language == "zh" else "title_en"
    worst = worst_items(deductions, count)
    rows = [
        {"item": row[title] or row["item_id"], "what": what, "points": row[column], "order": order}
        for row in worst.iter_rows(named=True)
        for order, (what, column) in enumerate(zip(names, ("lost_certain", "lost_possible"), strict=True))
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(height=11)
        .encode(
            y=alt.Y("item:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            x=alt.X("points:Q", title=None, axis=alt.Axis(tickCount=6)),
            color=alt.Color("what:N", sort=names, title=None, scale=alt.Scale(domain=names, range=[BAD, PALE_BAD])),
            order="order:Q",
        )
    )
    return _svg(chart, 420, max(40, 18 * worst.height))


def _svg(chart: Any, width: int, height: int) -> str:
    font_folder()
    look = {"labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": INK, "labelFontSize": 10, "titleFontSize": 10}
    finished = (
        chart.properties(width=width, height=height, background="transparent")
        .configure(font=FONT)
        .configure_axis(**look, titleFontWeight="normal", gridColor=RULE, domainColor=RULE, tickColor=RULE)
        .configure_legend(labelFont=FONT, labelFontSize=10, orient="top", symbolSize=60)
        .configure_view(stroke=None)
    )
    return str(vl_convert.vegalite_to_svg(finished.to_json()))
