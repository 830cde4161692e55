"""Reading where a condition looks: ``in``, ``after``/``before``/``around``, ``within``, ``unless``.

in: first 2 agent turns | last 3 turns | agent turns 2 to 5 | turns -3 to -1
    first 20 s | last 30 s | 10 s to 60 s | -30 s to end
after: X | first X | last X | any X | each X | {first: X, within: 3 turns, if_absent: open}
within: 3 agent turns | 2 turns | 20 s
unless: [X, {after: X, within: 2 turns, expires: 60 s, once: true}]
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from qa.calls import Role
from qa.rules.fields import Fields, near, seconds_of
from qa.rules.model import Anchor, TimeRange, TurnRange, Unless, Within
from qa.rules.source import Listing, Scalar, Table

DIRECTIONS = ("after", "before", "around")
WHICH = ("first", "last", "any", "each")
KEYS = ("by", "in", "within", "if_absent", "unless", "join_turns", *DIRECTIONS)

_SIDE = r"(?:(agent|customer)\s+)?"
_EDGE_TURNS = re.compile(rf"(first|last)(?:\s+(\d+))?\s+{_SIDE}turns?")
_EDGE_TIME = re.compile(r"(first|last)\s+(.+)")
_TURNS = re.compile(rf"{_SIDE}turns?\s+(-?\d+)(?:\s+to\s+(-?\d+))?")
_TIMES = re.compile(r"(-?)(.+?)\s+to\s+(-?)(.+)")
_WITHIN = re.compile(rf"(\d+)\s+{_SIDE}turns?")
_FAR = 1_000_000


def read_window(fields: Fields) -> TurnRange | TimeRange | None:
    """The window under ``in:``, None when there is none. Raises BadRule."""
    if not fields.has("in"):
        return None
    text = " ".join(fields.text("in").split())
    window = _turns(text) or _times(text)
    if window is None:
        fields.refuse("in", f"'{text}' is not a window", "write for example first 2 agent turns, last 3 turns, turns 2 to 5, first 20 s")
    if isinstance(window, TurnRange) and (0 in (window.first, window.last) or _empty(window.first, window.last)):
        fields.refuse("in", f"'{text}' holds no turn", "turns are counted from 1, or from -1 backwards")
    if isinstance(window, TimeRange) and window.end is not None and _empty(window.start, window.end):
        fields.refuse("in", f"'{text}' holds no time", "write the earlier end first")
    return window


def read_anchors(fields: Fields, known: Iterable[str]) -> tuple[Anchor, ...]:
    """The anchors among ``fields``; ``within`` and ``if_absent`` beside them belong to the first of after, around, before."""
    given = [d for d in ("after", "around", "before") if fields.has(d)]
    for key in ("within", "if_absent"):
        if fields.has(key) and not given:
            fields.refuse(key, "has nothing to be measured from", "add after:, before: or around:")
    shared_within = read_within(fields) if fields.has("within") else None
    shared_open = fields.choice("if_absent", ("miss", "open"), "miss") == "open"
    anchors = []
    for position, direction in enumerate(given):
        anchor = _anchor(fields, direction, known, shared_within if position == 0 else None, shared_open and position == 0)
        if direction == "around" and anchor.within is None:
            fields.refuse(direction, "does not say how near", "add within: 2 turns or within: 10 s")
        anchors.append(anchor)
    return tuple(anchors)


def read_unless(fields: Fields, known: Iterable[str], once: bool) -> tuple[Unless, ...]:
    """The excuses under ``unless:``; ``once`` is the operator's default. Raises BadRule."""
    node = fields.get("unless")
    if node is None:
        return ()
    known = tuple(known)
    found = []
    for entry in node.items if isinstance(node, Listing) else (node,):
        if isinstance(entry, Scalar):
            name = fields.scalar("unless", entry, "a condition")
            _must_know(fields, "unless", name, known, entry)
            found.append(Unless(name))
            continue
        inner = Fields.of(fields.file, fields.name("unless"), entry)
        given = [d for d in DIRECTIONS if inner.has(d)]
        if len(given) != 1:
            inner.refuse(
                given[1] if given else "", "needs one of after:, before:, around:", "write for example {after: asked_wait, within: 2 turns}"
            )
        anchor = read_anchors(inner, known)[0]
        expires = inner.seconds("expires") if inner.has("expires") else None
        found.append(Unless(anchor.condition, anchor, expires, inner.flag("once", once)))
        inner.finish()
    return tuple(found)


def read_role(fields: Fields) -> Role | None:
    """The side under ``by:``; None means both."""
    side = fields.choice("by", ("agent", "customer", "any"), "any")
    return None if side == "any" else Role(side)


def _anchor(fields: Fields, direction: str, known: Iterable[str], within: Within | None, is_open: bool) -> Anchor:
    node = fields.need(direction)
    if isinstance(node, Table):
        inner = Fields.of(fields.file, fields.name(direction), node)
        which = [w for w in WHICH if inner.has(w)]
        if len(which) != 1:
            inner.refuse("", "needs one of first:, last:, any:, each:", f"write for example {direction}: {{first: danger}}")
        name = inner.text(which[0])
        _must_know(inner, which[0], name, known, None)
        if inner.has("within"):
            within = read_within(inner)
        if inner.has("if_absent"):
            is_open = inner.choice("if_absent", ("miss", "open")) == "open"
        inner.finish()
        return Anchor(direction, which[0], name, within, is_open)
    words = fields.text(direction).split()
    if len(words) > 2 or (len(words) == 2 and words[0] not in WHICH):
        fields.refuse(direction, f"'{' '.join(words)}' is not an anchor", "write a condition, or first, last, any or each before it")
    name = words[-1]
    _must_know(fields, direction, name, known, None)
    return Anchor(direction, words[0] if len(words) == 2 else "first", name, within, is_open)


def _must_know(fields: Fields, key: str, name: str, known: Iterable[str], node: Scalar | None) -> None:
    names = tuple(known)
    if name not in names:
        fields.refuse(key, f"condition '{name}' is not defined", near(name, names), node)


def read_within(fields: Fields, key: str = "within") -> Within:
    """The distance under ``key``. Raises BadRule."""
    text = " ".join(fields.text(key).split())
    within = within_of(text)
    if within is None:
        fields.refuse(key, f"'{text}' is not a distance", "write for example 3 agent turns, 2 turns or 20 s")
    return within


def within_of(text: str) -> Within | None:
    """The distance written ``3 agent turns``, ``2 turns`` or ``20 s``; None when it is no such thing."""
    match = _WITHIN.fullmatch(text)
    if match:
        return Within(turns=int(match[1]), role=Role(match[2]) if match[2] else None)
    seconds = seconds_of(text)
    return None if seconds is None else Within(seconds=seconds)


def _turns(text: str) -> TurnRange | None:
    edge = _EDGE_TURNS.fullmatch(text)
    if edge:
        count = min(int(edge[2] or 1), _FAR)
        role = Role(edge[3]) if edge[3] else None
        return TurnRange(role, 1, count) if edge[1] == "first" else TurnRange(role, -count, -1)
    between = _TURNS.fullmatch(text)
    if between:
        first = int(between[2])
        return TurnRange(Role(between[1]) if between[1] else None, first, int(between[3]) if between[3] else first)
    return None


def _times(text: str) -> TimeRange | None:
    edge = _EDGE_TIME.fullmatch(text)
    if edge:
        seconds = seconds_of(edge[2])
        if seconds is None:
            return None
        return TimeRange(0.0, seconds) if edge[1] == "first" else TimeRange(-seconds, None)
    between = _TIMES.fullmatch(text)
    if not between:
        return None
    start = seconds_of(between[2])
    if start is None:
        return None
    start = -start if between[1] else start
    if between[4] == "end" and not between[3]:
        return TimeRange(start, None)
    end = seconds_of(between[4])
    return None if end is None else TimeRange(start, -end if between[3] else end)


def _empty(first: float, last: float) -> bool:
    return first > last and (first >= 0) == (last >= 0)
