"""Finding phrases in talks: to the letter, and by sound."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from qa.rules import sound, soundkeys
from qa.rules.conditions.phrasebook import LATIN, Phrasebook
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
    """Where a lexicon stands: the phrasebook of its plan and its slot there."""

    book: Phrasebook | None = None
    slot: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """All wordings of a condition.

    ``near`` and ``sure`` lead from keys of sounds (:mod:`qa.rules.soundkeys`) to those that may be near, or as good as said, where
    these are heard; of ``lettered`` only letters tell, ``in_parts`` have gaps, ``always`` begin with a single sound.
    """

    wordings: tuple[Wording, ...]
    near: Mapping[int, tuple[int, ...]]
    sure: Mapping[int, tuple[int, ...]]
    lettered: tuple[int, ...]
    in_parts: tuple[int, ...]
    always: tuple[int, ...]
    shelf: Shelf = field(default_factory=Shelf)

    def place(self) -> tuple[Phrasebook, int]:
        """The book that reads texts for it, and its slot there: that of its plan, or its own."""
        if self.shelf.book is None:
            Phrasebook([self])
        assert self.shelf.book is not None
        return self.shelf.book, self.shelf.slot


def lexicon(phrases: Iterable[Phrase]) -> Lexicon:
    """``phrases`` compiled for :func:`exact_places` and :func:`near_places`."""
    wordings = tuple(_wording(phrase) for phrase in phrases)
    return Lexicon(
        wordings,
        _sound_keys(wordings, NEAR_RATE),
        _sound_keys(wordings, SURE_RATE),
        tuple(n for n, entry in enumerate(wordings) if soundkeys.keys_of(entry.queries, NEAR_RATE) is None),
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
    return [Place(talk, *span[:2], words.wordings[span[2]]) for talk, spans in book.said_in(talks, slot) for span in spans]


def near_places(words: Lexicon, talks: Sequence[Talk], use: Use, *, sifted: bool = False) -> list[Place]:
    """Per talk the place that sounds most like one of the wordings: within ``NEAR_RATE`` if wanted, else ``SURE_RATE``.

    ``sifted`` says that the talks are those in which something may be near: somebody has looked already.
    """
    limit = NEAR_RATE if use is Use.WANTED else SURE_RATE
    found = ((talk, _nearest(words, talk.text, limit)) for talk in (talks if sifted else _candidates(words, talks, limit)) if talk.text)
    return [
        Place(talk, near[0], near[1], words.wordings[near[2]], exact=False, cost=near[3], length=near[4])
        for talk, near in found
        if near is not None
    ]


def _candidates(words: Lexicon, talks: Sequence[Talk], limit: float) -> Sequence[Talk]:
    """The talks in which something may be near."""
    if any(n in words.always for n in words.lettered):
        return talks
    book, slot = words.place()
    heard = book.heard_in(talks, slot, near=limit == NEAR_RATE)
    latin = book.latin_in(talks) if words.in_parts else ()
    return sorted({talk.index: talk for talk in (*heard, *latin)}.values(), key=lambda t: t.index) if latin else heard


@lru_cache(maxsize=100_000)
def _nearest(words: Lexicon, text: str, limit: float) -> tuple[int, int, int, float, int] | None:
    """(start, end, number of the wording, cost, sounds) of what sounds most like a wording; kept, since agents repeat themselves."""
    heard = sound.sounds(text)
    best: tuple[int, int, int, float, int] | None = None
    for number in _worth_aligning(words, heard, limit, _perhaps_near(words, text, heard, limit)):
        if best is not None and best[3] == 0 and sum([len(q.sounds.loose) for q in words.wordings[number].queries]) <= best[4]:
            continue  # nothing is nearer than what sounds the same
        near = _near(words.wordings[number], text, heard, limit)
        if near is None:
            continue
        start, end, cost, length = near
        if best is None or (cost / length, -length) < (best[3] / best[4], -best[4]):
            best = (start, end, number, cost, length)
    return best


def _perhaps_near(words: Lexicon, text: str, heard: sound.Sounds, limit: float) -> set[int]:
    """The wordings of which enough sounds stand in the text for it to be near."""
    keys = words.near if limit == NEAR_RATE else words.sure
    found = {n for key in keys.keys() & soundkeys.held_by(heard.loose) for n in keys[key]}
    found.update(words.lettered)
    if words.in_parts and LATIN.search(text):  # a word cut in two sounds like no other
        found.update(words.in_parts)
    return found


def _worth_aligning(words: Lexicon, heard: sound.Sounds, limit: float, perhaps: Collection[int]) -> list[int]:
    """Of the wordings that are perhaps there, those that share enough pairs of sounds with what was heard to be near it at all."""
    near = limit == NEAR_RATE
    # in a fixed order: of two wordings that sound equally near the first counts, in every process
    found = []
    for number in sorted(perhaps):
        query = words.wordings[number].queries[0]
        shared = len(query.sounds.pairs & heard.pairs)
        if shared and shared >= (query.shared if near else query.strict):
            found.append(number)
    return [*found, *(n for n in words.always if n in perhaps)]


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


def _near(entry: Wording, text: str, heard: sound.Sounds, limit: float) -> tuple[int, int, float, int] | None:
    """(start, end, cost, sounds) of the nearest place of all parts in order, gaps kept."""
    if len(entry.queries) == 1:
        near = sound.find_near(entry.queries[0], heard, limit)
        return None if near is None else (near.start, near.end, near.cost, near.length)
    begin = at = -1
    cost, length = 0.0, 0
    for number, query in enumerate(entry.queries):
        rest = text if at < 0 else text[at : at + GAP + 2 * len(query.sounds.loose)]
        offset = max(0, at)
        if len(query.sounds.loose) < 2:
            place = rest.find(entry.phrase.parts[number])
            if place < 0:
                return None
            start, end, part_cost, part_length = place, place + len(entry.phrase.parts[number]), 0.0, 1
        else:
            near = sound.find_near(query, heard if at < 0 else sound.sounds(rest), limit)
            if near is None:
                return None
            start, end, part_cost, part_length = near.start, near.end, near.cost, near.length
        if at >= 0 and start > GAP:
            return None
        begin = start if begin < 0 else begin
        at = offset + end
        cost, length = cost + part_cost, length + part_length
    return begin, at, cost, length


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
