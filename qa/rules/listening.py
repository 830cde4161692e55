"""Lists of wordings made ready for :mod:`qa.rules.kernels.nearest`, which says what in a text sounds most like one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from qa.rules.kernels.alignment import Sounding
from qa.rules.kernels.nearest import Book, Floats, Texts
from qa.rules.kernels.nearest import nearest as _nearest
from qa.rules.kernels.sounding import Numbers, Offsets
from qa.rules.kernels.tables import placed
from qa.rules.sound import NEAR_RATE
from qa.rules.soundrows import Rows, rows_of, tables

if TYPE_CHECKING:
    from qa.rules.conditions.matching import Lexicon, Wording

_NEVER = 1 << 30
_SHORTEST = 2
"""Characters below which nothing is listened for: a single sound is like too much."""
Span = tuple[int, int]
Near = tuple[int, int, int, float, int]
"""Begin, end, number of the wording, cost, sounds."""


def nearest(words: Lexicon, rows: Rows, chosen: Offsets, limit: float) -> tuple[Numbers, Offsets, Offsets, Floats, Numbers]:
    """Of each of the texts ``chosen`` the wording that sounds most like something in it, within ``limit`` of the cost of a sound.

    Arrays of its number (-1: none), the plain characters begin and end (as ``rows.codes`` counts), the cost and its sounds.
    """
    texts = Texts(rows.codes, rows.at, rows.sounds, rows.places, rows.row_at)
    ready = book(words, limit)
    found: tuple[Numbers, Offsets, Offsets, Floats, Numbers] = _nearest(texts, chosen, ready, sounding(), limit)
    return found


def nearest_of(words: Lexicon, texts: Sequence[str], limit: float) -> list[Near | None]:
    """The same of plain texts, characters counted in the text."""
    rows = rows_of(texts)
    found = nearest(words, rows, np.arange(len(texts)), limit)
    columns = zip(*(column.tolist() for column in found), rows.at.tolist(), strict=False)
    return [None if which < 0 else (begin - at, end - at, which, cost, size) for which, begin, end, cost, size, at in columns]


def nearest_apart(words: Lexicon, asked: Sequence[tuple[str, tuple[Span, ...]]], limit: float) -> list[list[Near]]:
    """Of each plain text asked about all places that sound like a wording, in order, none of them on the characters that are taken.

    A text comes with what is taken of it: spans that overlap nowhere. The nearest of each stretch first, then what is nearest on either
    side of it: for who counts how often something was said.
    """
    found: dict[tuple[str, tuple[Span, ...]], list[Near]] = {one: [] for one in asked}
    stretches = [(one, begin, end) for one in found for begin, end in _free(*one)]
    while stretches:
        heard = nearest_of(words, [one[0][begin:end] for one, begin, end in stretches], limit)
        sides = []
        for (one, first, last), near in zip(stretches, heard, strict=True):
            if near is not None:
                begin, end, which, cost, size = near
                found[one].append((first + begin, first + end, which, cost, size))
                sides += [(one, first, first + begin), (one, first + end, last)]
        stretches = [side for side in sides if side[2] - side[1] >= _SHORTEST]
    return [sorted(found[one]) for one in asked]


def _free(text: str, taken: tuple[Span, ...]) -> Iterable[Span]:
    """The stretches of a text between the spans that are taken."""
    edges = [0, *(edge for span in sorted(taken) for edge in span), len(text)]
    return [(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if end - begin >= _SHORTEST]


def sounding() -> Sounding:
    """What is known of all sounds met so far, for the kernels."""
    known = tables()
    return Sounding(known.loose, known.exact, known.guard, int(known.loose.max(initial=0)) + 1)


@lru_cache(maxsize=4096)
def book(words: Lexicon, limit: float) -> Book:
    """The wordings of a lexicon in rows."""
    near = limit == NEAR_RATE
    parts = [part for entry in words.wordings for part in entry.phrase.parts]
    heard = rows_of(parts)
    loose = tables().loose
    first = [entry.queries[0] for entry in words.wordings]
    pairs = [_pairs(loose[heard.sounds[heard.row_at[p] : heard.row_at[p + 1]]]) for p in _firsts(words.wordings)]
    never = [0 if number in words.always else _NEVER for number in range(len(first))]
    shared = [(q.shared if near else q.strict) if q.sounds.pairs else least for q, least in zip(first, never, strict=True)]
    keys = words.near if near else words.sure
    table, number = placed(np.array(list(keys), dtype=np.int64))
    return Book(
        _offsets(len(entry.phrase.parts) for entry in words.wordings),
        heard.row_at.astype(np.int32),
        heard.sounds,
        heard.at.astype(np.int32),
        heard.codes,
        _offsets(map(len, pairs)),
        np.array([pair for several in pairs for pair in several], dtype=np.int64),
        _numbers(shared),
        _openings(words.wordings),
        _numbers(sum(len(q.sounds.loose) for q in entry.queries) for entry in words.wordings),
        _numbers(len(first) + n if n in words.always else n for n in range(len(first))),
        table,
        number,
        _offsets(map(len, keys.values())),
        _numbers(n for several in keys.values() for n in several),
        _numbers(n for n in words.always if n in words.lettered),
        _numbers(words.in_parts),
    )


def _firsts(wordings: Sequence[Wording]) -> list[int]:
    """The number of the first part of each wording."""
    return _offsets(len(entry.phrase.parts) for entry in wordings)[:-1].tolist()


def _openings(wordings: Sequence[Wording]) -> Numbers:
    """A number for each first part that several wordings with gaps have; -1 for other wordings."""
    heads = [entry.phrase.parts[0] if len(entry.phrase.parts) > 1 else "" for entry in wordings]
    number = {head: n for n, head in enumerate(dict.fromkeys(heads))}
    return _numbers(number[head] if head else -1 for head in heads)


def _pairs(loose: Numbers) -> list[int]:
    """Different neighbouring sounds, each two as one number."""
    wide = loose.astype(np.int64)
    return np.unique(wide[:-1] << 32 | wide[1:]).tolist()


def _offsets(sizes: Iterable[int]) -> Numbers:
    return np.concatenate([[0], np.cumsum(list(sizes))]).astype(np.int32)


def _numbers(values: Iterable[int]) -> Numbers:
    return np.array(list(values), dtype=np.int32)
