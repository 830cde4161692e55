"""Quantities in what people say: how long, how much, what share, how many; in figures or words, Chinese or English.

>>> [(q.kind, str(q.low), str(q.high), q.unit) for q in quantities("一个半小时到，最多三五天，三千五百块，百分之九十五")]
[('duration', '5400', '5400', 's'), ('duration', '259200', '432000', 's'), ('amount', '3500', '3500', 'CNY'), ('percent', '95', '95', '%')]
>>> [str(q.low) for q in quantities("half an hour, forty-five minutes, an hour and a half, $35.50")]
['1800', '2700', '5400', '35.50']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from qa.text.english import english_value
from qa.text.numbers import NUMERALS, decimal
from qa.text.script import half_width
from qa.text.written import written

KINDS = ("duration", "amount", "percent", "count")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

_SECONDS: dict[str, int] = {
    "秒钟": 1, "秒": 1, "刻钟": 900, "分钟": _MINUTE, "分": _MINUTE, "个小时": _HOUR, "小时": _HOUR,
    "个钟头": _HOUR, "钟头": _HOUR, "个钟": _HOUR,
    "个工作日": _DAY, "工作日": _DAY, "个自然日": _DAY, "自然日": _DAY, "天": _DAY, "日": _DAY,
    "个星期": 7 * _DAY, "星期": 7 * _DAY, "个礼拜": 7 * _DAY,
    "礼拜": 7 * _DAY, "周": 7 * _DAY, "个月": 30 * _DAY, "年": 365 * _DAY,
    "s": 1, "sec": 1, "second": 1, "min": _MINUTE, "minute": _MINUTE, "h": _HOUR, "hr": _HOUR, "hour": _HOUR, "day": _DAY,
    "business day": _DAY, "working day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY, "year": 365 * _DAY,
}  # fmt: skip
_CURRENCIES = {
    "¥": "CNY", "￥": "CNY", "元": "CNY", "块钱": "CNY", "块": "CNY", "yuan": "CNY", "rmb": "CNY", "$": "USD", "dollar": "USD",
    "美元": "USD",
    "€": "EUR", "euro": "EUR", "欧元": "EUR", "£": "GBP", "pound": "GBP", "英镑": "GBP",
}  # fmt: skip
_SCALES = {"百": 100, "千": 1000, "万": 10**4, "亿": 10**8, "thousand": 1000, "million": 10**6}
_MEASURES = (
    "千瓦时|度电|度|户|次|人|位|个|条|张|台|只|家|名|倍|千瓦|安培|安|伏特|伏|公里|平方米|平米|米|单|件|级|层|遍"
    "|kwh|kilowatt[- ]hours?|units?|times|people|customers|homes|calls"
)
_ONE_WORD = "zero|one|two|three|four|five|six|seven|eight|nine|ten"
_ZH_NUMBER = rf"[{NUMERALS}]+(?:点[零〇一二三四五六七八九]+)?"
_N = rf"(?:(?<![\d.])\d+(?:,\d{{3}})*(?:\.\d+)?|{_ZH_NUMBER}|\b(?:{_ONE_WORD})\b)"
_ZH_UNIT = "|".join(sorted((u for u in _SECONDS if not u.isascii()), key=len, reverse=True))
_EN_UNIT = r"(?:business days?|working days?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|s|h)\b"
_UNIT = rf"(?:{_ZH_UNIT}|{_EN_UNIT})"
_TO = r"(?: ?(?:到|至|或者?|[-~～–—]) ?| (?:to|or) )"

_PLAIN = re.compile(rf"(?i)({_N}) ?[- ]?({_UNIT})(半(?!天))?")
_RANGE = re.compile(rf"(?i)({_N}) ?({_UNIT})?{_TO}({_N}) ?[- ]?({_UNIT})(?!半)")
_HALF_TO = re.compile(rf"半个?(小时|钟头|月|年){_TO}({_N}) ?({_UNIT})(半)?")
_ABOUT = re.compile(rf"([一二两三四五六七八九])([二两三四五六七八九])([十百])?({_ZH_UNIT})")
_HALF = re.compile(r"(?:(?<![\d个{NUMERALS}]))半个?(小时|钟头|月|年)".replace("{NUMERALS}", NUMERALS))
_AND_HALF = re.compile(rf"(?i)(?:({_N})个半|\b({_N}|an?) and a half )({_ZH_UNIT}|月|{_EN_UNIT})")
_EN_HALF = re.compile(
    r"(?i)\b(?:(an?|one) (hour|day|week|month|year) and a half|half an? (hour|month|year)|an? (hour|day|week|month|year))\b"
)
_EN_QUARTERS = re.compile(r"(?i)\b(?:(three|3) quarters|a quarter|quarter) of an hour\b")
_OVER = re.compile(rf"({_N})(?:[来几多]|(个)多)({_ZH_UNIT}|月)")
_COUPLE = re.compile(rf"(?i)\ba couple of ({_EN_UNIT})")
_IDIOM = re.compile(r"(?i)(?:just |wait |hold on )?\b(?:one|1) (?:sec|second|minute)\b(?! (?:and|later))")

_CURRENCY = "块钱|元钱|美元|欧元|英镑|元|块|yuan|rmb|dollars?|euros?|pounds?"
_SCALE = r"(?:[百千万亿]| (?:thousand|million))"
_MONEY = re.compile(
    rf"(?i)({_N})({_SCALE})? ?({_CURRENCY})(?![表电屏板地砖])"
    rf"(?: ?(?:and )?(?:零)?({_N}) ?(?:(毛|角)钱?|(分)(?!钟)钱?|(cents?))|([1-9一二三四五六七八九])(?![\d{NUMERALS}分]))?"
)
_SIGN = re.compile(rf"([¥￥$€£]) ?({_N})({_SCALE})?")
_SMALL = re.compile(rf"(?i)({_N}) ?(?:(毛|角)(?:钱)?(?!病|巾|衣|笔|线|色|落)|(cents?)\b|(分钱))")
_PERCENT = re.compile(rf"(?i)({_N}) ?(?:%|％|percent\b)|百分之({_N})")
_TENTHS = re.compile(r"([一二三四五六七八九])成([一二三四五六七八九半])?(?=[，。、,.!？?的]|以[上下]|左右|$)")
_COUNT = re.compile(rf"(?i)({_N}) ?({_MEASURES})(?![a-z])")
_ARTICLES = frozenset("个位条张台只家名人件单遍")
"""一个, 一位: an article more often than a number."""
_SAYS_NUMBER = re.compile(rf"(?i)[\d{NUMERALS}半]|{_ONE_WORD}|half|quarter|\ban? |teen|ty\b|eleven|twelve|hundred|thousand")
_SAYS_UNIT = {
    "duration": re.compile("(?i)[分秒时钟天周月年日]|星期|礼拜|sec|min|hour|day|week|month|year|hr|\\d ?[sh]\\b"),
    "amount": re.compile("(?i)[元块毛角¥￥$€£]|分钱|镑|dollar|yuan|rmb|euro|pound|cent"),
    "percent": re.compile("(?i)[%％成]|百分|percent"),
    "count": re.compile(f"(?i)(?:{_MEASURES})"),
}
"""What stands in every text that holds such a quantity: a glance instead of a search."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Between ``low`` and ``high`` (equal when one number was said) of ``unit``; it stands at ``[start, end)`` of the text.

    Units: ``s`` for durations, an ISO 4217 currency for amounts, ``%`` for shares, the measure word for counts. A day is 24 hours
    (a working day too), a month 30 days, a year 365.
    """

    kind: str
    low: Decimal
    high: Decimal
    unit: str
    start: int = 0
    end: int = 0


def quantities(text: str, kinds: Iterable[str] = KINDS) -> list[Quantity]:
    """Every quantity of ``text`` in order, none inside another; places are those of the text as given."""
    if not any(_SAYS_UNIT[kind].search(text) for kind in kinds) or _SAYS_NUMBER.search(text) is None:
        return []
    return [q for q in _quantities(text) if q.kind in kinds]


@lru_cache(maxsize=4096)
def _quantities(text: str) -> tuple[Quantity, ...]:
    mapped = written(half_width(text))
    found: list[Quantity] = []
    idioms = [m.span() for m in _IDIOM.finditer(mapped.text)]
    for quantity in _recognised(mapped.text):
        clash = any(q.start < quantity.end and quantity.start < q.end for q in found)
        if not clash and not any(a <= quantity.start and quantity.end <= b for a, b in idioms):
            found.append(quantity)
    found = _composed(sorted(found, key=lambda q: q.start), mapped.text)
    return tuple(replace(q, start=s, end=e) for q in found for s, e in [mapped.original(q.start, q.end)])


@lru_cache(maxsize=4096)
def quantity_of(text: str) -> Quantity | None:
    """The one quantity that ``text`` is (``45 min``, ``三刻钟``, ``￥35.6``); None when it is anything else."""
    text = text.strip()
    found = quantities(text)
    return found[0] if len(found) == 1 and (found[0].start, found[0].end) == (0, len(text)) else None


def _recognised(text: str) -> Iterator[Quantity]:
    """All readings, those that see more of the text first."""
    yield from _durations(text)
    yield from _shares(text)
    yield from _amounts(text)
    for match in _COUNT.finditer(text):
        number = _number(match[1])
        if number is not None and not (match[1] == "一" and match[2] in _ARTICLES):
            yield _one("count", match, number, match[2].lower())


def _durations(text: str) -> Iterator[Quantity]:
    for match in _HALF_TO.finditer(text):
        most = _number(match[2])
        if most is not None:
            half = _unit("个月" if match[1] == "月" else match[1]) / 2
            yield _between("duration", match, half, (most + (Decimal("0.5") if match[4] else 0)) * _unit(match[3]), "s")
    for match in _RANGE.finditer(text):
        low, high = _number(match[1]), _number(match[3])
        if low is not None and high is not None and not _is_year(match[3], match[4]):
            first = _unit(match[2] or match[4]) * low
            if first <= high * _unit(match[4]):
                yield _between("duration", match, first, high * _unit(match[4]), "s")
    for match in _ABOUT.finditer(text):
        size = {"十": 10, "百": 100}.get(match[3] or "", 1)
        low, high = _number(match[1]), _number(match[2])
        if low is not None and high is not None and low < high:
            yield _between("duration", match, low * size * _unit(match[4]), high * size * _unit(match[4]), "s")
    for match in _AND_HALF.finditer(text):
        number = _number(match[1] or match[2])
        if number is not None:
            unit = _unit("个月" if match[3] == "月" else match[3])
            yield _one("duration", match, (number + Decimal("0.5")) * unit, "s")
    for match in _EN_QUARTERS.finditer(text):
        yield _one("duration", match, Decimal(2700 if match[1] else 900), "s")
    for match in _OVER.finditer(text):
        least = _number(match[1])
        if least is not None:
            unit = _unit("个月" if match[3] == "月" else match[3])
            yield _between("duration", match, least * unit, (least + (10 if not least % 10 and not match[2] else 1)) * unit, "s")
    for match in _EN_HALF.finditer(text):
        parts = (Decimal("1.5"), match[2]) if match[1] else (Decimal("0.5"), match[3]) if match[3] else (Decimal(1), match[4])
        yield _one("duration", match, parts[0] * _unit(parts[1]), "s")
    for match in _COUPLE.finditer(text):
        yield _one("duration", match, 2 * _unit(match[1]), "s")
    for match in _PLAIN.finditer(text):
        number = _number(match[1])
        if number is None or match[2] == "分" or _is_year(match[1], match[2]) or _is_date(text, match):
            continue
        yield _one("duration", match, (number + (Decimal("0.5") if match[3] else 0)) * _unit(match[2]), "s")
    for match in _HALF.finditer(text):
        yield _one("duration", match, _unit("个月" if match[1] == "月" else match[1]) / 2, "s")


def _is_year(number: str, unit: str) -> bool:
    return unit == "年" and (len(number) in (2, 4) and number.isascii())


def _is_date(text: str, match: re.Match[str]) -> bool:
    """三日 is a day of the month unless 内 follows it; 第三天 and 星期三 are no durations."""
    before, after = text[max(0, match.start() - 2) : match.start()], text[match.end() : match.end() + 2]
    if match[2] == "日":
        return before.endswith("月") or not after.startswith(("内", "之内", "以内"))
    return before.endswith("第") or (match[2] in ("周", "星期", "礼拜") and after[:1] in tuple("一二三四五六日天末"))


def _composed(found: list[Quantity], text: str) -> list[Quantity]:
    """Parts of one duration put together: 1小时 and 20分钟, 2 days and 3 hours; also 1小时20分."""
    out: list[Quantity] = []
    for quantity in found:
        last = out[-1] if out else None
        if (
            last is not None
            and last.kind == quantity.kind == "duration"
            and quantity.high < last.low
            and re.fullmatch(r" ?(?:零|又|and|加)? ?", text[last.end : quantity.start])
        ):
            out[-1] = replace(last, low=last.low + quantity.low, high=last.high + quantity.high, end=quantity.end)
        else:
            out.append(quantity)
    return [_with_minutes(q, text) for q in out]


def _with_minutes(quantity: Quantity, text: str) -> Quantity:
    rest = re.match(rf"零?({_N})分", text[quantity.end :])
    number = _number(rest[1]) if rest and quantity.kind == "duration" and quantity.low >= _HOUR else None
    if rest is None or number is None or number >= 60:
        return quantity
    return replace(quantity, low=quantity.low + number * _MINUTE, high=quantity.high + number * _MINUTE, end=quantity.end + rest.end())


def _amounts(text: str) -> Iterator[Quantity]:
    for match in _SIGN.finditer(text):
        number = _number(match[2])
        if number is not None:
            yield _one("amount", match, number * _scale(match[3]), _CURRENCIES[match[1]])
    for match in _MONEY.finditer(text):
        number, unit = _number(match[1]), match[3].lower()
        if number is None or (match[1] == "一" and unit == "块" and not (match[4] or match[8])):
            continue
        number *= _scale(match[2])
        if match[4]:
            number += (_number(match[4]) or Decimal(0)) / (10 if match[5] else 100)
        elif match[8]:
            number += (_number(match[8]) or Decimal(0)) / 10
        yield _one("amount", match, number, _currency(unit))
    for match in _SMALL.finditer(text):
        number = _number(match[1])
        if number is not None:
            yield _one("amount", match, number / (10 if match[2] else 100), "USD" if match[3] else "CNY")


def _shares(text: str) -> Iterator[Quantity]:
    for match in _PERCENT.finditer(text):
        number = _number(match[1] or match[2])
        if number is not None:
            yield _one("percent", match, number, "%")
    for match in _TENTHS.finditer(text):
        tenths = (_number(match[1]) or Decimal(0)) * 10
        yield _one("percent", match, tenths + (5 if match[2] == "半" else _number(match[2] or "零") or 0), "%")


def _number(written_number: str) -> Decimal | None:
    plain = written_number.replace(",", "").lower()
    if plain[0].isdigit() and plain.isascii():
        return Decimal(plain)
    if plain in ("a", "an"):
        return Decimal(1)
    if plain.isascii():
        value = english_value(plain)
        return None if value is None else Decimal(value)
    figures = decimal(plain)
    return None if figures is None else Decimal(figures)


def _unit(unit: str) -> Decimal:
    unit = unit.lower()
    return Decimal(_SECONDS[unit] if unit in _SECONDS else _SECONDS[unit.removesuffix("s")])


def _scale(scale: str | None) -> int:
    return _SCALES[scale.strip().lower()] if scale else 1


def _currency(unit: str) -> str:
    unit = unit.replace("元钱", "元")
    return _CURRENCIES[unit] if unit in _CURRENCIES else _CURRENCIES[unit.removesuffix("s")]


def _one(kind: str, match: re.Match[str], number: Decimal, unit: str) -> Quantity:
    return _between(kind, match, number, number, unit)


def _between(kind: str, match: re.Match[str], low: Decimal, high: Decimal, unit: str) -> Quantity:
    return Quantity(kind, _tidy(low), _tidy(high), unit, match.start(), match.end())


def _tidy(number: Decimal) -> Decimal:
    """Without an empty fraction: 5400.0 is 5400; 35.50 stays."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number
