"""``repeats`` over many calls: sentences numbered by what they say, pairs that cannot be alike dropped in arrays, each likeness found once.

How alike two sentences are depends on nothing but their words, and a hotline says the same things all day: likenesses are kept from lot
to lot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from qa.calls import Role
from qa.rules import sound
from qa.rules.batch.hits import Hits, expand, sure_words, written
from qa.rules.batch.placement import CODE, HIT, MISS, Placing
from qa.rules.batch.plaintext import ends_of
from qa.rules.batch.table import OTHER, Bools, Floats, Ints, Table, text_of
from qa.rules.batch.talks import Talks
from qa.rules.batch.words import Places
from qa.rules.conditions import repeats
from qa.rules.model import Doubt
from qa.rules.plaintext import spoken_length
from qa.rules.plan import Step

Bits = npt.NDArray[np.uint64]
_STOP = np.zeros(0x110000, dtype=np.bool_)
_STOP[[ord(c) for c in "。？！?!；;"]] = True
_SLACK = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """Sentences with words, in order: of turn ``turn``, characters ``begin`` to ``end``, saying ``texts[which]``."""

    turn: Ints
    begin: Ints
    end: Ints
    which: Ints
    texts: list[str]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is asked of a plain text: its length as spoken and by sound, its numerals and negations, and what is in it as bits."""

    spoken: int
    sounds: str
    guarded: tuple[str, ...]
    letters: int
    heard: int


@lru_cache(maxsize=1 << 16)
def _kind(text: str) -> _Kind:
    loose = sound.sounds(text).loose
    return _Kind(spoken_length(text), loose, repeats.guarded(text), _bits(text), _bits(loose))


def _bits(text: str) -> int:
    found = 0
    for char in text:
        found |= 1 << (ord(char) * 0x9E3779B1 >> 8 & 63)
    return found


@lru_cache(maxsize=1 << 18)
def _likeness(one: str, other: str) -> float:
    """The better of the ratios by characters and by sounds, 0 to 100; ``fuzz.ratio`` has no direction."""
    ratio: float = fuzz.ratio(one, other)
    heard: float = fuzz.ratio(_kind(one).sounds, _kind(other).sounds)
    return max(ratio, heard)


def sentences(table: Table, talks: Talks) -> Sentences:
    """All sentences of the table, as ``repeats.sentences`` has them."""
    if not len(talks.by_turn.codes):
        none = np.zeros(0, dtype=np.int64)
        return Sentences(none, none, none, none, [])
    plain = talks.by_turn
    stops = _STOP[table.chars]
    passed = np.concatenate([[0], np.cumsum(stops)])
    turn = np.repeat(np.arange(len(table.role)), np.diff(plain.at))
    piece = passed[plain.source]
    heads = np.flatnonzero((np.diff(piece, prepend=-1) != 0) | (np.diff(turn, prepend=-1) != 0))
    heads = heads[table.role[turn[heads]] != OTHER] if len(heads) else heads
    tails = np.flatnonzero((np.diff(piece, append=-1) != 0) | (np.diff(turn, append=-1) != 0))
    tails = tails[table.role[turn[tails]] != OTHER] if len(tails) else tails
    mine = turn[heads]
    begin = plain.source[heads].astype(np.int64) - table.at[mine]
    end = ends_of(plain, tails) - table.at[mine]
    # one string for all plain characters, cut at every sentence
    whole = text_of(plain.codes)
    numbers: dict[str, int] = {}
    cut = (whole[low:high] for low, high in zip(heads.tolist(), (tails + 1).tolist(), strict=True))
    which = np.array([numbers.setdefault(text, len(numbers)) for text in cut], dtype=np.int64)
    return Sentences(mine, begin, end, which, list(numbers))


def hits(
    step: Step, table: Table, talks: Talks, placing: Placing, doubt: Doubt, said: Sentences, exempt: Places, found: Callable[[str], Hits]
) -> Hits:
    """The hits of a step, as ``repeats.find`` has them, in calls without masked values; ``exempt`` may be said again."""
    params = step.prepared.params
    kinds = [_kind(text) for text in said.texts]
    long = np.array([k.spoken >= params.min_chars for k in kinds], dtype=np.bool_)
    chosen = np.flatnonzero(long[said.which] & ~_holding(table, talks, said, exempt)) if len(kinds) else np.zeros(0, dtype=np.int64)
    now, before = _pairs(step, table, said, chosen)
    now, before, score = _alike(said, kinds, now, before, params.similarity - repeats.BAND)
    every = written(
        table, doubt, said.turn, said.begin, said.end, np.full(len(said.turn), -1, dtype=np.int64), np.ones(len(said.turn), dtype=np.bool_)
    )
    verdict = placing.relation("after", step.prepared.within, every, before, every, now)
    near = verdict != MISS
    now, before, score, verdict = now[near], before[near], score[near], verdict[near]
    sure = (
        (verdict == HIT) & (score >= params.similarity) & sure_words(table, doubt, said.turn[before], said.begin[before], said.end[before])
    )
    enough = np.flatnonzero(np.bincount(now, minlength=len(said.turn)) >= params.times)
    certain = np.bincount(now[sure], minlength=len(said.turn)) >= params.times
    again = replace(every, certain=every.certain & certain).take(enough)
    return placing.keep(step.condition, again, found)


def _holding(table: Table, talks: Talks, said: Sentences, exempt: Places) -> Bools:
    """The sentences in which an exempt phrase stands, or begins."""
    found = np.zeros(len(said.turn), dtype=np.bool_)
    if not len(exempt.begin) or not len(said.turn):
        return found
    turn, begin, _ = talks.origin(exempt.begin)
    last_turn, _, last = talks.origin(exempt.end - 1)
    for place in np.flatnonzero(last_turn != turn).tolist():
        turns, _, ends = talks.origin(np.arange(exempt.begin[place], exempt.end[place]))
        last[place] = ends[turns == turn[place]].max()
    first = np.searchsorted(said.turn, turn)
    which, number = expand(np.searchsorted(said.turn, turn, side="right") - first, first)
    found[number[(begin[which] < said.end[number]) & (said.begin[number] < last[which])]] = True
    return found


def _pairs(step: Step, table: Table, said: Sentences, chosen: Ints) -> tuple[Ints, Ints]:
    """(sentence, earlier sentence) of the sides meant, in the same call."""
    by = step.condition.by
    own = step.prepared.params.of == "own"
    nows: list[Ints] = []
    befores: list[Ints] = []
    role = table.role[said.turn]
    for side in (Role.AGENT, Role.CUSTOMER):
        if by not in (None, side):
            continue
        mine = chosen[role[chosen] == CODE[side]]
        other = mine if own else chosen[role[chosen] == CODE[Role.CUSTOMER if side is Role.AGENT else Role.AGENT]]
        first = np.searchsorted(other, np.searchsorted(said.turn, _head(table, said.turn[mine])))
        upto = np.searchsorted(other, mine)
        which, earlier = expand(upto - first, first)
        nows.append(mine[which])
        befores.append(other[earlier])
    if not nows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate(nows), np.concatenate(befores)


def _head(table: Table, turn: Ints) -> Ints:
    """The first turn of the call of each turn."""
    return table.first[np.searchsorted(table.first, turn, side="right") - 1]


def _alike(said: Sentences, kinds: list[_Kind], now: Ints, before: Ints, floor: float) -> tuple[Ints, Ints, Floats]:
    """Those of the pairs that are at least so much alike and agree in numerals and negations, and how alike they are.

    A character of one text whose bit the other has not is in no common subsequence, so each such bit costs the ratio one character.
    """
    if not len(now):
        return now, before, np.zeros(0)
    guards: dict[tuple[str, ...], int] = {}
    guard = np.array([guards.setdefault(k.guarded, len(guards)) for k in kinds], dtype=np.int64)
    one, two = said.which[now], said.which[before]
    kept = guard[one] == guard[two]
    now, before, one, two = now[kept], before[kept], one[kept], two[kept]
    may = np.zeros(len(now), dtype=np.bool_)
    for bits, sizes in (
        ([k.letters for k in kinds], [len(t) for t in said.texts]),
        ([k.heard for k in kinds], [len(k.sounds) for k in kinds]),
    ):
        sign, size = np.array(bits, dtype=np.uint64), np.array(sizes, dtype=np.int64)
        apart = np.maximum(np.bitwise_count(sign[one] ^ sign[two]).astype(np.int64), np.abs(size[one] - size[two]))
        may |= apart <= (1 - floor + _SLACK) * (size[one] + size[two])
    now, before, one, two = now[may], before[may], one[may], two[may]
    width = len(said.texts)
    pairs, which = np.unique(np.minimum(one, two) * width + np.maximum(one, two), return_inverse=True)
    likeness = [_likeness(said.texts[p // width], said.texts[p % width]) for p in pairs.tolist()]
    score = np.array(likeness, dtype=np.float64)[which.reshape(-1)]
    alike = score >= floor * 100
    return now[alike], before[alike], score[alike] / 100
