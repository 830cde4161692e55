"""Which of many texts are the same: people repeat themselves, and what is said of one text holds for its likes."""

from __future__ import annotations

import numpy as np

from qa.compiled import kernel
from qa.rules.kernels.sounding import Codes, Numbers, Offsets

_FREE = -1


@kernel
def same_text(codes: Codes, at: Offsets, one: int, other: int) -> bool:
    """Whether two of the texts ``codes[at[i]:at[i + 1]]`` are the same, letter for letter."""
    size = at[one + 1] - at[one]
    alike = at[other + 1] - at[other] == size
    for place in range(size if alike else 0):
        if codes[at[one] + place] != codes[at[other] + place]:
            alike = False
            break
    return bool(alike)


@kernel
def first_alike(codes: Codes, at: Offsets, chosen: Offsets) -> Numbers:
    """For each text ``chosen`` the first of them that is the same, as a place in ``chosen``."""
    width = 16
    while width < 2 * len(chosen):
        width *= 2
    table, alike = np.full(width, _FREE, np.int32), np.empty(len(chosen), np.int32)
    for number in range(len(chosen)):
        mixed = np.int64(7)
        for place in range(at[chosen[number]], at[chosen[number] + 1]):
            mixed = (mixed * 131 + codes[place]) & 0x7FFFFFFFFFFF
        slot = (mixed ^ (mixed >> 20)) & (width - 1)
        while table[slot] != _FREE and not same_text(codes, at, chosen[table[slot]], chosen[number]):
            slot = (slot + 1) & (width - 1)
        if table[slot] == _FREE:
            table[slot] = number
        alike[number] = table[slot]
    return alike
