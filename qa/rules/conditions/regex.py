"""A sentence matches a regular expression (RE2 syntax, linear time).

`text: plain` matches the plain text of the whole turn instead (no punctuation, numbers read out).
Lookaround and back-references do not exist in RE2: write `exclude:` for what must not surround the
match, or `unless:` for what must not stand near it. Personal numbers are masked before rules see them: ask for those
with `same_value`.

Example:

    line:    {regex: '955\\d{2}', by: agent}
    promise: {regex: '(四十五|三刻)分?钟?.{0,6}(到|抵达)', text: plain, by: agent, exclude: '不(能|会).{0,4}到'}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import re2

from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title
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
class Prepared:
    params: Params
    patterns: tuple[Any, ...]
    exclude: tuple[Any, ...]


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
    return Prepared(params, tuple(re2.compile(p, options) for p in params.patterns), tuple(re2.compile(p, options) for p in params.exclude))


def find(prepared: Prepared, view: CallView, look: Look) -> Found:
    """Every match in the window."""
    hits: list[Hit] = []
    for talk in look.talks:
        if prepared.params.plain:
            hits += [_hit(view, *view.original(talk, s, e)) for s, e in _matches(prepared, talk.text)]
        else:
            hits += _in_sentences(prepared, view, talk)
    kept = look.keep_all(sorted(hits, key=lambda h: (h.turn or 0, h.start)))
    return Found(tuple(kept), "" if kept else look.unsure)


def _in_sentences(prepared: Prepared, view: CallView, talk: Talk) -> list[Hit]:
    return [_hit(view, turn, s, e) for turn in talk.turns for s, e in _matches(prepared, view.turns[turn].text)]


def _matches(prepared: Prepared, text: str) -> list[tuple[int, int]]:
    """Ranges of the matches that no exclusion overlaps; of overlapping ones the first."""
    found = sorted({m.span() for pattern in prepared.patterns for m in pattern.finditer(text) if m.end() > m.start()})
    if not found:
        return []
    voids = [m.span() for pattern in prepared.exclude for m in pattern.finditer(text)]
    kept: list[tuple[int, int]] = []
    for start, end in found:
        if any(s < end and start < e for s, e in voids) or (kept and start < kept[-1][1]):
            continue
        kept.append((start, end))
    return kept


def _hit(view: CallView, turn: int, start: int, end: int) -> Hit:
    said = view.turns[turn].text[start:end]
    sure = view.sure_words(view.turns[turn], start, end)
    doubt = "" if sure else both("此处识别置信度低", "the recogniser is unsure of these words")
    return Hit(turn, start, end, view.time_of(turn, start, end), sure, both(f"「{said}」", f"said {said}"), doubt)


OPERATOR = Operator(
    "regex",
    Title("句子匹配正则表达式", "a sentence matches a regular expression"),
    Params,
    read,
    find,
    prepare,
)
