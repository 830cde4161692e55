"""The stretch of a text that shares the longest subsequence with a sentence, bit by bit.

``score = 2 c / (n + w)`` for a sentence of ``n`` symbols, a stretch of ``w`` and a longest common subsequence of ``c``: the normalised
Indel similarity, of which the best stretch is what is known as the partial ratio. Stretches are as long as the sentence, or shorter
at either end of the text; a text no longer than the sentence is one stretch.

The subsequence is measured by the bit-parallel recurrence of Crochemore et al. (2001) as Hyyrö (2004) writes it: with ``S`` all ones,
for every symbol of the text with its places ``M`` in the sentence, ``S = (S + (S & M)) | (S & ~M)``; ``c`` is the number of zeros.
Words hold 62 bits, so that sums stay inside a signed integer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel

Ints = npt.NDArray[np.int64]

BITS = 62
_WORD = (1 << BITS) - 1
_SLACK = 1e-9
"""Scores that reach the limit but for rounding do reach it."""
Stretch = tuple[int, int, int, int]
"""(common, symbols of sentence and stretch, begin, end), the score being ``2 · common / symbols``; 0 common where none is good enough."""


@kernel
def ones(word: int) -> int:
    """How many bits of a number from 0 to 2⁶² − 1 are set."""
    word = word - ((word >> 1) & 0x5555555555555555)
    word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333)
    word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F
    word = word + (word >> 8)
    word = word + (word >> 16)
    return (word + (word >> 32)) & 0x7F


@kernel
def common(bits: Ints, words: int, numbers: Ints, size: int, begin: int, end: int, state: Ints) -> int:
    """The longest common subsequence of a sentence of ``size`` symbols and the symbols ``begin`` to ``end`` of a text.

    ``bits[word, number]`` tells where in the sentence, of so many ``words``, a symbol stands; ``state`` is room for them.
    """
    if words == 1:
        full = (1 << size) - 1
        left = full
        for place in range(begin, end):
            met = left & bits[0, numbers[place]]
            left = ((left + met) | (left - met)) & full
        return size - ones(left)
    for word in range(words):
        state[word] = _WORD
    for place in range(begin, end):
        carry = 0
        for word in range(words):
            left = state[word]
            met = left & bits[word, numbers[place]]
            total = left + met + carry
            carry = total >> BITS
            state[word] = (total & _WORD) | (left - met)
    found = 0
    for word in range(words):
        held = min(BITS, size - word * BITS)
        found += held - ones(state[word] & ((1 << held) - 1))
    return found


@kernel
def least(floor: float, total: int, best: int, best_total: int) -> int:
    """The least common length that reaches ``floor`` among ``total`` symbols and scores above ``best`` among ``best_total``."""
    needed = int(np.ceil(floor * total / 2 - _SLACK))
    return max(needed, best * total // best_total + 1)


@kernel
def enough(shared: int, total: int, floor: float, best: int, best_total: int) -> bool:
    """Whether a common length of ``shared`` among ``total`` symbols is as much as :func:`least` asks for."""
    return bool(2.0 * shared + _SLACK >= floor * total) and bool(shared * best_total > best * total)


@kernel
def stretch(
    bits: Ints, words: int, numbers: Ints, seen: Ints, size: int, long: int, floor: float, best: int, best_total: int, state: Ints
) -> Stretch:
    """The best stretch of a text of ``long`` symbols, if it reaches ``floor`` and scores above ``2 best / best_total``.

    ``seen[place]`` counts the symbols before ``place`` that the sentence has at all. Of equals whole stretches come before those at the
    ends of the text, the first before others. Neighbouring stretches share one symbol more or less, so what is short by
    ``k`` may be left for the ``k``-th after it.
    """
    found = begin = end = 0
    total = 1
    if long <= size:
        shared = seen[long]
        if enough(shared, size + long, floor, best, best_total):
            shared = common(bits, words, numbers, size, 0, long, state)
            if enough(shared, size + long, floor, best, best_total):
                return shared, size + long, 0, long
        return 0, 1, 0, 0
    needed, at = least(floor, 2 * size, best, best_total), 0
    while at <= long - size:
        shared = seen[at + size] - seen[at]
        if shared >= needed:
            shared = common(bits, words, numbers, size, at, at + size, state)
            if shared >= needed:
                found, total, begin, end = shared, 2 * size, at, at + size
                best, best_total, needed = shared, total, shared + 1
                if shared == size:
                    return found, total, begin, end
        at += max(1, needed - shared)
    for tail in range(2):
        wide = size - 1
        while wide > 0 and enough(wide, size + wide, floor, best, best_total):
            first = long - wide if tail else 0
            shared = seen[first + wide] - seen[first]
            if enough(shared, size + wide, floor, best, best_total):
                shared = common(bits, words, numbers, size, first, first + wide, state)
                if enough(shared, size + wide, floor, best, best_total):
                    found, total, begin, end = shared, size + wide, first, first + wide
                    best, best_total = shared, total
            wide -= 1
            while wide >= shared and not enough(shared, size + wide, floor, best, best_total):  # shorter ones share no more
                wide -= 1
    return found, total, begin, end


@kernel
def hopeful(places: int, size: int, long: int, floor: float) -> bool:
    """Whether any stretch has enough of the sentence's symbols, in whatever order, to reach ``floor`` (see :func:`stretch`).

    ``places`` are bits: where in a text of at most ``BITS`` symbols those of the sentence stand.
    """
    if long <= size:
        return enough(ones(places), size + long, floor, 0, 1)
    needed, at, wide = least(floor, 2 * size, 0, 1), 0, (1 << size) - 1
    while at <= long - size:
        shared = ones((places >> at) & wide)
        if shared >= needed:
            return True
        at += needed - shared
    for tail in range(2):
        wide = size - 1
        while wide > 0 and enough(wide, size + wide, floor, 0, 1):
            shared = ones(places >> (long - wide) if tail else places & ((1 << wide) - 1))
            if enough(shared, size + wide, floor, 0, 1):
                return True
            wide -= 1
            while wide >= shared and not enough(shared, size + wide, floor, 0, 1):
                wide -= 1
    return False
