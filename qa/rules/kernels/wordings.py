"""Which wordings the strings found in texts make up, with their gaps; and of overlapping places of a list which ones count."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.sounding import Codes, Numbers, Offsets
from qa.rules.kernels.tables import slot_of, wider
from qa.rules.phrases import GAP

Bools = npt.NDArray[np.bool_]
OTHERS = 2
"""The role of those who are neither agent nor customer (see ``qa.rules.batch.table.ROLES``)."""
UNSURE = 3
"""The role of those of whom it is not sure who they are: either side."""
ANYBODY, EVERYTHING = -1, -2
"""For ``by``: the agent, the customer and whoever it may be; everything, music too."""
PLAIN, LONGER, FAR, SHORT = 0, 1, 2, 4
"""Of wordings with gaps: two parts; more; gaps in words, told apart elsewhere; only single sounds, heard even over a pause."""


class Wordings(NamedTuple):
    """Wordings, numbered through all lists, and the strings they consist of.

    String ``s`` is ``letters[letter_at[s]:letter_at[s + 1]]``; it is the wordings ``alone[alone_at[s]:alone_at[s + 1]]``. The wordings
    ``gapped[gapped_at[k]:gapped_at[k + 1]]`` begin with two strings whose key ``head * strings + tail`` has the number ``k`` (``pair``
    and ``pair_number`` are an open hash table). ``opens`` says of strings whether wordings with gaps begin with them, and whether of
    these any are FAR (2). The strings of wording ``w`` are ``parts[part_at[w]:part_at[w + 1]]``.
    """

    letter_at: Numbers
    letters: Codes
    alone_at: Numbers
    alone: Numbers
    pair: Offsets
    pair_number: Numbers
    gapped_at: Numbers
    gapped: Numbers
    opens: npt.NDArray[np.int8]
    part_at: Numbers
    parts: Numbers
    kind: npt.NDArray[np.int8]
    left: Bools
    right: Bools
    slot: Numbers
    by: npt.NDArray[np.int8]


class Standing(NamedTuple):
    """Places of wordings: the wording, the text, and its characters."""

    wording: Numbers
    text: Numbers
    begin: Numbers
    end: Numbers


@kernel
def is_letter(code: int) -> bool:
    """Whether a plain character is a Latin letter or a digit."""
    return 97 <= code <= 122 or 48 <= code <= 57


@kernel
def may_speak(by: int, role: int) -> bool:
    """Whether a list that asks for ``by`` looks at what ``role`` says."""
    if by == ANYBODY:
        return role != OTHERS
    mine = by == role
    return mine or role == UNSURE or by == EVERYTHING


@kernel
def rest_of(codes: Codes, of: Wordings, part: int, last: int, place: int | np.int64, stop: int) -> int | np.int64:
    """Where the parts ``part`` to ``last`` of a wording end when each stands as early as it can behind ``place``, -1 where one does not."""
    # one gap a part, tried from the shortest; where the parts behind do not fit, the gap before grows
    gaps, ends = np.zeros(last - part + 2, np.int64), np.zeros(last - part + 2, np.int64)
    ends[0] = place
    level = 0
    while level >= 0:
        if part + level == last:
            return np.int64(ends[level])
        string = of.parts[part + level]
        low, size = of.letter_at[string], of.letter_at[string + 1] - of.letter_at[string]
        begin = ends[level] + gaps[level]
        if gaps[level] > GAP or begin + size > stop or (gaps[level] > 0 and codes[begin - 1] == 10):
            gaps[level] = 0
            level -= 1
            if level >= 0:
                gaps[level] += 1
            continue
        met = 0
        while met < size and codes[begin + met] == of.letters[low + met]:
            met += 1
        if met == size:
            ends[level + 1] = begin + size
            level += 1
            gaps[level] = 0
        else:
            gaps[level] += 1
    return -1


@kernel
def standing(
    codes: Codes, at: Offsets, roles: npt.NDArray[np.int8], places: Numbers, strings: Numbers, of: Wordings
) -> tuple[Standing, Numbers, Numbers, Numbers, Numbers]:
    """Every place of a wording in the texts, given all ``strings`` there; of one wording none overlap.

    With it the wordings and texts in which FAR wordings may stand, and those in which the parts of SHORT ones are near enough.
    """
    room = len(places) + 64
    found, size, far, far_text, short, short_text = _stood(codes, at, roles, places, strings, of, room)
    if size > room:
        found, size, far, far_text, short, short_text = _stood(codes, at, roles, places, strings, of, size)
    cut = Standing(found.wording[:size].copy(), found.text[:size].copy(), found.begin[:size].copy(), found.end[:size].copy())
    return cut, far, far_text, short, short_text


@kernel
def _stood(
    codes: Codes, at: Offsets, roles: npt.NDArray[np.int8], places: Numbers, strings: Numbers, of: Wordings, room: int
) -> tuple[Standing, int, Numbers, Numbers, Numbers, Numbers]:
    """The same with how many places there are; as many as there is ``room`` for are written down."""
    wording, text, begin, end = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    far, far_text, short, short_text = np.empty(64, np.int32), np.empty(64, np.int32), np.empty(64, np.int32), np.empty(64, np.int32)
    size = fars = shorts = 0
    reached = np.full(len(of.slot), -1, np.int64)  # per wording, where its last place ends
    seen = np.full(len(of.slot), -1, np.int64)  # per wording, the last text in which it was noted
    count = len(of.letter_at) - 1
    talk = 0
    for which in range(len(places)):
        place, string = places[which], strings[which]
        while place >= at[talk + 1]:
            talk += 1
        stop, role = at[talk + 1], roles[talk]
        past = place + of.letter_at[string + 1] - of.letter_at[string]
        for entry in range(of.alone_at[string], of.alone_at[string + 1]):
            mine = of.alone[entry]
            if not may_speak(of.by[mine], role) or place < reached[mine]:
                continue
            reached[mine] = past
            if of.left[mine] and place > at[talk] and is_letter(codes[place - 1]):
                continue
            if of.right[mine] and past < stop and is_letter(codes[past]):
                continue
            if size < room:
                wording[size], text[size], begin[size], end[size] = mine, talk, place, past
            size += 1
        if not of.opens[string]:
            continue
        paused = False
        checked = past
        for other in range(which + 1, len(places)):
            tail, second = places[other], strings[other]
            if tail >= stop or (tail > past + GAP and of.opens[string] < 2):
                break
            if tail < past:
                continue
            key = np.int64(string) * count + second
            slot = slot_of(of.pair, key)
            if of.pair[slot] != key:
                continue
            while checked < tail:
                paused = paused or codes[checked] == 10
                checked += 1
            number = of.pair_number[slot]
            for entry in range(of.gapped_at[number], of.gapped_at[number + 1]):
                mine = of.gapped[entry]
                if not may_speak(of.by[mine], role):
                    continue
                kind = of.kind[mine]
                if kind & FAR:
                    if seen[mine] != talk:
                        seen[mine] = talk
                        if fars == len(far):
                            far, far_text = wider(far), wider(far_text)
                        far[fars], far_text[fars] = mine, talk
                        fars += 1
                    continue
                if tail > past + GAP:
                    continue
                if kind & SHORT and seen[mine] != talk:
                    seen[mine] = talk
                    if shorts == len(short):
                        short, short_text = wider(short), wider(short_text)
                    short[shorts], short_text[shorts] = mine, talk
                    shorts += 1
                if paused or place < reached[mine]:
                    continue
                last: int | np.int64 = np.int64(tail + of.letter_at[second + 1] - of.letter_at[second])
                if kind & LONGER:
                    last = rest_of(codes, of, of.part_at[mine] + 2, of.part_at[mine + 1], last, stop)
                    if last < 0:
                        continue
                reached[mine] = last
                if of.left[mine] and place > at[talk] and is_letter(codes[place - 1]):
                    continue
                if of.right[mine] and last < stop and is_letter(codes[last]):
                    continue
                if size < room:
                    wording[size], text[size], begin[size], end[size] = mine, talk, place, last
                size += 1
    found = Standing(wording, text, begin, end)
    return found, size, far[:fars].copy(), far_text[:fars].copy(), short[:shorts].copy(), short_text[:shorts].copy()


@kernel
def first_and_longest(found: Standing, slot: Numbers, slots: int) -> tuple[Offsets, Offsets]:
    """Of places sorted by where they begin, the ones that count in each list: their numbers, list by list, and where each list begins.

    Of overlapping places of a list the first counts, of those that begin together the longest, then the wording that comes first.
    """
    size = len(found.wording)
    at = np.zeros(slots + 1, np.int64)
    for which in range(size):
        at[slot[found.wording[which]] + 1] += 1
    for number in range(slots):
        at[number + 1] += at[number]
    order, free = np.empty(size, np.int64), at[:-1].copy()
    for which in range(size):
        mine = slot[found.wording[which]]
        order[free[mine]] = which
        free[mine] += 1
    kept, kept_at = np.empty(size, np.int64), np.zeros(slots + 1, np.int64)
    count = 0
    for number in range(slots):
        reached = -1
        entry = at[number]
        while entry < at[number + 1]:
            best = order[entry]
            begin = found.begin[best]
            entry += 1
            while entry < at[number + 1] and found.begin[order[entry]] == begin:
                other = order[entry]
                longer = found.end[other] - found.end[best]
                if longer > 0 or (longer == 0 and found.wording[other] < found.wording[best]):
                    best = other
                entry += 1
            if begin >= reached:
                kept[count] = best
                count += 1
                reached = found.end[best]
        kept_at[number + 1] = count
    return kept[:count].copy(), kept_at
