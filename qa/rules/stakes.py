"""Reading what is at stake in an item: points or weight, bonus, a score that is set, fatal, and how severe a failure is."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from qa.rules.fields import Fields, near
from qa.rules.model import SEVERITIES

_SEVERITY = dict(zip(SEVERITIES, SEVERITIES, strict=True))
_SEVERITY |= {"一般": "general", "一般差错": "general", "严重": "serious", "严重差错": "serious", "致命": "fatal", "致命差错": "fatal"}
_STAKES = ("points", "weight", "points_per_hit", "bonus", "set_score", "fatal")


@dataclass(frozen=True, slots=True)
class Stakes:
    """See :class:`qa.rules.model.Item`; ``points`` is also the weight, and the cap of points per hit."""

    points: float
    points_per_hit: float
    bonus: float
    set_score: float | None
    fatal: bool
    fatal_section: bool
    severity: str


def read_stakes(fields: Fields, *, forbids: bool, in_percent: bool) -> Stakes:
    """The stakes of an item. Raises BadRule when nothing is at stake or two of them contradict each other."""
    key = "weight" if in_percent else "points"
    if not any(fields.has(stake) for stake in _STAKES):
        for written in fields.nodes:
            if difflib.get_close_matches(written, _STAKES, n=1, cutoff=0.8):
                fields.refuse(written, "is not known here", near(written, _STAKES))
        fields.refuse(key, "is missing: nothing is at stake", f"write {key}:, points_per_hit:, bonus:, set_score: or fatal: true")
    if in_percent and fields.has("points"):
        fields.refuse("points", "has no meaning with weights: percent", "write weight:")
    if not in_percent and fields.has("weight"):
        fields.refuse("weight", "needs weights: percent", "write points:, or weights: percent at the top")
    fatal, fatal_section = _fatal(fields)
    points, per_hit = _points(fields, key, forbids)
    if per_hit and (fatal or fatal_section or fields.has("set_score") or fields.has("bonus")):
        other = next(name for name in ("fatal", "set_score", "bonus") if fields.has(name))
        fields.refuse(other, "stands beside points_per_hit:", "write a second item for it: one hit, or each, cannot be both")
    return Stakes(
        points=points,
        points_per_hit=per_hit,
        bonus=fields.number("bonus", 0.0, high=1000),
        set_score=fields.number("set_score", high=20_000) if fields.has("set_score") else None,
        fatal=fatal,
        fatal_section=fatal_section,
        severity=_severity(fields, fatal or fatal_section),
    )


def _points(fields: Fields, key: str, forbids: bool) -> tuple[float, float]:
    """(points, points per hit): ``at_most`` stands for the points where every hit costs some."""
    if not fields.has("points_per_hit"):
        if fields.has("at_most"):
            fields.refuse("at_most", "has nothing to cap", "write points_per_hit: beside it")
        return fields.number(key, 0.0, high=1000), 0.0
    if fields.has(key):
        fields.refuse(key, "stands beside points_per_hit:", "write at_most: for the cap")
    if not forbids:
        fields.refuse("points_per_hit", "needs forbid:", "only what must not happen can be counted against somebody")
    return fields.number("at_most", high=1000), fields.number("points_per_hit", high=1000)


def _fatal(fields: Fields) -> tuple[bool, bool]:
    """(fatal for the card, fatal for its section): ``fatal: true | card | section``, with ``propagates: card | section`` beside true."""
    far = ""
    if fields.has("fatal"):
        written = fields.text("fatal").lower()
        if written not in ("card", "section"):
            written = "true" if fields.flag("fatal") else ""
        far = {"true": "card"}.get(written, written)
        if fields.has("propagates") and written != "true":
            fields.refuse("propagates", f"stands beside fatal: {written or 'false'}", "write fatal: true beside it, or leave it out")
    if fields.has("propagates"):
        if not far:
            fields.refuse("propagates", "has nothing to propagate", "write fatal: true beside it")
        far = fields.choice("propagates", ("card", "section"))
    return far == "card", far == "section"


def _severity(fields: Fields, fatal: bool) -> str:
    if not fields.has("severity"):
        return "fatal" if fatal else "general"
    written = fields.text("severity")
    if written not in _SEVERITY:
        fields.refuse("severity", f"'{written}' is not known", near(written, _SEVERITY))
    severity = _SEVERITY[written]
    if severity == "fatal" and not fatal:
        fields.refuse("severity", "is fatal, the item is not", "write fatal: true (or fatal: section) beside it, or severity: serious")
    if fatal and severity == "general":
        fields.refuse("severity", "is general, the item is fatal", "leave severity: out, or fatal:")
    return severity
