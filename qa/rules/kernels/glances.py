"""A glance at every text: whether it may hold what is costly to look for. A glance may say yes too often, never too seldom."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel

Codes = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

NUMBER, BEHIND, SIGN, LETTER, COUNTER = 1, 2, 4, 8, 16
"""What a character is to a quantity: a digit or numeral, what may follow one, what alone tells, a Latin letter, what may follow a number
where more follows it (个 in 三个小时)."""


@kernel
def _begins(chars: Codes, place: int, words: Codes) -> bool:
    """Whether one of the words (rows of small letters, zeros behind) stands at a place, whatever its case."""
    for row in range(words.shape[0]):
        at = 0
        while at < words.shape[1] and words[row, at] != 0 and place + at < len(chars) and (chars[place + at] | 0x20) == words[row, at]:
            at += 1
        if at == words.shape[1] or words[row, at] == 0:
            return True
    return False


@kernel
def _ends_before_unit(chars: Codes, place: int, end: int, kinds: Bytes) -> bool:
    """Whether a letter is the last one before the unit of a quantity, which is no letter: five分钟, five 分钟."""
    behind = place + 1
    if behind < end and chars[behind] in (ord(" "), ord("-")):
        behind += 1
    return behind < end and kinds[chars[behind]] & (BEHIND | LETTER) == BEHIND and chars[behind] not in (ord(" "), ord("-"))


@kernel
def quantities(chars: Codes, at: Ints, group: Ints, size: int, kinds: Bytes, words: Codes) -> Bools:
    """In which of ``size`` groups of texts a number stands before its unit. Text ``t`` is ``chars[at[t]:at[t + 1]]``, of ``group[t]``.

    ``kinds`` says of every code point what it is to a quantity. A number at the end of one text may go on in the next of its group.
    """
    found = np.zeros(size, dtype=np.bool_)
    numbered, split = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    for text in range(len(at) - 1):
        mine = group[text]
        if at[text] < at[text + 1] and kinds[chars[at[text]]] & (BEHIND | COUNTER):
            split[mine] = True
        for place in range(at[text], at[text + 1]):
            kind = kinds[chars[place]]
            if kind & NUMBER:
                numbered[mine] = True
                behind = place + 1
                if behind + 1 < at[text + 1] and kinds[chars[behind]] & COUNTER:
                    behind += 1
                found[mine] |= behind < at[text + 1] and kinds[chars[behind]] & (BEHIND | COUNTER) == BEHIND
            if kind & SIGN or (kind & LETTER and (_begins(chars, place, words) or _ends_before_unit(chars, place, at[text + 1], kinds))):
                found[mine] = True
            if found[mine]:
                break
    return found | (split & numbered)


@kernel
def holds(codes: Codes, begin: Ints, end: Ints, first: Bools, words: Codes) -> Bools:
    """In which of the texts ``codes[begin[i]:end[i]]`` one of the words stands (rows of characters, zeros behind).

    ``first`` says of every code point whether a word begins with it.
    """
    found = np.zeros(len(begin), dtype=np.bool_)
    for text in range(len(begin)):
        for place in range(begin[text], end[text]):
            if first[codes[place]]:
                for row in range(words.shape[0]):
                    at = 0
                    while at < words.shape[1] and place + at < end[text] and words[row, at] == codes[place + at]:
                        at += 1
                    found[text] |= at == words.shape[1] or words[row, at] == 0
            if found[text]:
                break
    return found


@kernel
def made_of(codes: Codes, at: Ints, turns: Ints, allowed: Bools) -> Bools:
    """Whether each of the turns, with the characters ``codes[at[t]:at[t + 1]]``, has none but those allowed (per code point)."""
    found = np.ones(len(turns), dtype=np.bool_)
    for number in range(len(turns)):
        for place in range(at[turns[number]], at[turns[number] + 1]):
            if not allowed[codes[place]]:
                found[number] = False
                break
    return found
