"""The model sentence nearest to each text, among few that share enough symbols with it.

A stretch of ``w`` symbols with ``c`` in common with a sentence of ``n`` scores ``2 c / (n + w)``, and ``c`` is neither above ``w`` nor
above the number ``m`` of the sentence's symbols that the text holds: where ``2 m / (n + m)`` is below the limit, nothing scores as much.
An index from symbols to sentences counts ``m`` for all sentences of a text at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.subsequence import BITS, stretch

Ints = npt.NDArray[np.int64]
Short = npt.NDArray[np.int32]
Sentences = tuple[Short, Short, Ints, Short, Short, Ints, Short, Ints]
"""Sentences as symbols: an open hash table of symbols (keys, -1 where there is none; their numbers), the users of each symbol (``at``,
sentence, how often there), where each sentence begins, its symbols as numbers, and its least ``m``."""
Texts = tuple[Short, Ints, Ints]
"""Symbols, and where each text begins and ends in them."""
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
def _numbered(sentences: Sentences, texts: Texts, text: int, into: Ints, held: Ints, met: Ints, near: Ints, count: int) -> int:
    """Numbers the symbols of a text (-1: of no sentence), counts ``m`` of its sentences into ``held`` and adds those met to ``near``."""
    keys, numbers, at, users, often = sentences[0], sentences[1], sentences[2], sentences[3], sentences[4]
    symbols, low = texts[0], texts[1][text]
    for place in range(low, texts[2][text]):
        slot = slot_of(keys, symbols[place])
        number = numbers[slot] if keys[slot] >= 0 else -1
        into[place - low] = number
        if number >= 0 and met[number] != text:
            met[number] = text
            for user in range(at[number], at[number + 1]):
                sentence = users[user]
                if held[sentence] == 0:
                    near[count] = sentence
                    count += 1
                held[sentence] += often[user]
    return count


@kernel
def _masks(sentences: Sentences, which: int, numbers: Ints, long: int, bits: Ints, masks: Ints, seen: Ints) -> tuple[int, int]:
    """Where in a sentence each symbol of the text stands, and how many stand there at all: (symbols, words) of the sentence."""
    low, size = sentences[5][which], sentences[5][which + 1] - sentences[5][which]
    words = (size + BITS - 1) // BITS
    for place in range(size):
        bits[place // BITS, sentences[6][low + place]] |= 1 << (place % BITS)
    seen[0] = 0
    for place in range(long):
        number = numbers[place]
        held = 0
        for word in range(words):
            mask = bits[word, number] if number >= 0 else 0
            masks[word, place] = mask
            held |= mask
        seen[place + 1] = seen[place] + (1 if held != 0 else 0)
    for place in range(size):
        bits[place // BITS, sentences[6][low + place]] = 0
    return size, words


@kernel
def _room(sentences: Sentences, texts: Texts, count: int) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """Working room for one way of writing: numbers, met, held, bits, masks, seen, state."""
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
        np.zeros((words, kinds), dtype=np.int64),
        np.empty((words, longest), dtype=np.int64),
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
    count = len(owner)
    room, ears = _room(letters, written, count), _room(sounds, heard, count)
    near, picked, marked = np.empty(2 * count, dtype=np.int64), np.empty(count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    rows, scores = np.empty((64, 5), dtype=np.int64), np.empty(64, dtype=np.float64)
    made = 0
    for text in range(len(speakers)):
        if speakers[text] == 0:
            continue
        met = _numbered(letters, written, text, room[0], room[2], room[1], near, 0)
        by_letters = met
        met = _numbered(sounds, heard, text, ears[0], ears[2], ears[1], near, met)
        chosen = 0
        for place in range(met):
            sentence = near[place]
            held, needed = (room[2][sentence], letters[7][sentence]) if place < by_letters else (ears[2][sentence], sounds[7][sentence])
            if held < needed or marked[sentence] == text or sides[sentence] & speakers[text] == 0:
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
            for by_sound in range(2):
                side, texts, mine = (sounds, heard, ears) if by_sound else (letters, written, room)
                if mine[2][sentence] < side[7][sentence]:
                    continue
                long = texts[2][text] - texts[1][text]
                size, words = _masks(side, sentence, mine[0], long, mine[3], mine[4], mine[5])
                shared, symbols, begin, end = stretch(mine[4], words, mine[5], size, long, floor[sentence], best, total, mine[6])
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
            room[2][near[place]] = ears[2][near[place]] = 0
    return rows[:made].copy(), scores[:made].copy()
