"""Where texts hold enough sounds of a wording for it to be near (see :mod:`qa.rules.soundkeys`), for all lists of a plan at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.sounding import Numbers, Offsets
from qa.rules.kernels.tables import slot_of
from qa.rules.kernels.wordings import OTHERS, may_speak

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
WHOLE, LONG = 3, 4
"""Shapes of keys behind those of :mod:`qa.rules.soundkeys`: two sounds in a row, and the first three of more, that must all be there."""


class Keys(NamedTuple):
    """What is looked for. Entries ``at[k]`` to ``at[k + 1]`` of the key numbered ``k`` are for the lists ``slot`` and span ``span`` sounds.

    ``key`` and ``number`` are an open hash table of ``shape << 24 | code``. Of the shape ``LONG`` the sounds from the fourth on are
    ``rest[rest_at[e]:]``. ``flags`` says for two neighbouring bytes (``a << 8 | b``) which shapes have them: bit ``shape``, for shape
    1 of its last two. ``by`` says whom each list looks at.
    """

    flags: Bytes
    key: Offsets
    number: Numbers
    at: Numbers
    slot: Numbers
    span: Numbers
    rest_at: Numbers
    rest: Bytes
    by: npt.NDArray[np.int8]


class Fired(NamedTuple):
    """Plain characters ``begin`` to ``end`` of a text that may be part of something near a wording, list by list, sorted by begin."""

    text: Numbers
    begin: Numbers
    end: Numbers


@kernel
def fired(sounds: Numbers, places: Numbers, row_at: Offsets, byte: Bytes, roles: npt.NDArray[np.int8], keys: Keys) -> tuple[Fired, Offsets]:
    """Every place that may be part of something near, and where in these each list begins."""
    heard = np.empty(len(sounds), np.uint8)
    for place in range(len(sounds)):
        heard[place] = byte[sounds[place]]
    room = len(sounds) // 2 + 64
    slot, found = np.empty(room, np.int32), Fired(np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32))
    size = filled(heard, places, row_at, roles, keys, slot, found)
    if size > room:
        slot, found = np.empty(size, np.int32), Fired(np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32))
        filled(heard, places, row_at, roles, keys, slot, found)
    return by_list(slot[:size], found, len(keys.by))


@kernel
def filled(heard: Bytes, places: Numbers, row_at: Offsets, roles: npt.NDArray[np.int8], keys: Keys, slot: Numbers, into: Fired) -> int:
    """How many places fire; as many as there is room for are written down, with the list they are for."""
    size = 0
    for talk in range(len(row_at) - 1):
        role = roles[talk]
        if role == OTHERS:
            continue
        high = row_at[talk + 1]
        for place in range(row_at[talk], high - 1):
            a, b = np.int64(heard[place]), np.int64(heard[place + 1])
            flags = np.int64(keys.flags[a << 8 | b]) & ~2
            c = np.int64(heard[place + 2]) if place + 2 < high else np.int64(0)
            d = np.int64(heard[place + 3]) if place + 3 < high else np.int64(0)
            if d and keys.flags[c << 8 | d] & 2:
                flags |= 2
            if not flags:
                continue
            for shape in range(5):
                if not flags >> shape & 1:
                    continue
                if shape == WHOLE:
                    code = a << 8 | b
                elif (shape == 0 or shape == LONG) and c:
                    code = a << 16 | b << 8 | c
                elif shape == 1 and d:
                    code = a << 16 | c << 8 | d
                elif shape == 2 and d:
                    code = a << 16 | b << 8 | d
                else:
                    continue
                key = np.int64(shape) << 24 | code
                at = slot_of(keys.key, key)
                if keys.key[at] != key:
                    continue
                number = keys.number[at]
                for entry in range(keys.at[number], keys.at[number + 1]):
                    mine, last = keys.slot[entry], place + keys.span[entry]
                    if last > high or not may_speak(keys.by[mine], role):
                        continue
                    there = True
                    if shape == LONG:
                        for further in range(place + 3, last):
                            if heard[further] != keys.rest[keys.rest_at[entry] + further - place - 3]:
                                there = False
                                break
                    if not there:
                        continue
                    if size < len(slot):
                        slot[size], into.text[size] = mine, talk
                        into.begin[size], into.end[size] = places[place], places[last - 1] + 1
                    size += 1
    return size


@kernel
def by_list(slot: Numbers, found: Fired, lists: int) -> tuple[Fired, Offsets]:
    """The same list by list, and where each list begins."""
    at = np.zeros(lists + 1, np.int64)
    for which in range(len(slot)):
        at[slot[which] + 1] += 1
    for mine in range(lists):
        at[mine + 1] += at[mine]
    free = at[:-1].copy()
    size = len(slot)
    ordered = Fired(np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32))
    for which in range(size):
        to = free[slot[which]]
        free[slot[which]] += 1
        ordered.text[to], ordered.begin[to], ordered.end[to] = found.text[which], found.begin[which], found.end[which]
    return ordered, at


@kernel
def clear_texts(
    found: Fired, low: int, high: int, call: Offsets, wanted: Bools, begin: Offsets, end: Offsets, void_begin: Offsets, void_end: Offsets
) -> Offsets:
    """The texts of the ``wanted`` calls in which something fired (from ``low`` to ``high``) overlaps none of two rows of places.

    The places of a row are sorted and do not overlap.
    """
    texts = np.empty(high - low, np.int64)
    size = one = two = 0
    for which in range(low, high):
        text = found.text[which]
        if not wanted[call[text]] or (size and texts[size - 1] == text):
            continue
        while one < len(end) and end[one] <= found.begin[which]:
            one += 1
        if one < len(end) and begin[one] < found.end[which]:
            continue
        while two < len(void_end) and void_end[two] <= found.begin[which]:
            two += 1
        if two < len(void_end) and void_begin[two] < found.end[which]:
            continue
        texts[size] = text
        size += 1
    return texts[:size].copy()
