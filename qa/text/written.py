"""Inverse text normalisation: how a recogniser's words are written (四十五分钟 → 45分钟, 幺三八… → 138…).

Careful rather than thorough: only what cannot mean anything else is rewritten, so 一下, 第一, 十分抱歉 and 万一 stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from qa.text.english import english_numbers
from qa.text.mapped import Edit, Mapped, rewrite
from qa.text.numbers import NUMERALS, decimal, digits_of, value

_N = f"[{NUMERALS}]"
_D = "[零〇一二三四五六七八九]"
_UNITS = (
    "分钟|分|秒钟|秒|小时|个小时|个钟头|天|周|个星期|个月|月份|年|岁|元|块钱|块|万元|角|毛|度电|度|千瓦时|千瓦|公里|千米|米|公斤|斤|平方米|平米|"
    "户|栋|幢|单元|楼|层|号楼|号|室|伏|安|次|遍|位|人|台|只|张|条|家|个工作日|个"
)
_ARTICLE = set("个次遍位人台只张条家号户楼层")
"""Before these a single numeral is mostly an article (一个, 两位, 三号楼): it stays in characters."""
_IDIOM_WITH_ONE = set("天年块度角毛米周斤栋室岁分")
"""一天, 一块, 一度: one of these is often no quantity."""
_IDIOMS = re.compile(
    "万一|千万(?!元|户|千|分|块)|十分(?![钟之])|百分百|百分点|一五一十|七上八下|乱七八糟|三三两两|三番五次|四面八方|五颜六色|"
    "接二连三|独一无二|丢三落四|三天两头|一来二去|一清二楚|不管三七二十一|三七二十一|一二三|五一(?=节|假|劳|长)|十一(?=节|假|长)|双十一|六一(?=节|儿)|三八(?=节|妇)"
)
_POINT = f"(?:{_N}+点{_D}+)"

_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]


def written(text: str) -> Mapped:
    """The text with its numbers in figures, Chinese and English, and the way back to the original characters.

    >>> written("请等四十五分钟，电话幺三八零零零零四五幺七，电费三十五块六").text
    '请等45分钟，电话13800004517，电费35.6元'
    >>> written("一个半小时或者三刻钟，百分之九十五，二零二六年十一月二十二日").text
    '1.5小时或者45分钟，95%，2026年11月22日'
    >>> written("十分抱歉，您稍等一下，万一再停电").text
    '十分抱歉，您稍等一下，万一再停电'
    """
    return rewrite(text, list(_edits(text)))


def _edits(text: str) -> Iterator[Edit]:
    idioms = [match.span() for match in _IDIOMS.finditer(text)]
    found: list[Edit] = []
    for pattern, write in _RULES:
        for match in pattern.finditer(text):
            start, end = match.span()
            taken = any(edit.start < end and start < edit.end for edit in found) or any(a < end and start < b for a, b in idioms)
            figures = None if taken else write(match)
            if figures is not None and figures != match[0]:
                found.append(Edit(start, end, figures))
    found += [edit for edit in english_numbers(text) if not any(other.start < edit.end and edit.start < other.end for other in found)]
    return iter(sorted(found, key=lambda edit: edit.start))


def _percent(match: re.Match[str]) -> str | None:
    figures = decimal(match[1])
    return None if figures is None else f"{figures}%"


def _year(match: re.Match[str]) -> str:
    return f"{digits_of(match[1])}年"


def _date(match: re.Match[str]) -> str | None:
    month, day = value(match[1]), value(match[2])
    if month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{month}月{day}{match[3]}"


def _half_hours(match: re.Match[str]) -> str | None:
    hours = value(match[1])
    return None if hours is None else f"{hours}.5小时"


def _quarters(match: re.Match[str]) -> str | None:
    quarters = value(match[1])
    return None if quarters is None or quarters > 3 else f"{15 * quarters}分钟"


def _money(match: re.Match[str]) -> str | None:
    yuan, jiao = value(match[1]), value(match[2])
    return None if yuan is None or jiao is None or jiao > 9 else f"{yuan}.{jiao}元"


def _clock(match: re.Match[str]) -> str | None:
    hour, minute = value(match[1]), 30 if match[2] == "半" else value(match[2])
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    return f"{hour}:{minute:02}"


def _point(match: re.Match[str]) -> str | None:
    return decimal(match[0])


def _dictated(match: re.Match[str]) -> str:
    return digits_of(match[0])


def _counted(match: re.Match[str]) -> str | None:
    numeral, unit = match[1], match[2]
    if len(numeral) == 1 and (unit in _ARTICLE or numeral in "百千万亿" or (numeral == "一" and unit in _IDIOM_WITH_ONE)):
        return None
    number = value(numeral)
    return None if number is None else f"{number}{unit}"


def _large(match: re.Match[str]) -> str | None:
    number = value(match[0])
    return None if number is None else str(number)


_RULES: tuple[_Rule, ...] = (
    (re.compile(f"百分之({_POINT}|{_N}+)"), _percent),
    (re.compile(f"({_D}{{4}}|{_D}{{2}})年(?!级|代)"), _year),
    (re.compile("([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})([日号])"), _date),
    (re.compile(f"({_N}+)个半(?:小时|钟头)"), _half_hours),
    (re.compile(f"({_N})刻钟"), _quarters),
    (re.compile(f"({_N}+)(?:块|元)({_D})(?:毛|角)?钱?(?![{NUMERALS}分])"), _money),
    (re.compile(f"({_N}{{1,3}})点(半|{_N}{{2,3}})分?(?!钟|[{NUMERALS}])(?=$|[，。、？！；,.?!]|的|到|钟|前|后|左右|来|停|开)"), _clock),
    (re.compile(f"{_N}+点{_D}+(?=度|元|块|万|亿|千|公里|米|个百分点|倍|小时|安|伏|兆|平)"), _point),
    (re.compile("[零〇一二三四五六七八九幺]{3,}(?![十百千万亿])"), _dictated),
    (re.compile(f"({_N}+)({_UNITS})"), _counted),
    (re.compile(f"{_N}*[十百千][{NUMERALS}]*[{NUMERALS}]"), _large),
)
