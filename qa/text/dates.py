"""Days and times of day in what people say, resolved against the moment they say it: 下周三, 明天下午三点前, next Tuesday at 3 pm.

>>> from datetime import datetime, timezone
>>> said = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)      # a Friday
>>> [f"{m.start:%m-%d %H:%M}…{m.end:%m-%d %H:%M}" for m in moments("下周三上午，11月22日18:30，明天三点前", said)]
['11-25 06:00…11-25 12:00', '11-22 18:30…11-22 18:30', '11-20 10:00…11-21 15:00']
>>> [f"{m.start:%a %H:%M}" for m in moments("next Tuesday at 3 pm, or tomorrow morning", said)]
['Tue 15:00', 'Sat 06:00']
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from qa.text.numbers import value
from qa.text.script import half_width
from qa.text.written import written

_DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今晚": 0, "今早": 0,
    "明天": 1, "明日": 1, "明早": 1, "明晚": 1,
    "后天": 2, "大后天": 3, "the day before yesterday": -2, "yesterday": -1, "today": 0, "tonight": 0, "this morning": 0,
    "this afternoon": 0,
    "this evening": 0, "tomorrow": 1, "the day after tomorrow": 2,
}  # fmt: skip
_PERIODS = {
    "凌晨": (0, 6), "清晨": (5, 9), "早上": (6, 9), "早晨": (6, 9), "早": (6, 9), "上午": (6, 12), "中午": (11, 14), "下午": (12, 18),
    "傍晚": (17, 19),
    "晚上": (18, 24), "夜里": (18, 24), "晚": (18, 24), "morning": (6, 12), "noon": (12, 12), "afternoon": (12, 18), "evening": (18, 24),
    "night": (18, 24), "tonight": (18, 24),
}  # fmt: skip
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5} | {
    name: n for n, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
}
_WEEKS = {
    "上上": -2,
    "上": -1,
    "last": -1,
    "这": 0,
    "这个": 0,
    "本": 0,
    "this": 0,
    "下": 1,
    "下个": 1,
    "next": 1,
    "下下": 2,
    "下下个": 2,
    "上个": -1,
}
_MONTHS = {
    name: n
    for n, name in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"), start=1
    )
}
_NUM = r"(?:\d{1,2}|[零一二三四五六七八九十]{1,3})"
_MONTH = "|".join(_MONTHS)
_WEEKDAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_NEXT_TO_DAY = "上午|下午|早|晚|中午|凌晨|之?前|以前|之?后|来|到|停|恢复|[，。、,.？！?!的 ]|$"
_DAY = "|".join(
    (
        r"(?P<iso>(?<!\d)20\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:[12]\d|3[01]|0?[1-9])(?!\d))",
        rf"(?P<date>(?:(?P<y>\d{{4}}) ?年 ?)?(?P<m>{_NUM}) ?月 ?(?P<d>{_NUM}) ?[日号])",
        rf"(?P<monthday>(?P<which>[本这下上]个?月)?(?<![\d路街巷弄工道村栋组第编])(?P<dd>{_NUM})号(?={_NEXT_TO_DAY}))",
        r"(?P<week>(?P<shift>下下个?|上上个?|[上下]个?|这个?|本)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天末]))",
        r"(?P<span>(?:下下|下|上|本|这)个?(?:周|星期|礼拜|月)(?![一二三四五六日天末]))",
        "(?P<rel>" + "|".join(sorted((d for d in _DAYS), key=len, reverse=True)).replace("the day", "(?:the )?day") + ")",
        rf"(?P<enweek>(?:(?P<enshift>next|this|last) )?(?P<enwd>{_WEEKDAY})\b)",
        r"(?P<enspan>\b(?:next|this|last) (?:week|month)\b)",
        rf"(?P<endate>\b(?:(?P<em>{_MONTH}) (?:the )?(?P<ed>\d{{1,2}})(?:st|nd|rd|th)?"
        rf"|(?P<ed2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<em2>{_MONTH}))"
        r"\b(?:,? (?P<ey>20\d\d))?)",
    )
)
_PERIOD = "|".join(sorted(_PERIODS, key=len, reverse=True))
_AFTER_CLOCK = "之?前|以前|之?后|以后|到|至|来|左右|上门|[，。、,.？！?! ]|$"


def _clock(part: str) -> str:
    """A time of day, its groups named with ``part``. A bare 三点 needs something behind it that no other 三点 has."""
    written_out = rf"(?:钟|(?P<{part}half>半)|(?P<{part}q>[一三])刻|(?P<{part}zm>{_NUM})分?|(?={_AFTER_CLOCK}))"
    return (
        rf"(?:(?<![\d.])(?P<{part}h>[01]?\d|2[0-4])[:：](?P<{part}mm>[0-5]\d)|(?<![有差快慢])(?P<{part}zh>{_NUM})点{written_out}"
        rf"|(?<![\d.])(?P<{part}eh>1[0-2]|[1-9])(?= ?(?:am\b|pm\b|a\.m\.|p\.m\.|o'clock)))"
        rf"(?: ?(?P<{part}ap>am\b|pm\b|a\.m\.|p\.m\.|o'clock))?"
    )


_MOMENT = re.compile(
    rf"(?i)(?:(?:{_DAY})[ ,的]*(?:at |in the )?)?(?P<period>{_PERIOD})?(?: at |在)?(?:{_clock('a')}"
    rf"(?:(?:到|至|-|~| to )(?:{_PERIOD})?{_clock('b')})?)?(?P<rel2>之?前|以前|之?后|以后)?"
)
_QUICK = re.compile(
    rf"(?i)前天|昨|今[天日晚早]|明[天日晚早]|后天|[周期拜][一二三四五六日天末]|[下上本这]个?(?:周|月|星期|礼拜)"
    rf"|[\d零一二三四五六七八九十] ?[点月号日]|\d[:：]\d\d|{_WEEKDAY}|{_MONTH}|today|tonight|tomorrow|yesterday|[\d ][ap]\.?m\b|o'clock"
    r"|(?:next|last|this) |20\d\d[-/.]"
)
"""What stands in every text that holds a day or a time: a glance instead of a search."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Some time from ``start`` to ``end`` (equal for a point in time), said at ``[first, last)`` of the text.

    ``sure`` is False where the words fit several days or hours: 周三 said on a Friday, 三点 without 下午.
    """

    start: datetime
    end: datetime
    first: int
    last: int
    sure: bool = True


def moments(text: str, now: datetime) -> list[Moment]:
    """Every day and time of day of ``text``, in order. ``now`` is when it was said, with its time zone."""
    if _QUICK.search(text) is None:
        return []
    mapped = written(half_width(text))
    found = []
    for match in _MOMENT.finditer(mapped.text):
        try:
            moment = _moment(match, now) if match.end() > match.start() else None
        except ValueError:  # 2月30日, 一一点
            continue
        if moment is not None:
            first, last = mapped.original(match.start(), match.end())
            found.append(replace(moment, first=first, last=first + len(text[first:last].rstrip(" ,的"))))
    return found


def _moment(match: re.Match[str], now: datetime) -> Moment | None:
    """What a match means; None when it is neither a day nor a time. Raises ValueError for days and hours that there are not."""
    has_day = match.lastgroup is not None and any(match[name] for name in ("iso", "date", "monthday", "week", "rel", "enweek", "endate"))
    if match["span"] or match["enspan"]:
        return _long(match["span"] or match["enspan"], now, match)
    clocked = any(match[f"a{part}"] for part in ("h", "zh", "eh"))
    if not has_day and not clocked:
        return None
    day, sure = _day(match, now) if has_day else (now.date(), True)
    told = match["period"] or _period_of(match["rel"])
    if not clocked:
        low, high = _PERIODS[told.lower()] if told else (0, 24)
        return _bounded(match, now, Moment(_at(day, low * 60, now), _at(day, high * 60, now), 0, 0, sure))
    start, clear = _minutes(match, "a", told, day, now)
    if start is None:
        return None
    end = start
    if any(match[f"b{part}"] for part in ("h", "zh", "eh")):
        until, _ = _minutes(match, "b", told, day, now)
        end = until if until is not None and until >= start else end
    return _bounded(match, now, Moment(_at(day, start, now), _at(day, end, now), 0, 0, sure and clear))


def _bounded(match: re.Match[str], now: datetime, moment: Moment) -> Moment:
    """三点前 is any time from now to three, 三点后 from three to the end of that day."""
    word = match["rel2"] or ""
    if word.endswith("前"):
        return replace(moment, start=min(now, moment.end))
    if word.endswith("后"):
        return replace(moment, end=_at(moment.start.date(), 24 * 60, now))
    return moment


def _period_of(relative: str | None) -> str:
    """今晚 and this morning name a part of the day too."""
    words = (relative or "").lower()
    return next((p for p in ("晚", "早", "morning", "afternoon", "evening", "tonight") if words.endswith(p)), "")


def _day(match: re.Match[str], now: datetime) -> tuple[date, bool]:
    today = now.date()
    if match["iso"]:
        year, month, day = (int(n) for n in re.split(r"[-/.]", match["iso"]))
        return date(year, month, day), True
    if match["date"]:
        return _nearest(int(match["y"]) if match["y"] else None, _int(match["m"]), _int(match["d"]), today), True
    if match["endate"]:
        month = _MONTHS[(match["em"] or match["em2"]).lower()]
        return _nearest(int(match["ey"]) if match["ey"] else None, month, int(match["ed"] or match["ed2"]), today), True
    if match["monthday"]:
        which = (match["which"] or "")[:1]
        shift = {"下": 1, "上": -1}.get(which, 0)
        day = _int(match["dd"])
        sure = bool(which) or day >= today.day
        return _in_month(today, shift if which or day >= today.day else 1, day), sure
    if match["week"] or match["enweek"]:
        weekday = _WEEKDAYS[(match["wd"] or match["enwd"]).lower()]
        word = (match["shift"] or match["enshift"] or "").lower()
        found = today + timedelta(days=weekday - today.weekday() + 7 * _WEEKS.get(word, 0))
        passed = not word and found < today
        return (found + timedelta(days=7), False) if passed else (found, True)
    relative = match["rel"].lower()
    return today + timedelta(days=_DAYS.get(relative, _DAYS.get(f"the {relative}", 0))), True


def _int(number: str) -> int:
    read = int(number) if number.isdecimal() else value(number)
    if read is None:
        raise ValueError(number)
    return read


def _nearest(year: int | None, month: int, day: int, today: date) -> date:
    """The day of that month, of all years the one nearest to today."""
    if year is not None:
        return date(year, month, day)
    candidates = []
    for near in (today.year - 1, today.year, today.year + 1):
        try:
            candidates.append(date(near, month, day))
        except ValueError:
            continue
    return min(candidates, key=lambda d: abs(d - today))


def _in_month(today: date, shift: int, day: int) -> date:
    months = today.year * 12 + today.month - 1 + shift
    return date(months // 12, months % 12 + 1, day)


def _long(words: str, now: datetime, match: re.Match[str]) -> Moment:
    """A whole week (from Monday) or month."""
    today = now.date()
    shift = 2 if words.startswith("下下") else 1 if words[0] in "下nN" else -1 if words[0] in "上lL" else 0
    if "月" in words or "month" in words.lower():
        first, after = _in_month(today, shift, 1), _in_month(today, shift + 1, 1)
    else:
        first = today - timedelta(days=today.weekday()) + timedelta(days=7 * shift)
        after = first + timedelta(days=7)
    return _bounded(match, now, Moment(_at(first, 0, now), _at(after, 0, now), 0, 0))


def _minutes(match: re.Match[str], part: str, told: str, day: date, now: datetime) -> tuple[int | None, bool]:
    """Minutes since midnight, and whether morning and afternoon are told apart."""
    hour = _int(match[f"{part}h"] or match[f"{part}zh"] or match[f"{part}eh"])
    if match[f"{part}mm"]:
        minute = int(match[f"{part}mm"])
    elif match[f"{part}half"]:
        minute = 30
    elif match[f"{part}q"]:
        minute = 15 * _int(match[f"{part}q"])
    else:
        minute = _int(match[f"{part}zm"]) if match[f"{part}zm"] else 0
    if hour > 24 or minute > 59:
        return None, False
    half = (match[f"{part}ap"] or "").lower().replace(".", "")
    told = told.lower()
    if half in ("am", "pm"):
        return (hour % 12 + (12 if half == "pm" else 0)) * 60 + minute, True
    if told:
        late = told in ("下午", "傍晚", "晚上", "夜里", "晚", "afternoon", "evening", "night", "tonight") or (told == "中午" and hour < 11)
        return (hour + 12 if late and hour <= 12 else hour) * 60 + minute, True
    if hour > 12 or hour == 0 or (match[f"{part}h"] and len(match[f"{part}h"]) == 2):
        return hour * 60 + minute, True
    both = [h * 60 + minute for h in (hour, hour + 12) if h < 24]
    ahead = [m for m in both if _at(day, m, now) >= now]
    if len(ahead) == 1:
        return ahead[0], True
    return both[-1 if hour < 7 else 0], False


def _at(day: date, minutes: int, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo) + timedelta(minutes=minutes)
