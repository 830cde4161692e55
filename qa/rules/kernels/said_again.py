"""Sentences that are said again: cutting turns into sentences, and comparing those of one call.

The likeness of two rows of symbols with ``n`` and ``m`` of them and a longest common subsequence of ``c`` is ``2 c / (n + m)``, from 0 to 1
(the normalised Indel similarity). A symbol of one whose bit the other has not is in no common subsequence, which is measured by the
bit-parallel recurrence of Crochemore et al. (2001) as Hyyrö (2004) writes it: with ``S`` all ones, for every symbol of the second row with
its places ``M`` in the first, ``S = (S + (S & M)) | (S & ~M)``; ``c`` is the number of zeros. Words hold 62 bits, so that sums stay
inside a signed integer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint32]
Small = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

SILENT, WORDED, GUARDED = 1, 2, 4
"""What a plain character is: a filler, which nobody counts; a part of a word, a number or a space; a numeral or a negation."""
_BITS = 62
_SLACK = 1e-6


@kernel
def sentences(chars: Codes, source: Places, at: Ints, chosen: Bools, stops: Bools) -> tuple[Ints, Ints, Ints]:
    """(turn, first, past-last plain character) of every sentence of the turns ``chosen``.

    The plain characters of turn ``t`` are ``at[t]`` to ``at[t + 1]``, made of the characters at ``source``; ``stops`` says of every code
    point whether a sentence ends with it.
    """
    most = len(chosen)
    for place in range(len(chars)):
        most += stops[chars[place]]
    turn, head, tail = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    found = 0
    for t in range(len(chosen)):
        if not chosen[t] or at[t] == at[t + 1]:
            continue
        begin = at[t]
        for place in range(at[t] + 1, at[t + 1]):
            ended = False
            for between in range(source[place - 1], source[place]):
                ended = ended or stops[chars[between]]
            if ended:
                turn[found], head[found], tail[found] = t, begin, place
                found += 1
                begin = place
        turn[found], head[found], tail[found] = t, begin, at[t + 1]
        found += 1
    return turn[:found].copy(), head[:found].copy(), tail[:found].copy()


@kernel
def weighed(codes: Codes, begin: Ints, end: Ints, kinds: Bytes) -> tuple[Ints, Bools]:
    """How many characters of the texts ``codes[begin[i]:end[i]]`` are said, without fillers, and which hold words or numbers."""
    spoken = np.zeros(len(begin), dtype=np.int64)
    worded = np.zeros(len(begin), dtype=np.bool_)
    for text in range(len(begin)):
        for place in range(begin[text], end[text]):
            kind = kinds[codes[place]]
            spoken[text] += not kind & SILENT
            worded[text] |= kind & WORDED > 0
    return spoken, worded


@kernel
def bits(symbols: Codes, at: Ints) -> Ints:
    """Of every row ``symbols[at[i]:at[i + 1]]`` which of 62 classes its symbols fall in."""
    found = np.zeros(len(at) - 1, dtype=np.int64)
    for row in range(len(at) - 1):
        for place in range(at[row], at[row + 1]):
            found[row] |= 1 << (((int(symbols[place]) * 0x9E3779B1) >> 12) % _BITS)
    return found


@kernel
def _ones(word: int) -> int:
    """How many bits are set."""
    found = 0
    while word:
        word &= word - 1
        found += 1
    return found


@kernel
def _common(symbols: Codes, low: int, size: int, other: int, long: int, state: Ints) -> int:
    """The longest common subsequence of the ``size`` symbols from ``low`` on and the ``long`` ones from ``other`` on."""
    words = (size + _BITS - 1) // _BITS
    for word in range(words):
        state[word] = (1 << min(_BITS, size - word * _BITS)) - 1
    for place in range(other, other + long):
        carry = 0
        for word in range(words):
            mask = 0
            held = min(_BITS, size - word * _BITS)
            for number in range(held):
                if symbols[low + word * _BITS + number] == symbols[place]:
                    mask |= 1 << number
            left = state[word]
            met = left & mask
            total = left + met + carry
            carry = total >> held
            state[word] = (total & ((1 << held) - 1)) | (left - met)
    found = size
    for word in range(words):
        found -= _ones(state[word])
    return found


@kernel
def _alike(symbols: Codes, at: Ints, signs: Ints, one: int, other: int, floor: float, state: Ints) -> float:
    """The likeness of two rows where it may reach ``floor``, else 0; ``state`` is room for the words of the longest row."""
    low, other_low = at[one], at[other]
    size, long = at[one + 1] - low, at[other + 1] - other_low
    if size + long == 0:
        return 1.0
    if max(_ones(signs[one] ^ signs[other]), abs(size - long)) > (1.0 - floor + _SLACK) * (size + long):
        return 0.0
    shared = _common(symbols, low, size, other_low, long, state)
    return 1.0 - (size + long - 2 * shared) / (size + long)


@kernel
def pairs(
    call: Ints,
    role: Small,
    sure: Bools,
    mine: Bools,
    which: Ints,
    guards: Ints,
    letters: Codes,
    letters_at: Ints,
    sounds: Codes,
    sounds_at: Ints,
    own: bool,
    floor: float,
) -> tuple[Ints, Ints, Floats]:
    """(sentence, earlier sentence of its call, percent of likeness) of all that are alike by characters or by sounds at least to ``floor``.

    Sentence ``i`` says text ``which[i]``; texts with different ``guards`` are never alike. The later sentence is one of ``mine``, the
    earlier one of its ``own`` side or else of the other one, unless it is not ``sure`` of one of them who speaks.
    """
    room = 16
    now, before, score = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64), np.empty(room, dtype=np.float64)
    longest = 1
    for text in range(len(guards)):
        longest = max(longest, letters_at[text + 1] - letters_at[text], sounds_at[text + 1] - sounds_at[text])
    state = np.zeros((longest + _BITS - 1) // _BITS, dtype=np.int64)
    letter_bits, sound_bits = bits(letters, letters_at), bits(sounds, sounds_at)
    found = first = 0
    for later in range(len(call)):
        if call[later] != call[first]:
            first = later
        if not mine[later]:
            continue
        for earlier in range(first, later):
            one, other = which[earlier], which[later]
            if guards[one] != guards[other] or (sure[earlier] and sure[later] and (role[earlier] == role[later]) != own):
                continue
            likeness = 1.0
            if one != other:
                likeness = _alike(letters, letters_at, letter_bits, one, other, floor, state)
                if likeness < 1.0:
                    likeness = max(likeness, _alike(sounds, sounds_at, sound_bits, one, other, floor, state))
            percent = likeness * 100.0
            if percent < floor * 100.0:
                continue
            if found == room:
                room *= 4
                more_now, more_before, more_score = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.float64)
                more_now[:found], more_before[:found], more_score[:found] = now, before, score
                now, before, score = more_now, more_before, more_score
            now[found], before[found], score[found] = later, earlier, percent
            found += 1
    return now[:found].copy(), before[:found].copy(), score[:found].copy()
