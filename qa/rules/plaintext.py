"""Text as phrases are matched on it: no punctuation, one spelling of digits, and the way back.

Recognisers differ in punctuation, width, case, traditional or simplified characters, and in writing 45 or 四十五, 95598 or
九五五九八, 幺 or 一; a phrase must match all of them. Every character of the plain text remembers the characters of the
original it came from, so that evidence points into the sentence as it was written.

>>> plain("您好！我们 45 分钟到。").text
'您好我们四十五分钟到'
>>> plain("撥打95598，優惠3.5%").text
'拨打九五五九八优惠百分之三点五'
>>> plain("I'm sorry -- one moment").text
'im sorry one moment'
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from qa.rules.kept import kept
from qa.text.numbers import digit_by_digit
from qa.text.script import simplified_char
from qa.text.spoken import number

_UNITS = "分秒小个天日月年时点元块角度号千万户次楼层栋单人条户位"
_NUMBER = re.compile(
    rf"(?<![\d.])(?:(?P<percent>\d{{1,4}}(?:\.\d+)?)[%％]|(?P<year>\d{{4}})(?=\s*年)|(?P<amount>\d{{1,4}}(?:\.\d+)?)(?=\s*[{_UNITS}])"
    r"|(?P<dictated>\d{3,})(?![\d.]))"
)
_DIGIT = re.compile(r"\d")
_LATIN = re.compile("[0-9A-Za-z]")
_ONE_SPELLING = {"〇": "零", "两": "二", "幺": "一"}
_FILLERS = set("嗯啊呃额唉哎噢哦唔呀")
_FILLER_WORDS = {"um", "uh", "er", "hm", "hmm", "mm", "mhm", "uhhuh", "erm"}


@dataclass(frozen=True, slots=True)
class Plain:
    """``text`` and, for each of its characters, the original range ``[starts[i], ends[i])``."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@kept(1_000_000)
def plain(text: str) -> Plain:
    """The plain form of ``text``: lower case, half width, words separated by one space only between Latin words."""
    return _of_characters(text) or _of_words(text)


def _of_characters(text: str) -> Plain | None:
    """The plain form of a text in which every character stands for itself; None where it has words, numbers or wider characters."""
    pieces = [_LETTERS[char] for char in text]
    kept = "".join(pieces).replace(" ", "")
    at = [n for n, piece in enumerate(pieces) if piece not in ("", " ")]
    if len(kept) != len(at) or _LATIN.search(kept) or _DIGIT.search(text):
        return None
    return Plain(kept, tuple(at), tuple([n + 1 for n in at]))


def _of_words(text: str) -> Plain:
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    gap = False
    numbers = {m.start(): m for m in _NUMBER.finditer(text)}
    while at < len(text):
        if numbers and at in numbers:
            piece, end = _read(numbers[at]), numbers[at].end()
        else:
            piece, end = _LETTERS[text[at]], at + 1
        if piece == " ":
            gap = True
        elif piece:
            if gap and out and _is_latin(out[-1]) and _is_latin(piece[0]):
                out.append(" ")
                starts.append(starts[-1])
                ends.append(ends[-1])
            gap = False
            out.extend(piece)
            starts.extend([at] * len(piece))
            ends.extend([end] * len(piece))
        at = end
    return Plain("".join(out), tuple(starts), tuple(ends))


def _read(match: re.Match[str]) -> str:
    """A number as the plain text has it: read out with a unit behind it, otherwise digit by digit."""
    if match["percent"]:
        return f"百分之{number(match['percent'])}"
    if match["amount"]:
        return number(match["amount"])
    return digit_by_digit(match["year"] or match["dictated"], "一")


def is_filler(plain_text: str) -> bool:
    """Whether a listener said no more than 嗯: such a turn does not end the other side's turn."""
    if not plain_text:
        return True
    if plain_text[0].isascii():
        return all(w in _FILLER_WORDS for w in plain_text.split())
    return plain_text[0] in _FILLERS and _FILLERS.issuperset(plain_text)


@kept(500_000)
def spoken_length(plain_text: str) -> int:
    """Characters said, the unit of speech rate: Chinese characters, digits as read, a Latin word as two, no fillers.

    >>> spoken_length(plain("嗯，45 分钟 OK").text)
    7
    """
    count = 0
    for word in re.findall(r"[a-z]+|[^a-z\s]", plain_text):
        if word in _FILLERS or word in _FILLER_WORDS:
            continue
        count += 2 if word.isascii() and word.isalpha() else 1
    return count


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _letter(char: str) -> str:
    """The plain character(s) of one character; a space for what separates, nothing for an apostrophe."""
    if char in "'’":
        return ""
    folded = unicodedata.normalize("NFKC", simplified_char(char)).lower()
    kept = "".join(_ONE_SPELLING.get(c, c) for c in folded if c.isalnum())
    return kept or " "


class _Letters(dict[str, str]):
    """What :func:`_letter` says of every character seen."""

    def __missing__(self, char: str) -> str:
        self[char] = found = _letter(char)
        return found


_LETTERS = _Letters()
