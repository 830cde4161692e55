"""Finding phrases in talks: to the letter, and by sound."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qa.rules import sound
from qa.rules.phrases import GAP, Phrase
from qa.rules.sound import NEAR_RATE, SURE_RATE
from qa.rules.verdict import Hit, both
from qa.rules.view import CallView, Talk
from qa.rules.windows import Use


@dataclass(frozen=True, slots=True)
class Wording:
    """A phrase ready to be searched: its pattern when it has gaps, and its sounds."""

    phrase: Phrase
    pattern: re.Pattern[str] | None
    queries: tuple[sound.Query, ...]
    left: bool
    right: bool


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


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All wordings of a condition. ``by_pair`` leads from two neighbouring sounds to the wordings whose first part has them."""

    wordings: tuple[Wording, ...]
    by_pair: Mapping[str, tuple[int, ...]]
    always: tuple[int, ...]


def lexicon(phrases: Iterable[Phrase]) -> Lexicon:
    """``phrases`` compiled for :func:`exact_places` and :func:`near_places`."""
    wordings = tuple(_wording(phrase) for phrase in phrases)
    by_pair: dict[str, list[int]] = {}
    for number, entry in enumerate(wordings):
        for pair in entry.queries[0].sounds.pairs:
            by_pair.setdefault(pair, []).append(number)
    always = tuple(n for n, entry in enumerate(wordings) if not entry.queries[0].sounds.pairs and len(entry.queries) > 1)
    return Lexicon(wordings, {pair: tuple(numbers) for pair, numbers in by_pair.items()}, always)


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
    joined = "\n".join([t.text for t in talks])
    found: list[Place] = []
    for entry in words.wordings:
        parts = entry.phrase.parts
        if parts[0] not in joined or (entry.pattern is not None and parts[-1] not in joined):
            continue
        for talk in talks:
            for start, end in _spans(entry, talk.text):
                found.append(Place(talk, start, end, entry))
    found.sort(key=lambda p: (p.talk.index, p.start, -(p.end - p.start)))
    kept: list[Place] = []
    for place in found:
        if not (kept and kept[-1].talk is place.talk and place.start < kept[-1].end):
            kept.append(place)
    return kept


def near_places(words: Lexicon, talks: Iterable[Talk], use: Use, only: Collection[int] | None = None) -> list[Place]:
    """Per talk the place that sounds most like one of the wordings: within ``NEAR_RATE`` if wanted, else ``SURE_RATE``.

    ``only`` are the numbers of the wordings that may be there at all, where somebody has looked already.
    """
    limit = NEAR_RATE if use is Use.WANTED else SURE_RATE
    best: list[Place] = []
    for talk in talks:
        heard = sound.sounds(talk.text)
        nearest: Place | None = None
        for number in _worth_aligning(words, heard, limit):
            if only is not None and number not in only:
                continue
            entry = words.wordings[number]
            near = _near(entry, talk, heard, limit)
            if near is None:
                continue
            start, end, cost, length = near
            if nearest is None or (cost / length, -length) < (nearest.cost / nearest.length, -nearest.length):
                nearest = Place(talk, start, end, entry, exact=False, cost=cost, length=length)
        if nearest is not None:
            best.append(nearest)
    return best


def _worth_aligning(words: Lexicon, heard: sound.Sounds, limit: float) -> list[int]:
    """The wordings that share enough pairs of sounds with what was heard to be near it at all."""
    shared: dict[int, int] = {}
    for pair in heard.pairs:
        for number in words.by_pair.get(pair, ()):
            shared[number] = shared.get(number, 0) + 1
    near = limit == NEAR_RATE
    # in a fixed order: of two wordings that sound equally near the first counts, in every process
    needed = ((n, words.wordings[n].queries[0]) for n in sorted(shared))
    return [*(n for n, query in needed if shared[n] >= (query.shared if near else query.strict)), *words.always]


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


def _spans(entry: Wording, text: str) -> list[tuple[int, int]]:
    if entry.pattern is not None:
        spans = [m.span() for m in entry.pattern.finditer(text)]
    else:
        literal = entry.phrase.parts[0]
        spans = []
        at = text.find(literal)
        while at >= 0:
            spans.append((at, at + len(literal)))
            at = text.find(literal, at + len(literal))
    return [(s, e) for s, e in spans if _bounded(entry, text, s, e)]


def _bounded(entry: Wording, text: str, start: int, end: int) -> bool:
    """Latin words match whole: not inside another word."""
    if entry.left and start and _latin(text[start - 1]):
        return False
    return not (entry.right and end < len(text) and _latin(text[end]))


def _near(entry: Wording, talk: Talk, heard: sound.Sounds, limit: float) -> tuple[int, int, float, int] | None:
    """(start, end, cost, sounds) of the nearest place of all parts in order, gaps kept."""
    if len(entry.queries) == 1:
        near = sound.find_near(entry.queries[0], heard, limit)
        return None if near is None else (near.start, near.end, near.cost, near.length)
    begin = at = -1
    cost, length = 0.0, 0
    for number, query in enumerate(entry.queries):
        rest = talk.text if at < 0 else talk.text[at : at + GAP + 2 * len(query.sounds.loose)]
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
