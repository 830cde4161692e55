"""The model sentence nearest to each text, among few that share enough symbols with it.

A stretch of ``w`` symbols with ``c`` in common with a sentence of ``n`` scores ``2 c / (n + w)``, and ``c`` is neither above ``w`` nor
above the number ``m`` of the sentence's symbols that the text holds: where ``2 m / (n + m)`` is below the limit, nothing scores as much.
An index from symbols to sentences counts ``m`` for all sentences of a text at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.subsequence import BITS, Stretch, hopeful, stretch

Ints = npt.NDArray[np.int64]
Short = npt.NDArray[np.int32]
Sentences = tuple[Short, Short, Ints, Short, Short, Ints, Short, Ints]
"""Sentences as symbols: an open hash table of symbols (keys, -1 where there is none; their numbers), the users of each symbol (``at``,
sentence, how often there), where each sentence begins, its symbols as numbers, and its least ``m``."""
Texts = tuple[Short, Ints, Ints]
"""Symbols, and where each text begins and ends in them."""
Grid = npt.NDArray[np.int64]
Room = tuple[Ints, Ints, Ints, Grid, Grid, Ints, Ints]
"""Working room for letters or sounds: numbers of symbols, met, held, where, bits, seen, state."""
_SPANS = 4
"""Words of bits that tell where symbols stand in a text."""
Floats = npt.NDArray[np.float64]


@kernel
def slot_of(keys: Short, symbol: int) -> int:
    """Where a symbol stands in an open hash table, or the empty place where it would."""
    room = len(keys) - 1
    slot = ((int(symbol) * 0x9E3779B1) >> 12) & room
    while keys[slot] >= 0 and keys[slot] != symbol:
        slot = (slot + 1) & room
    return slot


@kernel
def _number(keys: Short, numbers: Short, symbols: Short, low: int, long: int, other: int, into: Ints) -> None:
    """The symbols ``low`` to ``low + long`` as numbers, ``other`` for those of no sentence."""
    for place in range(long):
        slot = slot_of(keys, symbols[low + place])
        into[place] = numbers[slot] if keys[slot] >= 0 else other


@kernel
def _count(
    at: Ints, users: Short, often: Short, numbers: Ints, long: int, text: int, met: Ints, held: Ints, where: Grid, near: Ints, count: int
) -> int:
    """Counts ``m`` of every sentence into ``held`` and marks as bits of ``where`` at which places of the text its symbols stand.

    The sentences met are added to ``near``; returns how many those are now.
    """
    spans = where.shape[1]
    for place in range(long):
        number = numbers[place]
        if number == len(at) - 1:
            continue
        span, mark = place // BITS, 1 << (place % BITS)
        if span >= spans:
            span, mark = 0, 0
        again = met[number] == text
        met[number] = text
        for user in range(at[number], at[number + 1]):
            sentence = users[user]
            where[sentence, span] |= mark
            if not again:
                if held[sentence] == 0:
                    near[count] = sentence
                    count += 1
                held[sentence] += often[user]
    return count


@kernel
def _compared(
    mine: Short,
    low: int,
    size: int,
    numbers: Ints,
    long: int,
    where: Ints,
    bits: Grid,
    seen: Ints,
    state: Ints,
    floor: float,
    best: int,
    total: int,
) -> Stretch:
    """The best stretch of a text for the sentence ``mine[low:low + size]`` (see :func:`stretch`)."""
    words = (size + BITS - 1) // BITS
    marked = long <= BITS * len(where)
    seen[0] = shared = 0
    for begin in range(0, long if marked else 0, BITS):
        left = where[begin // BITS]
        for place in range(begin, min(long, begin + BITS)):
            shared += left & 1
            left >>= 1
            seen[place + 1] = shared
    for place in range(size):
        bits[place // BITS, mine[low + place]] |= 1 << (place % BITS)
    if not marked:
        for place in range(long):
            held = 0
            for word in range(words):
                held |= bits[word, numbers[place]]
            seen[place + 1] = seen[place] + (1 if held != 0 else 0)
    found = stretch(bits, words, numbers, seen, size, long, floor, best, total, state)
    for place in range(size):
        bits[place // BITS, mine[low + place]] = 0
    return found


@kernel
def _room(sentences: Sentences, texts: Texts, count: int) -> Room:
    longest, words = 1, 1
    for text in range(len(texts[1])):
        longest = max(longest, texts[2][text] - texts[1][text])
    for sentence in range(count):
        words = max(words, (sentences[5][sentence + 1] - sentences[5][sentence] + BITS - 1) // BITS)
    kinds = len(sentences[2])
    return (
        np.empty(longest, dtype=np.int64),
        np.full(kinds, -1, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.zeros((count, min(_SPANS, (longest + BITS - 1) // BITS)), dtype=np.int64),
        np.zeros((words, kinds), dtype=np.int64),
        np.empty(longest + 1, dtype=np.int64),
        np.empty(words, dtype=np.int64),
    )


@kernel
def closest(
    letters: Sentences, sounds: Sentences, owner: Ints, floor: Floats, sides: Ints, written: Texts, heard: Texts, speakers: Ints
) -> tuple[Ints, Floats]:
    """The best stretch of every text for every owner of sentences that comes near enough.

    ``owner`` (never falling), ``floor`` and ``sides`` are of the sentences, ``speakers`` of the texts; a text is compared with a sentence
    where ``sides`` and ``speakers``, sets of bits, share one. Returns rows (text, sentence, 1 if by sound, begin, end) in the order of
    texts and owners, and their scores. Of equal scores the first sentence counts, and letters before sounds.
    """
    count, anybody, spelt = len(owner), 0, True
    l_at, l_symbols, l_needed, s_at, s_symbols, s_needed = letters[5], letters[6], letters[7], sounds[5], sounds[6], sounds[7]
    for sentence in range(count):
        anybody |= sides[sentence]
        spelt = spelt and l_at[sentence] == s_at[sentence]
    spelt = spelt and l_at[count] == s_at[count]
    l_numbers, l_met, l_held, l_where, l_bits, l_seen, l_state = _room(letters, written, count)
    s_numbers, s_met, s_held, s_where, s_bits, s_seen, s_state = _room(sounds, heard, count)
    near, picked, marked = np.empty(2 * count, dtype=np.int64), np.empty(count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    rows, scores = np.empty((64, 5), dtype=np.int64), np.empty(64, dtype=np.float64)
    made = 0
    for text in range(len(speakers)):
        if speakers[text] & anybody == 0:
            continue
        long, voiced = written[2][text] - written[1][text], heard[2][text] - heard[1][text]
        met = 0
        if not spelt or long != voiced:
            _number(letters[0], letters[1], written[0], written[1][text], long, len(letters[2]) - 1, l_numbers)
            met = _count(letters[2], letters[3], letters[4], l_numbers, long, text, l_met, l_held, l_where, near, met)
        _number(sounds[0], sounds[1], heard[0], heard[1][text], voiced, len(sounds[2]) - 1, s_numbers)
        met = _count(sounds[2], sounds[3], sounds[4], s_numbers, voiced, text, s_met, s_held, s_where, near, met)
        chosen = 0
        for place in range(met):
            sentence = near[place]
            if marked[sentence] == text or sides[sentence] & speakers[text] == 0:
                continue
            if l_held[sentence] < l_needed[sentence] and s_held[sentence] < s_needed[sentence]:
                continue
            marked[sentence] = text
            at = chosen
            while at > 0 and picked[at - 1] > sentence:
                picked[at] = picked[at - 1]
                at -= 1
            picked[at] = sentence
            chosen += 1
        last, best, total = -1, 0, 1
        for place in range(chosen):
            sentence = picked[place]
            if owner[sentence] != last:
                last, best, total = owner[sentence], 0, 1
            low, size = l_at[sentence], l_at[sentence + 1] - l_at[sentence]
            first, voices = s_at[sentence], s_at[sentence + 1] - s_at[sentence]
            limit = floor[sentence]
            for by_sound in range(2):
                shared, symbols, begin, end = 0, 1, 0, 0
                if by_sound:
                    enough = s_held[sentence] >= s_needed[sentence]
                    if enough and (voiced > BITS or hopeful(s_where[sentence, 0], voices, voiced, limit)):
                        where = s_where[sentence]
                        shared, symbols, begin, end = _compared(
                            s_symbols, first, voices, s_numbers, voiced, where, s_bits, s_seen, s_state, limit, best, total
                        )
                # where every letter has a sound, no stretch is nearer by letters than by sounds
                elif (size != voices or long != voiced) and l_held[sentence] >= l_needed[sentence]:
                    where = l_where[sentence]
                    shared, symbols, begin, end = _compared(
                        l_symbols, low, size, l_numbers, long, where, l_bits, l_seen, l_state, limit, best, total
                    )
                if shared == 0:
                    continue
                if best == 0:
                    if made == len(scores):
                        more, further = np.empty((2 * made, 5), dtype=np.int64), np.empty(2 * made, dtype=np.float64)
                        more[:made], further[:made] = rows, scores
                        rows, scores = more, further
                    made += 1
                best, total = shared, symbols
                rows[made - 1, 0], rows[made - 1, 1], rows[made - 1, 2] = text, sentence, by_sound
                rows[made - 1, 3], rows[made - 1, 4] = begin, end
                scores[made - 1] = 2 * best / total
        for place in range(met):
            sentence = near[place]
            l_held[sentence] = s_held[sentence] = 0
            l_where[sentence] = 0
            s_where[sentence] = 0
    return rows[:made].copy(), scores[:made].copy()
