"""What is at stake: ``scoreType``, ``scoreNum``, ``level`` and dates to and from the stakes of an item.

A rule of SCA *hits*: with ``scoreType`` 3 a hit costs points, so it becomes ``forbid: …`` (or ``expect:`` what a leading ``!`` denies);
with 1 it earns them. ``scoreNumType`` 1 sets the score outright; to 0 in a rule of the gravest level it is a fatal item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from qa.rules.exchange import Cannot
from qa.rules.expressions import And, Expression, Not
from qa.rules.model import Effective, Item
from qa.rules.sca.document import Record

SECTIONS: Mapping[int, tuple[str, str, str]] = {
    0: ("norms", "服务规范性", "Norms of service"),
    1: ("manner", "服务态度", "Manner"),
    2: ("skill", "服务专业性", "Professional skill"),
    3: ("customer", "客户态度", "The customer's manner"),
    4: ("procedure", "服务流程正确性", "Procedure"),
}
"""Sections by ``checkType``: id and names."""
_MONTHS = "%Y-%m-%d %H:%M:%S"
Lost = Callable[[str, str, str], None]


def read_scores(rule: Record, hits: Expression, lost: Lost) -> tuple[str, dict[str, Any]]:
    """(section, stakes and expectation) of a rule that hits when ``hits`` holds; ``lost`` notes what is put otherwise."""
    section = SECTIONS.get(rule.whole("checkType", 0), SECTIONS[0])[0]
    item: dict[str, Any] = {}
    points, level = rule.number("scoreNum", 0.0), rule.whole("level", 2)
    if not 0 <= points <= 1000:
        raise Cannot("scoreNum", f"{points:g} 分不在 0–1000 之间", f"{points:g} points are not from 0 to 1000")
    kind = rule.whole("scoreType", 3)
    if kind not in (1, 3):
        raise Cannot("scoreType", f"不认识的 {kind}", f"{kind} is not known")
    outright = rule.whole("scoreNumType", 0) == 1
    if kind == 1:
        if outright:
            raise Cannot("scoreNumType", "加分规则不能一次性得分", "a score cannot be set by what earns points")
        item |= {"bonus": _number(points), "expect": str(hits)}
    else:
        item |= {"expect": str(hits.inner)} if isinstance(hits, Not) else {"forbid": str(hits)}
        if outright and points == 0 and level == 0:
            item["fatal"] = True
        elif outright:
            item["set_score"] = _number(points)
            lost(
                "scoreNumType",
                f"SCA 直接把总分定为 {points:g}，这里只封顶：已低于 {points:g} 的不变",
                f"SCA makes the score {points:g}; here it is at most {points:g}, and one below stays",
            )
        elif rule.whole("isHitNumScore", 0) and "forbid" in item:
            item |= {"points_per_hit": _number(points), "at_most": 100}
            lost("hitNumScoreInfo", "按次扣分，封顶写作 100", "points a hit; the cap is written as 100")
        else:
            item["points"] = _number(points)
            if rule.whole("isHitNumScore", 0):
                lost("isHitNumScore", "只扣一次", "the points are lost once")
        rule.get("hitNumScoreInfo")
        if not points and not outright:
            lost("scoreNum", "没有分值，写作 0 分", "no points are given; written as 0")
    if level == 0 and "fatal" not in item:
        item["severity"] = "serious"
    elif level == 1:
        lost("level", "中度与轻度都写作一般", "moderate and slight are both written as general")
    if effective := _read_dates(rule):
        item["effective"] = effective
    if rule.whole("scoreRuleHitType", 0) or rule.whole("qualityCheckType", 0):
        lost("scoreRuleHitType, qualityCheckType", "按整通离线判", "judged offline and once a call")
    return section, item


def _number(points: float) -> float | int:
    return int(points) if points == int(points) else points


def _read_dates(rule: Record) -> dict[str, str]:
    """``effective`` of a rule that does not hold for ever. Raises Cannot for a time that cannot be read."""
    whole = rule.whole("fullCycle", 1) == 1
    found: dict[str, str] = {}
    for key, end in (("effectiveStartTime", "from"), ("effectiveEndTime", "to")):
        text = rule.text(key)
        if text and not whole:
            try:
                found[end] = datetime.fromisoformat(text.strip()).date().isoformat()
            except ValueError:
                raise Cannot(key, f"读不懂时间 {text[:30]}", f"the time {text[:30]} cannot be read") from None
    rule.whole("effective", 1)
    return found


def violation(item: Item) -> Expression:
    """When the item costs points: it applies and its requirement does not hold."""
    against = item.requirement.inner if isinstance(item.requirement, Not) else Not(item.requirement)
    return against if item.applies_when is None else And((item.applies_when, against))


def write_scores(item: Item, section: int, lost: Lost) -> dict[str, Any]:
    """The fields of a rule for what an item costs (or, with a bonus alone, earns)."""
    earns = bool(item.bonus) and not (item.points or item.points_per_hit or item.fatal or item.set_score is not None)
    level = {"fatal": 0, "serious": 0}.get(item.severity, 2)
    fields: dict[str, Any] = {"checkType": section, "scoreType": 1 if earns else 3, "scoreNumType": 0, "level": level}
    fields["scoreNum"] = _number(item.bonus if earns else item.points_per_hit or item.points)
    if item.fatal or item.set_score is not None:
        fields |= {"scoreNumType": 1, "scoreNum": 0 if item.fatal else _number(item.set_score or 0.0), "level": 0 if item.fatal else level}
        if item.set_score == 0 and not item.fatal and level == 0:
            lost("set_score", "重度且一次性 0 分，读回时是致命项", "the gravest level and a score of 0, which reads as fatal")
        if item.points:
            lost("points", "一次性得分与扣分不能并存", "a score that is set and points lost cannot both be there")
    if item.points_per_hit:
        fields["isHitNumScore"] = 1
        lost("at_most", f"按次扣分的封顶 {item.points:g} 分", f"the cap of {item.points:g} points")
    if item.bonus and not earns:
        lost("bonus", "同时有扣分和加分，只留扣分", "points are lost and won; the bonus is lost")
    if item.fatal_section:
        lost("fatal", "只对本环节致命", "fatal for its section alone")
    return fields | _write_dates(item.effective)


def _write_dates(effective: Effective) -> dict[str, Any]:
    fields: dict[str, Any] = {"fullCycle": 1, "effective": 1}
    for key, moment in (("effectiveStartTime", effective.start), ("effectiveEndTime", effective.end)):
        if moment is not None:
            fields |= {"fullCycle": 0, key: moment.strftime(_MONTHS)}
    return fields
