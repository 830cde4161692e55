"""A turn contains something close to a model sentence (话术匹配).

Closeness is the better of two ratios from 0 to 1, by characters and by sounds, of the sentence to its
best-fitting stretch of the turn. Closeness does not understand negation: put denials into `exclude:`.
`similarity: embedding` compares meanings instead, sentence by sentence, by the vectors of a local model of the catalogue.

Example:

    company: {similar_to: 这里是国家电网客服, at_least: 0.75, by: agent, in: first 3 agent turns}
    calm:    {similar_to: [请您先不要着急, 我理解您的心情], exclude: [我不理解], by: agent}
    soothes: {similar_to: 我理解您的心情, similarity: embedding, model: bge-small-zh, at_least: 0.8, by: agent}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qa.rules import likeness, sound
from qa.rules.conditions import embedding
from qa.rules.conditions.embedding import Meaning
from qa.rules.conditions.matching import Lexicon, exact_places, lexicon
from qa.rules.conditions.operator import Operator, Vocabulary, compile_all, param, shown
from qa.rules.fields import Fields
from qa.rules.kept import kept
from qa.rules.likeness import Model, Models
from qa.rules.model import Title
from qa.rules.plaintext import plain
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView, Talk
from qa.rules.windows import Look

BAND = 0.06
"""Below the limit by so much a sentence is doubtful."""


@dataclass(frozen=True, slots=True)
class Params:
    """Model sentences, the closeness that counts, and what voids it."""

    sentences: tuple[str, ...] = param("标准话术或列表、$词库", "a model sentence, a list or $vocabulary", key="similar_to")
    at_least: float = param("相似度下限（0.5–1）", "closeness that counts (0.5–1)", shown="0.75")
    exclude: tuple[str, ...] = param("出现这些短语的地方不算", "places with these phrases do not count", shown="–")
    similarity: str = param("text：字与音；embedding：语义向量", "text: letters and sounds; embedding: meaning", shown="text")
    model: str = param("embedding 用的本地模型", "the local model of embedding", shown="bge-small-zh")


@dataclass(frozen=True, slots=True)
class Prepared:
    params: Params
    sentences: tuple[tuple[str, str, sound.Sounds], ...]
    exclude: Lexicon
    models: Models
    meaning: Meaning | None = None


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    sentences = vocabulary.phrases(fields, "similar_to")
    for sentence in sentences:
        if len(plain(sentence).text) < 4:
            fields.refuse("similar_to", f"'{sentence}' is too short to be compared", "use say: for phrases below four characters")
    exclude = vocabulary.phrases(fields, "exclude") if fields.has("exclude") else ()
    similarity = fields.choice("similarity", ("text", "embedding"), "text")
    if similarity == "text" and fields.has("model"):
        fields.refuse("model", "has no meaning without similarity: embedding", "remove it")
    model = fields.choice("model", embedding.MODELS, embedding.MODELS[0]) if similarity == "embedding" else ""
    return Params(sentences, fields.number("at_least", 0.75, low=0.5, high=1.0), exclude, similarity, model)


def prepare(params: Params) -> Prepared:
    """Sentences normalised once per rule set. Raises MissingPart where the model of ``similarity: embedding`` is not there."""
    if params.model:
        wanted = embedding.meaning(params.model, [p.written for p in compile_all(params.sentences)])
        return Prepared(params, (), lexicon(compile_all(params.exclude)), Models(()), wanted)
    wordings = [(p.literal, p.written, sound.sounds(p.literal)) for p in compile_all(params.sentences)]
    models = Models([Model(text, heard.loose, 0, floor(params)) for text, _, heard in wordings])
    return Prepared(params, tuple(wordings), lexicon(compile_all(params.exclude)), models)


def floor(params: Params) -> float:
    """The least closeness that leaves doubt."""
    return round(params.at_least - BAND, 9)


def find(prepared: Prepared, view: CallView, look: Look) -> Found:
    """The closest stretch of every turn that is close enough."""
    if prepared.meaning is not None:
        return _by_meaning(prepared, prepared.meaning, view, look)
    hits: list[Hit] = []
    for talk, score, start, end, written in _closest(prepared, look.talks):
        if any(v.start < end and start < v.end for v in exact_places(prepared.exclude, [talk])):
            continue
        turn, first, last = view.original(talk, start, end)
        certain = score >= prepared.params.at_least and view.sure_words(view.turns[turn], first, last)
        doubt = "" if certain else both(f"与话术接近（{score:.2f}）", f"nearly the model sentence ({score:.2f})")
        said = view.turns[turn].text[first:last]
        detail = both(f"「{said}」≈「{written}」{score:.2f}", f"{said} ≈ {written} {score:.2f}")
        hits.append(Hit(turn, first, last, view.time_of(turn, first, last), certain, detail, doubt))
    kept = look.keep_all(hits)
    return Found(tuple(kept), look.unsure)


def _by_meaning(prepared: Prepared, wanted: Meaning, view: CallView, look: Look) -> Found:
    """Of every sentence the part nearest in meaning, where it is near enough."""
    voids = [view.original(v.talk, v.start, v.end) for v in exact_places(prepared.exclude, look.talks)]
    hits: list[Hit] = []
    for close in embedding.closest(wanted, view, look.searched, prepared.params.at_least - BAND):
        turn, first, last = close.sentence.turn, close.sentence.start, close.sentence.end
        if any(t == turn and s < last and first < e for t, s, e in voids):
            continue
        certain = close.score >= prepared.params.at_least and view.sure_words(view.turns[turn], first, last)
        doubt = "" if certain else both(f"与话术意思接近（{close.score:.2f}）", f"nearly the meaning ({close.score:.2f})")
        said = view.turns[turn].text[first:last]
        detail = both(f"「{said}」意近「{close.written}」{close.score:.2f}", f"{said} means about {close.written} {close.score:.2f}")
        hits.append(Hit(turn, first, last, view.time_of(turn, first, last), certain, detail, doubt))
    kept = look.keep_all(hits)
    return Found(tuple(kept), look.unsure)


def _closest(prepared: Prepared, talks: Sequence[Talk]) -> Iterator[tuple[Talk, float, int, int, str]]:
    """(talk, closeness, start, end, sentence) of the best stretch at or above the doubtful band, of every talk that has one."""
    texts = tuple(talk.text for talk in talks)
    found = prepared.models.nearest(*_columns(texts), np.ones(len(texts), dtype=np.int64))
    rows = zip(found.text, found.sentence, found.by_sound, found.begin, found.end, found.score, strict=True)
    for text, sentence, by_sound, begin, end, score in rows:
        start, stop = int(begin), int(end)
        if by_sound:
            heard = sound.sounds(texts[text])
            start, stop = heard.starts[start], heard.ends[stop - 1]
        yield talks[text], float(score), start, stop, prepared.sentences[sentence][1]


@kept(1_000_000)
def _columns(texts: tuple[str, ...]) -> tuple[likeness.Texts, likeness.Texts]:
    """Letters and sounds of the talks of a call, for all conditions that look at them."""
    return likeness.symbols(texts), likeness.sounded([sound.sounds(text).loose for text in texts])


OPERATOR = Operator(
    "similar_to",
    Title("与标准话术相似", "a turn contains something close to a model sentence"),
    Params,
    read,
    find,
    prepare,
    lambda p: shown(p.sentences),
    spoken=True,
)
