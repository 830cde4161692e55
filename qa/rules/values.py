"""Values that were said or came with the call, and comparing them in three values.

A value may be known only within bounds (两三天, tomorrow morning): a comparison that holds for all it can be is a hit, for none
a miss, for some of it doubtful. What cannot be compared (a duration with an amount, yuan with dollars) is doubtful: a person looks.

>>> compare(quantity("两三天"), "<=", quantity("72 h")), compare(quantity("一个半小时"), "<=", quantity("45 min"))
(<Verdict.HIT: 'hit'>, <Verdict.MISS: 'miss'>)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from qa.calls import Token
from qa.redaction import agree
from qa.rules.expressions import compare_value, number_of
from qa.rules.fields import seconds_of
from qa.rules.verdict import Verdict, both
from qa.text.quantities import Quantity, quantity_of

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
_SAME_UNIT = {
    "度电": "度",
    "千瓦时": "度",
    "kwh": "度",
    "kilowatt-hour": "度",
    "kilowatt hour": "度",
    "安培": "安",
    "伏特": "伏",
    "平米": "平方米",
}


@dataclass(frozen=True, slots=True)
class Time:
    """Somewhere from ``start`` to ``end`` (equal for a point in time); ``origin`` is when the call began."""

    start: datetime
    end: datetime
    origin: datetime | None = None


@dataclass(frozen=True, slots=True)
class Personal:
    """A number, name or address of somebody, known by its token alone; ``tail_counts``: the last four stand for the whole."""

    token: Token
    tail_counts: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Text: what a group of a pattern matched, what a field holds."""

    text: str


Value = Quantity | Time | Personal | Words


def quantity(text: str) -> Quantity | None:
    """``45 min``, ``三刻钟``, ``100 元`` as a quantity, a bare number as one without a unit; None when it is neither."""
    if number_of(text) is not None:
        figure = Decimal(text.strip())
        return Quantity("", figure, figure, "") if figure.is_finite() else None
    seconds = seconds_of(text)
    if seconds is not None:
        figure = Decimal(str(seconds))
        return Quantity("duration", figure, figure, "s")
    return quantity_of(text)


def literal(text: str) -> Value:
    """What stands in an expression or a field: a quantity, a day or time (ISO 8601), else words."""
    found = quantity(text)
    if found is not None:
        return found
    return time_of(text, None) or Words(text)


def time_of(text: str, zone: tzinfo | None) -> Time | None:
    """An ISO 8601 day or time, in ``zone`` where it names none; None when it is no such thing. A day lasts until midnight."""
    text = text.strip()
    if len(text) < 8 or not text[0].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return Time(moment, moment + timedelta(days=1) if len(text) <= 10 else moment)


def compare(left: Value | None, comparison: str, right: Value | None) -> Verdict:
    """Whether ``left`` compares with ``right``; None is a value that is not known."""
    if left is None or right is None:
        return DOUBTFUL
    if comparison == "!=":
        return ~compare(left, "==", right)
    if isinstance(left, Personal) or isinstance(right, Personal):
        return _personal(left, comparison, right)
    if isinstance(left, Time) or isinstance(right, Time):
        return _times(left, comparison, right)
    if isinstance(left, Words) and isinstance(right, Words):
        return Verdict.of(compare_value(left.text, comparison, (right.text,)))
    first, second = _as_quantity(left), _as_quantity(right)
    if first is None or second is None or not _comparable(first, second):
        return DOUBTFUL
    return _bounds((first.low, first.high), comparison, (second.low, second.high))


def compare_any(left: Value | None, values: Sequence[Value], *, among: bool) -> Verdict:
    """Whether ``left`` is among ``values`` (or, with ``among=False``, is none of them)."""
    verdict = MISS
    for value in values:
        verdict = verdict | compare(left, "==", value)
    return verdict if among else ~verdict


def why_doubtful(left: Value | None, right: Value | None) -> str:
    """Why the two compare in doubt, for people."""
    if left is None or right is None:
        return both("数值未知", "the value is not known")
    if isinstance(left, Personal) and isinstance(right, Personal):
        tails = left.token.last_four and left.token.last_four == right.token.last_four
        if tails and not (left.token.whole and right.token.whole):
            return both("只知道后四位一致", "only the last four are known to agree")
        return both("两处写法或位数不同，无法断定", "they are written unlike each other, or one is cut short")
    if isinstance(left, Quantity) and isinstance(right, Quantity) and _comparable(left, right):
        return both("说的是一个范围，限值在其中", "a range was said, and the limit lies within it")
    if isinstance(left, Time) and isinstance(right, (Time, Quantity)):
        return both("说的是一段时间，限值在其中", "a span of time was said, and the limit lies within it")
    return both("两个值不是同一类，无法比较", "the two are not of one kind")


def total(values: Sequence[Quantity]) -> tuple[str, str] | None:
    """The kind and unit that all share; None when they do not."""
    kinds = {(q.kind, _SAME_UNIT.get(q.unit, q.unit)) for q in values}
    return kinds.pop() if len(kinds) == 1 else None


def _as_quantity(value: Quantity | Words) -> Quantity | None:
    return quantity(value.text) if isinstance(value, Words) else value


def _comparable(left: Quantity, right: Quantity) -> bool:
    if not left.kind or not right.kind:
        return True
    return total([left, right]) is not None


def _bounds(left: tuple[Decimal, Decimal], comparison: str, right: tuple[Decimal, Decimal]) -> Verdict:
    (a, b), (c, d) = left, right
    if comparison == "==":
        return HIT if a == b == c == d else MISS if b < c or d < a else DOUBTFUL
    if comparison in (">", ">="):
        return _bounds(right, {">": "<", ">=": "<="}[comparison], left)
    always, never = (b < c, a >= d) if comparison == "<" else (b <= c, a > d)
    return HIT if always else MISS if never else DOUBTFUL


def _personal(left: Value, comparison: str, right: Value) -> Verdict:
    """Equal by their hashes. Where only the last four are known, they agree in doubt, unless the last four were declared enough."""
    if comparison != "==" or not (isinstance(left, Personal) and isinstance(right, Personal)):
        return DOUBTFUL
    answer = agree(left.token, right.token)
    if answer is None:
        return DOUBTFUL
    only_tail = not (left.token.whole and right.token.whole)
    if answer and only_tail and not (left.tail_counts or right.tail_counts):
        return DOUBTFUL
    return Verdict.of(answer)


def _times(left: Value, comparison: str, right: Value) -> Verdict:
    """Times with times; with durations by how far from the beginning of the call they are."""
    if isinstance(left, Quantity) or isinstance(right, Quantity):
        one, other = _from_origin(left), _from_origin(right)
        if one is None or other is None or not _comparable(one, other):
            return DOUBTFUL
        return _bounds((one.low, one.high), comparison, (other.low, other.high))
    zone = next((v.start.tzinfo for v in (left, right) if isinstance(v, Time) and v.start.tzinfo), None)
    first, second = _as_time(left, zone), _as_time(right, zone)
    if first is None or second is None or (first.start.tzinfo is None) != (second.start.tzinfo is None):
        return DOUBTFUL
    if comparison == "==":
        if (second.start <= first.start and first.end <= second.end) or (first.start <= second.start and second.end <= first.end):
            return HIT  # 周三 and 周三下午 agree as far as they say anything
        return MISS if first.end <= second.start or second.end <= first.start else DOUBTFUL
    return _in_order(first, comparison, second)


def _in_order(one: Time, comparison: str, other: Time) -> Verdict:
    """On a day is neither before nor after that day; a point is not before itself."""
    if comparison == "<=":
        return HIT if one.end <= other.end else MISS if one.start >= other.end else DOUBTFUL
    if comparison == ">=":
        return HIT if one.start >= other.start else MISS if one.end <= other.start else DOUBTFUL
    if comparison == "<":
        before = one.end < other.start or one.end == other.start != one.start
        return HIT if before else MISS if one.start >= other.start else DOUBTFUL
    after = one.start > other.end or one.start == other.end != other.start
    return HIT if after else MISS if one.end <= other.end else DOUBTFUL


def _as_time(value: Value, zone: tzinfo | None) -> Time | None:
    if isinstance(value, Words):
        return time_of(value.text, zone)
    if not isinstance(value, Time):
        return None
    if value.start.tzinfo is None and zone is not None:
        return Time(value.start.replace(tzinfo=zone), value.end.replace(tzinfo=zone), value.origin)
    return value


def _from_origin(value: Value) -> Quantity | None:
    if isinstance(value, Words):
        return quantity(value.text)
    if not isinstance(value, Time):
        return value if isinstance(value, Quantity) else None
    if value.origin is None:
        return None
    low, high = (Decimal(str((moment - value.origin).total_seconds())) for moment in (value.start, value.end))
    return Quantity("duration", low, high, "s")


# For people ------------------------------------------------------------------------------------------


def shown(value: Value | None) -> str:
    """A value in both languages; of personal ones nothing but that they are there."""
    if value is None:
        return both("未知", "unknown")
    if isinstance(value, Personal):
        return both("（已隐去的号码等）", "(a masked value)")
    if isinstance(value, Words):
        return both(value.text, value.text)
    if isinstance(value, Time):
        at = f"{value.start:%Y-%m-%d %H:%M}" if value.start == value.end else f"{value.start:%Y-%m-%d %H:%M}–{value.end:%m-%d %H:%M}"
        return both(at, at)
    zh, en = _figure(value.low, value), _figure(value.high, value)
    return both(zh[0], zh[1]) if value.low == value.high else both(f"{zh[0]}–{en[0]}", f"{zh[1]}–{en[1]}")


def _figure(number: Decimal, value: Quantity) -> tuple[str, str]:
    if not number.is_finite():
        return "不限", "any"
    if value.kind != "duration":
        figure = f"{number.normalize():f}"
        unit = {"CNY": "元"}.get(value.unit, value.unit)
        return f"{figure}{unit}", f"{figure} {value.unit}".strip()
    for size, zh, en in ((86_400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min")):
        if abs(number) >= size and (size < 3600 or number % (size // 2) == 0):
            figure = f"{(number / size).normalize():f}"[:6]
            return f"{figure}{zh}", f"{figure} {en}"
    return f"{number.normalize():f}秒", f"{number.normalize():f} s"
