"""Places that no hit can ever have: the other side's turns, after and before the same thing, behind what comes later; and places
that are gone in some calls because what ends them came before what opens them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qa.rules.conditions import OPERATORS
from qa.rules.model import Condition, TimeRange, Title, TurnRange

Point = tuple[str, str]
"""("hit", condition): one hit of it; ("first" | "last", condition): its first or last one."""


def impossible_place(condition: Condition, every: Mapping[str, Condition]) -> Title | None:
    """Why no hit of ``condition`` can lie where it must, or None. ``every`` are the conditions it may be placed by."""
    return _wrong_side(condition) or _disjoint_windows(condition, every) or _circle(condition, every)


def closes_early(condition: Condition, every: Mapping[str, Condition]) -> Iterator[Title]:
    """Anchors ``before: first B`` beside ``after: A`` where B may come before A already: no place is left then, whatever is said."""
    opening = [a for a in condition.anchors if a.direction == "after"]
    for closing in condition.anchors:
        if closing.direction != "before" or closing.which != "first" or closing.condition not in every:
            continue
        for start in opening:
            if start.condition == closing.condition or start.condition in _before(closing.condition, every):
                continue
            a, b = start.condition, closing.condition
            zh = f"首次 {b} 可能早于 {a}，那时没有任何位置可找，必然算没说到；给 {b} 也加上 after: {start.which} {a}"
            en = f"the first {b} may come before {a}: then no place is left and it always misses; place {b} by after: {start.which} {a} too"
            yield Title(zh, en)


def _before(name: str, every: Mapping[str, Condition]) -> set[str]:
    """The conditions that have a hit before every hit of ``name``, by its anchors and theirs."""
    found: set[str] = set()
    todo = [name]
    while todo:
        condition = every.get(todo.pop())
        for anchor in () if condition is None else condition.anchors:
            if anchor.direction == "after" and not anchor.open_if_absent and anchor.condition not in found:
                found.add(anchor.condition)
                todo.append(anchor.condition)
    return found


def _wrong_side(condition: Condition) -> Title | None:
    window = condition.window
    if condition.by is None or not isinstance(window, TurnRange) or window.role in (None, condition.by):
        return None
    zh = f"只看 {condition.by.value} 的话，检测范围却是 {window.role} 的话轮；改成 {condition.by.value} turns 或去掉一方"
    en = f"looks at the {condition.by.value} in turns of the {window.role}; write {condition.by.value} turns, or drop one side"
    return Title(zh, en)


def _disjoint_windows(condition: Condition, every: Mapping[str, Condition]) -> Title | None:
    """A window that ends before the window of what it must come after has begun, or the other way round."""
    for anchor in condition.anchors:
        other = every.get(anchor.condition)
        if other is None or anchor.open_if_absent or anchor.direction == "around":
            continue
        early, late = (other, condition) if anchor.direction == "after" else (condition, other)
        if _ends_before(late, early):
            zh = f"必须在 {anchor.condition} {'之后' if anchor.direction == 'after' else '之前'}，但两者的检测范围正好相反；改其中一个 in:"
            en = f"must lie {anchor.direction} {anchor.condition}, but their windows lie the other way round; change one in:"
            return Title(zh, en)
    return None


def _ends_before(first: Condition, second: Condition) -> bool:
    """Whether the window of ``first`` ends before that of ``second`` begins, in every call."""
    a, b = first.window, second.window
    if isinstance(a, TurnRange) and isinstance(b, TurnRange) and a.role == b.role and (a.last > 0) == (b.first > 0):
        return a.last < b.first
    if isinstance(a, TimeRange) and isinstance(b, TimeRange) and a.end is not None and (a.end > 0) == (b.start >= 0):
        return a.end < b.start
    return False


def _circle(condition: Condition, every: Mapping[str, Condition]) -> Title | None:
    """Anchors that ask a hit to come before something that must come before it."""
    later: dict[Point, set[tuple[Point, bool]]] = {}
    todo, seen = [("hit", condition.name)], set()
    while todo:
        point = todo.pop()
        if point in seen:
            continue
        seen.add(point)
        owner = condition if point[1] == condition.name else every.get(point[1])
        if owner is None:
            continue
        for before, after, strict in _order(point, owner, every):
            later.setdefault(before, set()).add((after, strict))
            todo += [before, after]
    for start, following in later.items():
        for after, strict in following:
            if strict and start in _reached(after, later):
                names = sorted({a.condition for a in condition.anchors if not a.open_if_absent})
                zh = f"既要在前又要在后，顺序自相矛盾（{'、'.join(names)}）；去掉一个锚点或写 if_absent: open"
                en = f"must come both before and after ({', '.join(names)}): no order fits; drop an anchor or write if_absent: open"
                return Title(zh, en)
    return None


def _order(point: Point, owner: Condition, every: Mapping[str, Condition]) -> Iterator[tuple[Point, Point, bool]]:
    """(earlier, later, strictly) that the anchors of ``owner`` say of one of its hits."""
    if point[0] == "last":
        yield ("first", owner.name), point, False
    for anchor in owner.anchors:
        other = every.get(anchor.condition)
        if other is None or anchor.open_if_absent or anchor.direction == "around":
            continue
        strict = OPERATORS[owner.operator].place == OPERATORS[other.operator].place == "turn"  # gaps have no length: two may meet
        if anchor.direction == "after":
            yield ("last" if anchor.which == "last" else "first", other.name), point, strict
        else:
            yield point, ("first" if anchor.which == "first" else "last", other.name), strict


def _reached(start: Point, later: Mapping[Point, set[tuple[Point, bool]]]) -> set[Point]:
    found, todo = set(), [start]
    while todo:
        point = todo.pop()
        if point not in found:
            found.add(point)
            todo += [after for after, _ in later.get(point, ())]
    return found
