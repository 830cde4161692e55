"""English numbers: forty five minutes → 45 minutes, one three eight … → 138…."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.text.mapped import Edit

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6}
_WORD = "|".join([*_VALUES, *_SCALES])
_RUN = re.compile(rf"(?i)\b(?:{_WORD})(?:(?:[\s-]+(?:and\s+)?)(?:{_WORD}))*\b")
_DIGITS = re.compile(
    r"(?i)\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)(?:[\s,]+(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)){2,}\b"
)
_AFTER = re.compile(
    r"(?i)\s+(?:percent|minutes?|hours?|days?|weeks?|months?|years?|dollars?|pounds?|euros?|yuan|cents?|degrees?|kilo\w+|am|pm|a\.m\.|p\.m\.)\b"
)


def english_numbers(text: str) -> Iterator[Edit]:
    """Edits that write numbers in figures: dictated digits, and readings above ten or before a unit.

    >>> [edit.text for edit in english_numbers("one three eight oh, wait forty five minutes, one moment, two hundred and five")]
    ['1380', '45', '205']
    """
    taken = []
    for match in _DIGITS.finditer(text):
        words = re.findall(r"[a-z]+", match[0].lower())
        taken.append(match.span())
        yield Edit(*match.span(), "".join("0" if word == "oh" else str(_VALUES[word]) for word in words))
    for match in _RUN.finditer(text):
        if any(a < match.end() and match.start() < b for a, b in taken):
            continue
        number = english_value(match[0])
        # "one moment" and "two of them" stay words; a unit behind makes even a small number a quantity.
        if number is not None and (number > 10 or _AFTER.match(text, match.end())):
            yield Edit(*match.span(), str(number))


def english_value(spoken: str) -> int | None:
    """The number that a reading means; None for what is no single number (``twenty thirty``).

    >>> english_value("two thousand one hundred and five"), english_value("twenty-one"), english_value("twenty thirty")
    (2105, 21, None)
    """
    total = section = 0
    least = 1000
    for word in re.findall(r"[a-z]+", spoken.lower()):
        if word == "and":
            continue
        if word == "hundred":
            if not 0 < section < 100:
                return None
            section, least = section * 100, 1000
        elif word in _SCALES:
            if not section:
                return None
            total, section, least = total + section * _SCALES[word], 0, 1000
        else:
            number = _VALUES.get(word)
            if number is None or (section % 100 and not (least == 10 and 0 < number < 10)):
                return None
            section, least = section + number, 10 if number >= 20 else 0
    return total + section


def english_cardinal(number: int) -> str:
    """A number below a thousand million as it is read: 205 → two hundred and five."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {english_cardinal(rest)}" if rest else "")
    size, word = (10**6, "million") if number >= 10**6 else (1000, "thousand")
    whole, rest = divmod(number, size)
    joint = " and " if 0 < rest < 100 else " "
    return f"{english_cardinal(whole)} {word}" + (f"{joint}{english_cardinal(rest)}" if rest else "")
