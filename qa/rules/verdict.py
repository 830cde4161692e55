"""Three-valued verdicts, and the evidence behind them.

A condition *hits*, *misses*, or is *doubtful*: something suggests it, or its absence cannot be
trusted. The three combine by Kleene's strong logic: a doubtful part makes the whole doubtful only
where the rest does not settle it.

>>> Verdict.HIT & Verdict.DOUBTFUL, Verdict.MISS & Verdict.DOUBTFUL
(<Verdict.DOUBTFUL: 'doubtful'>, <Verdict.MISS: 'miss'>)
>>> ~Verdict.DOUBTFUL
<Verdict.DOUBTFUL: 'doubtful'>
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import reduce
from operator import and_, or_
from typing import Any

from qa.calls import Span


class Verdict(Enum):
    """Hit, miss or doubtful; ``&``, ``|`` and ``~`` are Kleene's and, or, not."""

    HIT = "hit"
    MISS = "miss"
    DOUBTFUL = "doubtful"

    __hash__ = object.__hash__  # there is one object a value; Enum hashes its name, which takes three times as long

    def __and__(self, other: Verdict) -> Verdict:
        return self if _TRUTH[self] <= _TRUTH[other] else other

    def __or__(self, other: Verdict) -> Verdict:
        return self if _TRUTH[self] >= _TRUTH[other] else other

    def __invert__(self) -> Verdict:
        return _NOT[self]

    @staticmethod
    def of(value: bool) -> Verdict:
        """HIT when true, else MISS."""
        return Verdict.HIT if value else Verdict.MISS


_TRUTH = {Verdict.MISS: 0, Verdict.DOUBTFUL: 1, Verdict.HIT: 2}
_NOT = {Verdict.HIT: Verdict.MISS, Verdict.MISS: Verdict.HIT, Verdict.DOUBTFUL: Verdict.DOUBTFUL}


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Kleene conjunction; HIT of nothing."""
    return reduce(and_, verdicts, Verdict.HIT)


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Kleene disjunction; MISS of nothing."""
    return reduce(or_, verdicts, Verdict.MISS)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a condition holds, certainly or perhaps.

    ``turn`` is an index into ``Call.turns`` and ``[start, end)`` characters of its text; ``turn`` is
    None for facts of the whole call (its duration, its metadata). A gap lies at the end of the turn
    before it. ``span`` is seconds, None when times are unknown. ``detail`` is what was found, ``doubt``
    why it is not certain. ``groups`` are the hits of the ``each`` anchor that this one answers;
    ``phrase`` numbers the phrase that matched. ``value`` is what was said as a value that can be compared
    (:mod:`qa.rules.values`: a duration, an amount, a number of somebody …), None where there is none or it was not clearly heard.
    """

    turn: int | None
    start: int = 0
    end: int = 0
    span: Span | None = None
    certain: bool = True
    detail: str = ""
    doubt: str = ""
    groups: frozenset[int] = frozenset()
    phrase: int = -1
    value: Any = None


@dataclass(frozen=True, slots=True)
class Found:
    """All hits of a condition in a call.

    ``unsure`` is the reason why there may be more hits than these, or any (no text, a recording cut short),
    else empty. ``note`` is said beside the verdict without changing it. ``missed`` is where and why it came to
    nothing, for operators that can tell (the step of a flow that is missing).
    """

    hits: tuple[Hit, ...] = ()
    unsure: str = ""
    note: str = ""
    missed: Hit | None = None

    @property
    def certain(self) -> tuple[Hit, ...]:
        return tuple(h for h in self.hits if h.certain)

    @property
    def verdict(self) -> Verdict:
        if any(h.certain for h in self.hits):
            return Verdict.HIT
        return Verdict.DOUBTFUL if self.hits or self.unsure else Verdict.MISS


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an item was judged as it was: a sentence, its characters, its seconds.

    ``params["finding"]`` is ``hit`` (it is there), ``possible`` (perhaps) or ``missing`` (looked for
    and not found: ``turn`` and ``span`` are then where the searched window begins). ``detail`` is
    Chinese, `` / ``, English.
    """

    condition: str
    operator: str
    turn: int | None
    chars: tuple[int, int] | None
    span: Span | None
    detail: str
    params: Mapping[str, Any] = field(default_factory=dict)


def both(zh: str, en: str) -> str:
    """One line in both languages; :func:`in_language` takes it apart again."""
    return f"{zh} / {en}"


def in_language(line: str, language: str) -> str:
    """The Chinese or English half of a line made by :func:`both`; the line itself if it has no halves.

    >>> in_language(both("未找到「您好」", "not said: 您好"), "en")
    'not said: 您好'
    """
    zh, separator, en = line.rpartition(" / ")
    if not separator:
        return line
    return en if language == "en" else zh
