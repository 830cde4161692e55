"""All the phrases of a plan listened for at once, where :mod:`qa.rules.listening` listens for those of one condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from qa.rules.conditions.matching import Lexicon
from qa.rules.kernels.hearing import Lists, heard_in_all
from qa.rules.kernels.nearest import Book, Texts
from qa.rules.listening import book, sounding
from qa.rules.soundrows import Rows

Near = tuple[int, int, int, float, int]


@dataclass(frozen=True, slots=True, eq=False)
class Choir:
    """Lexicons whose likenesses are wanted up to the same ``limit``; of each wording of the book its ``slot`` and its number there."""

    book: Book
    lists: Lists
    slot: list[int]
    number: list[int]
    limit: float

    def hear(self, rows: Rows, speakers: Sequence[int]) -> Iterator[tuple[int, int, Near]]:
        """(text, slot, what is nearest) wherever something is near, characters counted in the text.

        ``speakers`` says of each text who may have said it, in the bits of :data:`qa.rules.conditions.phrasebook.SIDES`.
        """
        texts = Texts(rows.codes, rows.at, rows.sounds, rows.places, rows.row_at)
        said_by = np.array(speakers, dtype=np.int32)
        found = heard_in_all(texts, said_by, self.book, self.lists, sounding(), self.limit)
        starts = rows.at.tolist()
        for text, which, begin, end, cost, size in zip(*[column.tolist() for column in found], strict=True):
            at = starts[text]
            yield text, self.slot[which], (begin - at, end - at, self.number[which], cost, size)


def choir(lexicons: Sequence[tuple[int, Lexicon, int]], limit: float) -> Choir:
    """The lexicons, each with its slot and whose talks it is meant for (in bits), made ready."""
    sizes = [len(words.wordings) for _, words, _ in lexicons]
    offsets = [0, *accumulate(sizes)]

    def shifted(name: str) -> tuple[int, ...]:
        return tuple(n + at for (_, words, _), at in zip(lexicons, offsets, strict=False) for n in getattr(words, name))

    whole = Lexicon(
        tuple(entry for _, words, _ in lexicons for entry in words.wordings),
        shifted("lettered"),
        shifted("in_parts"),
        shifted("always"),
    )
    of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    first = [ord(entry.phrase.parts[0][0]) if len(entry.queries[0].sounds.loose) < 2 else 0 for entry in whole.wordings]
    longest = max((len(query.sounds.loose) for entry in whole.wordings for query in entry.queries), default=1)
    ready = book(whole, limit)
    sides = np.array([side for _, _, side in lexicons], dtype=np.int32)
    lists = Lists(of, np.array(first, dtype=np.int32), sides, longest, int(ready.opening.max(initial=-1)) + 1)
    number = [n for size in sizes for n in range(size)]
    slot = [slot for (slot, _, _), size in zip(lexicons, sizes, strict=True) for _ in range(size)]
    return Choir(ready, lists, slot, number, limit)
