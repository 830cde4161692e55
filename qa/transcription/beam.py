"""CTC prefix beam search with a character n-gram model (Hannun et al. 2014), in plain Python: few frames, few likely tokens each.

FunASR's class takes the likeliest token of every frame. Weighing what is likely to be said against what was heard chooses better among
characters that sound alike.

Prefixes are nodes of a tree, so that nothing as long as the text is built, hashed or compared. A longer prefix is made only when it is
among those that go on: its score is known before, and where even a certain token would leave it behind the n-gram model is not asked.
Plain numbers are faster here than arrays over the beam: a frame has 16 prefixes and seldom more than one or two likely tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heapreplace
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np

from qa.transcription.ngrams import ORDER, After, Ngrams

_NEVER = -math.inf


@dataclass(frozen=True, slots=True)
class Weights:
    """``language`` weighs the n-gram model's log probability, ``length`` is given for every character; ``width`` prefixes go on."""

    language: float = 0.4
    length: float = 2.0
    width: int = 16
    tokens: int = 10
    floor: float = -7.0


DEFAULT = Weights()


@dataclass(frozen=True, slots=True)
class Found:
    """A token, the frame it begins in and its probability in that frame."""

    token: int
    frame: int
    probability: float


class _Prefix:
    """A text begun; ``tail`` is what of it the n-gram model looks at, ``language`` the log probability which that gives it.

    ``blank`` and ``token`` are log probabilities of all ways to hear it that end so, ``heard`` of both. ``written`` is a chain: that of
    the prefix before, the last token, the frame it was first heard in. ``held`` is the last frame after which the beam held it.
    """

    __slots__ = ("after", "blank", "children", "heard", "held", "language", "last", "length", "said", "score", "tail", "token", "written")

    def __init__(self, last: int, length: int, tail: tuple[int, ...], language: float) -> None:
        self.last, self.length, self.tail, self.language = last, length, tail, language
        self.children: dict[int, _Prefix] = {}
        self.said: dict[int, float] = {}  # ``language`` of the prefixes with one more token
        self.after: After | None = None  # asked for when first needed
        self.written: Any = None
        self.blank = self.token = self.heard = self.score = _NEVER
        self.held = -1


_Longer = tuple[float, _Prefix, int]
"""Log probability of hearing it, the prefix and the token that it has more."""


def search(
    logs: np.ndarray, language: Ngrams, weights: Weights = DEFAULT, blank: int = 0, skipped: frozenset[int] = frozenset()
) -> list[Found]:
    """The best tokens for log probabilities float [frames, vocabulary]. ``skipped`` tokens (tags) are never written."""
    root = _Prefix(-1, 0, (), 0.0)
    root.blank = root.heard = 0.0
    beam = [root]
    for frame, tokens in enumerate(_likely(logs, weights)):
        row = logs[frame]
        likely = [(token, row.item(token)) for token in tokens if token != blank and token not in skipped]
        longer = _heard(beam, frame, row, row.item(blank), likely)
        for prefix in beam:
            prefix.score = prefix.heard + weights.language * prefix.language + weights.length * prefix.length
        if longer:
            beam = _best(beam, frame, longer, language, weights)
        for prefix in beam:
            prefix.held = frame
    chain = max(beam, key=_SCORE).written
    found: list[Found] = []
    while chain is not None:
        chain, token, frame = chain
        found.append(Found(token, frame, float(np.exp(logs[frame, token]))))
    return found[::-1]


_SCORE = attrgetter("score")


def _likely(logs: np.ndarray, weights: Weights) -> Iterator[list[int]]:
    """For every frame its likeliest tokens above the floor, ``weights.tokens`` at most."""
    frames, tokens = np.nonzero(logs > weights.floor)
    begin = 0
    for row, end in zip(logs, np.searchsorted(frames, np.arange(1, len(logs) + 1)).tolist(), strict=True):
        found = tokens[begin:end]
        if len(found) > weights.tokens:
            found = found[np.argpartition(row[found], -weights.tokens)[-weights.tokens :]]
        yield found.tolist()
        begin = end


def _heard(beam: list[_Prefix], frame: int, row: np.ndarray, silent: float, likely: list[tuple[int, float]]) -> list[_Longer]:
    """Take one more frame into the prefixes of the beam; returns those longer by a token that are not in it."""
    longer: list[_Longer] = []
    more: list[tuple[_Prefix, float]] = []
    for prefix in beam:
        for token, log in likely:
            before = prefix.blank if token == prefix.last else prefix.heard
            if before != _NEVER:
                child = prefix.children.get(token)
                if child is not None and child.held == frame - 1:
                    more.append((child, before + log))
                else:
                    longer.append((before + log, prefix, token))
    for prefix in beam:
        prefix.blank = prefix.heard + silent
        if prefix.last >= 0:
            prefix.token += row.item(prefix.last)
    for prefix, log in more:
        prefix.token = _plus(prefix.token, log)
    for prefix in beam:
        prefix.heard = _plus(prefix.blank, prefix.token)
    return longer


def _best(beam: list[_Prefix], frame: int, longer: list[_Longer], language: Ngrams, weights: Weights) -> list[_Prefix]:
    """The best of the prefixes and of those longer by a token."""
    ranked: list[tuple[float, _Prefix, _Longer | None]] = [(prefix.score, prefix, None) for prefix in beam]
    best = [prefix.score for prefix in beam] + [_NEVER] * (weights.width - len(beam))
    heapify(best)  # as many scores as go on, the least first
    hoped = [(one[0] + weights.language * one[1].language + weights.length * (one[1].length + 1), one) for one in longer]
    hoped.sort(key=_FIRST, reverse=True)
    for bound, one in hoped:
        if bound < best[0]:
            break  # this and the rest would not go on even if the model were certain of the token
        heard, prefix, token = one
        said = prefix.said.get(token)
        if said is None:
            if prefix.after is None:
                prefix.after = language.after(prefix.tail)
            said = prefix.said[token] = prefix.language + prefix.after.log(token)
        score = heard + weights.language * said + weights.length * (prefix.length + 1)
        if score >= best[0]:
            heapreplace(best, score)
            ranked.append((score, prefix, one))
    ranked.sort(key=_FIRST, reverse=True)
    return [prefix if one is None else _grown(one, score, frame) for score, prefix, one in ranked[: weights.width]]


_FIRST = itemgetter(0)


def _grown(one: _Longer, score: float, frame: int) -> _Prefix:
    """The longer prefix as the beam takes it up."""
    heard, before, token = one
    grown = before.children.get(token)
    if grown is None:
        grown = before.children[token] = _Prefix(token, before.length + 1, (*before.tail, token)[1 - ORDER :], before.said[token])
    grown.blank, grown.token, grown.heard, grown.score = _NEVER, heard, heard, score
    grown.written = (before.written, token, frame)
    return grown


def _plus(first: float, second: float) -> float:
    """log(e^first + e^second)."""
    if first < second:
        first, second = second, first
    return first if second == _NEVER else first + math.log1p(math.exp(second - first))
