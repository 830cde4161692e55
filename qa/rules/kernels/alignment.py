"""The cheapest place of a phrase among sounds: edit distance with free ends (Sellers 1980), where it can still be cheap (Ukkonen 1985).

What each edit costs is said in :mod:`qa.rules.sound`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.sounding import Numbers
from qa.rules.sound import CHANGES_MEANING, CONFUSED, SURE_RATE

NEGATION, NUMERAL = 1, 2
"""What a sound guards, 0 where it guards nothing."""
_SLACK = 1e-9
_BITS = 62


class Sounding(NamedTuple):
    """Per number of a sound: what it is confused with (all below ``kinds``), what it is, what it guards."""

    loose: Numbers
    exact: Numbers
    guard: Numbers
    kinds: int


class Scratch(NamedTuple):
    """Costs and origins of a column, longer than any phrase by one; and for each kind of sound a row of bits, all 0."""

    cost: npt.NDArray[np.float64]
    origin: npt.NDArray[np.int64]
    bits: npt.NDArray[np.int64]


@kernel
def scratch_for(longest: int, of: Sounding) -> Scratch:
    """Room to align phrases of up to ``longest`` sounds."""
    return Scratch(np.empty(longest + 1), np.empty(longest + 1, np.int64), np.zeros(of.kinds, np.int64))


@kernel
def edits_reach(phrase: Numbers, heard: Numbers, of: Sounding, most: int | np.int64, scratch: Scratch) -> bool:
    """Whether at most ``most`` edits turn the phrase, of up to 62 sounds, into something heard, sounds that are confused being the same.

    A column of the matrix at a time, as bits that say where it rises and falls (Myers 1999).
    """
    size = len(phrase)
    bits = scratch.bits
    for row in range(size):
        bits[of.loose[phrase[row]]] |= np.int64(1) << row
    full, top = (np.int64(1) << size) - 1, np.int64(1) << (size - 1)
    rises, falls = full, np.int64(0)
    score = size
    for column in range(len(heard)):
        same = bits[of.loose[heard[column]]]
        across = (((same & rises) + rises) ^ rises) | same
        up, down = falls | (full & ~(across | rises)), rises & across
        if up & top:
            score += 1
        elif down & top:
            score -= 1
            if score <= most:
                break
        up, down = (up << 1) & full, (down << 1) & full
        rises = down | (full & ~(same | falls | up))
        falls = up & (same | falls)
    for row in range(size):
        bits[of.loose[phrase[row]]] = 0
    return bool(score <= most)


@kernel
def cheapest(phrase: Numbers, heard: Numbers, of: Sounding, most: float, scratch: Scratch) -> tuple[float, int, int]:
    """Cost, begin and end (in sounds of ``heard``) of the first of the cheapest places of ``phrase``; begin is -1 above ``most``."""
    size = len(phrase)
    # every edit costs 1 at least, only what is confused costs less
    if size <= _BITS and not edits_reach(phrase, heard, of, np.int64(most + _SLACK), scratch):
        return np.inf, -1, -1
    cost, origin = scratch.cost, scratch.origin
    numeric = False
    for row in range(size):
        numeric = numeric or of.guard[phrase[row]] == NUMERAL
    # 是十五 may well have been 四十五: that is for a person to hear. 四十 is never 十十.
    unsettled = max(1.0, SURE_RATE * size + 0.01)
    bound, found, begin, end = most, np.inf, -1, -1
    cost[0], origin[0] = 0.0, 0
    last = 0  # rows from here on cost more than ``bound``, this one does not
    for row in range(1, size + 1):
        cost[row] = cost[row - 1] + (CHANGES_MEANING if of.guard[phrase[row - 1]] else 1.0)
        origin[row] = 0
        if cost[row] <= bound:
            last = row
    for column in range(1, len(heard) + 1):
        sound = heard[column - 1]
        loose, exact, guard = of.loose[sound], of.exact[sound], of.guard[sound]
        if guard == NUMERAL and not numeric:
            guard = 0
        added = CHANGES_MEANING if guard else 1.0
        diagonal, source = cost[0], origin[0]
        cost[0], origin[0] = 0.0, column
        reached = 0
        for row in range(1, size + 1):
            if row > last + 1 and cost[row - 1] > bound:
                break
            wanted = phrase[row - 1]
            mine = of.guard[wanted]
            if of.exact[wanted] == exact:
                step = 0.0
            elif mine or guard:
                step = unsettled if not (mine and guard) and of.loose[wanted] == loose else CHANGES_MEANING
            else:
                step = CONFUSED if of.loose[wanted] == loose else 1.0
            # the column before is known only up to a row behind ``last``
            left, left_origin = (cost[row], origin[row]) if row <= last else (np.inf, 0)
            here, where = diagonal + step if row <= last + 1 else np.inf, source
            dropped = cost[row - 1] + (CHANGES_MEANING if mine else 1.0)
            if dropped < here:
                here, where = dropped, origin[row - 1]
            if left + added < here:
                here, where = left + added, left_origin
            diagonal, source = left, left_origin
            cost[row], origin[row] = here, where
            if here <= bound:
                reached = row
        last = reached
        if last == size:
            found, begin, end = cost[size], origin[size], column
            if found == 0.0:
                break
            bound = found - _SLACK
            while last > 0 and cost[last] > bound:
                last -= 1
    return found, begin, end
