"""Which texts are the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel

Ints = npt.NDArray[np.int64]


@kernel
def distinct(codes: npt.NDArray[np.uint32], begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """(number of every text ``codes[begin[i]:end[i]]``, the first text of each number), numbered in the order in which they occur."""
    count = len(begin)
    size = 16
    while size < 2 * count:
        size *= 2
    slots = np.full(size, -1, dtype=np.int64)
    which = np.empty(count, dtype=np.int64)
    first = np.empty(count, dtype=np.int64)
    found = 0
    for text in range(count):
        low, high = begin[text], end[text]
        mixed = high - low
        for place in range(low, high):
            mixed = ((mixed ^ int(codes[place])) * 0x01000193) & 0xFFFFFFFF
            mixed ^= mixed >> 15
        slot = mixed & (size - 1)
        while True:
            known = slots[slot]
            if known < 0:
                slots[slot] = found
                first[found] = text
                which[text] = found
                found += 1
                break
            other = begin[first[known]]
            same = end[first[known]] - other == high - low
            place = 0
            while same and place < high - low:
                same = codes[other + place] == codes[low + place]
                place += 1
            if same:
                which[text] = known
                break
            slot = (slot + 1) & (size - 1)
    return which, first[:found].copy()
