"""The weekly report as an Excel workbook: numbers as numbers, native charts, definitions beside them.

Text from data (names of people, teams, rules) is always written as text, so that a name such as ``=1+1`` stays a name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from reports import wording
from reports.exports.excel_board import write_board
from reports.exports.workbook import ACCENT, BAD, GREY, PERCENT, RULE, WHOLE, Pages, number_format
from reports.kpi import Kpi, definition_rows, kpis
from reports.weekly import WeeklyReport

SHEETS = {
    "zh": ("概览", "班组", "坐席", "质检扣分项", "指标定义"),
    "en": ("Overview", "Teams", "Agents", "QA deductions", "Definitions"),
}
_SERVICE = {"offered": WHOLE, "answered": WHOLE, "answer_rate": PERCENT, "service_level": PERCENT, "asa": "0.0", "aht": "0"}
_SAMPLES = {"qa_score": "scored", "fatal": "scored", "satisfaction": "surveys_answered", "fcr": "fcr_closed", "response": "surveys_asked"}
_PALE_ACCENT, _PALE_BAD = "#9FC3D3", "#E8B4B0"


def write(report: WeeklyReport, path: Path) -> Path:
    """Write the workbook; returns ``path``."""
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), safe) as book:
        book.set_properties({"title": f"{report.title} {report.board.week}", "subject": report.unit, "author": "Hotline"})
        pages = Pages(book, report)
        overview, teams, agents, lost, definitions = SHEETS[report.language]
        label, team = wording.LABELS[report.language], "team" if report.language == "zh" else "team_en"
        _overview(pages, overview)
        write_board(pages, teams, report.board.teams, [(team, label["team"], 16)], charts=True)
        write_board(
            pages, agents, report.board.agents, [("agent_id", "ID", 9), ("agent_name", label["agent"], 12), (team, label["team"], 16)]
        )
        _deductions(pages, lost)
        _definitions(pages, definitions)
    return path


def _overview(pages: Pages, name: str) -> None:
    """The unit in one look: every KPI with interval, sample and change, then the queues, then calls a day."""
    page = pages.sheet(name, 4)
    zh = ["指标", "本周", "95% 区间", "样本", "较上周", "", "", "公式"]
    heads = zh if pages.zh else ["KPI", "This week", "95 % interval", "Sample", "vs last week", "", "", "Formula"]
    pages.heads(page, 4, heads, [22, 14, 18, 12, 16, 14, 14, 60])
    total = next(pages.report.board.total.iter_rows(named=True), None)
    values = {**pages.report.service.row(0, named=True), **(total or {})}
    for line, kpi in enumerate(kpis().values(), 5):
        page.write_string(line, 0, kpi.name[pages.report.language], pages.line(bold=True))
        _figure(pages, page, line, kpi, values)
        for column in (5, 6):
            page.write_blank(line, column, None, pages.line())
        page.write_string(line, 7, kpi.formula[pages.report.language], pages.line(font_color=GREY))
    page.freeze_panes(5, 1)
    _service(pages, page, name, 6 + len(kpis()))


def _figure(pages: Pages, page: Any, line: int, kpi: Kpi, values: dict[str, Any]) -> None:
    """Value, interval, sample and change of one KPI in four cells; a QA score keeps both ends in its cell."""
    known = kpi.shown == "report" or "calls_change" in values  # else nobody in the unit took a call this week
    low, high = (
        values.get(f"{'qa_ci' if kpi.id == 'qa_score' else kpi.id}_low"),
        values.get(f"{'qa_ci' if kpi.id == 'qa_score' else kpi.id}_high"),
    )
    if kpi.id == "qa_score" and known:
        page.write_string(line, 1, wording.score_range(values, kpi), pages.line(align="right"))
    else:
        column = "fatal_certain" if kpi.id == "fatal" else kpi.id
        unscored = kpi.id == "fatal" and not values.get("scored")
        pages.number(page, line, 1, None if unscored or not known else values.get(column), number_format(kpi))
    page.write_string(line, 2, "" if low is None or high is None else f"{kpi.text(low)} – {kpi.text(high)}", pages.line(align="right"))
    sample = values.get(_SAMPLES.get(kpi.id, ""))
    page.write_string(line, 3, "" if sample is None else f"{sample:,}", pages.line(align="right"))
    page.write_string(line, 4, wording.change(values, kpi, pages.report.language) if known else "", pages.line(align="right"))


def _service(pages: Pages, page: Any, name: str, line: int) -> None:
    """Queues and days with their service numbers, and calls a day as a chart."""
    language = pages.report.language
    heads = [kpis()["calls" if column == "answered" else column].name[language] for column in _SERVICE]
    pages.heads(page, line, [wording.LABELS[language]["queue"], *heads])
    for row in pages.report.queues.iter_rows(named=True):
        line += 1
        page.write_string(line, 0, row["queue"] if pages.zh else row["queue_en"], pages.line())
        for column, (key, shown) in enumerate(_SERVICE.items(), 1):
            pages.number(page, line, column, row[key], shown)
    line += 2
    pages.heads(page, line, ["日期" if pages.zh else "Day", *heads])
    first = line + 1
    for row in pages.report.days.iter_rows(named=True):
        line += 1
        page.write_string(line, 0, f"{row['day']:%m-%d}", pages.line())
        for column, (key, shown) in enumerate(_SERVICE.items(), 1):
            pages.number(page, line, column, row[key], shown)
    bars = pages.chart("column", "每日话务" if pages.zh else "Calls a day", 760, 300)
    for column, colour in ((1, _PALE_ACCENT), (2, ACCENT)):
        cells = {"categories": [name, first, 0, line, 0], "values": [name, first, column, line, column]}
        bars.add_series({"name": [name, first - 1, column], "fill": {"color": colour}, "gap": 60, **cells})
    bars.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": RULE}}, "num_format": WHOLE})
    page.insert_chart(line + 2, 0, bars)


def _deductions(pages: Pages, name: str) -> None:
    """Items by the points they cost, those in doubt beside."""
    page = pages.sheet(name, 4)
    rows = pages.report.deductions.sort("lost_certain", "lost_possible", "item_no", descending=[True, True, False])
    zh = ["环节", "评分项", "适用通话", "不合格", "存疑", "确定扣分", "存疑扣分", "致命", "规则版本"]
    en = ["Section", "Item", "Applied", "Failed", "Doubtful", "Points lost", "In doubt", "Fatal", "Rule version"]
    pages.heads(page, 4, zh if pages.zh else en, [14, 26, 10, 10, 10, 11, 11, 8, 20])
    page.freeze_panes(5, 2)
    if rows.is_empty():
        page.write_string(5, 0, "本周没有已评分的通话" if pages.zh else "No call was scored in this week", pages.style(font_color=GREY))
        return
    tail = "" if pages.zh else "_en"
    for line, row in enumerate(rows.iter_rows(named=True), 5):
        page.write_string(line, 0, row[f"section{tail}"] or "", pages.line())
        page.write_string(line, 1, row[f"title{tail}"] or row["item_id"], pages.line())
        for column, key in enumerate(("judged", "failed", "doubtful", "lost_certain", "lost_possible"), 2):
            pages.number(page, line, column, row[key], "0.0" if column > 4 else WHOLE)
        page.write_string(line, 7, ("致命" if pages.zh else "fatal") if row["fatal"] else "", pages.line(font_color=BAD))
        page.write_string(line, 8, row["rule_set"] or "", pages.line())
    _lost_chart(pages, page, name, rows)


def _lost_chart(pages: Pages, page: Any, name: str, rows: pl.DataFrame) -> None:
    last = 4 + min(10, rows.height)
    chart = pages.chart("bar", "扣分最多的评分项" if pages.zh else "Items that cost most points", 640, 360, "stacked")
    for column, colour in ((5, BAD), (6, _PALE_BAD)):
        cells = {"categories": [name, 5, 1, last, 1], "values": [name, 5, column, last, column]}
        chart.add_series({"name": [name, 4, column], "fill": {"color": colour}, "gap": 40, **cells})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"major_gridlines": {"visible": True, "line": {"color": RULE}}})
    page.insert_chart(4, 10, chart)


def _definitions(pages: Pages, name: str) -> None:
    page = pages.sheet(name, 4)
    heads, rows = definition_rows(pages.report.language)
    pages.heads(page, 4, list(heads), [14, 20, 52, 28, 28, 30, 8, 12, 16])
    for line, row in enumerate(rows, 5):
        for column, text in enumerate(row):
            page.write_string(line, column, text, pages.line(text_wrap=True, valign="top"))
    page.freeze_panes(5, 2)
