"""A sentence matches a regular expression (RE2 syntax, linear time).

`text: plain` matches the plain text of the whole turn instead (no punctuation, numbers read out).
Lookaround and back-references do not exist in RE2: write `exclude:` for what must not surround the
match, or `unless:` for what must not stand near it. A named group `(?P<name>…)` is the match's `.value` in expressions; as a
quantity where it is compared with one (四十五分钟 with `45 min`). `join_turns: 3` matches over three turns of one side that only 嗯 or
对 of the other parts. Personal numbers are masked before rules see them: ask for those with `entity` or `same_value`.

Example:

    line:    {regex: '955\\d{2}', by: agent}
    promise: {regex: '(四十五|三刻)分?钟?.{0,6}(到|抵达)', text: plain, by: agent, exclude: '不(能|会).{0,4}到'}
    ticket:  {regex: '工单号(码)?(是|为)?(?P<no>[0-9]{6,12})', by: agent, join_turns: 2}
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import re2

from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.conditions.patternbook import Patternbook
from qa.rules.fields import Fields
from qa.rules.joining import passages
from qa.rules.kept import kept
from qa.rules.model import Title
from qa.rules.values import Words
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView, Talk
from qa.rules.windows import Look

MAX_PATTERN = 2_000
MAX_MEMORY = 2 << 20


@dataclass(frozen=True, slots=True)
class Params:
    """Patterns of which one must match, patterns that void a match they overlap, and the text they see."""

    patterns: tuple[str, ...] = param("正则表达式（RE2）或列表", "a regular expression (RE2) or a list", key="regex")
    exclude: tuple[str, ...] = param("与之重叠的匹配不算", "a match that overlaps one of these does not count", shown="–")
    plain: bool = param(
        "as_written：逐句原文；plain：整个话轮的规范文本",
        "as_written: each sentence; plain: the plain text of the turn",
        key="text",
        shown="as_written",
    )


@dataclass(frozen=True, slots=True)
class Match:
    """``[start, end)`` of a text, and what a named group of the pattern holds there (None: there is none)."""

    start: int
    end: int
    value: str | None


@dataclass(slots=True)
class Shelf:
    """Where a condition's patterns are looked up: the book of its plan and its slot there."""

    book: Patternbook | None = None
    slot: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Compiled patterns, and which have named groups."""

    params: Params
    patterns: tuple[Any, ...]
    named: tuple[bool, ...]
    exclude: tuple[Any, ...]
    shelf: Shelf = field(default_factory=Shelf)

    def place(self) -> tuple[Patternbook, int]:
        """The book that reads texts for it, and its slot there: that of its plan, or its own."""
        if self.shelf.book is None:
            Patternbook([self], plain=self.params.plain)
        assert self.shelf.book is not None
        return self.shelf.book, self.shelf.slot


def compile_pattern(fields: Fields, key: str, pattern: str) -> Any:
    """The RE2 program; BadRule when RE2 refuses it."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        if "invalid perl operator" in reason or ("invalid escape sequence: \\" in reason and reason[-1:].isdigit()):
            fields.refuse(
                key,
                f"lookaround and back-references are not available ({reason})",
                "write exclude: for what must not overlap the match, or unless: for what must not stand near it",
            )
        fields.refuse(key, f"is not a regular expression ({reason})", "see https://github.com/google/re2/wiki/Syntax")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""

    def patterns(key: str) -> tuple[str, ...]:
        found = []
        for text, line in fields.texts(key, limit=200):
            fields.lines[key] = line
            vocabulary.budget.patterns -= 1
            if vocabulary.budget.patterns < 0:
                fields.refuse(key, "is one pattern too many for a rule set", "join patterns with |")
            if len(text) > MAX_PATTERN:
                fields.refuse(key, f"a pattern of {len(text):,} characters", f"keep it below {MAX_PATTERN:,}")
            if compile_pattern(fields, key, text).search("") is not None:
                fields.refuse(key, "also matches nothing at all, hence everywhere", "make some part of it obligatory")
            found.append(text)
        return tuple(found)

    exclude = patterns("exclude") if fields.has("exclude") else ()
    return Params(patterns("regex"), exclude, fields.choice("text", ("as_written", "plain"), "as_written") == "plain")


def prepare(params: Params) -> Prepared:
    """Patterns compiled once per rule set."""
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    patterns, exclude = (tuple(re2.compile(p, options) for p in listed) for listed in (params.patterns, params.exclude))
    return Prepared(params, patterns, tuple(bool(p.groupindex) for p in patterns), exclude)


def find(prepared: Prepared, view: CallView, look: Look) -> Found:
    """Every match in the window; of those that are wanted no more than whether there is one, the first certain one."""
    join = look.condition.join_turns
    if join == 1:
        return _in_turns(prepared, view, look)
    if prepared.params.plain:
        hits = _in_chains(prepared, view, look.talks, join)
    else:
        found = [(p, m) for p in passages(view, look.talks, join) for m in _matches(prepared, p.text)]
        hits = _longest([_hit(view, p.place(m.start, m.end), m) for p, m in found])
    kept = look.keep_all(sorted(hits, key=lambda h: (h.turn or 0, h.start)))
    return Found(tuple(kept), look.unsure)


def _in_turns(prepared: Prepared, view: CallView, look: Look) -> Found:
    book, slot = prepared.place()
    hits = []
    for talk, turn, which in book.fired(view, look.talks).places.get(slot, ()):
        for match in _matches(only(prepared, which), talk.text if book.plain else view.turns[turn].text):
            place = view.original(talk, match.start, match.end) if book.plain else (turn, match.start, match.end)
            hit = look.keep(_hit(view, place, match))
            if hit is not None and hit.certain and look.one_is_enough:
                return Found((hit,))
            hits += [] if hit is None else [hit]
    return Found(tuple(sorted(hits, key=lambda h: (h.turn or 0, h.start))), look.unsure)


def _in_chains(prepared: Prepared, view: CallView, talks: list[Talk], join: int) -> list[Hit]:
    """Matches in the plain text of several turns of one side, put together without anything in between."""
    hits = []
    for passage in passages(view, talks, join):
        text, pieces = "", []
        for talk in passage.talks:
            pieces += [(turn, len(text) + begin, piece) for turn, begin, piece in talk.pieces if piece.text]
            text += talk.text
        whole = replace(passage.talks[0], text=text, pieces=tuple(pieces))
        hits += [_hit(view, view.original(whole, m.start, m.end), m) for m in _matches(prepared, text)]
    return _longest(hits)


def _longest(hits: list[Hit]) -> list[Hit]:
    """Of the hits that begin at the same place the one with most in it."""
    best: dict[tuple[int | None, int], Hit] = {}
    for hit in hits:
        known = best.get((hit.turn, hit.start))
        if known is None or (hit.end, len(hit.detail)) > (known.end, len(known.detail)):
            best[hit.turn, hit.start] = hit
    return list(best.values())


@lru_cache(maxsize=4096)
def only(prepared: Prepared, which: tuple[int, ...]) -> Prepared:
    """The condition with some of its patterns."""
    patterns, named = (tuple(listed[n] for n in which) for listed in (prepared.patterns, prepared.named))
    return Prepared(prepared.params, patterns, named, prepared.exclude)


@kept(1_000_000)
def _matches(prepared: Prepared, text: str) -> tuple[Match, ...]:
    """The matches that no exclusion overlaps; of overlapping ones the first."""
    found: dict[tuple[int, int], str | None] = {}
    for pattern, named in zip(prepared.patterns, prepared.named, strict=True):
        for m in pattern.finditer(text):
            span = m.span()
            if span[1] > span[0]:
                group = next((held for held in m.groupdict().values() if held), None) if named else None
                found[span] = found.get(span) or group
    return tuple(Match(start, end, found[start, end]) for start, end in _kept(prepared, text, found))


def spans(prepared: Prepared, text: str, *, once: bool = False) -> tuple[tuple[int, int], ...]:
    """Where the matches that no exclusion overlaps begin and end; of overlapping ones the first. ``once``: any of them is enough."""
    found: set[tuple[int, int]] = set()
    for pattern in prepared.patterns:
        for m in pattern.finditer(text):
            span = m.span()
            if span[1] > span[0]:
                found.add(span)
                if once and not prepared.exclude:
                    return (span,)
    return tuple(_kept(prepared, text, found))


def _kept(prepared: Prepared, text: str, found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of places those that no exclusion overlaps; of overlapping ones the first."""
    voids: list[tuple[int, int]] | None = None
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if voids is None:
            voids = [m.span() for pattern in prepared.exclude for m in pattern.finditer(text)]
        if not any(s < end and start < e for s, e in voids) and not (kept and start < kept[-1][1]):
            kept.append((start, end))
    return kept


def _hit(view: CallView, place: tuple[int, int, int], match: Match) -> Hit:
    turn, start, end = place
    spoken = view.turns[turn]
    said = spoken.text[start:end]
    sure = view.sure_words(spoken, start, end)
    doubt = "" if sure else both("此处识别置信度低", "the recogniser is unsure of these words")
    value = Words(match.value) if match.value is not None and sure else None
    return Hit(turn, start, end, spoken.time_of(start, end), sure, f"「{said}」 / said {said}", doubt, value=value)


def _values(params: Params) -> tuple[str, ...]:
    """Text, where every pattern names a group."""
    return ("text",) if all(re2.compile(pattern).groupindex for pattern in params.patterns) else ()


OPERATOR = Operator(
    "regex",
    Title("句子匹配正则表达式", "a sentence matches a regular expression"),
    Params,
    read,
    find,
    prepare,
    values=_values,
    spoken=True,
    joins=True,
)
