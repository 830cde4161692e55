"""The KPI dictionary: complete, checked at the door, and the same in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.errors import BadInput
from reports import boards, kpi

DOCS = Path(__file__).parents[2] / "docs"


def test_board_columns_come_from_the_dictionary() -> None:
    assert set(boards.BOARD_KPIS) == {name for name, entry in kpi.kpis().items() if entry.shown == "board"}


@pytest.mark.parametrize(("page", "language"), [("boards.md", "en"), ("boards.zh-CN.md", "zh")])
def test_the_documented_table_is_current(page: str, language: str) -> None:
    assert kpi.markdown(language) in (DOCS / page).read_text(encoding="utf-8"), "paste reports.kpi.markdown(language) into the page"


def test_values_are_worded_by_unit() -> None:
    known = kpi.kpis()
    assert known["fcr"].text(0.8707) == "87.1%"
    assert known["calls"].text(12345) == "12,345"
    assert known["asa"].text(None) == known["asa"].text(float("nan")) == "–"


_GOOD = """
- id: x
  name: {zh: 名, en: name}
  formula: {zh: 式, en: formula}
  numerator: {zh: 子, en: top}
  denominator: {zh: 母, en: bottom}
  exclusions: {zh: 无, en: none}
  unit: percent
  decimals: 1
  direction: up
  source: calls
  shown: board
"""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("unit: percent", "unit: furlong"), "KPI x: unit"),
        (("name: {zh: 名, en: name}", "name: {zh: 名}"), "KPI x: name"),
        (("decimals: 1", "decimals: 9"), "decimals"),
        (("direction: up", "colour: red"), "colour"),
        (("- id: x", "id: x"), "not valid YAML|not a list"),
        ((_GOOD, _GOOD + _GOOD), "defined twice"),
    ],
)
def test_a_wrong_dictionary_is_one_line(change: tuple[str, str], named: str) -> None:
    assert list(kpi.parse(_GOOD, "mine.yaml")) == ["x"]
    with pytest.raises(BadInput, match=named) as problem:
        kpi.parse(_GOOD.replace(*change), "mine.yaml")
    assert "mine.yaml" in str(problem.value) and "\n" not in str(problem.value)
