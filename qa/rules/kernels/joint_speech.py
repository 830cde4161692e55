"""Who speaks while the other side is speaking: the loops behind ``interruption`` over many calls.

Turns are those of one call after another, in a call by when they begin. ``start`` and ``end`` are seconds, ``mine`` says whether the side
meant speaks, ``listens`` whether a turn is a mere 嗯, which belongs to no stretch. See :mod:`qa.rules.conditions.interruption`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.conditions.interruption import CONTINUING

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int8]


@kernel
def stretch_of(call: Ints, start: Floats, end: Floats, chosen: Bools, pause: float) -> Ints:
    """The stretch of each of the ``chosen`` turns, -1 of the others: turns of one call with silences shorter than ``pause`` between."""
    found = np.full(len(call), -1, dtype=np.int64)
    stretch = -1
    of_call = np.int64(-1)
    reached = 0.0
    for turn in range(len(call)):
        if not chosen[turn]:
            continue
        if call[turn] != of_call:
            of_call, reached = call[turn], 0.0
            stretch += 1
        elif start[turn] - reached >= pause:
            stretch += 1
        found[turn] = stretch
        reached = max(reached, end[turn])
    return found


@kernel
def _bounds(stretches: Ints, end: Floats) -> tuple[Ints, Ints, Floats]:
    """Of every stretch the first and the last turn, and when it ends."""
    count = 0
    for stretch in stretches:
        count = max(count, stretch + 1)
    first, last = np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.int64)
    reached = np.full(count, -np.inf, dtype=np.float64)
    for turn in range(len(stretches)):
        stretch = stretches[turn]
        if stretch >= 0:
            if first[stretch] < 0:
                first[stretch] = turn
            last[stretch] = turn
            reached[stretch] = max(reached[stretch], end[turn])
    return first, last, reached


@kernel
def _was_speaking(
    start: Floats, end: Floats, mine: Bools, stretches: Ints, low: int, first: int, into: Ints, into_first: int, into_last: int
) -> bool:
    """Whether the side of turn ``first`` was under way when the other's stretch joined in, and merely went on."""
    begun, other = start[first], into[into_first]
    for turn in range(low, first):
        if not mine[turn] or stretches[turn] == stretches[first] or begun - end[turn] >= CONTINUING:
            continue
        for joined in range(into_first, into_last + 1):
            if into[joined] == other and start[joined] <= begun and start[turn] < start[joined] < end[turn]:
                return True
    return False


@kernel
def _joint(
    start: Floats, end: Floats, stretches: Ints, stretch: int, low: int, high: int, into: Ints, other: int, first: int, last: int
) -> tuple[float, float, float]:
    """For how many seconds two stretches, within ``low``–``high`` and ``first``–``last``, are spoken at once; since and until when."""
    seconds, since, until = 0.0, np.inf, -np.inf
    for a in range(first, last + 1):
        if into[a] != other:
            continue
        for b in range(low, high + 1):
            if stretches[b] != stretch:
                continue
            both_since, both_until = max(start[a], start[b]), min(end[a], end[b])
            if both_until > both_since:
                seconds += both_until - both_since
                since, until = min(since, both_since), max(until, both_until)
    return seconds, since, until


@kernel
def _spoken_into(start: Floats, into: Ints, low: int, high: int, first: int) -> int:
    """The stretch that has begun last when turn ``first`` begins: stretches of one side lie apart, so in no other can it begin."""
    turn = first
    while turn + 1 < high and start[turn + 1] <= start[first]:
        turn += 1
    while turn >= low:
        if into[turn] >= 0:
            return into[turn]
        turn -= 1
    return -1


@kernel
def cuts(
    call: Ints,
    start: Floats,
    end: Floats,
    mine: Bools,
    stretches: Ints,
    breaths: Ints,
    pauses: Ints,
    weight: Small,
    sure: Bools,
    overlap: float,
    delay: float,
) -> tuple[Ints, Floats, Floats, Bools]:
    """(turn that begins it, since, until, whether it is certain) of every cut-in.

    ``stretches`` are those of the side meant, ``breaths`` and ``pauses`` those of the other side over short and over longer silences, each
    -1 elsewhere. ``weight`` (a value a stretch) is 0 where it is too little to interrupt, 1 where that is doubtful; ``sure`` says of a turn
    whether it is known who speaks.
    """
    count = len(call)
    where = np.empty(count, dtype=np.int64)
    since, until = np.empty(count, dtype=np.float64), np.empty(count, dtype=np.float64)
    certain = np.empty(count, dtype=np.bool_)
    mine_first, mine_last, mine_end = _bounds(stretches, end)
    breath_first, breath_last, breath_end = _bounds(breaths, end)
    pause_first, pause_last, pause_end = _bounds(pauses, end)
    found = 0
    low = high = 0
    last_end, last_first, last_last = -np.inf, -1, -1
    for stretch in range(len(mine_first)):
        first = mine_first[stretch]
        if first >= high:
            low = high
            while call[low] != call[first]:
                low += 1
            high = low
            while high < count and call[high] == call[low]:
                high += 1
            last_first = -1
        if weight[stretch] == 0:
            continue
        for pausing in (False, True):
            into = pauses if pausing else breaths
            other = _spoken_into(start, into, low, high, first)
            if other < 0:
                continue
            other_first = pause_first[other] if pausing else breath_first[other]
            other_last = pause_last[other] if pausing else breath_last[other]
            reached = pause_end[other] if pausing else breath_end[other]
            if not start[other_first] + delay <= start[first] < reached:
                continue
            seconds, begun, ended = _joint(start, end, stretches, stretch, first, mine_last[stretch], into, other, other_first, other_last)
            if not (ended > begun and seconds >= overlap):
                continue
            if _was_speaking(start, end, mine, stretches, low, first, into, other_first, other_last):
                continue
            clear = weight[stretch] == 2 and not pausing
            for turn in range(first, mine_last[stretch] + 1):
                clear = clear and (sure[turn] or stretches[turn] != stretch)
            for turn in range(other_first, other_last + 1):
                clear = clear and (sure[turn] or into[turn] != other)
            same = last_first >= 0 and start[first] - last_end < CONTINUING and other_first <= last_last and last_first <= other_last
            if not same or (clear and not certain[found - 1]):
                at = found - 1 if same else found
                where[at], since[at], until[at], certain[at] = first, begun, ended, clear
                found = at + 1
            last_end, last_first, last_last = mine_end[stretch], other_first, other_last
            break
    return where[:found], since[:found], until[:found], certain[:found]
