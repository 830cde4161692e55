"""The KPI dictionary: what each number means, kept in ``kpis.yaml`` so that a board can open its definition.

>>> kpis()["satisfaction"].name["zh"]
'满意率'
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

from hotline.errors import BadInput

_TEXTS = ("name", "formula", "numerator", "denominator", "exclusions")
_CHOICES = {
    "unit": ("calls", "count", "s", "points", "percent"),
    "direction": ("up", "down", "none"),
    "shown": ("board", "report"),
}


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI. Texts are mappings ``zh``/``en``. A ``percent`` is kept as a share, 0–1; ``direction`` says which way is better."""

    id: str
    name: Mapping[str, str]
    formula: Mapping[str, str]
    numerator: Mapping[str, str]
    denominator: Mapping[str, str]
    exclusions: Mapping[str, str]
    unit: str
    decimals: int
    direction: str
    source: str
    shown: str

    def text(self, value: float | None) -> str:
        """The value as people read it; an en dash when there is none."""
        if value is None or math.isnan(value):
            return "–"
        if self.unit == "percent":
            return f"{100 * value:.{self.decimals}f}%"
        return f"{value:,.{self.decimals}f}"


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
    if given != known:
        missing, extra = ", ".join(sorted(known - given)), ", ".join(sorted(map(str, given - known)))
        raise BadInput(thing, f"fields missing: {missing or 'none'}; unknown: {extra or 'none'}", f"use exactly {', '.join(sorted(known))}")
    for field in _TEXTS:
        value = entry[field]
        if not isinstance(value, dict) or set(value) != {"zh", "en"} or not all(isinstance(t, str) and t for t in value.values()):
            raise BadInput(f"{thing}: {field}", "not a text in both languages", "write {zh: …, en: …}")
    for field, choices in _CHOICES.items():
        if entry[field] not in choices:
            raise BadInput(f"{thing}: {field}", f"'{entry[field]}' is unknown", f"use one of {', '.join(choices)}")
    if not isinstance(entry["decimals"], int) or not 0 <= entry["decimals"] <= 4:
        raise BadInput(f"{thing}: decimals", f"'{entry['decimals']}' is not a number of decimals", "use 0 to 4")
    fields: dict[str, Any] = {key: MappingProxyType(value) if key in _TEXTS else value for key, value in entry.items()}
    return Kpi(**fields)


@cache
def kpis() -> Mapping[str, Kpi]:
    """The dictionary that comes with Hotline, in its order."""
    return MappingProxyType(parse(resources.files("reports").joinpath("kpis.yaml").read_text(encoding="utf-8"), "kpis.yaml"))


_HEADS = {
    "zh": ("编号", "指标", "公式", "分子", "分母", "不计入", "单位", "方向", "来源"),
    "en": ("Id", "KPI", "Formula", "Numerator", "Denominator", "Left out", "Unit", "Better", "Source"),
}
UNITS = {
    "zh": {"calls": "通", "count": "个", "s": "秒", "points": "分", "percent": "%"},
    "en": {"calls": "calls", "count": "count", "s": "s", "points": "points", "percent": "%"},
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
            kpi.source,
        )
        for kpi in kpis().values()
    ]
    return _HEADS[language], rows


def markdown(language: str) -> str:
    """The dictionary as a Markdown table; the documentation holds exactly this text."""
    heads, rows = definition_rows(language)
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines) + "\n"
