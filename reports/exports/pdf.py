"""The weekly report as a PDF, set by typst from ``weekly.typ`` and a file of texts: data never become markup."""

from __future__ import annotations

import json
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import typst

from reports import wording
from reports.exports import charts
from reports.kpi import definition_rows, kpis
from reports.weekly import WeeklyReport

_TEXTS = {
    "zh": {
        "made": "生成于",
        "service": "服务",
        "quality": "质量",
        "queues": "各队列",
        "days": "每日话务",
        "teams": "班组看板",
        "intervals": "班组与 95% 区间",
        "intervals_note": "区间大幅重叠的班组之间没有可靠差别，因此不排名。",
        "agents": "座席看板",
        "deductions": "质检扣分项",
        "lost": "扣分最多的评分项",
        "no_scores": "本周没有扣分，或没有已评分的通话。",
        "deduction_heads": "环节|评分项|适用|不合格|存疑|确定扣分|存疑扣分",
        "definitions": "指标定义",
        "last_week": "上周",
        "reading": "数值 [95% 区间] n=样本；样本不足时只列计数（如 1/5），不作判断。质检得分写作「存疑全扣–只扣确定项」。",
    },
    "en": {
        "made": "made",
        "service": "Service",
        "quality": "Quality",
        "queues": "Queues",
        "days": "Calls a day",
        "teams": "Teams",
        "intervals": "Teams with 95 % intervals",
        "intervals_note": "Teams whose intervals overlap a lot cannot be told apart, so they are not ranked.",
        "agents": "Agents",
        "deductions": "QA deductions",
        "lost": "Items that cost most points",
        "no_scores": "Nothing was lost in this week, or no call was scored.",
        "deduction_heads": "Section|Item|Applied|Failed|Doubtful|Points lost|In doubt",
        "definitions": "Definitions",
        "last_week": "was",
        "reading": "value [95 % interval] n=sample; below the smallest sample only the count is given (1/5) and nothing is concluded. "
        "A QA score reads doubts lost–certain losses only.",
    },
}
_TILES = ("offered", "calls", "answer_rate", "service_level", "asa", "aht", "qa_score", "fatal", "satisfaction", "fcr")


def write(report: WeeklyReport, path: Path) -> Path:
    """Set the report and write it to ``path``; fonts come with Hotline, so every machine gives the same pages."""
    with tempfile.TemporaryDirectory(prefix="hotline-report-") as name:
        folder = Path(name)
        template = folder / "weekly.typ"
        template.write_text(resources.files("reports.exports").joinpath("weekly.typ").read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "data.json").write_text(json.dumps(content(report), ensure_ascii=False), encoding="utf-8")
        for chart, drawing in drawings(report).items():
            (folder / f"{chart}.svg").write_text(drawing, encoding="utf-8")
        page = typst.compile(str(template), root=name, font_paths=[str(charts.font_folder())], ignore_system_fonts=True)
    path.write_bytes(page)
    return path


def content(report: WeeklyReport) -> dict[str, Any]:
    """Every text of the PDF, worded and ready to set."""
    language, board = report.language, report.board
    label = wording.LABELS[language]
    team = "team" if language == "zh" else "team_en"
    heads, definitions = definition_rows(language)
    return {
        "language": language,
        "text": _TEXTS[language],
        "title": report.title,
        "unit": report.unit,
        "period": report.period,
        "made": f"{report.made_at:%Y-%m-%d %H:%M}",
        "synthetic": label["synthetic"] if board.synthetic else "",
        "chance": label["chance"],
        "tiles": _tiles(report),
        "queues": _queues(report),
        "board_heads": [kpi.name[language] for kpi in board.columns.values()],
        "teams": _board(board.teams, [team], report),
        "team_heads": [label["team"]],
        "agents": _board(board.agents, ["agent_id", "agent_name", team], report),
        "agent_heads": ["ID", label["agent"], label["team"]],
        "has_deductions": _has_losses(report),
        "deduction_heads": _TEXTS[language]["deduction_heads"].split("|"),
        "deductions": _deductions(report),
        "definition_heads": list(heads[1:6]),
        "definitions": [list(row[1:6]) for row in definitions],
    }


def drawings(report: WeeklyReport) -> dict[str, str]:
    """The charts by the name that the template knows them by."""
    drawn = {"days": charts.calls_a_day(report.days, report.language)}
    drawn |= {kpi_id: charts.team_intervals(report.board.teams, kpi_id, report.language) for kpi_id in ("fcr", "satisfaction")}
    if _has_losses(report):
        drawn["lost"] = charts.most_lost(report.deductions, report.language)
    return drawn


def _tiles(report: WeeklyReport) -> list[dict[str, str]]:
    """The big numbers: value, the small print under it, and what changed."""
    service = report.service.row(0, named=True)
    total = next(report.board.total.iter_rows(named=True), None)
    tiles = []
    for kpi_id in _TILES:
        kpi = kpis()[kpi_id]
        if kpi.shown == "report":
            value, small, told, tone = kpi.text(service[kpi_id]), "", "", "neutral"
        elif total is None:
            value, small, told, tone = "–", "", "", "neutral"
        else:
            value, _, small = wording.cell(total, kpi).partition(" ")
            told, tone = wording.change(total, kpi, report.language), wording.tone(total, kpi)
        unit = "s" if kpi.unit == "s" else ""
        tiles.append({"name": kpi.name[report.language], "value": value, "unit": unit, "small": small, "change": told, "tone": tone})
    return tiles


def _queues(report: WeeklyReport) -> dict[str, list[Any]]:
    language = report.language
    columns = ("offered", "answer_rate", "service_level", "asa", "aht")
    rows = []
    for row in report.queues.iter_rows(named=True):
        line: list[Any] = [row["queue"] if language == "zh" else row["queue_en"]]
        for column in columns:
            before = row.get(f"{column}_before")
            small = "" if before is None else f"{_TEXTS[language]['last_week']} {kpis()[column].text(before)}"
            line.append({"text": kpis()[column].text(row[column]), "small": small})
        rows.append(line)
    return {"heads": [wording.LABELS[language]["queue"], *(kpis()[column].name[language] for column in columns)], "rows": rows}


def _has_losses(report: WeeklyReport) -> bool:
    return not charts.worst_items(report.deductions, 1).is_empty()


def _deductions(report: WeeklyReport) -> list[dict[str, Any]]:
    """The costliest items with how often they applied, failed and were doubtful."""
    tail = "" if report.language == "zh" else "_en"
    lines = []
    for row in charts.worst_items(report.deductions, 24).iter_rows(named=True):
        counts = [f"{row[name]:,}" for name in ("judged", "failed", "doubtful")]
        points = [f"{row[name]:.1f}" for name in ("lost_certain", "lost_possible")]
        lines.append(
            {"fatal": row["fatal"], "cells": [row[f"section{tail}"] or "", row[f"title{tail}"] or row["item_id"], *counts, *points]}
        )
    return lines


def _board(rows: pl.DataFrame, keys: list[str], report: WeeklyReport) -> list[dict[str, Any]]:
    return [
        {
            "keys": [row[key] or "" for key in keys],
            "cells": [
                {"text": wording.cell(row, kpi), "change": wording.change(row, kpi, report.language), "tone": wording.tone(row, kpi)}
                for kpi in report.board.columns.values()
            ],
        }
        for row in rows.iter_rows(named=True)
    ]
