"""The hits of a condition in many calls, and arithmetic on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qa.rules.batch.table import Bools, Floats, Ints, Table, pieces
from qa.rules.batch.talks import Talks
from qa.rules.model import Doubt

CHARS = 1 << 32
"""More characters than a turn has: (turn, character) as one number."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Hits in the order of calls and, in a call, in the order of ``Found.hits``; ``unsure`` has a value a call.

    ``turn`` counts through the table, -1 for a fact of a whole call. ``begin`` and ``end`` are characters of its text, ``since`` and
    ``until`` seconds (NaN: unknown). ``answered`` are pairs (hit, which hit of the ``each`` anchor in its call it answers).
    ``phrase`` numbers the phrase that matched, of an ``entity`` the value that was said.
    """

    call: Ints
    turn: Ints
    begin: Ints
    end: Ints
    since: Floats
    until: Floats
    certain: Bools
    phrase: Ints
    unsure: Bools
    answered: tuple[Ints, Ints] | None = None

    @property
    def at(self) -> Ints:
        """Hits of call ``c`` are ``at[c]`` to ``at[c + 1]``."""
        return np.searchsorted(self.call, np.arange(len(self.unsure) + 1))

    def count(self) -> tuple[Ints, Ints]:
        """Per call, how many hits are certain and how many there are."""
        n = len(self.unsure)
        return np.bincount(self.call[self.certain], minlength=n), np.bincount(self.call, minlength=n)

    def take(self, chosen: Ints | Bools) -> Hits:
        """Those hits only, in that order; what they answer goes with a Boolean choice."""
        names = ("call", "turn", "begin", "end", "since", "until", "certain", "phrase")
        answered = self.answered
        if answered is not None and chosen.dtype == np.bool_:
            kept = chosen[answered[0]]
            number: Ints = np.cumsum(chosen, dtype=np.int64) - 1
            answered = (number[answered[0][kept]], answered[1][kept])
        elif answered is not None:
            back = np.argsort(chosen)
            moved = back[answered[0]]
            order = np.argsort(moved, kind="stable")
            answered = (moved[order], answered[1][order])
        return replace(self, **{name: getattr(self, name)[chosen] for name in names}, answered=answered)

    @staticmethod
    def none(calls: int) -> Hits:
        """No hit in so many calls."""
        i, f, b = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=np.bool_)
        return Hits(i, i, i, i, f, f, b, i, np.zeros(calls, dtype=np.bool_))

    @staticmethod
    def both(left: Hits, right: Hits) -> Hits:
        """The hits of both, ordered by call, turn and character, those of ``left`` first where equal."""
        names = ("call", "turn", "begin", "end", "since", "until", "certain", "phrase")
        columns: dict[str, Any] = {name: np.concatenate([getattr(left, name), getattr(right, name)]) for name in names}
        joined = replace(left, **columns)
        shift = len(left.call)
        if left.answered is not None and right.answered is not None:
            pairs = tuple(np.concatenate([a, b + s]) for a, b, s in zip(left.answered, right.answered, (shift, 0), strict=True))
            joined = replace(joined, answered=(pairs[0], pairs[1]))
        return joined.take(np.lexsort((joined.begin, joined.turn, joined.call)))


def spoken(table: Table, talks: Talks, doubt: Doubt, places: Ints, sizes: Ints, phrase: Ints, certain: Bools) -> Hits:
    """Hits where the plain characters ``places`` … ``places + sizes`` stand: of the sentence that the first of them is in."""
    turn, begin, _ = talks.origin(places)
    last_turn, _, end = talks.origin(places + sizes - 1)
    for which in np.flatnonzero(last_turn != turn).tolist():
        turns, _, ends = talks.origin(np.arange(places[which], places[which] + sizes[which]))
        end[which] = ends[turns == turn[which]].max()
    return written(table, doubt, turn, begin, end, phrase, certain)


def written(table: Table, doubt: Doubt, turn: Ints, begin: Ints, end: Ints, phrase: Ints, certain: Bools) -> Hits:
    """Hits at characters of turns; what the recogniser is unsure of is not certain."""
    certain = certain & sure_words(table, doubt, turn, begin, end)
    since, until = times(table, turn, begin, end)
    call = np.searchsorted(table.first, turn, side="right") - 1
    return Hits(call, turn, begin, end, since, until, certain, phrase, np.zeros(table.n, dtype=np.bool_))


def weak_turns(table: Table, doubt: Doubt) -> Bools:
    """The turns of which the recogniser is unsure as a whole."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(table.lowest_word), table.confidence < doubt.words, table.lowest_word < doubt.words)


def sure_words(table: Table, doubt: Doubt, turn: Ints, begin: Ints, end: Ints) -> Bools:
    """Whether the recogniser trusts those characters of those turns."""
    with np.errstate(invalid="ignore"):
        low = (table.lowest_word[turn] < doubt.words) | (table.confidence[turn] < doubt.words)
    sure: Bools = ~low
    for which in np.flatnonzero(low).tolist():
        t = int(turn[which])
        if not table.worded[t]:
            continue
        call = int(np.searchsorted(table.first, t, side="right") - 1)
        heard = table.call(call).turns[t - int(table.first[call])]
        first, last = int(begin[which]), int(end[which])
        inside = [
            w.confidence for w in heard.words if w.confidence is not None and w.start_char < last and w.start_char + len(w.text) > first
        ]
        if inside:
            sure[which] = min(inside) >= doubt.words
        else:
            sure[which] = heard.confidence is None or heard.confidence >= doubt.words
    return sure


def times(table: Table, turn: Ints, begin: Ints, end: Ints) -> tuple[Floats, Floats]:
    """When those characters were said, as ``Turn.time_of`` has it."""
    start, stop = table.start[turn], table.end[turn]
    per_char = np.maximum(0.0, stop - start) / np.maximum(1, table.at[turn + 1] - table.at[turn])
    since, until = start + begin * per_char, start + end * per_char
    for which in np.flatnonzero(table.worded[turn] & ~np.isnan(start)).tolist():
        t = int(turn[which])
        call = int(np.searchsorted(table.first, t, side="right") - 1)
        span = table.call(call).turns[t - int(table.first[call])].time_of(int(begin[which]), int(end[which]))
        since[which], until[which] = (span.start, span.end) if span is not None else (np.nan, np.nan)
    return since, until


def without_overlaps(group: Ints, begin: Ints, end: Ints) -> Bools:
    """Of ranges sorted by group and begin: those kept when each, in order, goes unless it begins inside one kept before."""
    kept = np.ones(len(begin), dtype=np.bool_)
    if len(begin) < 2:
        return kept
    reach = np.maximum.accumulate(end + group * CHARS)[:-1]
    meets = begin[1:] + group[1:] * CHARS < reach
    if not meets.any():
        return kept
    for which in (np.flatnonzero(meets) + 1).tolist():  # everything before it that is not listed here is kept
        before = which - 1
        while not kept[before] and before > 0:
            before -= 1
        if kept[before] and group[before] == group[which] and begin[which] < end[before]:
            kept[which] = False
    return kept


def overlapping(group: Ints, begin: Ints, end: Ints, other_group: Ints, other_begin: Ints, other_end: Ints) -> Bools:
    """Which ranges share a character with any of the others, which are sorted and overlap none of their own."""
    if not len(other_begin) or not len(begin):
        return np.zeros(len(begin), dtype=np.bool_)
    order = np.lexsort((other_begin, other_group))
    starts, ends = (other_begin + other_group * CHARS)[order], (other_end + other_group * CHARS)[order]
    # the last other range that begins before mine ends
    near = np.searchsorted(starts, end + group * CHARS, side="left") - 1
    found: Bools = (near >= 0) & (ends[np.maximum(near, 0)] > begin + group * CHARS)
    return found


def expand(counts: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """Pairs (i, starts[i] + j) for j below counts[i]."""
    return np.repeat(np.arange(len(counts)), counts), pieces(counts, starts)
