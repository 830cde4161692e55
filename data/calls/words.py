"""Compare Chinese texts as a recogniser is judged: without punctuation, numbers in one form, error per character."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import Levenshtein

_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"两": "2", "幺": "1"}
_ONE_TO_NINE = "[一二三四五六七八九两]"
_COUNTED = re.compile(rf"(?:{_ONE_TO_NINE}千零?)?(?:{_ONE_TO_NINE}百零?)?(?:{_ONE_TO_NINE}?十)?{_ONE_TO_NINE}?")
_NUMERALS = re.compile("[零一二三四五六七八九十百千两幺]+")


def _counted(run: str) -> str | None:
    """``四十五`` → ``45``; None when the run is no well-formed number below ten thousand."""
    if not re.search("[十百千]", run) or not re.search(_ONE_TO_NINE, run) or not _COUNTED.fullmatch(run):
        return None
    value, digit = 0, 0
    for char in run:
        if char in _DIGITS:
            digit = int(_DIGITS[char])
        else:
            value += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
    return str(value + digit)


def as_digits(text: str) -> str:
    """Write spoken numbers as digits: digit strings of three or more and counted numbers; single numerals stay words.

    >>> as_digits("我的号码是一三八零零零零四五一七，四十五分钟，千万别动，一个")
    '我的号码是13800004517，45分钟，千万别动，一个'
    """

    def number(match: re.Match[str]) -> str:
        run = match.group()
        if len(run) >= 3 and all(c in _DIGITS for c in run):
            return "".join(_DIGITS[c] for c in run)
        return _counted(run) or run

    return _NUMERALS.sub(number, text)


def bare(text: str) -> str:
    """Letters and numbers only, half width, lower case, spoken numbers as digits."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return as_digits("".join(c for c in folded if unicodedata.category(c)[0] in "LN"))


def errors(truth: str, heard: str) -> tuple[int, int]:
    """Edits (substitutions, deletions, insertions) from ``truth`` to ``heard`` and the characters of ``truth``, both bare."""
    reference = bare(truth)
    return Levenshtein.distance(reference, bare(heard)), len(reference)
