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
