"""A side says the like of an earlier sentence again (重复).

Sentences end at 。？！； or where the recogniser ended one. Two are alike when the better of two ratios from 0 to 1, by
characters and by sounds, reaches `similarity`; a little below it the hit is doubtful. Another number, another negation or another
personal value makes another sentence. `look_back` is how far behind the earlier one may lie (everything before, when not written),
`times: 2` counts from the second repeat on, `of: other` looks for the other side's sentences said again (parroting).
The hit is the sentence that repeats; the earlier one may lie outside the window.

Example:

    again:  {repeats: {look_back: 6 agent turns, similarity: 0.85, min_chars: 8, exempt: [请稍等, 还有什么可以帮您]}, by: agent}
    urging: {repeats: {look_back: 60 s, times: 2}, by: customer}
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from qa.calls import Role, Token
from qa.redaction import agree
from qa.rules import sound
from qa.rules.conditions.matching import Lexicon, exact_places, lexicon
from qa.rules.conditions.operator import Operator, Vocabulary, compile_all, param
from qa.rules.fields import Fields
from qa.rules.kept import kept
from qa.rules.model import Title, Within
from qa.rules.placement import read_within, within_of
from qa.rules.plaintext import plain, spoken_length
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

BAND = 0.05
"""Below the limit by so much a sentence is doubtful."""
_SENTENCE = re.compile(r"[^。？！?!；;]+")
_NOT = frozenset(["no", "not", "never", "cannot", "cant", "dont", "doesnt", "didnt", "isnt", "wont"])


@dataclass(frozen=True, slots=True)
class Params:
    """How alike, how far apart, how long a sentence must be, what may be repeated, and whose earlier sentence counts."""

    similarity: float = param("相似度下限（0.5–1）", "likeness that counts (0.5–1)", shown="0.85")
    look_back: str = param("往前看多远，如 5 turns、60 s；不写为全部", "how far back, as 5 turns or 60 s; everything before", shown="–")
    min_chars: int = param("少于此字数的句子不计", "sentences with fewer characters do not count", shown="6")
    times: int = param("从第几次重复起算", "from which repeat on it counts", shown="1")
    of: str = param("own：重复自己的话；other：重复对方的话", "own: the side's own words; other: the other side's", shown="own")
    exempt: tuple[str, ...] = param("含这些短语的句子可以重复", "sentences with these phrases may be repeated", shown="–")


@dataclass(frozen=True, slots=True)
class Prepared:
    params: Params
    within: Within | None
    exempt: Lexicon


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters ``[start, end)`` of sentence ``turn`` of the call, their plain text, the values masked in them."""

    turn: int
    start: int
    end: int
    text: str
    tokens: tuple[Token, ...]


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    look_back = ""
    if fields.has("look_back"):
        read_within(fields, "look_back")
        look_back = " ".join(fields.text("look_back").split())
    return Params(
        fields.number("similarity", 0.85, low=0.5, high=1.0),
        look_back,
        fields.whole("min_chars", 6, low=2, high=200),
        fields.whole("times", 1, low=1, high=50),
        fields.choice("of", ("own", "other"), "own"),
        vocabulary.phrases(fields, "exempt") if fields.has("exempt") else (),
    )


def prepare(params: Params) -> Prepared:
    """The exempt phrases and the distance made ready once per rule set."""
    return Prepared(params, within_of(params.look_back), lexicon(compile_all(params.exempt)))


def find(prepared: Prepared, view: CallView, look: Look) -> Found:
    """Every sentence in the window that is like enough earlier ones."""
    params = prepared.params
    exempt = [view.original(p.talk, p.start, p.end) for p in exact_places(prepared.exempt, view.talks)]
    mine = {turn for talk in look.talks for turn in talk.turns}
    compared = mine if params.of == "own" and all(talk.sure for talk in view.talks) else None
    said = [s for s in sentences(view, compared) if spoken_length(s.text) >= params.min_chars and not _holds_one(s, exempt)]
    texts, sounds = [s.text for s in said], [sound.sounds(s.text).loose for s in said]
    hits: list[Hit] = []
    like = likenesses(texts, sounds, params.similarity - BAND)
    for number, now in enumerate(said):
        if now.turn not in mine or number not in like:
            continue
        alike = []
        for place, score in like[number]:
            kept = _alike(prepared, view, look, said[place], now, score)
            if kept is not Verdict.MISS:
                alike.append((kept, score, said[place]))
        if len(alike) < params.times:
            continue
        certain = sum(kept is Verdict.HIT for kept, *_ in alike) >= params.times and view.sure_words(
            view.turns[now.turn], now.start, now.end
        )
        _, score, before = max(alike, key=lambda entry: (entry[0] is Verdict.HIT, entry[1], entry[2].turn))
        doubt = "" if certain else both(f"可能是重复（{score:.2f}）", f"perhaps a repeat ({score:.2f})")
        words = view.turns[now.turn].text[now.start : now.end]
        detail = both(
            f"第 {len(alike)} 次重复「{words}」，与第 {before.turn + 1} 句相似 {score:.2f}",
            f"repeat {len(alike)} of {words}, like sentence {before.turn + 1} ({score:.2f})",
        )
        hits.append(Hit(now.turn, now.start, now.end, view.time_of(now.turn, now.start, now.end), certain, detail, doubt))
    return Found(tuple(look.keep_all(hits)), look.unsure)


def sentences(view: CallView, chosen: Container[int] | None = None) -> Iterator[Sentence]:
    """All sentences of the call, or of its ``chosen`` turns, in order, without what nobody's voice said."""
    for turn in view.turns:
        if turn.role is Role.OTHER or (chosen is not None and turn.index not in chosen):
            continue
        for low, high, start, end, text in _cut(turn.text):
            tokens = tuple(t for t in turn.tokens if t.start_char < high and low < t.end_char) if turn.tokens else ()
            yield Sentence(turn.index, start, end, text, tokens)


@kept(1_000_000)
def _cut(text: str) -> tuple[tuple[int, int, int, int, str], ...]:
    """The sentences of a text: where the stops are, where what is said begins and ends, and its plain text."""
    form = plain(text)
    found = []
    for match in _SENTENCE.finditer(text):
        first, last = bisect_left(form.starts, match.start()), bisect_left(form.starts, match.end())
        if first < last:
            found.append((match.start(), match.end(), form.starts[first], form.ends[last - 1], form.text[first:last]))
    return tuple(found)


def _holds_one(sentence: Sentence, places: list[tuple[int, int, int]]) -> bool:
    return any(turn == sentence.turn and first < sentence.end and sentence.start < last for turn, first, last in places)


def _alike(prepared: Prepared, view: CallView, look: Look, before: Sentence, now: Sentence, score: float) -> Verdict:
    """Whether ``now``, so like ``before``, repeats it."""
    params = prepared.params
    if guarded(before.text) != guarded(now.text):
        return Verdict.MISS
    earlier, later = (Hit(s.turn, s.start, s.end, view.time_of(s.turn, s.start, s.end)) for s in (before, now))
    verdict = _sides(view, before, now, params.of) & _values(before, now) & look.relation("after", prepared.within, earlier, later)
    if score < params.similarity or not view.sure_words(view.turns[before.turn], before.start, before.end):
        verdict = verdict & Verdict.DOUBTFUL
    return verdict


def likenesses(texts: Sequence[str], sounds: Sequence[str], floor: float) -> dict[int, list[tuple[int, float]]]:
    """How like each of the plain texts the ones before it are, 0 to 1, in order, where that reaches ``floor``.

    The better of the ratios by characters and by ``sounds`` (the row of sounds of each text). Where every character is a sound, what
    has characters in common has as many sounds in common.
    """
    if len(texts) < 2:
        return {}
    told_apart = [sounds] if all(map(_same_size, texts, sounds)) else [texts, sounds]
    ratios = [process.cdist(rows, rows, scorer=fuzz.ratio, score_cutoff=floor * 100, dtype=np.float64) for rows in told_apart]
    best = np.tril(ratios[0] if len(ratios) == 1 else np.maximum(*ratios), -1)
    found: dict[int, list[tuple[int, float]]] = {}
    for number, place in zip(*(at.tolist() for at in np.nonzero(best)), strict=True):
        found.setdefault(number, []).append((place, float(best[number, place]) / 100))
    return found


def _same_size(text: str, sounds: str) -> bool:
    return len(text) == len(sounds)


@kept(500_000)
def guarded(text: str) -> tuple[str, ...]:
    """The numerals and negations of a plain text, in order: sentences that differ in them say different things."""
    words = re.findall(r"[a-z0-9]+|[^a-z0-9\s]", text)
    return tuple(w for w in words if w in sound.NUMERALS or w in sound.NEGATIONS or w in _NOT or w.isdecimal())


def _sides(view: CallView, before: Sentence, now: Sentence, of: str) -> Verdict:
    """Whether the earlier sentence is of the side meant."""
    first, second = view.turns[before.turn], view.turns[now.turn]
    if not (view.sure_role(first) and view.sure_role(second)):
        return Verdict.DOUBTFUL
    return Verdict.of((first.role is second.role) == (of == "own"))


def _values(before: Sentence, now: Sentence) -> Verdict:
    """Whether the personal values masked in both are the same."""
    if len(before.tokens) != len(now.tokens) or any(a.kind != b.kind for a, b in zip(before.tokens, now.tokens, strict=True)):
        return Verdict.MISS
    answers = [agree(a, b) for a, b in zip(before.tokens, now.tokens, strict=True)]
    if False in answers:
        return Verdict.MISS
    return Verdict.DOUBTFUL if None in answers else Verdict.HIT


OPERATOR = Operator(
    "repeats", Title("重复说同样的话", "a side says the like of an earlier sentence again"), Params, read, find, prepare, spoken=True
)
