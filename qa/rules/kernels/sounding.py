"""From characters to sounds: a row of numbers for all texts (see :mod:`qa.rules.soundrows` for what they stand for)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel

UNMET, SILENT, WORD = -1, -2, -3
"""Of characters: not asked for yet, no sound, part of a Latin word. All others have the number of their sound."""

Codes = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]


@kernel
def first_unmet(codes: Codes, sound_of: Numbers, begin: int) -> int:
    """The first character from ``begin`` on of which it is not known how it sounds; -1 where there is none."""
    for place in range(begin, len(codes)):
        if sound_of[codes[place]] == UNMET:
            return place
    return -1


@kernel
def sounded(codes: Codes, at: Offsets, sound_of: Numbers) -> tuple[Numbers, Numbers, Offsets, Offsets]:
    """The sounds of the texts ``codes[at[i]:at[i + 1]]``.

    Four arrays: the number of each sound (``WORD`` for a Latin word, which is one sound), the character it begins at, where in these
    two each text begins (and the last one ends), and a fingerprint of each Latin word in turn.
    """
    sounds = np.empty(len(codes), np.int32)
    places = np.empty(len(codes), np.int32)
    begins = np.empty(len(at), np.int64)
    words = np.empty(len(codes), np.int64)
    size = met = 0
    for text in range(len(at) - 1):
        begins[text] = size
        inside = False
        for place in range(at[text], at[text + 1]):
            sound = sound_of[codes[place]]
            if sound == WORD:
                if not inside:
                    words[met] = 7
                    met += 1
                    sounds[size], places[size] = WORD, place
                    size += 1
                # a polynomial modulo the prime 2^31 - 1 in the low bits, one modulo another prime in the high ones
                low, high = words[met - 1] & 0x7FFFFFFF, words[met - 1] >> 31
                low = (low * 48271 + codes[place]) % 0x7FFFFFFF
                high = (high * 16807 + codes[place] + 1) % 0x7FFFFFED
                words[met - 1] = (high << 31) | low
                inside = True
                continue
            inside = False
            if sound != SILENT:
                sounds[size], places[size] = sound, place
                size += 1
    begins[len(at) - 1] = size
    return sounds[:size].copy(), places[:size].copy(), begins, words[:met].copy()
