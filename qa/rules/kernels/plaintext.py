"""Loops over the plain text of turns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.sounding import Codes, Offsets

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
