"""Somebody says one of several phrases.

Matched on plain text: punctuation, width, case and 45/四十五 do not matter. `(  )` is optional,
`(a|b)` one of several, `…` a gap of up to six characters. A wanted phrase that a recogniser spelled
with other characters of the same sound still counts; what only resembles it is doubtful.

Example:

    hello: {say: [您好, 你好], by: agent, in: first 2 agent turns}
    offer: {say: 请问(您)有什么可以(帮您|帮到您), by: agent, exclude: [没什么可以帮您]}
    both:  {say: {all: [地址, 电话]}, by: agent}
    two:   {say: {at_least: 2, of: [姓名, 地址, 电话]}, by: agent}
    quiet: {say: {none: [喂]}, by: agent, in: first 2 agent turns}
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from qa.rules.conditions.matching import Lexicon, Place, exact_places, further_places, hit_at, lexicon, near_places, overlapping
from qa.rules.conditions.operator import Operator, Vocabulary, compile_all, param, shown
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView
from qa.rules.windows import Look


@dataclass(frozen=True, slots=True)
class Params:
    """Phrases, what voids them, and how many different ones are needed (0: none may occur)."""

    phrases: tuple[str, ...] = param(
        "短语、短语列表或 $词库；也可写 {all|none: […]}、{at_least: n, of: […]}",
        "a phrase, a list or $vocabulary; or {all|none: [...]}, {at_least: n, of: [...]}",
        key="say",
    )
    need: int = param("需要命中的不同短语数", "how many different phrases are needed", key="at_least", shown="1")
    exclude: tuple[str, ...] = param("出现这些短语的地方不算", "places with these phrases do not count", shown="–")
    sound: bool = param("是否接受读音近似", "whether a like sound counts", key="by_sound", shown="true")


@dataclass(frozen=True, slots=True)
class Prepared:
    params: Params
    wordings: Lexicon
    exclude: Lexicon

    @property
    def listens(self) -> bool:
        """Whether a like sound may count."""
        return self.params.sound and self.params.need > 0


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    keys = [k for k in ("say", "all", "none", "of") if fields.has(k)]
    if len(keys) != 1:
        fields.refuse(keys[1] if keys else "say", "needs one list of phrases", "write say: [..], or all:, none:, or at_least: n with of:")
    key = keys[0]
    phrases = vocabulary.phrases(fields, key)
    need = {"all": len(phrases), "none": 0}.get(key, 1)
    if key in ("say", "of"):
        need = fields.whole("at_least", 1, low=1, high=len(phrases))
    exclude = vocabulary.phrases(fields, "exclude") if fields.has("exclude") else ()
    return Params(phrases, need, exclude, fields.flag("by_sound", True))


def prepare(params: Params) -> Prepared:
    """Wordings compiled once per rule set."""
    return Prepared(params, lexicon(compile_all(params.phrases)), lexicon(compile_all(params.exclude)))


def find(prepared: Prepared, view: CallView, look: Look) -> Found:
    """All places in the window, by letter and, where that is not enough, by sound."""
    params = prepared.params
    voids = exact_places(prepared.exclude, look.talks)
    exact = [p for p in exact_places(prepared.wordings, look.talks) if not overlapping(p, voids)]
    hits = _kept(exact, view, look)
    settled = len({h.phrase for h in hits if h.certain}) >= max(1, params.need)
    if prepared.listens and (look.numbered or not settled):
        near = near_places(prepared.wordings, look.talks, look.use)
        if look.numbered:  # the nearest place of a talk may be one that is found already, or one of several
            near = further_places(prepared.wordings, near, [*exact, *voids], look.use)
        hits += _kept([p for p in near if not overlapping(p, [*exact, *voids])], view, look)
    hits.sort(key=lambda h: (h.turn or 0, h.start))
    if params.need != 1:
        return _counted(params, hits, look)
    return Found(tuple(hits), look.unsure)


def _kept(places: list[Place], view: CallView, look: Look) -> list[Hit]:
    return look.keep_all([h for p in places if (h := hit_at(view, p, use=look.use)) is not None])


def _counted(params: Params, hits: list[Hit], look: Look) -> Found:
    """``all``, ``at_least`` and ``none``: the hits count together or not at all."""
    certain = {h.phrase for h in hits if h.certain}
    possible = {h.phrase for h in hits}
    if params.need == 0:
        if certain:
            return Found()
        first = look.searched[0] if look.searched else None
        nothing = Hit(first, 0, 0, None, detail=both(f"未出现：{shown(params.phrases)}", f"not said: {shown(params.phrases)}"))
        if possible or look.unsure:
            return Found((replace(nothing, certain=False, doubt=hits[0].doubt if hits else look.unsure),))
        return Found((nothing,))
    if len(certain) >= params.need:
        return Found(tuple(hits), look.unsure)
    if len(possible) >= params.need:
        part = both("只说了一部分", "only part of it was said")
        return Found(tuple(replace(h, certain=False, doubt=h.doubt or part) for h in hits), look.unsure)
    return Found((), look.unsure)


OPERATOR = Operator(
    "say", Title("说了某些话", "somebody says one of several phrases"), Params, read, find, prepare, lambda p: shown(p.phrases), spoken=True
)
