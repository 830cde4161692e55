"""The KPI dictionary: complete, checked at the door, and the same in the documentation."""

from __future__ import annotations

import pytest

from hotline.errors import BadInput
from reports import boards, kpi


def test_board_columns_come_from_the_dictionary() -> None:
    assert set(boards.BOARD_KPIS) == {name for name, entry in kpi.kpis().items() if entry.shown == "board"}


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
  top: surveys_satisfied
  bottom: surveys_answered
  target: null
  version: 1
  source: agent_days
  feed: surveys
  interval: wilson
  family: x
  shown: board
"""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("unit: percent", "unit: furlong"), "KPI x: unit"),
        (("name: {zh: 名, en: name}", "name: {zh: 名}"), "KPI x: name"),
        (("decimals: 1", "decimals: 9"), "decimals"),
        (("direction: up", "colour: red"), "colour"),
        (("top: surveys_satisfied", "top: offered"), "agent_days has no column 'offered'"),
        (("top: surveys_satisfied", "top: ''"), "nothing to count"),
        (("version: 1", "version: one"), "target, version"),
        (("interval: wilson", "interval: wide"), "interval"),
        (("- id: x", "id: x"), "not valid YAML|not a list"),
        ((_GOOD, _GOOD + _GOOD), "defined twice"),
    ],
)
def test_a_wrong_dictionary_is_one_line(change: tuple[str, str], named: str) -> None:
    assert list(kpi.parse(_GOOD, "mine.yaml")) == ["x"]
    with pytest.raises(BadInput, match=named) as problem:
        kpi.parse(_GOOD.replace(*change), "mine.yaml")
    assert "mine.yaml" in str(problem.value) and "\n" not in str(problem.value)
