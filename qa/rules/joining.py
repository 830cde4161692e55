"""Text of one side as it was written, over several sentences and, where a rule asks for it, over several turns (``join_turns``).

People say long numbers in pieces, and the other side says 嗯, 对 or the piece again in between. A passage is such a stretch as one
text; every character knows its sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from qa.rules.plaintext import is_filler
from qa.rules.view import CallView, Talk
from qa.text.numbers import NUMERALS

_STOPS = " \t，,。.、；;…！!"
_NUMERAL = f"[{NUMERALS}0-9半]"
_OPEN = re.compile(rf"{_NUMERAL}$")
_GOES_ON = re.compile(rf"[{NUMERALS}0-9]*[十百千万]$")
_UNIT = re.compile("分钟|小时|个|天|秒|元|块|度|点|号|月|年|周|户|%|hours?|minutes?|days?|dollars?|yuan", re.IGNORECASE)
_MOST_BETWEEN = 3
_NOISE = re.compile(
    rf"(?:[{NUMERALS}嗯啊呃额哎噢哦唔]|好的?|对的?|是的?|行|没错|可以|您说|你说|请讲|继续|然后呢?|还有呢?|记[下好]了?|吗|吧|呢"
    r"|yes|yeah|ok|okay|right|sure|goon|goahead|gotit|mhm|uhhuh|um|uh)*"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """``text``; sentence ``turns[i]`` begins at ``starts[i]`` in it and was not shortened in front. ``talks`` are those it spans."""

    text: str
    starts: tuple[int, ...]
    turns: tuple[int, ...]
    talks: tuple[Talk, ...]

    def place(self, start: int, end: int) -> tuple[int, int, int]:
        """(sentence, first, past-last character) behind ``[start, end)``, cut to the sentence it begins in."""
        at = bisect_right(self.starts, start) - 1
        after = self.starts[at + 1] if at + 1 < len(self.starts) else len(self.text)
        return self.turns[at], start - self.starts[at], min(end, after) - self.starts[at]

    def offset(self, turn: int, char: int) -> int | None:
        """Where a character of a sentence stands in the text; None when the sentence is no part of it."""
        return self.starts[self.turns.index(turn)] + char if turn in self.turns else None


def passages(view: CallView, talks: Sequence[Talk], join: int = 1) -> list[Passage]:
    """A passage a talk; with ``join`` above 1 also every chain of so many talks of one side that only noise parts.

    The longer one comes before the shorter ones that it holds.
    """
    found: list[Passage] = []
    for at, talk in enumerate(talks):
        chain = [talk]
        for following in talks[at + 1 :]:
            if len(chain) == join or talk.aside:
                break
            if following.aside or following.role is not talk.role:
                continue
            if not _only_noise(view, chain[-1].index, following.index):
                break
            chain.append(following)
        found.append(_passage(view, tuple(chain)))
    return found


def _only_noise(view: CallView, before: int, after: int) -> bool:
    between = view.talks[before + 1 : after]
    return len(between) <= _MOST_BETWEEN and all(_is_noise(talk) for talk in between)


def _is_noise(talk: Talk) -> bool:
    """嗯, 好的, the piece said again (masked or not), or nobody's sound."""
    text = talk.text.strip()
    return is_filler(text) or _NOISE.fullmatch(text.replace(" ", "")) is not None


def _passage(view: CallView, talks: tuple[Talk, ...]) -> Passage:
    text = ""
    starts: list[int] = []
    turns: list[int] = []
    for turn in (t for talk in talks for t in talk.turns):
        sentence = view.turns[turn].text
        text = _joint(text, sentence, across=len(talks) > 1 and any(turn == talk.turns[0] for talk in talks[1:]))
        starts.append(len(text))
        turns.append(turn)
        text += sentence
    return Passage(text, tuple(starts), tuple(turns), talks)


def _joint(before: str, following: str, *, across: bool) -> str:
    """``before`` made ready for what follows: an unfinished number keeps nothing between itself and its rest.

    Digits that are dictated (二零 – 四五) go together only ``across`` turns, where a rule asked for it.
    """
    if not before:
        return before
    bare = before.rstrip(_STOPS)
    rest = following.lstrip()
    if _OPEN.search(bare) and (_UNIT.match(rest) or ((across or _GOES_ON.search(bare)) and re.match(_NUMERAL, rest))):
        return bare
    if before[-1].isascii() and before[-1].isalnum() and rest[:1].isascii() and rest[:1].isalnum():
        return f"{before} "
    return before if before[-1] in _STOPS else f"{before}\n"
