"""All phrases of a plan in one: each text is read once for all of them, and all new texts of a call at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from qa.calls import Role
from qa.rules.kept import Shelf
from qa.rules.view import CallView, Talk, Talks

if TYPE_CHECKING:
    from qa.rules.conditions.matching import Lexicon, Wording

Span = tuple[int, int, int]
"""Plain characters ``[start, end)`` of a text, and the number of the wording that stands there."""
Near = tuple[int, int, int, float, int]
"""Plain characters ``[start, end)``, the number of the wording that sounds most like them, cost and sounds; see ``Place``."""
_KEPT = 1_000_000
"""Characters of texts whose readings a book keeps."""


SIDES = {Role.AGENT: 1, Role.CUSTOMER: 2}
"""A bit for each side; both where it is not known, or where either is meant."""
BOTH = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A list of phrases in a book: up to which cost of a sound likenesses count (None: letters only), and in whose talks."""

    words: Lexicon
    limit: float | None = None
    by: Role | None = None


@dataclass(slots=True)
class Reading:
    """What stands in a plain text, by slot: wordings to the letter, and the one nearest by sound."""

    said: Mapping[int, tuple[Span, ...]]
    near: Mapping[int, Near]


@dataclass(slots=True)
class Heard:
    """What stands in several talks, by slot, in their order. ``present`` has a bit for each slot with anything at all."""

    said: dict[int, list[tuple[Talk, tuple[Span, ...]]]]
    near: dict[int, list[tuple[Talk, Near]]]
    present: int


class Phrasebook:
    """The lexicons of a plan; ``slot`` numbers them in the order given. Readings of texts are kept, since agents repeat themselves."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = tuple(entries)
        for slot, entry in enumerate(self._entries):
            shelf = entry.words.shelf
            shelf.book, shelf.slot, shelf.limit = self, slot, entry.limit
        self._read = Shelf[tuple[str, int], Reading](_KEPT)

    def heard(self, talks: Sequence[Talk]) -> Heard:
        """What stands in the talks."""
        if isinstance(talks, Talks):
            return talks.once(self, lambda: _heard(talks, self._of(talks)))
        return _heard(talks, self._of(talks))

    def _of(self, talks: Sequence[Talk]) -> list[Reading]:
        return self.readings([(talk.text, _speaker(talk)) for talk in talks])

    def readings(self, texts: Sequence[tuple[str, int]]) -> list[Reading]:
        """The readings of several plain texts, each with the sides that may have said it."""
        found = {text: self._read.get(text) for text in texts}
        new = [text for text, reading in found.items() if reading is None]
        for text, made in zip(new, self._index.read(new) if new else (), strict=True):
            found[text] = made
            self._read.keep(text, made)
        return [reading for text in texts if (reading := found[text]) is not None]

    def present(self, view: CallView, role: Role | None) -> int:
        """A bit for each slot of which anything stands in the talks of a side."""
        readings = view.talks.once((self, "readings"), lambda: self._of(view.talks))  # all new texts at once
        talks = view.talks_of(role)
        return talks.once(self, lambda: _heard(talks, [readings[talk.index] for talk in talks])).present

    @cached_property
    def _index(self) -> _Index:
        return _Index(self._entries)


def _heard(talks: Sequence[Talk], readings: Sequence[Reading]) -> Heard:
    """What stands in the talks, of each its reading."""
    found = Heard({}, {}, 0)
    for talk, reading in zip(talks, readings, strict=True):
        for slot, spans in reading.said.items():
            found.said.setdefault(slot, []).append((talk, spans))
        for slot, near in reading.near.items():
            found.near.setdefault(slot, []).append((talk, near))
    for slot in found.said.keys() | found.near.keys():
        found.present |= 1 << slot
    return found


def _speaker(talk: Talk) -> int:
    return SIDES.get(talk.role, BOTH) if talk.sure else BOTH


@dataclass(slots=True)
class _Literal:
    """A string that wordings begin with: ``whole`` are those that it is all of; ``parted`` those that go on behind a gap, by the number of
    the string that they end with."""

    size: int
    whole: list[tuple[int, int]]
    parted: dict[int, list[tuple[int, int, Wording]]]
    bounded: Wording | None = None
    """One of the wordings, where Latin letters around it matter."""


class _Index:
    """The lexicons made ready for reading, when the first text comes."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        from qa.rules import hearing  # takes tenths of a second, which who only checks rules need not wait for
        from qa.rules.kernels import strings

        self._strings = strings
        number: dict[str, int] = {}
        self._literals: list[_Literal] = []

        def literal(text: str) -> int:
            if text not in number:
                number[text] = len(number)
                self._literals.append(_Literal(len(text), [], {}))
            return number[text]

        for slot, entry in enumerate(entries):
            for which, wording in enumerate(entry.words.wordings):
                head = self._literals[literal(wording.phrase.parts[0])]
                if wording.pattern is not None:
                    head.parted.setdefault(literal(wording.phrase.parts[-1]), []).append((slot, which, wording))
                    continue
                head.whole.append((slot, which))
                if wording.left or wording.right:
                    head.bounded = wording
        self._trie = strings.trie(list(number))
        self._choirs = [
            hearing.choir([(n, e.words, BOTH if e.by is None else SIDES[e.by]) for n, e in enumerate(entries) if e.limit == limit], limit)
            for limit in sorted({entry.limit for entry in entries if entry.limit is not None})
        ]

    def read(self, texts: Sequence[tuple[str, int]]) -> Iterable[Reading]:
        """A reading of each of several different texts, given with the sides that may have said them."""
        from qa.rules.soundrows import rows_of

        rows = rows_of([text for text, _ in texts])
        standing: list[dict[int, list[int]]] = [{} for _ in texts]
        for at, begin, literal in zip(*[c.tolist() for c in self._strings.standing(rows.codes, rows.at, self._trie)], strict=True):
            standing[at].setdefault(literal, []).append(begin)
        near: list[dict[int, Near]] = [{} for _ in texts]
        speakers = [speaker for _, speaker in texts]
        for choir in self._choirs:
            for at, slot, what in choir.hear(rows, speakers):
                near[at][slot] = what
        return [Reading(self._said(text, met) if met else {}, heard) for (text, _), met, heard in zip(texts, standing, near, strict=True)]

    def _said(self, text: str, standing: Mapping[int, list[int]]) -> dict[int, tuple[Span, ...]]:
        """Where wordings stand to the letter, by slot, given where literals do: of overlapping places the first and longest."""
        found: dict[int, list[Span]] = {}
        for which, begins in standing.items():
            literal = self._literals[which]
            if literal.whole:
                spans: list[tuple[int, int]] = []
                reached = 0
                for begin in begins:
                    if begin >= reached:
                        reached = begin + literal.size
                        spans.append((begin, reached))
                if literal.bounded is not None:
                    spans = [span for span in spans if literal.bounded._bounded(text, *span)]
                for slot, number in literal.whole if spans else ():
                    found.setdefault(slot, []).extend([(start, end, number) for start, end in spans])
            if literal.parted:
                for tail in standing.keys() & literal.parted.keys():
                    if standing[tail][-1] >= begins[0] + literal.size:
                        for slot, number, entry in literal.parted[tail]:
                            found.setdefault(slot, []).extend([(start, end, number) for start, end in entry.spans(text)])
        return {slot: _first_and_longest(spans) for slot, spans in found.items() if spans}


def _first_and_longest(spans: list[Span]) -> tuple[Span, ...]:
    if len(spans) == 1:
        return (spans[0],)
    spans.sort(key=_order)
    kept = [spans[0]]
    for span in spans:
        if span[0] >= kept[-1][1]:
            kept.append(span)
    return tuple(kept)


def _order(span: Span) -> tuple[int, int, int]:
    return span[0], -span[1], span[2]
