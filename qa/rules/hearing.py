"""All the phrases of a plan listened for at once, where :mod:`qa.rules.listening` listens for those of one condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from qa.rules.conditions.matching import Lexicon
from qa.rules.kernels.hearing import heard_in_all
from qa.rules.kernels.nearest import Book, Texts
from qa.rules.kernels.sounding import Numbers
from qa.rules.listening import book, sounding
from qa.rules.soundrows import Rows

Near = tuple[int, int, int, float, int]


@dataclass(frozen=True, slots=True, eq=False)
class Choir:
    """Lexicons whose likenesses are wanted up to the same ``limit``; of each wording of the book its lexicon (``of``, a place in
    ``slots``) and its number there."""

    book: Book
    of: Numbers
    number: list[int]
    slots: list[int]
    limit: float

    def hear(self, rows: Rows) -> Iterator[tuple[int, int, Near]]:
        """(text, slot, what is nearest) wherever something is near, characters counted in the text."""
        texts = Texts(rows.codes, rows.at, rows.sounds, rows.places, rows.row_at)
        found = heard_in_all(texts, self.book, self.of, len(self.slots), sounding(), self.limit)
        for text, which, begin, end, cost, size in zip(*(column.tolist() for column in found), strict=True):
            at = int(rows.at[text])
            yield text, self.slots[self.of[which]], (begin - at, end - at, self.number[which], cost, size)


def choir(lexicons: Sequence[tuple[int, Lexicon]], limit: float) -> Choir:
    """The lexicons, each with its slot, made ready."""
    sizes = [len(words.wordings) for _, words in lexicons]
    offsets = [0, *accumulate(sizes)]

    def shifted(name: str) -> tuple[int, ...]:
        return tuple(n + at for (_, words), at in zip(lexicons, offsets, strict=False) for n in getattr(words, name))

    def merged(name: str) -> Mapping[int, tuple[int, ...]]:
        found: dict[int, list[int]] = {}
        for (_, words), at in zip(lexicons, offsets, strict=False):
            for key, numbers in getattr(words, name).items():
                found.setdefault(key, []).extend([n + at for n in numbers])
        return {key: tuple(numbers) for key, numbers in found.items()}

    whole = Lexicon(
        tuple(entry for _, words in lexicons for entry in words.wordings),
        merged("near"),
        merged("sure"),
        shifted("lettered"),
        shifted("in_parts"),
        shifted("always"),
    )
    of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    number = [n for size in sizes for n in range(size)]
    return Choir(book(whole, limit), of, number, [slot for slot, _ in lexicons], limit)
