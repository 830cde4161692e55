"""Board sheets of the Excel report: a two-line head, KPI above and its columns below, every KPI with its definition as a note."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from reports import wording
from reports.exports.workbook import ACCENT, BAD, DELTA, GOOD, GREY, INK, PERCENT, RULE, WHOLE, Pages
from reports.kpi import Kpi, kpis

# Per KPI: (head zh, head en, column of the board row, number format or "" for a verdict).
_LOW, _HIGH, _CHANGE = ("下限", "low"), ("上限", "high"), ("较上周", "vs last week")
COLUMNS: dict[str, list[tuple[str, str, str, str]]] = {
    "calls": [("本周", "this week", "calls", WHOLE), (*_CHANGE, "calls_change", DELTA)],
    "aht": [("均值", "mean", "aht", "0"), (*_LOW, "aht_low", "0"), (*_HIGH, "aht_high", "0"), (*_CHANGE, "aht_change", "")],
    "qa_score": [
        ("存疑全扣", "doubts lost", "qa_low", "0.0"),
        ("只扣确定", "certain only", "qa_high", "0.0"),
        (*_LOW, "qa_ci_low", "0.0"),
        (*_HIGH, "qa_ci_high", "0.0"),
        ("评分通话", "scored", "scored", WHOLE),
        (*_CHANGE, "qa_score_change", ""),
    ],
    "fatal": [("确定", "certain", "fatal_certain", "0"), ("存疑", "doubtful", "fatal_possible", "0")],
    "satisfaction": [
        ("满意率", "share", "satisfaction", PERCENT),
        (*_LOW, "satisfaction_low", PERCENT),
        (*_HIGH, "satisfaction_high", PERCENT),
        ("参评数", "answers", "surveys_answered", WHOLE),
        (*_CHANGE, "satisfaction_change", ""),
    ],
    "response": [("参评率", "share", "response", PERCENT)],
    "fcr": [
        ("解决率", "share", "fcr", PERCENT),
        (*_LOW, "fcr_low", PERCENT),
        (*_HIGH, "fcr_high", PERCENT),
        ("已关闭", "closed", "fcr_closed", WHOLE),
        (*_CHANGE, "fcr_change", ""),
    ],
}


Key = tuple[str, str, int]
"""A column that names the row: column of the board, head, width in characters."""

_TOP = 4  # first of the two head rows


def write_board(pages: Pages, name: str, rows: pl.DataFrame, keys: Sequence[Key], charts: bool = False) -> None:
    """Write agents or teams as one sheet; with ``charts``, shares as points on their 95 % intervals below."""
    page, language = pages.sheet(name, _TOP + 1), pages.report.language
    for at, (_, label, width) in enumerate(keys):
        page.merge_range(_TOP, at, _TOP + 1, at, "", pages.head())
        page.write_string(_TOP, at, label, pages.head())
        page.set_column(at, at, width)
    place: dict[str, int] = {}
    at = len(keys)
    for kpi_id, columns in COLUMNS.items():
        kpi = kpis()[kpi_id]
        if len(columns) > 1:
            page.merge_range(_TOP, at, _TOP, at + len(columns) - 1, "", pages.head())
        page.write_string(_TOP, at, kpi.name[language], pages.head())
        page.write_comment(_TOP, at, f"{kpi.formula[language]}\n({kpi.source})", {"x_scale": 3, "y_scale": 2})
        for offset, (zh, en, column, shown) in enumerate(columns):
            page.write_string(_TOP + 1, at + offset, zh if pages.zh else en, pages.head())
            page.set_column(at + offset, at + offset, 9 if shown else 13)
            place[column] = at + offset
        at += len(columns)
    page.set_row(_TOP + 1, 30)
    first = _TOP + 2
    for line, row in enumerate(rows.iter_rows(named=True), first):
        for at, (key, _, _) in enumerate(keys):
            page.write_string(line, at, row[key] or "", pages.line())
        for kpi_id, columns in COLUMNS.items():
            for _, _, column, shown in columns:
                _value(pages, page, line, place[column], row, kpis()[kpi_id], column, shown)
    page.freeze_panes(first, len(keys))
    last = first + rows.height - 1
    page.write_string(last + 2, 0, _legend(pages), pages.style(font_color=GREY))
    if charts and rows.height:
        for offset, kpi_id in enumerate(("fcr", "satisfaction")):
            _intervals(pages, page, name, rows, kpis()[kpi_id], place[kpi_id], first, (last + 4, 9 * offset))


def _value(pages: Pages, page: Any, line: int, column: int, row: dict[str, Any], kpi: Kpi, name: str, shown: str) -> None:
    """One number or verdict; grey where the sample is too small to build on."""
    value = None if name.startswith("fatal") and not row["scored"] else row[name]
    if value is None or shown:
        weak = not row.get(f"{kpi.id}_enough", True)
        alarm = {"font_color": BAD, "bold": True} if name == "fatal_certain" and value else {}
        pages.number(page, line, column, value, shown, **({"font_color": GREY, "italic": True} if weak else alarm))
        return
    colour = {"good": GOOD, "bad": BAD, "neutral": INK if value in ("up", "down") else GREY}[wording.tone(row, kpi)]
    page.write_string(line, column, wording.change(row, kpi, pages.report.language), pages.line(align="right", font_color=colour))


def _intervals(pages: Pages, page: Any, name: str, rows: pl.DataFrame, kpi: Kpi, column: int, first: int, at: tuple[int, int]) -> None:
    """Teams as points with their 95 % intervals: where the bars overlap a lot there is nothing to rank."""
    shown = [(row[kpi.id], row[f"{kpi.id}_low"], row[f"{kpi.id}_high"]) for row in rows.iter_rows(named=True)]
    known = [(value or 0.0, low or 0.0, high or 0.0) for value, low, high in shown]
    last = first + rows.height - 1
    chart = pages.chart("line", f"{kpi.name[pages.report.language]} · 95%", 620, 280)
    chart.add_series(
        {
            "name": kpi.name[pages.report.language],
            "categories": [name, first, 0, last, 0],
            "values": [name, first, column, last, column],
            "line": {"none": True},
            "marker": {"type": "circle", "size": 8, "fill": {"color": ACCENT}, "border": {"color": ACCENT}},
            "y_error_bars": {
                "type": "custom",
                "plus_values": [high - value for value, _, high in known],
                "minus_values": [value - low for value, low, _ in known],
                "line": {"color": ACCENT, "width": 1.5},
            },
        }
    )
    floor = math.floor(min(low for _, low, _ in known) * 20) / 20
    chart.set_legend({"none": True})
    chart.set_y_axis({"min": floor, "max": 1, "num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": RULE}}})
    page.insert_chart(*at, chart)


def _legend(pages: Pages) -> str:
    least = pages.report.board.least
    small = (
        f"灰色斜体：样本不足（比率 < {least}，质检 < 5 通），不宜下结论。"
        if pages.zh
        else f"Grey italics: too few to tell (shares < {least}, QA < 5 calls)."
    )
    return f"{small} {wording.LABELS[pages.report.language]['chance']}"
