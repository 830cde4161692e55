"""The numbers of a board as people read them: one wording for the command line, the report files and the screens.

221 [214–229]            value with its 95 % interval
98.2% [97.8–98.6] n=3797 share with the observations behind it
– n=0                    nothing to say
1/5                      too few to tell: the count, not a percentage
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.intervals import Change
from reports.kpi import Kpi, kpis

Row = Mapping[str, Any]

CHANGES = {
    "zh": {Change.UP: "▲ 上升", Change.DOWN: "▼ 下降", Change.SAME: "无差异", Change.TOO_FEW: "样本少"},
    "en": {Change.UP: "▲ up", Change.DOWN: "▼ down", Change.SAME: "no difference", Change.TOO_FEW: "too few"},
}
LABELS = {
    "zh": {
        "agent": "座席",
        "team": "班组",
        "queue": "队列",
        "week": "周",
        "change": "较上周",
        "total": "合计",
        "scored": "评分通话",
        "synthetic": "合成数据 · 非真实业务",
        "chance": "升降按 95% 区间逐格判断：每 20 格约有 1 格纯属偶然。",
        "none": "本周没有通话",
    },
    "en": {
        "agent": "Agent",
        "team": "Team",
        "queue": "Queue",
        "week": "Week",
        "change": "vs last week",
        "total": "All",
        "scored": "Scored calls",
        "synthetic": "SYNTHETIC DATA · no real callers",
        "chance": "Up and down are decided cell by cell at 95 %: about one cell in 20 is chance alone.",
        "none": "no calls in this week",
    },
}


def cell(row: Row, kpi: Kpi) -> str:
    """The value of a KPI in a board row, with interval and sample where it has them."""
    if kpi.id == "fatal":
        if not row["scored"]:
            return "–"
        return f"{row['fatal_certain']}" + (f" (+{row['fatal_possible']}?)" if row["fatal_possible"] else "")
    if kpi.id == "qa_score":
        return _score(row, kpi)
    if kpi.id == "satisfaction":
        return _share(row, kpi, row["surveys_answered"])
    if kpi.id == "fcr":
        return _share(row, kpi, row["fcr_closed"])
    text = kpi.text(row[kpi.id])
    if kpi.id == "aht" and row["aht_low"] is not None:
        return f"{text} [{kpi.text(max(0.0, row['aht_low']))}–{kpi.text(row['aht_high'])}]"
    return text


def _score(row: Row, kpi: Kpi) -> str:
    count = f"n={row['scored']}"
    if row["qa_high"] is None:
        return f"– {count}"
    span = score_range(row, kpi)
    if row["qa_score_enough"] and row["qa_ci_low"] is not None:
        return f"{span} [{kpi.text(row['qa_ci_low'])}–{kpi.text(row['qa_ci_high'])}] {count}"
    return f"{span} {count}"


def score_range(row: Row, kpi: Kpi) -> str:
    """A QA score as ``low–high``: every doubtful item lost to only certain ones lost; one number where nothing is in doubt."""
    low, high = kpi.text(row["qa_low"]), kpi.text(row["qa_high"])
    return high if low == high else f"{low}–{high}"


def _share(row: Row, kpi: Kpi, trials: int) -> str:
    if not trials:
        return "– n=0"
    if not row[f"{kpi.id}_enough"]:
        return f"{round(row[kpi.id] * trials)}/{trials}"
    low, high = kpi.text(row[f"{kpi.id}_low"]).rstrip("%"), kpi.text(row[f"{kpi.id}_high"]).rstrip("%")
    return f"{kpi.text(row[kpi.id])} [{low}–{high}] n={trials}"


def change(row: Row, kpi: Kpi, language: str) -> str:
    """The change of a KPI to last week: a verdict where one is due, a difference for counts, empty where neither applies."""
    if f"{kpi.id}_change" not in row or (kpi.id == "fatal" and not row["scored"]):
        return ""
    value = row[f"{kpi.id}_change"]
    if isinstance(value, str):
        return CHANGES[language][Change(value)]
    return "–" if value is None else f"{value:+,d}" if value else "±0"


def tone(row: Row, kpi: Kpi) -> str:
    """``good``, ``bad`` or ``neutral``: is a named change in the better direction?"""
    value = row.get(f"{kpi.id}_change")
    if kpi.direction == "none" or value not in (Change.UP, Change.DOWN):
        return "neutral"
    return "good" if value == kpi.direction else "bad"


def table(rows: list[dict[str, Any]], names: Mapping[str, str], language: str) -> list[dict[str, str]]:
    """Board rows as text: ``names`` maps columns of the row to their heads, then every board KPI with its change."""
    lines = []
    for row in rows:
        line = {head: "" if row[column] is None else str(row[column]) for column, head in names.items()}
        for kpi in kpis().values():
            if kpi.shown == "board":
                told = change(row, kpi, language)
                line[kpi.name[language]] = cell(row, kpi) + (f"  {told}" if told else "")
        lines.append(line)
    return lines
