"""Mask personal values before anything is stored, and leave a token of each, so that rules can compare what was said.

    turns ─► recognisers (a file a family) ─► masked text, equally long ─► store
                     └► tokens: kind, digits, check digit, keyed hashes of the whole and of its last four

A masked character becomes ``*``, so every other character keeps its place: evidence and word times stay right. Durations, dates,
amounts, work orders, desk numbers and service lines (95598, 400 …) stay, for rules ask about them.

>>> mask("我的电话是13800001234，欠费200元")
'我的电话是***********，欠费200元'
>>> mask("号码幺三八，零零零零，一二三四对吧")
'号码***，****，****对吧'
>>> mask("我姓陈，家住文华路16号三栋二单元501")
'我姓*，家住**************'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import re2

from qa.calls import Role, Turn, Word
from qa.redaction import addresses, births, letters, names
from qa.redaction.cues import NUMBERED, Cues, cues_in
from qa.redaction.digits import Run, runs_in
from qa.redaction.hints import Hint, lettered
from qa.redaction.plain import plain
from qa.redaction.repeats import repeated
from qa.redaction.runs import SHORTEST, corrects, of_form, values_of
from qa.redaction.tokens import EXAMPLE_KEY, Mention, agree, call_key, mentions, token
from qa.redaction.turns import Split, split_numbers
from qa.redaction.values import SEPARATORS, Value, without_overlaps

__all__ = ["EXAMPLE_KEY", "MASK", "Mention", "agree", "call_key", "mask", "mentions", "redact", "values_in"]

MASK = "*"
_DATE = re2.compile(
    r"\b(?:19|20)[0-9]{2}[-./](?:0?[1-9]|1[0-2])[-./](?:[0-2]?[0-9]|3[01])\b|\b[0-9]{1,2}/[0-9]{1,2}/(?:[0-9]{4}|[0-9]{2})\b"
    r"|\b[0-2]?[0-9][:：][0-5][0-9](?:[:：][0-5][0-9])?\b"
)
"""Days and times of day, which are no numbers of anybody."""
_DIGITS = Hint("0123456789")
_LOOKED_BACK = 3
"""Turns in which the other side may have asked for what is now said."""
_CORRECTED = 2
"""Turns back to which a correction may belong."""
_OF_THE_ANSWER = frozenset(
    {"account", "id_card", "bank_card", "ssn", "passport", "phone", "messenger", "code", "zip", "tail", "ticket", "uscc"}
    | {f"tail:{kind}" for kind in NUMBERED}
)


def redact(turns: Sequence[Turn], key: bytes, *, masked: bool = True) -> tuple[Turn, ...]:
    """The turns of one call with personal values masked in text and words, and a token for each value.

    ``key`` is the call's own (:func:`call_key`). With ``masked=False`` the text stays as it is and only the tokens are made, so
    that rules judge alike. Turns that hold tokens already keep them: masked text cannot be read again.
    """
    values, splits = _values(turns)
    return tuple(_redacted(turn, found, key, masked) for turn, found in zip(turns, _placed(turns, values, splits), strict=True))


def mask(text: str) -> str:
    """``text`` with personal values replaced one for one; length and all else unchanged."""
    return redact((Turn(0, Role.UNKNOWN, text),), EXAMPLE_KEY)[0].text


def values_in(text: str) -> list[Value]:
    """The personal values of one sentence, in order."""
    return _values((Turn(0, Role.UNKNOWN, text),))[0][0]


Placed = list[tuple[Value, tuple[tuple[int, int], ...], int, int, int]]
"""(value, ranges to mask, start, end, part) of one turn."""


def _values(turns: Sequence[Turn]) -> tuple[list[list[Value]], list[Split]]:
    """The values of each turn, and those that stretch over several."""
    turns = [turn if (text := plain(turn.text)) is turn.text else replace(turn, text=text) for turn in turns]
    cues = [cues_in(turn.text) for turn in turns]
    announced = [_announced(turns, cues, place) for place in range(len(turns))]
    english = [_is_english(turn.text) for turn in turns]
    found: list[list[Value]] = []
    loose: dict[int, list[Run]] = {}
    for place, turn in enumerate(turns):
        others = letters.values_in(turn.text, cues[place]) + addresses.values_in(turn.text) + names.values_in(turn.text)
        others += _births(turns, place)
        numbers: list[Value] = []
        dated = _DATE.sub(_blank, turn.text) if _DIGITS.may(turn.text) else turn.text
        runs = runs_in(dated, partial(_expected, turn.text, cues[place], announced[place]))
        for run in runs:
            cue = cues[place].before(turn.text, run.start) or announced[place]
            values = values_of(run, turn.text, cue, english[place])
            if not values and corrects(run, turn.text) and _number_said([*numbers, *(v for values in found[-_CORRECTED:] for v in values)]):
                values = [Value("digits", run.start, run.end, "", len(run.digits), hidden=run.hidden())]
            numbers += values
            if all(v.kind in ("number", "digits") or v.tail or _may_go_on(v, cue, english[place]) for v in values) and len(run.digits) < 16:
                loose.setdefault(place, []).append(run)
        if not others and not numbers and _name_asked(turns, place) and (name := names.answer(turn.text)) is not None:
            others.append(name)
        found.append(without_overlaps([*_first(others), *numbers]))
    again = repeated([turn.text for turn in turns], found)
    found = [sorted([*values, *more], key=lambda v: v.start) if more else values for values, more in zip(found, again, strict=True)]
    return found, split_numbers(turns, loose, announced, english)


def _blank(match: Any) -> str:
    return "\0" * (match.end() - match.start())


def _expected(text: str, told: Cues, announced: str, start: int) -> bool:
    """Whether a number that begins at ``start`` was announced."""
    return (told.before(text, start) or announced) in _OF_THE_ANSWER


def _number_said(values: Sequence[Value]) -> bool:
    return any(v.digits >= SHORTEST or v.tail for v in values)


def _may_go_on(value: Value, cue: str, english: bool) -> bool:
    """Whether a telephone number may be a piece of a longer one: it has no form of its own, and no length of a whole one."""
    return value.kind == "phone" and value.digits < 11 and of_form(value.content, cue, english) is None


def _first(values: list[Value]) -> list[Value]:
    """Values with letters come before numbers, the longer ones first: a plate holds digits that are no number."""
    return sorted(values, key=lambda v: v.start - v.end)


def _announced(turns: Sequence[Turn], cues: Sequence[Cues], place: int) -> str:
    """What the other side asked for last, a few turns back at most; 后六位 alone is of the number that was spoken of before it."""
    own = cues[place].kinds
    if own and not cues[place].before(turns[place].text, len(turns[place].text), 6):
        return ""
    tail = ""
    for back in range(place - 1, max(-1, place - 1 - 2 * _LOOKED_BACK), -1):
        kinds = cues[back].kinds
        if kinds and tail:
            return kinds[-1] if kinds[-1].startswith("tail:") else f"tail:{kinds[-1]}" if kinds[-1] in NUMBERED else tail
        if kinds and kinds[-1] != "tail":
            return kinds[-1] if kinds[-1] in _OF_THE_ANSWER else ""
        tail = kinds[-1] if kinds else tail
        if len(turns[back].text) > 40:
            break
    return tail


def _births(turns: Sequence[Turn], place: int) -> list[Value]:
    """Dates of birth, also in the answer to the question for one."""
    text = turns[place].text
    asked = place > 0 and turns[place - 1].role is not turns[place].role and births.asks(turns[place - 1].text)
    return births.values_in(text) or (births.answer(text) if asked else [])


def _name_asked(turns: Sequence[Turn], place: int) -> bool:
    return place > 0 and turns[place - 1].role is not turns[place].role and names.asks(turns[place - 1].text)


def _is_english(text: str) -> bool:
    if text.isascii():
        return lettered(text)
    return not any("\u4e00" <= c <= "\u9fff" for c in text) and any(c.isascii() and c.isalpha() for c in text)


def _placed(turns: Sequence[Turn], values: list[list[Value]], splits: list[Split]) -> list[Placed]:
    placed: list[Placed] = [[(v, v.ranges, v.start, v.end, 0) for v in found] for found in values]
    for split in splits:
        alone = len(split.pieces) == 1
        for number, (place, run) in enumerate(split.pieces, start=0 if alone else 1):
            clear = [p for p in placed[place] if p[3] <= run.start or run.end <= p[2]]
            placed[place] = [*clear, (split.value, run.hidden(), run.start, run.end, number)]
    return [sorted(found, key=lambda p: p[2]) for found in placed]


def _redacted(turn: Turn, found: Placed, key: bytes, masked: bool) -> Turn:
    if not found:
        return turn
    tokens = [token(value, start, end, key, part) for value, _, start, end, part in found]
    kept = [old for old in turn.tokens if all(old.end_char <= new.start_char or new.end_char <= old.start_char for new in tokens)]
    every = tuple(sorted([*kept, *tokens], key=lambda t: t.start_char))
    if not masked:
        return replace(turn, tokens=every)
    text = _masked(turn.text, [span for _, ranges, _, _, _ in found for span in ranges])
    return replace(turn, text=text, tokens=every, words=tuple(_mask_word(word, text) for word in turn.words))


def _masked(text: str, ranges: list[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in ranges:
        for place in range(start, end):
            if characters[place] not in SEPARATORS:
                characters[place] = MASK
    return "".join(characters)


def _mask_word(word: Word, masked: str) -> Word:
    return replace(word, text=masked[word.start_char : word.start_char + len(word.text)])
