r"""Where a condition looks, in words for people, Chinese and English.

>>> from qa.rules import load_text
>>> card = "id: t\ntitle: T\nsections: [{id: s, items: [{id: i, points: 1, expect: b, conditions: {"
>>> card += "a: {say: 停电}, b: {say: 抱歉, by: agent, after: a, within: 3 agent turns}}}]}]"
>>> print(where(load_text(card, "t.yaml").items[0].conditions[1]).zh)
坐席的话，首次 a 之后 3 个坐席话轮内
"""

from __future__ import annotations

from qa.calls import Role
from qa.rules.model import Anchor, Condition, TimeRange, Title, TurnRange, Unless, Within

_SIDES = {None: ("双方", "either side"), Role.AGENT: ("坐席", "agent"), Role.CUSTOMER: ("客户", "customer")}
_WHICH = {"first": ("首次", "the first"), "last": ("末次", "the last"), "any": ("任一次", "any"), "each": ("每一次", "each")}
_DIRECTIONS = {"after": ("之后", "after"), "before": ("之前", "before"), "around": ("前后", "around")}


def where(condition: Condition) -> Title:
    """Whose words, the window, the anchors and what excuses a hit; empty for a fact of the whole call."""
    zh, en = [], []
    if condition.by is not None:
        zh.append(f"{_SIDES[condition.by][0]}的话")
        en.append(f"what the {_SIDES[condition.by][1]} says")
    if condition.window is not None:
        title = _window(condition.window)
        zh.append(title.zh)
        en.append(title.en)
    for anchor in condition.anchors:
        title = _anchor(anchor, _WHICH[anchor.which])
        zh.append(title.zh)
        en.append(title.en)
    for unless in condition.unless:
        title = _unless(unless)
        zh.append(title.zh)
        en.append(title.en)
    return Title("，".join(zh), ", ".join(en))


def _window(window: TurnRange | TimeRange) -> Title:
    if isinstance(window, TimeRange):
        start, end = _clock(window.start), _clock(window.end)
        if window.start == 0 and window.end is not None and window.end > 0:
            return Title(f"前 {window.end:g} 秒", f"the first {window.end:g} s")
        if window.start < 0 and window.end is None:
            return Title(f"最后 {-window.start:g} 秒", f"the last {-window.start:g} s")
        return Title(f"{start.zh}到{end.zh}", f"{start.en} to {end.en}")
    zh_side, en_side = ("", "") if window.role is None else (_SIDES[window.role][0], f"{_SIDES[window.role][1]} ")
    first, last = window.first, window.last
    if first == 1 and last > 0:
        return Title(f"前 {last} 个{zh_side}话轮", f"the first {last} {en_side}turns")
    if last == -1 and first < 0:
        return Title(f"最后 {-first} 个{zh_side}话轮", f"the last {-first} {en_side}turns")
    return Title(f"第 {first} 到第 {last} 个{zh_side}话轮", f"{en_side}turns {first} to {last}")


def _clock(seconds: float | None) -> Title:
    if seconds is None:
        return Title("结束", "the end")
    if seconds < 0:
        return Title(f"结束前 {-seconds:g} 秒", f"{-seconds:g} s before the end")
    return Title(f"第 {seconds:g} 秒", f"{seconds:g} s")


def _anchor(anchor: Anchor, which: tuple[str, str]) -> Title:
    direction = _DIRECTIONS[anchor.direction]
    near = Title("", "") if anchor.within is None else _within(anchor.within)
    absent = Title("（没有时不限）", " (anywhere when there is none)") if anchor.open_if_absent else Title("", "")
    zh = f"{which[0]} {anchor.condition} {direction[0]}{near.zh and ' ' + near.zh}{absent.zh}"
    en = f"{near.en and near.en + ' '}{direction[1]} {which[1]} {anchor.condition}{absent.en}"
    return Title(zh, en)


def _within(within: Within) -> Title:
    if within.seconds is not None:
        return Title(f"{within.seconds:g} 秒内", f"within {within.seconds:g} s")
    zh_side, en_side = ("", "") if within.role is None else (_SIDES[within.role][0], f"{_SIDES[within.role][1]} ")
    return Title(f"{within.turns} 个{zh_side}话轮内", f"within {within.turns} {en_side}turns")


def _unless(unless: Unless) -> Title:
    if unless.anchor is None:
        return Title(f"有 {unless.condition} 时不算", f"not when there is {unless.condition}")
    place = _anchor(unless.anchor, _WHICH["any"])  # every excuse counts, wherever it stands in the call
    lasts = Title("", "") if unless.expires is None else Title(f"（{unless.expires:g} 秒内有效）", f" (for {unless.expires:g} s)")
    return Title(f"{place.zh}不算{lasts.zh}", f"not {place.en}{lasts.en}")
