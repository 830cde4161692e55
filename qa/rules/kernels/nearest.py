"""What of a list of wordings sounds nearest in a text: sifted by keys and pairs of sounds, then aligned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.alignment import Scratch, Sounding, cheapest, scratch_for
from qa.rules.kernels.alike import first_alike
from qa.rules.kernels.sounding import Codes, Numbers, Offsets
from qa.rules.kernels.tables import slot_of
from qa.rules.phrases import GAP

Floats = npt.NDArray[np.float64]
_SPREAD = 40503


class Texts(NamedTuple):
    """Plain texts ``codes[at[i]:at[i + 1]]``, their sounds ``sounds[row_at[i]:row_at[i + 1]]`` and the characters these begin at."""

    codes: Codes
    at: Offsets
    sounds: Numbers
    places: Numbers
    row_at: Offsets


class Book(NamedTuple):
    """Wordings ready to be listened for; see :func:`qa.rules.listening.book`.

    The parts of wording ``w`` are ``part_at[w]`` to ``part_at[w + 1]``; of part ``p`` there are ``sounds`` and plain characters ``codes``
    between the offsets ``sound_at`` and ``code_at``. ``pairs`` (by ``pair_at``) are the neighbouring sounds of the first part, of
    which ``shared[w]`` must occur in a text. ``key`` and ``key_place`` are an open hash table from keys of sounds to the wordings
    ``listed[listed_at[k]:listed_at[k + 1]]``. Wordings with gaps that begin alike have one ``opening``, others none (-1); ``length``
    counts sounds. ``rank`` settles ties: the lowest counts. ``always`` are looked for in any text, ``latin`` in those with Latin
    letters.
    """

    part_at: Numbers
    sound_at: Numbers
    sounds: Numbers
    code_at: Numbers
    codes: Codes
    pair_at: Numbers
    pairs: Offsets
    shared: Numbers
    opening: Numbers
    length: Numbers
    rank: Numbers
    key: Offsets
    key_place: Numbers
    listed_at: Numbers
    listed: Numbers
    always: Numbers
    latin: Numbers


class Openings(NamedTuple):
    """Per opening: the text in which it was last looked for, and where it is near there (begin -1: nowhere) at what cost."""

    text: Offsets
    begin: Offsets
    end: Offsets
    cost: Floats


@kernel
def is_latin(code: int) -> bool:
    """Whether a code point is a lower-case Latin letter or a digit: plain text has no others."""
    return 97 <= code <= 122 or 48 <= code <= 57


@kernel
def first_from(places: Numbers, low: int, high: int, least: int) -> int | np.int64:
    """The first of the ascending ``places[low:high]`` that is at least ``least``; ``high`` where there is none."""
    while low < high:
        middle = (low + high) >> 1
        if places[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def near_part(
    texts: Texts, low: int, high: int | np.int64, stop: int, book: Book, part: int, of: Sounding, limit: float, scratch: Scratch
) -> tuple[int | np.int64, int | np.int64, float]:
    """Plain characters begin and end, and cost, of a part among the sounds ``low`` to ``high`` of a text that ends at ``stop``.

    Begin is -1 where it would cost more than ``limit`` a sound, or where there are more than a sound too few.
    """
    phrase = book.sounds[book.sound_at[part] : book.sound_at[part + 1]]
    size = len(phrase)
    if high - low < size - 1:
        return -1, -1, 0.0
    cost, begin, end = cheapest(phrase, texts.sounds[low:high], of, limit * size, scratch)
    if begin < 0 or end <= begin:
        return -1, -1, 0.0
    last = np.int64(texts.places[low + end - 1]) + 1
    if is_latin(texts.codes[last - 1]):
        while last < stop and is_latin(texts.codes[last]):
            last += 1
    return np.int64(texts.places[low + begin]), last, cost


@kernel
def near_wording(
    texts: Texts, text: int, book: Book, wording: int, of: Sounding, limit: float, scratch: Scratch, known: Openings
) -> tuple[int | np.int64, int | np.int64, float, int | np.int64]:
    """Plain characters begin and end, cost and sounds of all parts of a wording in order, at most ``GAP`` characters apart.

    Begin is -1 where one of them is not near. A part of one sound must stand there to the letter. ``known`` is where first parts were
    found in this text before.
    """
    start, stop = texts.at[text], texts.at[text + 1]
    low, high = texts.row_at[text], texts.row_at[text + 1]
    begin, end = np.int64(-1), start
    cost, length = 0.0, np.int64(0)
    for part in range(book.part_at[wording], book.part_at[wording + 1]):
        size = np.int64(book.sound_at[part + 1] - book.sound_at[part])
        reach = stop
        if begin >= 0:
            reach = min(stop, end + GAP + 2 * size)
            low = first_from(texts.places, low, high, end)
        if size < 2:
            letters = np.int64(book.code_at[part])
            many = book.code_at[part + 1] - letters
            first = end
            met = 0
            while first + many <= reach:
                met = 0
                while met < many and texts.codes[first + met] == book.codes[letters + met]:
                    met += 1
                if met == many:
                    break
                first += 1
            if met < many:
                return -1, -1, 0.0, 0
            last, paid, size = first + many, 0.0, np.int64(1)
        else:
            past = high if reach == stop else first_from(texts.places, low, min(high, low + reach - end), reach)
            opening = book.opening[wording] if begin < 0 else -1
            if opening >= 0 and known.text[opening] == text:
                first, last, paid = known.begin[opening], known.end[opening], known.cost[opening]
            else:
                first, last, paid = near_part(texts, low, past, stop, book, part, of, limit, scratch)
            if opening >= 0:
                known.text[opening], known.begin[opening], known.end[opening], known.cost[opening] = text, first, last, paid
            if first < 0:
                return -1, -1, 0.0, 0
        if begin >= 0 and first - end > GAP:
            return -1, -1, 0.0, 0
        if begin < 0:
            begin = first
        end, cost, length = last, cost + paid, length + size
    return begin, end, cost, length


@kernel
def perhaps(texts: Texts, text: int, book: Book, of: Sounding, marks: Numbers, stamp: int, found: Numbers) -> int:
    """How many wordings enough sounds of which stand in a text for them to be near it; ``found`` receives them.

    ``marks[w]`` is ``stamp`` for those met already.
    """
    low, high = texts.row_at[text], texts.row_at[text + 1]
    size = 0
    before = two = three = np.int64(0)  # the bytes of the last sounds, zero where there are none
    for place in range(low, high):
        one = np.int64(of.loose[texts.sounds[place]]) % 255 + 1
        for shape in range(4):
            if shape == 0:
                key = (before << 16) | (two << 8) | one if before else np.int64(-2)
            elif shape == 1:
                key = (1 << 24) | (three << 16) | (two << 8) | one if three else np.int64(-2)
            elif shape == 2:
                key = (2 << 24) | (three << 16) | (before << 8) | one if three else np.int64(-2)
            else:
                key = (3 << 24) | (two << 8) | one if two else np.int64(-2)
            if key < 0:
                continue
            at = slot_of(book.key, key)
            if book.key[at] != key:
                continue
            which = book.key_place[at]
            for entry in range(book.listed_at[which], book.listed_at[which + 1]):
                wording = book.listed[entry]
                if marks[wording] != stamp:
                    marks[wording] = stamp
                    found[size] = wording
                    size += 1
        three, before, two = before, two, one
    for wording in book.always:
        if marks[wording] != stamp:
            marks[wording] = stamp
            found[size] = wording
            size += 1
    if len(book.latin):
        for place in range(texts.at[text], texts.at[text + 1]):
            if is_latin(texts.codes[place]):
                for wording in book.latin:
                    if marks[wording] != stamp:
                        marks[wording] = stamp
                        found[size] = wording
                        size += 1
                break
    return size


@kernel
def pair_slot(held: Offsets, held_at: Offsets, stamp: int, pair: int | np.int64) -> int | np.int64:
    """Where a pair of sounds stands in a hash table in which only places of this ``stamp`` are taken, or the free place for it."""
    last = len(held) - 1
    at = ((pair >> 32) * _SPREAD + (pair & 0xFFFFFFFF)) & last
    while held_at[at] == stamp and held[at] != pair:
        at = (at + 1) & last
    return at


@kernel
def nearest(texts: Texts, chosen: Offsets, book: Book, of: Sounding, limit: float) -> tuple[Numbers, Offsets, Offsets, Floats, Numbers]:
    """Of each text ``chosen`` what sounds most like a wording, within ``limit`` of the cost of a sound: the wording (-1: nothing is near).

    With it plain characters begin and end (as ``texts.codes`` counts), the cost, and the sounds of the wording. Least cost a
    sound counts, then more sounds, then the lower rank.
    """
    count = len(chosen)
    which, length = np.full(count, -1, np.int32), np.zeros(count, np.int32)
    begin, end, cost = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count)
    wordings = len(book.shared)
    marks, found = np.full(wordings, -1, np.int32), np.empty(wordings, np.int32)
    longest = rows = 1
    for part in range(len(book.sound_at) - 1):
        longest = max(longest, book.sound_at[part + 1] - book.sound_at[part])
    for number in range(count):
        rows = max(rows, texts.row_at[chosen[number] + 1] - texts.row_at[chosen[number]])
    scratch = scratch_for(longest, of)
    width = 16
    while width < 2 * rows:
        width *= 2
    # pairs of sounds of the text at hand: an open hash table that is emptied by counting ``stamp`` on
    held, held_at = np.empty(width, np.int64), np.full(width, -1, np.int64)
    heads = len(book.opening) + 1
    known = Openings(np.full(heads, -1, np.int64), np.empty(heads, np.int64), np.empty(heads, np.int64), np.empty(heads))
    alike = first_alike(texts.codes, texts.at, chosen)
    for number in range(count):
        text = chosen[number]
        earlier = alike[number]
        if earlier < number:
            which[number], cost[number], length[number] = which[earlier], cost[earlier], length[earlier]
            moved = texts.at[text] - texts.at[chosen[earlier]]
            begin[number], end[number] = begin[earlier] + moved, end[earlier] + moved
            continue
        size = perhaps(texts, text, book, of, marks, number, found)
        if not size:
            continue
        low, high = texts.row_at[text], texts.row_at[text + 1]
        for place in range(low, high - 1):
            pair = (np.int64(of.loose[texts.sounds[place]]) << 32) | np.int64(of.loose[texts.sounds[place + 1]])
            at = pair_slot(held, held_at, number, pair)
            held[at], held_at[at] = pair, number
        for entry in range(size):
            wording = found[entry]
            if which[number] >= 0 and cost[number] == 0.0 and book.length[wording] < length[number]:
                continue  # nothing is nearer than what sounds the same
            opening = book.opening[wording]
            if opening >= 0 and known.text[opening] == text and known.begin[opening] < 0:
                continue
            needed = book.shared[wording]
            for p in range(book.pair_at[wording], book.pair_at[wording + 1]):
                if needed <= 0:
                    break
                if held_at[pair_slot(held, held_at, number, book.pairs[p])] == number:
                    needed -= 1
            if needed > 0:
                continue
            first, last, paid, sounds = near_wording(texts, text, book, wording, of, limit, scratch, known)
            if first < 0:
                continue
            better = which[number] < 0
            if not better:
                mine, best = paid / sounds, cost[number] / length[number]
                better = mine < best or (
                    mine == best
                    and (sounds > length[number] or (sounds == length[number] and book.rank[wording] < book.rank[which[number]]))
                )
            if better:
                which[number], begin[number], end[number], cost[number], length[number] = wording, first, last, paid, sounds
    return which, begin, end, cost, length
