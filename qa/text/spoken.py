"""Text normalisation: how a text is read aloud (45分钟 → 四十五分钟, 13800… → 幺三八零零…, 95% → 百分之九十五)."""

from __future__ import annotations

import re
from collections.abc import Callable

from qa.text.mapped import Edit, Mapped, rewrite
from qa.text.numbers import LARGEST, cardinal, digit_by_digit

_LEAST_DICTATED = 5
"""Runs of so many digits without a unit are dictated one by one, as are those after 工号, 户号 and the like."""
_TWO_AS_LIANG = "个|小时|天|周|年(?!代)|位|次|遍|台|户|家|条|张|只|点|分钟|千|万|亿|百"
_UNIT = "分钟|小时|天|元|块|度|个|点|户|年|月|日|号|岁|次|位|人|层|楼|米|公里|千瓦|台|家|条|张|万|亿|千|百|倍|周|秒|分"
_SYMBOLS = {
    "kWh": "千瓦时",
    "kW": "千瓦",
    "km": "公里",
    "kg": "公斤",
    "cm": "厘米",
    "mm": "毫米",
    "℃": "摄氏度",
    "°C": "摄氏度",
    "kV": "千伏",
}
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"

_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def spoken(text: str) -> Mapped:
    """The text as a Mandarin speaker reads it, and the way back to the original characters.

    >>> spoken("工号3026，电话13800004517，45分钟到，1.5小时，95%，2026年11月22日8:30").text
    '工号三零二六，电话幺三八零零零零四五幺七，四十五分钟到，一点五小时，百分之九十五，二零二六年十一月二十二日八点三十分'
    >>> spoken("2小时，2号楼，¥1,200，3-5天，-2℃，220V").text
    '两小时，二号楼，一千二百元，三到五天，负二摄氏度，二百二十V'
    """
    edits: list[Edit] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(text):
            if not any(edit.start < match.end() and match.start() < edit.end for edit in edits):
                edits.append(Edit(match.start(), match.end(), read(match)))
    return rewrite(text, sorted(edits, key=lambda edit: edit.start))


def number(figures: str, *, liang: bool = False) -> str:
    """A number in figures as it is read, fraction included; figures too long to read are dictated.

    >>> number("1,200"), number("35.60"), number("2", liang=True)
    ('一千二百', '三十五点六零', '两')
    """
    whole, point, fraction = figures.replace(",", "").partition(".")
    if liang and whole == "2" and not point:
        return "两"
    read = cardinal(int(whole)) if int(whole) <= LARGEST else digit_by_digit(whole)
    return read + (f"点{digit_by_digit(fraction, '一')}" if point else "")


def _date(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    return f"{digit_by_digit(year, '一')}年{cardinal(int(month))}月{cardinal(int(day))}日"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return f"{number(str(hour), liang=True)}点"
    return f"{number(str(hour), liang=True)}点{'零' if minute < 10 else ''}{cardinal(minute)}分"


def _range(match: re.Match[str]) -> str:
    return f"{number(match[1])}到{number(match[2])}{match[3]}"


_RULES: tuple[_Rule, ...] = (
    (re.compile(r"(?<!\d)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)"), _date),
    (re.compile(r"(?<!\d)([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?!\d)"), _clock),
    (re.compile(rf"({_NUMBER})[%％]"), lambda m: f"百分之{number(m[1])}"),
    (re.compile(rf"[¥￥]\s*({_NUMBER})"), lambda m: f"{number(m[1])}元"),
    (re.compile(r"(?<!\d)(\d{4})(?=年)"), lambda m: digit_by_digit(m[1], "一")),
    (re.compile(r"(?<![\d/])(\d{1,3})/(\d{1,3})(?![\d/])"), lambda m: f"{cardinal(int(m[2]))}分之{cardinal(int(m[1]))}"),
    (re.compile(rf"({_NUMBER})[-~～—]({_NUMBER})({_UNIT})"), _range),
    (re.compile(rf"(?<![\d.])(-?)({_NUMBER})\s?({'|'.join(map(re.escape, _SYMBOLS))})(?![A-Za-z])"),
     lambda m: ("负" if m[1] else "") + number(m[2]) + _SYMBOLS[m[3]]),
    (re.compile(r"(?<=[号码编])(?:[是为：: ]*)(\d{3,})"), lambda m: m[0][: -len(m[1])] + digit_by_digit(m[1])),
    (re.compile(rf"(?<![\d.])({_NUMBER})(?={_TWO_AS_LIANG})"), lambda m: number(m[1], liang=True)),
    (re.compile(rf"(?<![\d.])(\d{{{_LEAST_DICTATED},}})(?![\d.,]|\s?(?:{_UNIT}))"), lambda m: digit_by_digit(m[1])),
    (re.compile(rf"(?<![\d.A-Za-z])({_NUMBER})"), lambda m: number(m[1])),
)  # fmt: skip
