"""CTC prefix beam search with a character n-gram model (Hannun et al. 2014), in plain Python: few frames, few likely tokens each.

FunASR's class takes the likeliest token of every frame. Weighing what is likely to be said against what was heard chooses better among
characters that sound alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qa.transcription.ngrams import Ngrams

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


@dataclass(slots=True)
class _State:
    blank: float = _NEVER
    token: float = _NEVER
    frames: tuple[int, ...] = ()
    language: float = 0.0

    @property
    def heard(self) -> float:
        return _plus(self.blank, self.token)


@dataclass(frozen=True, slots=True)
class Found:
    """A token, the frame it begins in and its probability in that frame."""

    token: int
    frame: int
    probability: float


def search(
    logs: np.ndarray, language: Ngrams, weights: Weights = DEFAULT, blank: int = 0, skipped: frozenset[int] = frozenset()
) -> list[Found]:
    """The best tokens for log probabilities float [frames, vocabulary]. ``skipped`` tokens (tags) are never written."""
    beam: dict[tuple[int, ...], _State] = {(): _State(blank=0.0)}
    for frame, row in enumerate(logs):
        count = min(weights.tokens, len(row))
        best = np.argpartition(row, -count)[-count:]
        likely = [(int(t), float(row[t])) for t in best if row[t] > weights.floor and int(t) != blank and int(t) not in skipped]
        silent = float(row[blank])
        new: dict[tuple[int, ...], _State] = {}
        for prefix, state in beam.items():
            heard = state.heard
            stay = _of(new, prefix, state)
            stay.blank = _plus(stay.blank, heard + silent)
            if prefix:
                stay.token = _plus(stay.token, state.token + float(row[prefix[-1]]))
            for token, log in likely:
                from_ = state.blank if prefix and token == prefix[-1] else heard
                if from_ == _NEVER:
                    continue
                longer = (*prefix, token)
                if longer not in new:
                    said = beam[longer].language if longer in beam else state.language + language.log(prefix, token)
                    frames = beam[longer].frames if longer in beam else (*state.frames, frame)
                    new[longer] = _State(frames=frames, language=said)
                grown = new[longer]
                grown.token = _plus(grown.token, from_ + log)
        ranked = sorted(new.items(), key=lambda item: _score(item, weights), reverse=True)
        beam = dict(ranked[: weights.width])
    prefix, state = max(beam.items(), key=lambda item: _score(item, weights))
    return [Found(t, f, float(np.exp(logs[f, t]))) for t, f in zip(prefix, state.frames, strict=True)]


def _score(item: tuple[tuple[int, ...], _State], weights: Weights) -> float:
    prefix, state = item
    return state.heard + weights.language * state.language + weights.length * len(prefix)


def _of(states: dict[tuple[int, ...], _State], prefix: tuple[int, ...], old: _State) -> _State:
    if prefix not in states:
        states[prefix] = _State(frames=old.frames, language=old.language)
    return states[prefix]


def _plus(first: float, second: float) -> float:
    """log(e^first + e^second)."""
    if first < second:
        first, second = second, first
    return first if second == _NEVER else first + math.log1p(math.exp(second - first))
