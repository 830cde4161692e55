"""Finding phrases in talks: to the letter, and by sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from qa.rules import sound, soundkeys
from qa.rules.conditions.phrasebook import Entry, Near, Phrasebook
from qa.rules.phrases import GAP, Phrase
from qa.rules.sound import NEAR_RATE, SURE_RATE
from qa.rules.verdict import Hit, both
from qa.rules.view import CallView, Talk
from qa.rules.windows import Use

_K = TypeVar("_K")


@dataclass(frozen=True, slots=True)
class Wording:
    """A phrase ready to be searched: its pattern when it has gaps, and its sounds."""

    phrase: Phrase
    pattern: re.Pattern[str] | None
    queries: tuple[sound.Query, ...]
    left: bool
    right: bool

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in a plain text to the letter; Latin words match whole, not inside another word."""
        if self.pattern is not None:
            spans = [m.span() for m in self.pattern.finditer(text)]
        else:
            literal = self.phrase.parts[0]
            spans = []
            at = text.find(literal)
            while at >= 0:
                spans.append((at, at + len(literal)))
                at = text.find(literal, at + len(literal))
        if not (self.left or self.right):
            return spans
        return [(s, e) for s, e in spans if self._bounded(text, s, e)]

    def _bounded(self, text: str, start: int, end: int) -> bool:
        if self.left and start and _latin(text[start - 1]):
            return False
        return not (self.right and end < len(text) and _latin(text[end]))


@dataclass(frozen=True, slots=True)
class Place:
    """Plain characters ``[start, end)`` of a talk; ``cost`` and ``length`` are sounds, 0 cost with ``exact``."""

    talk: Talk
    start: int
    end: int
    wording: Wording
    exact: bool = True
    cost: float = 0.0
    length: int = 0


@dataclass(slots=True)
class Shelf:
    """Where a lexicon stands: the phrasebook of its plan, its slot there, and the cost of a sound up to which that listens for it."""

    book: Phrasebook | None = None
    slot: int = 0
    limit: float | None = None


@dataclass(frozen=True, eq=False)
class Lexicon:
    """All wordings of a condition. Of ``lettered`` only letters tell, ``in_parts`` have gaps, ``always`` begin with a single sound."""

    wordings: tuple[Wording, ...]
    lettered: tuple[int, ...]
    in_parts: tuple[int, ...]
    always: tuple[int, ...]
    shelf: Shelf = field(default_factory=Shelf)

    @cached_property
    def near(self) -> Mapping[int, tuple[int, ...]]:
        """The wordings that may be near where a key of sounds (:mod:`qa.rules.soundkeys`) is heard, by key."""
        return _sound_keys(self.wordings, NEAR_RATE)

    @cached_property
    def sure(self) -> Mapping[int, tuple[int, ...]]:
        """The same of wordings that may be as good as said."""
        return _sound_keys(self.wordings, SURE_RATE)

    def place(self) -> tuple[Phrasebook, int]:
        """The book that reads texts for it, and its slot there: that of its plan, or its own."""
        if self.shelf.book is None:
            Phrasebook([Entry(self)])
        assert self.shelf.book is not None
        return self.shelf.book, self.shelf.slot


def lexicon(phrases: Iterable[Phrase]) -> Lexicon:
    """``phrases`` compiled for :func:`exact_places` and :func:`near_places`."""
    wordings = tuple(_wording(phrase) for phrase in phrases)
    return Lexicon(
        wordings,
        tuple(n for n, entry in enumerate(wordings) if all(len(query.sounds.loose) < 2 for query in entry.queries)),
        tuple(n for n, entry in enumerate(wordings) if len(entry.queries) > 1),
        tuple(n for n, entry in enumerate(wordings) if not entry.queries[0].sounds.pairs and len(entry.queries) > 1),
    )


def _sound_keys(wordings: Sequence[Wording], limit: float) -> Mapping[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {}
    for number, entry in enumerate(wordings):
        cut = soundkeys.keys_of(entry.queries, limit)
        for key in () if cut is None else {shape << 24 | code for shape, code in cut[0]} if cut[0] else {soundkeys.whole_key(cut[1])}:
            found.setdefault(key, []).append(number)
    return _frozen(found)


def _frozen(listed: Mapping[_K, list[int]]) -> dict[_K, tuple[int, ...]]:
    return {key: tuple(numbers) for key, numbers in listed.items()}


def _wording(phrase: Phrase) -> Wording:
    pattern = None
    if len(phrase.parts) > 1:
        latin = phrase.literal.isascii()
        gap = rf"(?:\W?\w+){{0,{GAP // 2}}}?\W?" if latin else rf"[^\n]{{0,{GAP}}}?"
        pattern = re.compile(gap.join(re.escape(part) for part in phrase.parts))
    queries = tuple(sound.query(part) for part in phrase.parts)
    return Wording(phrase, pattern, queries, _latin(phrase.parts[0][0]), _latin(phrase.parts[-1][-1]))


def exact_places(words: Lexicon, talks: Sequence[Talk]) -> list[Place]:
    """Where the wordings stand to the letter; of overlapping places the longest, so that one saying counts once."""
    if not words.wordings:
        return []
    book, slot = words.place()
    return [Place(talk, *span[:2], words.wordings[span[2]]) for talk, spans in book.heard(talks).said.get(slot, ()) for span in spans]


def near_places(words: Lexicon, talks: Sequence[Talk], use: Use) -> list[Place]:
    """Per talk the place that sounds most like one of the wordings: within ``NEAR_RATE`` if wanted, else ``SURE_RATE``."""
    limit = limit_of(use)
    book, slot = words.place()
    if words.shelf.limit == limit:
        found = book.heard(talks).near.get(slot, [])
    else:
        found = _nearest(words, [talk for talk in talks if talk.text], limit)
    return [Place(talk, begin, end, words.wordings[n], exact=False, cost=cost, length=size) for talk, (begin, end, n, cost, size) in found]


def further_places(words: Lexicon, near: Sequence[Place], taken: Sequence[Place], use: Use) -> list[Place]:
    """In the talks of the places ``near``: all that sounds like one of the wordings, where nothing is ``taken`` (none of that overlaps)."""
    from qa.rules import listening  # as in _nearest

    talks = [place.talk for place in near]
    asked = [(talk.text, tuple((p.start, p.end) for p in taken if p.talk is talk)) for talk in talks]
    return [
        Place(talk, begin, end, words.wordings[n], exact=False, cost=cost, length=size)
        for talk, found in zip(talks, listening.nearest_apart(words, asked, limit_of(use)), strict=True)
        for begin, end, n, cost, size in found
    ]


def limit_of(use: Use) -> float:
    """The cost of a sound up to which a likeness counts at all."""
    return NEAR_RATE if use is Use.WANTED else SURE_RATE


def _nearest(words: Lexicon, talks: Sequence[Talk], limit: float) -> list[tuple[Talk, Near]]:
    """What is nearest in each talk, for a lexicon that no plan listens for."""
    from qa.rules import listening  # takes tenths of a second: only where something has to be listened for

    near = listening.nearest_of(words, [talk.text for talk in talks], limit)
    return [(talk, what) for talk, what in zip(talks, near, strict=True) if what is not None]


def certain_by_sound(place: Place, use: Use) -> bool | None:
    """Whether a place found by sound is certain (see :func:`hit_at`); None when it is no hit at all."""
    if use is not Use.WANTED and place.length < 3:
        return None
    rate = place.cost / max(1, place.length)
    return use is not Use.ACCUSED and rate <= SURE_RATE and (place.length >= 4 or (place.length >= 3 and place.cost == 0))


def hit_at(view: CallView, place: Place, *, use: Use) -> Hit | None:
    """The place as a hit, certain or not.

    To the letter: certain unless the recogniser is unsure of those very words. By sound: four sounds or
    more count as said up to ``SURE_RATE``, three when all agree. What is wanted is doubtful up to
    ``NEAR_RATE``; other things only from three sounds on and up to ``SURE_RATE``, and an accusation is
    never more than doubtful.
    """
    turn, start, end = view.original(place.talk, place.start, place.end)
    written = place.wording.phrase.written
    said = view.turns[turn].text[start:end]
    doubt = ""
    certain = True
    if not place.exact:
        by_sound = certain_by_sound(place, use)
        if by_sound is None:
            return None
        certain = by_sound
        doubt = "" if certain else both(f"读音近似「{written}」", f"sounds like {written}")
    if not view.sure_words(view.turns[turn], start, end):
        certain, doubt = False, doubt or both("此处识别置信度低", "the recogniser is unsure of these words")
    detail = both(f"「{said}」", f"said {said}") if place.exact else both(f"「{said}」≈「{written}」", f"{said} ≈ {written}")
    return Hit(turn, start, end, view.time_of(turn, start, end), certain, detail, doubt, phrase=place.wording.phrase.index)


def overlapping(place: Place, others: Iterable[Place]) -> bool:
    """Whether any other place shares a character with this one."""
    return any(o.talk is place.talk and o.start < place.end and place.start < o.end for o in others)


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
