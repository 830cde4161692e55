"""Dates of birth after what announces them: 生日是3月12日, date of birth is March 12, 1985; and the answer to the question for one.

Any other date stays: rules ask when the current went off and when it came back.
"""

from __future__ import annotations

import re2

from qa.redaction.digits import CHARACTERS
from qa.redaction.hints import Hint, lettered
from qa.redaction.values import SEPARATORS, Value

_CUE = re2.compile(r"出生|生日|(?i:\b(?:date of birth|birth ?date|birthday|born|dob)\b)")
_HINT = Hint(words=("birth", "born", "dob"))
_N = r"(?:[0-9]{1,2}|[零〇一二三四五六七八九十廿]{1,3})"
_YEAR = r"(?:[0-9]{4}|[0-9]{2}|[零〇一二三四五六七八九幺]{4}|[零〇一二三四五六七八九幺]{2})"
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_DAY = r"(?:the )?[0-9]{1,2}(?:st|nd|rd|th)?"
_WRITTEN_YEAR = r"(?:19|20)[0-9]{2}"
_DATE = re2.compile(
    rf"{_YEAR} ?年(?: ?{_N} ?月)?(?:份| ?{_N} ?[日号])?|{_N} ?月 ?{_N} ?[日号]?"
    r"|(?:19|20)[0-9]{2}[\-./](?:0?[1-9]|1[0-2])[\-./][0-3]?[0-9]|[0-9]{1,2}[\-./][0-9]{1,2}[\-./](?:[0-9]{4}|[0-9]{2})"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    rf"|(?i:\b(?:{_MONTHS})\b\.? {_DAY}(?:,? {_WRITTEN_YEAR})?|\b{_DAY}(?: of)? (?:{_MONTHS})\b(?:,? {_WRITTEN_YEAR})?)"
    rf"|\b{_WRITTEN_YEAR}\b"
)
_REACH = 8
"""Characters between the cue and the date: 的日期是, is, on."""


def values_in(text: str) -> list[Value]:
    """Every date of birth in ``text``, after its cue."""
    found: list[Value] = []
    if not _may(text):
        return found
    for cue in _CUE.finditer(text):
        date = _DATE.search(text[cue.end() : cue.end() + 40])
        if date is not None and date.start() <= _REACH:
            found.append(value(text, cue.end() + date.start(), cue.end() + date.end()))
    return found


def _may(text: str) -> bool:
    return "出生" in text or "生日" in text or (lettered(text) and _HINT.may(text))


def asks(text: str) -> bool:
    """Whether a sentence asks for a date of birth and holds none."""
    return _may(text) and _CUE.search(text) is not None and not values_in(text)


def answer(text: str) -> list[Value]:
    """The first date of a sentence that answers the question for one."""
    date = _DATE.search(text)
    return [] if date is None or date.start() > _REACH else [value(text, date.start(), date.end())]


def value(text: str, start: int, end: int) -> Value:
    """Compared sign by sign: the same day in words and in digits proves nothing."""
    content = "".join(CHARACTERS.get(c, c) for c in text[start:end].lower() if c not in SEPARATORS)
    return Value("birth", start, end, content, sum(c.isdigit() for c in content))
