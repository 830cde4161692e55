"""What of many lists of wordings sounds nearest in each of several texts: the lists of a whole plan are listened for at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qa.compiled import kernel
from qa.rules.kernels.alignment import Sounding, scratch_for
from qa.rules.kernels.nearest import Book, Floats, Openings, Texts, is_latin, near_wording, pair_slot, perhaps
from qa.rules.kernels.sounding import Numbers, Offsets


class Lists(NamedTuple):
    """Of each wording the list it is ``of`` and, where its first part is one sound, which must stand there to the letter, the ``first``
    letter (else 0); of each list whose ``side`` it is meant for, in bits. ``longest`` is the most sounds that a part has, ``openings``
    how many beginnings wordings share."""

    of: Numbers
    first: Numbers
    side: Numbers
    longest: int
    openings: int


@kernel
def wider(column: Any) -> Any:
    """The column (of any kind of number) with as much room again."""
    more = np.empty(2 * len(column), column.dtype)
    more[: len(column)] = column
    return more


@kernel
def same_sounds(texts: Texts, text: int, book: Book, wording: int, of: Sounding) -> tuple[int | np.int64, int | np.int64]:
    """Plain characters begin and end of the first place that sounds like a wording of one part; begin is -1 where there is none."""
    part = book.part_at[wording]
    low, size = book.sound_at[part], book.sound_at[part + 1] - book.sound_at[part]
    for place in range(texts.row_at[text], texts.row_at[text + 1] - size + 1):
        met = 0
        while met < size and of.exact[texts.sounds[place + met]] == of.exact[book.sounds[low + met]]:
            met += 1
        if met == size and size > 1:
            last = np.int64(texts.places[place + size - 1]) + 1
            if is_latin(texts.codes[last - 1]):
                while last < texts.at[text + 1] and is_latin(texts.codes[last]):
                    last += 1
            return np.int64(texts.places[place]), last
    return np.int64(-1), np.int64(-1)


@kernel
def heard_in_all(
    texts: Texts, speakers: Numbers, book: Book, lists: Lists, of: Sounding, limit: float
) -> tuple[Numbers, Numbers, Offsets, Offsets, Floats, Numbers]:
    """The nearest wording of each list in each text, where one is within ``limit`` of the cost of a sound.

    ``speakers`` says by bits whose texts they are: only lists that share one are listened for. Rows of text, wording, plain characters
    begin and end (as ``texts.codes`` counts), cost and sounds; a list's wordings compare as
    :func:`qa.rules.kernels.nearest.nearest` says.
    """
    made, room = 0, 64
    at_text, which, length = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    begin, end, cost = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.float64)
    wordings = len(book.shared)
    marks, found = np.full(wordings, -1, np.int32), np.empty(wordings, np.int32)
    best = np.full(len(lists.side), -1, np.int64)  # the row of each list; those of earlier texts come before ``low_row``
    rows = 1
    for text in range(len(texts.at) - 1):
        rows = max(rows, texts.row_at[text + 1] - texts.row_at[text])
    scratch = scratch_for(lists.longest, of)
    width = 16
    while width < 2 * rows:
        width *= 2
    held, held_at = np.empty(width, np.int64), np.full(width, -1, np.int64)
    heads = lists.openings + 1
    known = Openings(np.full(heads, -1, np.int64), np.empty(heads, np.int64), np.empty(heads, np.int64), np.empty(heads))
    first: int | np.int64
    last: int | np.int64
    sounds: int | np.int64
    for text in range(len(texts.at) - 1):
        low_row = made
        letters = np.int64(0)  # a bit for each letter that stands there, which others share
        for place in range(texts.at[text], texts.at[text + 1]):
            letters |= np.int64(1) << (np.int64(texts.codes[place]) & 63)
        size = perhaps(texts, text, book, of, marks, text, found)
        if size:
            for place in range(texts.row_at[text], texts.row_at[text + 1] - 1):
                pair = (np.int64(of.loose[texts.sounds[place]]) << 32) | np.int64(of.loose[texts.sounds[place + 1]])
                at = pair_slot(held, held_at, text, pair)
                held[at], held_at[at] = pair, text
        # what sounds the same costs nothing, and nothing is nearer: alignments are for lists that have nothing of the kind
        for entry in range(2 * size):
            aligned = entry >= size
            wording = found[entry - size if aligned else entry]
            mine = lists.of[wording]
            if not lists.side[mine] & speakers[text]:
                continue
            if lists.first[wording] and not letters >> (lists.first[wording] & 63) & 1:
                continue
            row = best[mine]
            whole = book.part_at[wording + 1] - book.part_at[wording] == 1
            settled = row >= low_row and cost[row] == 0.0
            if settled and (book.length[wording] < length[row] or (aligned and whole)):
                continue
            if not aligned:
                if not whole:
                    continue
                first, last = same_sounds(texts, text, book, wording, of)
                paid, sounds = 0.0, np.int64(book.length[wording])
            else:
                opening = book.opening[wording]
                if opening >= 0 and known.text[opening] == text and known.begin[opening] < 0:
                    continue
                needed = book.shared[wording]
                for p in range(book.pair_at[wording], book.pair_at[wording + 1]):
                    if needed <= 0:
                        break
                    if held_at[pair_slot(held, held_at, text, book.pairs[p])] == text:
                        needed -= 1
                if needed > 0:
                    continue
                first, last, paid, sounds = near_wording(texts, text, book, wording, of, limit, scratch, known)
            if first < 0:
                continue
            if row < low_row:
                if made == len(which):
                    at_text, which, length = wider(at_text), wider(which), wider(length)
                    begin, end, cost = wider(begin), wider(end), wider(cost)
                row, made = np.int64(made), made + 1
                best[mine] = row
            else:
                rate, least = paid / sounds, cost[row] / length[row]
                more = sounds > length[row] or (sounds == length[row] and book.rank[wording] < book.rank[which[row]])
                if rate > least or (rate == least and not more):
                    continue
            at_text[row], which[row], begin[row], end[row], cost[row], length[row] = text, wording, first, last, paid, sounds
    return at_text[:made], which[:made], begin[:made], end[:made], cost[:made], length[:made]
