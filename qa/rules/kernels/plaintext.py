"""Loops over the plain text of turns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.sounding import Codes, Numbers, Offsets

Bools = npt.NDArray[np.bool_]


@kernel
def fillers(codes: Codes, at: Offsets, filler: Bools, letter: Bools) -> tuple[Bools, Bools]:
    """Of the texts ``codes[at[i]:at[i + 1]]``: which are not empty and have only ``filler`` characters, and which begin with an ASCII
    letter or digit and have only characters that ``letter`` says may stand in words that say nothing."""
    count = len(at) - 1
    only, worded = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for text in range(count):
        low, high = at[text], at[text + 1]
        if low == high:
            continue
        first = codes[low]
        allowed = letter if first < 128 else filler
        place = low
        while place < high and allowed[codes[place]]:
            place += 1
        if place == high:
            if first < 128:
                worded[text] = True
            else:
                only[text] = True
    return only, worded


@kernel
def in_order(
    codes: Codes, source: Numbers, at: Offsets, order: Offsets, joint: npt.NDArray[np.uint8], wide: Offsets, wide_end: Offsets
) -> tuple[Codes, Numbers, Offsets, Offsets]:
    """The texts ``codes[at[i]:at[i + 1]]`` in this order, with the character ``joint[k]`` (0: none) before the one that is then ``k``.

    Also where each character comes from (a joint from where the character before it does), and the sorted places of characters that come
    from several, with where these end.
    """
    more = np.count_nonzero(joint)
    out, back = np.empty(len(codes) + more, np.uint32), np.empty(len(codes) + more, np.int32)
    places, ends = np.empty(len(wide) + more, np.int64), np.empty(len(wide) + more, np.int64)
    size = met = 0
    for number in range(len(order)):
        if joint[number]:
            out[size], back[size] = joint[number], back[size - 1]
            if met and places[met - 1] == size - 1:
                places[met], ends[met] = size, ends[met - 1]
                met += 1
            size += 1
        text = order[number]
        next_wide = np.searchsorted(wide, at[text])
        for place in range(at[text], at[text + 1]):
            out[size], back[size] = codes[place], source[place]
            if next_wide < len(wide) and wide[next_wide] == place:
                places[met], ends[met] = size, wide_end[next_wide]
                next_wide += 1
                met += 1
            size += 1
    return out, back, places[:met].copy(), ends[:met].copy()


@kernel
def first_unmet(codes: Codes, table: Codes, unmet: int, begin: int) -> int:
    """The first character from ``begin`` on of which ``table`` says ``unmet``; -1 where there is none."""
    for place in range(begin, len(codes)):
        if table[codes[place]] == unmet:
            return place
    return -1


@kernel
def marked(codes: Codes, table: Codes, mark: int, chosen: Bools) -> tuple[Offsets, Offsets]:
    """Where the characters stand of which ``table`` says ``mark``, and where those stand that are ``chosen``."""
    one = two = 0
    for place in range(len(codes)):
        one += table[codes[place]] == mark
        two += chosen[codes[place]]
    marks, others = np.empty(one, np.int64), np.empty(two, np.int64)
    one = two = 0
    for place in range(len(codes) if len(marks) + len(others) else 0):
        if table[codes[place]] == mark:
            marks[one] = place
            one += 1
        if chosen[codes[place]]:
            others[two] = place
            two += 1
    return marks, others


@kernel
def spelled(
    codes: Codes, at: Offsets, letter: Codes, begins: Offsets, ends: Offsets, written_at: Offsets, written: Codes
) -> tuple[Codes, Numbers, Offsets, Offsets, Offsets]:
    """The texts ``codes[at[i]:at[i + 1]]`` with ``letter`` for each character (0: none), and what is ``written`` for some ranges.

    The ranges ``begins`` to ``ends`` are sorted. Also where each character comes from, where each text begins, and the sorted places of
    characters of ranges, with where these end.
    """
    room = len(codes) + len(written)
    out, source = np.empty(room, np.uint32), np.empty(room, np.int32)
    out_at = np.empty(len(at), np.int64)
    wide, wide_end = np.empty(len(written), np.int64), np.empty(len(written), np.int64)
    size = met = number = 0
    for text in range(len(at) - 1):
        out_at[text] = size
        place = at[text]
        while place < at[text + 1]:
            while number < len(begins) and begins[number] < place:
                number += 1
            if number < len(begins) and begins[number] == place:
                for which in range(written_at[number], written_at[number + 1]):
                    out[size], source[size] = written[which], place
                    wide[met], wide_end[met] = size, ends[number]
                    size += 1
                    met += 1
                place = ends[number]
                continue
            if letter[codes[place]]:
                out[size], source[size] = letter[codes[place]], place
                size += 1
            place += 1
    out_at[len(at) - 1] = size
    return out[:size].copy(), source[:size].copy(), out_at, wide[:met].copy(), wide_end[:met].copy()
