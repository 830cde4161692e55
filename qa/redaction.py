"""Mask personal numbers in text before it is stored.

A masked character becomes ``*``, so every other character keeps its place: evidence and word times stay
right. Masked are mobile and landline numbers, identity cards and bank cards, written (「138 0000 1234」) or
spoken (「幺三八零零零零一二三四」); short numbers, amounts, dates and times stay, for rules ask about them.

>>> mask("我的电话是13800001234，欠费200元")
'我的电话是***********，欠费200元'
>>> mask("号码幺三八，零零零零，一二三四对吧")
'号码***，****，****对吧'
"""

from __future__ import annotations

from dataclasses import replace

import re2

from qa.calls import Turn, Word

MASK = "*"
_SHORTEST = 7
"""Runs of at least so many digits are personal; 95598 and a four-digit badge number are not."""

_DIGIT = r"[0-9０-９零〇一二三四五六七八九幺两]"
_SEPARATORS = " -—,，、.·。"
_GROUP = rf"{_DIGIT}(?:[ \-—,，、.·。]{{0,4}}{_DIGIT})*[xXＸ]?"
_RUN = re2.compile(_GROUP)
_BROKEN_RUN = re2.compile(rf"({_GROUP})\p{{Han}}({_GROUP})")
_LONG = 10
"""Two groups around one character that a recogniser made of a digit (「一三吧零零零零四五一七」) are one number from so many digits on."""
_ENGLISH = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_ENGLISH_RUN = re2.compile(rf"(?i)\b(?:{_ENGLISH})(?:[ ,\-]+(?:{_ENGLISH}))+\b")
_DATE = re2.compile(r"\b(?:19|20)[0-9]{2}[-./](?:0?[1-9]|1[0-2])[-./](?:[0-2]?[0-9]|3[01])\b(?: [0-2]?[0-9]:[0-5][0-9])?")
_UNITS = "十百千万亿点年月日块元度分"
_LONGEST_QUANTITY = 8
"""Longer runs are personal whatever follows: 「13800001234月底」 is a number and the end of the month."""


def mask(text: str) -> str:
    """``text`` with the digits of personal numbers replaced one for one; length and all else unchanged."""
    for start, end in _numbers(text):
        text = text[:start] + "".join(_hide(character) for character in text[start:end]) + text[end:]
    return text


def mask_turn(turn: Turn) -> Turn:
    """The turn with its text, and the words that carry the same characters, masked."""
    masked = mask(turn.text)
    if masked == turn.text:
        return turn
    words = tuple(_mask_word(word, masked) for word in turn.words)
    return replace(turn, text=masked, words=words)


def _mask_word(word: Word, masked: str) -> Word:
    return replace(word, text=masked[word.start_char : word.start_char + len(word.text)])


def _numbers(text: str) -> list[tuple[int, int]]:
    found = []
    text = _DATE.sub(lambda date: "\0" * len(date.group()), text)
    for match in _RUN.finditer(text):
        digits = sum(character not in _SEPARATORS for character in match.group())
        is_quantity = digits <= _LONGEST_QUANTITY and text[match.end() : match.end() + 1] in tuple(_UNITS)
        if digits >= _SHORTEST and not is_quantity:
            found.append(match.span())
    for match in _BROKEN_RUN.finditer(text):
        if sum(character not in _SEPARATORS for character in match.group()) > _LONG:
            found += [match.span(1), match.span(2)]
    for match in _ENGLISH_RUN.finditer(text):
        if len(match.group().replace(",", " ").replace("-", " ").split()) >= _SHORTEST:
            found.append(match.span())
    return found


def _hide(character: str) -> str:
    return character if character in _SEPARATORS else MASK
