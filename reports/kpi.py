"""The KPI dictionary: what each number means, kept in ``kpis.yaml`` so that a board can open its definition.

>>> kpis()["satisfaction"].name["zh"]
'满意率'
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

from hotline.errors import BadInput
from hotline.store.figures import measures_of

_TEXTS = ("name", "formula", "numerator", "denominator", "exclusions")
_CHOICES = {
    "unit": ("calls", "count", "s", "h", "points", "percent"),
    "direction": ("up", "down", "none"),
    "shown": ("board", "report"),
    "source": ("agent_days", "queue_days", "ticket_days", "clock_days", "closures", "external_surveys"),
    "interval": ("wilson", "t", "ratio", "none"),
}
_OPTIONAL = {"clock": "", "squares": "", "near_100": False}


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI; the head of ``kpis.yaml`` says what each field means.

    Texts are mappings ``zh``/``en``. A ``percent`` is kept as a share, 0–1, also in ``target``; ``h`` is kept in
    seconds. ``top`` and ``bottom`` map columns of the roll-up ``source`` to their signs; ``bottom`` is empty for a plain sum.
    """

    id: str
    name: Mapping[str, str]
    formula: Mapping[str, str]
    numerator: Mapping[str, str]
    denominator: Mapping[str, str]
    exclusions: Mapping[str, str]
    top: Mapping[str, int]
    bottom: Mapping[str, int]
    unit: str
    decimals: int
    direction: str
    target: float | None
    version: int
    source: str
    feed: str
    interval: str
    family: str
    shown: str
    clock: str = ""
    squares: str = ""
    near_100: bool = False

    def counted(self, sums: Mapping[str, float | None]) -> tuple[float, float | None]:
        """Numerator and denominator from sums of the roll-up's columns; no denominator for a plain sum."""
        top, bottom = (sum(sign * (sums[name] or 0) for name, sign in terms.items()) for terms in (self.top, self.bottom))
        return top, bottom if self.bottom else None

    def text(self, value: float | None) -> str:
        """The value as people read it; an en dash when there is none."""
        if value is None or math.isnan(value):
            return "–"
        if self.unit == "percent":
            return f"{100 * value:.{self.decimals}f}%"
        return f"{value / 3600 if self.unit == 'h' else value:,.{self.decimals}f}"


def parse(text: str, name: str) -> dict[str, Kpi]:
    """The KPIs of a dictionary in YAML, by id. Raises BadInput naming file, KPI and field."""
    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadInput(name, f"not valid YAML ({str(error).splitlines()[0]})", "mend the line named") from None
    if not isinstance(entries, list):
        raise BadInput(name, "not a list of KPIs", "begin each KPI with '- id:'")
    found: dict[str, Kpi] = {}
    for place, entry in enumerate(entries, 1):
        kpi = _kpi(entry, f"{name}: KPI {entry.get('id', place) if isinstance(entry, dict) else place}")
        if kpi.id in found:
            raise BadInput(f"{name}: KPI {kpi.id}", "defined twice", "remove one")
        found[kpi.id] = kpi
    return found


def _kpi(entry: Any, thing: str) -> Kpi:
    known = set(Kpi.__dataclass_fields__)
    given = set(entry) if isinstance(entry, dict) else set()
    needed = known - set(_OPTIONAL)
    if not needed <= given <= known:
        missing, extra = ", ".join(sorted(needed - given)), ", ".join(sorted(map(str, given - known)))
        raise BadInput(thing, f"fields missing: {missing or 'none'}; unknown: {extra or 'none'}", f"use {', '.join(sorted(known))}")
    for field in _TEXTS:
        value = entry[field]
        if not isinstance(value, dict) or set(value) != {"zh", "en"} or not all(isinstance(t, str) and t for t in value.values()):
            raise BadInput(f"{thing}: {field}", "not a text in both languages", "write {zh: …, en: …}")
    for field, choices in _CHOICES.items():
        if entry[field] not in choices:
            raise BadInput(f"{thing}: {field}", f"'{entry[field]}' is unknown", f"use one of {', '.join(choices)}")
    if not isinstance(entry["decimals"], int) or not 0 <= entry["decimals"] <= 4:
        raise BadInput(f"{thing}: decimals", f"'{entry['decimals']}' is not a number of decimals", "use 0 to 4")
    target, version = entry["target"], entry["version"]
    if not (target is None or type(target) in (int, float)) or type(version) is not int or version < 1:
        raise BadInput(
            f"{thing}: target, version", f"'{target}', '{version}' are not numbers", "write target: 0.95 (or null) and version: 1"
        )
    fields: dict[str, Any] = {key: MappingProxyType(value) if key in _TEXTS else value for key, value in entry.items()}
    found = Kpi(**fields | {name: _terms(entry[name], f"{thing}: {name}", entry["source"]) for name in ("top", "bottom")})
    if not found.top or (found.interval != "none" and not found.bottom):
        raise BadInput(f"{thing}: top", "there is nothing to count", "name columns of its source")
    return found


def _terms(text: Any, thing: str, source: str) -> Mapping[str, int]:
    """``offered - abandoned_short`` as columns with their signs. Raises BadInput for a column that the source has not got."""
    words = str(text or "").replace("+", " + ").replace("-", " - ").split()
    found: dict[str, int] = {}
    sign = 1
    for word in words:
        if word in "+-":
            sign = 1 if word == "+" else -1
        elif word in measures_of(source):
            found[word] = sign
        else:
            raise BadInput(thing, f"{source} has no column '{word}'", f"use {', '.join(measures_of(source))}")
    return MappingProxyType(found)


def value(kpi: Kpi, sums: Mapping[str, float | None]) -> float | None:
    """The KPI from sums of the columns of its roll-up; None for 0 of 0 and where there is nothing.

    >>> value(kpis()["answer_rate"], {"answered": 95, "offered": 100})
    0.95
    """
    if not kpi.bottom and all(sums[name] is None for name in kpi.top):
        return None
    top, bottom = kpi.counted(sums)
    if bottom is None:
        return float(top)
    return top / bottom if bottom else None


def require_together(chosen: Iterable[Kpi]) -> None:
    """Raise BadInput unless these numbers may stand in one chart: of one family and one version of their definition."""
    entries = list(chosen)
    others = [entry for entry in entries if (entry.family, entry.version) != (entries[0].family, entries[0].version)]
    if others:
        problem = f"{others[0].id} counts something else than {entries[0].id}"
        raise BadInput("chart", problem, "chart numbers of one definition only")


@cache
def kpis() -> Mapping[str, Kpi]:
    """The dictionary that comes with Hotline, in its order."""
    return MappingProxyType(parse(resources.files("reports").joinpath("kpis.yaml").read_text(encoding="utf-8"), "kpis.yaml"))


_HEADS = {
    "zh": ("编号", "指标", "公式", "分子", "分母", "不计入", "单位", "方向", "来源"),
    "en": ("Id", "KPI", "Formula", "Numerator", "Denominator", "Left out", "Unit", "Better", "Source"),
}
_COLUMNS = {
    "zh": ("编号", "汇总表", "分子列", "分母列", "目标", "区间", "可比族", "版本", "按失败件数展示"),
    "en": ("Id", "Roll-up", "Numerator columns", "Denominator columns", "Target", "Interval", "Family", "Version", "As failures"),
}
UNITS = {
    "zh": {"calls": "通", "count": "个", "s": "秒", "h": "小时", "points": "分", "percent": "%"},
    "en": {"calls": "calls", "count": "count", "s": "s", "h": "h", "points": "points", "percent": "%"},
}
DIRECTIONS = {"zh": {"up": "越高越好", "down": "越低越好", "none": "不分好坏"}, "en": {"up": "higher", "down": "lower", "none": "neither"}}


def definition_rows(language: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Heads and rows of the dictionary as a table, for reports and documentation."""
    rows = [
        (
            f"{kpi.id}",
            *(getattr(kpi, field)[language] for field in _TEXTS),
            UNITS[language][kpi.unit],
            DIRECTIONS[language][kpi.direction],
            kpi.feed,
        )
        for kpi in kpis().values()
    ]
    return _HEADS[language], rows


def column_rows(language: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Heads and rows of how each KPI is computed: the part that programs read."""
    yes, no = ("是", "否") if language == "zh" else ("yes", "no")
    rows: list[tuple[str, ...]] = [
        (
            kpi.id,
            f"{kpi.source}: {kpi.clock}" if kpi.clock else kpi.source,
            _said(kpi.top),
            _said(kpi.bottom) or "–",
            "–" if kpi.target is None else kpi.text(kpi.target),
            kpi.interval,
            kpi.family,
            str(kpi.version),
            yes if kpi.near_100 else no,
        )
        for kpi in kpis().values()
    ]
    return _COLUMNS[language], rows


def _said(terms: Mapping[str, int]) -> str:
    return " ".join(f"{'+' if sign > 0 else '-'} {name}" for name, sign in terms.items()).removeprefix("+ ")


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines) + "\n"


_PAGE = {
    "zh": ("# 指标字典", "由 `reports/kpis.yaml` 生成。同一可比族、同一版本的数字才可画在一张图里。", "## 含义", "## 计算"),
    "en": (
        "# KPI dictionary",
        "Generated from `reports/kpis.yaml`. Only numbers of one family and version may stand in one chart.",
        "## What each number means",
        "## How it is computed",
    ),
}


def page(language: str) -> str:
    """The dictionary as a page of the documentation."""
    title, note, meaning, computing = _PAGE[language]
    parts = (title, note, meaning, _table(*definition_rows(language)).rstrip(), computing, _table(*column_rows(language)).rstrip())
    return "\n\n".join(parts) + "\n"
