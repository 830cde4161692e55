"""Where an ``entity`` may find anything: where a number stands before a unit, or a masked value is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from qa.rules import personal
from qa.rules.batch.placement import Placing
from qa.rules.batch.table import Bools, Codes, Ints, Table
from qa.rules.batch.talks import Talks
from qa.rules.plan import Step
from qa.text.numbers import NUMERALS

Bytes = npt.NDArray[np.uint8]
_BEHIND = {
    "duration": "秒刻分小钟工自天日星礼周月年来几多半",
    "amount": "元块毛角分百千万亿美欧英",
    "percent": "%％分成",
    "count": "千度户次人位个条张台只家名倍安伏公平米单件级层遍",
    "date": "点月号日年天周:：",
}
_WORDS = {
    "duration": ("sec", "min", "our", "day", "wee", "mon", "yea", "hr"),
    "amount": ("dol", "yua", "rmb", "eur", "pou", "cen"),
    "percent": ("per",),
    "date": (
        *("day", "ton", "tom", "nex", "las", "thi"),
        *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ),
    "count": ("kwh", "kil", "uni", "tim", "peo", "cus", "hom", "cal"),
}
"""How English units begin, or what is within them."""
_SIGNS = {"amount": "¥￥$€£", "date": "昨今明后前周期拜下上本这", "duration": "", "percent": "%％", "count": ""}
_COUNTERS = {"duration": "个"}
"""What stands between a number and its unit: alone it counts something else."""
_STOPS = "，！？；"
"""Full-width signs that no quantity goes on behind, or not without a number before its unit."""
_WIDE = 0xFF01
"""The first of the full-width letters and signs, which are read like plain ones."""
_NUMBERS = f"{NUMERALS}0123456789０１２３４５６７８９半"
_DICTATED = 3
"""Digits in a turn from which it may be a piece of somebody's number."""


def entity(step: Step, table: Table, talks: Talks, placing: Placing) -> Bools:
    """Calls in which a value of the kinds sought may be said, masked ones among them."""
    del talks, placing
    kinds = step.prepared.params.kinds
    if kinds[0] in personal.KINDS:
        return table.tokened | _masked_nowhere(table, _among(_NUMBERS)[table.chars], any(kind in _LETTERED for kind in kinds))
    return worth_reading(kinds, table, table.call_of, table.n)


def worth_reading(kinds: Sequence[str], table: Table, group: Ints, size: int) -> Bools:
    """In which of ``size`` groups of turns a value may be said that is measured; ``group`` has the group of every turn."""
    from qa.rules.kernels import glances

    found = np.zeros(size, dtype=np.bool_)
    for kind in kinds:
        found |= glances.quantities(table.chars, table.at, group, size, *_told_by(kind))
    return found


@lru_cache(maxsize=8)
def _told_by(kind: str) -> tuple[Bytes, Codes]:
    """What every code point is to a quantity of a kind, and the words that tell of one, a row each."""
    from qa.rules.kernels.glances import BEHIND, COUNTER, LETTER, NUMBER, SIGN

    found = np.zeros(0x110000, dtype=np.uint8)
    found[_among(_NUMBERS)] |= NUMBER
    found[_among(_BEHIND[kind] + " -")] |= BEHIND
    found[_WIDE:] |= BEHIND
    found[_among(_STOPS)] &= ~np.uint8(BEHIND)
    found[_among(_COUNTERS.get(kind, ""))] |= COUNTER
    found[_among(_SIGNS[kind])] |= SIGN
    found[_latin(np.arange(len(found), dtype=np.uint32))] |= BEHIND | LETTER
    words = np.zeros((len(_WORDS[kind]), max(map(len, _WORDS[kind]))), dtype=np.uint32)
    for row, word in enumerate(_WORDS[kind]):
        words[row, : len(word)] = [ord(letter) for letter in word]
    return found, words


_LETTERED = frozenset({"name", "address", "email", "plate", "passport", "uscc"})


def _masked_nowhere(table: Table, numbers: Bools, lettered: bool) -> Bools:
    """Calls with a run of digits in a turn that nobody masked, or (where letters may be sought) whose text nobody has masked at all."""
    running = np.concatenate([[0], np.cumsum(numbers)])
    per_turn = running[table.at[1:]] - running[table.at[:-1]]
    found = np.zeros(table.n, dtype=np.bool_)
    turns = np.flatnonzero(per_turn >= _DICTATED)
    found[np.searchsorted(table.first, turns, side="right") - 1] = True
    if lettered:
        found |= ~_any(table, table.chars == ord("*")) & ~table.tokened
    return found | _any(table, _latin(table.chars))


def _any(table: Table, chosen: Bools) -> Bools:
    found = np.zeros(table.n, dtype=np.bool_)
    found[_calls(table, np.flatnonzero(chosen))] = True
    return found


def _calls(table: Table, places: Ints) -> Ints:
    """The calls of characters."""
    turns = np.searchsorted(table.at, places, side="right") - 1
    return np.searchsorted(table.first, turns, side="right") - 1


def _latin(chars: np.ndarray[tuple[int, ...], np.dtype[np.uint32]]) -> Bools:
    lower = chars | 0x20
    return (lower >= ord("a")) & (lower <= ord("z"))


@lru_cache(maxsize=16)
def _among(characters: str) -> Bools:
    """Per code point whether it is one of the characters."""
    found = np.zeros(0x110000, dtype=np.bool_)
    found[[ord(c) for c in characters]] = True
    return found
