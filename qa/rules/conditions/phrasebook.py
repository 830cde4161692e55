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
    """The lexicons of a plan; ``slot`` numbers them in the order given.

    ``limits`` says of which of them likenesses are wanted, up to which cost of a sound (None: of letters only). Readings of texts are
    kept, since agents repeat themselves.
    """

    def __init__(self, lexicons: Sequence[Lexicon], limits: Sequence[float | None] = ()) -> None:
        self._lexicons = tuple(lexicons)
        self._limits = tuple(limits) or (None,) * len(self._lexicons)
        for slot, words in enumerate(self._lexicons):
            words.shelf.book, words.shelf.slot, words.shelf.limit = self, slot, self._limits[slot]
        self._read = Shelf[str, Reading](_KEPT)

    def heard(self, talks: Sequence[Talk]) -> Heard:
        """What stands in the talks."""
        if isinstance(talks, Talks):
            return talks.once(self, lambda: self._heard(talks))
        return self._heard(talks)

    def _heard(self, talks: Sequence[Talk]) -> Heard:
        found = Heard({}, {}, 0)
        readings = self.readings([talk.text for talk in talks])
        for talk, reading in zip(talks, readings, strict=True):
            for slot, spans in reading.said.items():
                found.said.setdefault(slot, []).append((talk, spans))
            for slot, near in reading.near.items():
                found.near.setdefault(slot, []).append((talk, near))
        for slot in found.said.keys() | found.near.keys():
            found.present |= 1 << slot
        return found

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """The readings of several plain texts."""
        found = {text: self._read.get(text) for text in texts}
        new = [text for text, reading in found.items() if reading is None]
        for text, made in zip(new, self._index.read(new) if new else (), strict=True):
            found[text] = made
            self._read.keep(text, made)
        return [reading for text in texts if (reading := found[text]) is not None]

    def present(self, view: CallView, role: Role | None) -> int:
        """A bit for each slot of which anything stands in the talks of a side."""
        return self.heard(view.talks_of(role)).present

    @cached_property
    def _index(self) -> _Index:
        return _Index(self._lexicons, self._limits)


@dataclass(slots=True)
class _Literal:
    """A string that wordings begin with: ``whole`` are those that it is all of, ``parted`` those that go on behind a gap."""

    size: int
    whole: list[tuple[int, int]]
    parted: list[tuple[int, int, Wording]]
    bounded: Wording | None = None
    """One of the wordings, where Latin letters around it matter."""


class _Index:
    """The lexicons made ready for reading, when the first text comes."""

    def __init__(self, lexicons: Sequence[Lexicon], limits: Sequence[float | None]) -> None:
        from qa.rules import hearing  # takes tenths of a second, which who only checks rules need not wait for
        from qa.rules.kernels import strings

        self._strings = strings
        literals: dict[str, _Literal] = {}
        for slot, words in enumerate(lexicons):
            for number, entry in enumerate(words.wordings):
                text = entry.phrase.parts[0]
                literal = literals.setdefault(text, _Literal(len(text), [], []))
                if entry.pattern is not None:
                    literal.parted.append((slot, number, entry))
                    continue
                literal.whole.append((slot, number))
                if entry.left or entry.right:
                    literal.bounded = entry
        self._literals = list(literals.values())
        self._trie = strings.trie(list(literals))
        self._choirs = [
            hearing.choir([(slot, words) for slot, words in enumerate(lexicons) if limits[slot] == limit], limit)
            for limit in sorted({limit for limit in limits if limit is not None})
        ]

    def read(self, texts: Sequence[str]) -> Iterable[Reading]:
        """A reading of each of several different texts."""
        from qa.rules.soundrows import rows_of

        rows = rows_of(texts)
        standing: list[dict[int, list[int]]] = [{} for _ in texts]
        for text, begin, literal in zip(*(c.tolist() for c in self._strings.standing(rows.codes, rows.at, self._trie)), strict=True):
            standing[text].setdefault(literal, []).append(begin)
        near: list[dict[int, Near]] = [{} for _ in texts]
        for choir in self._choirs:
            for text, slot, what in choir.hear(rows):
                near[text][slot] = what
        return [Reading(self._said(text, met) if met else {}, heard) for text, met, heard in zip(texts, standing, near, strict=True)]

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
            for slot, number, entry in literal.parted:
                if entry.phrase.parts[-1] in text:
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
