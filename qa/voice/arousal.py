"""How worked up somebody is, against the same person's own median in the same call.

Louder, higher, wider and faster than usual go with arousal (Banse and Scherer 1996; Scherer 2003), whatever the emotion. Each
feature is a robust z-score (median, and 1.4826 × median absolute deviation with a floor), and arousal is their weighted mean.
It says how much somebody departs from how they spoke in this call, and not why; nobody's anger was labelled to calibrate it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qa.calls import Turn

SOURCE = "voice"
RAISED, CALM, SUBDUED = "raised", "calm", "subdued"
THRESHOLD = 1.5
"""Arousal from which a turn is raised (or subdued, below −1.5)."""
LEAST_TURNS, LEAST_S = 4, 0.6
"""Turns a speaker needs before a median means something, and how long each must be."""


@dataclass(frozen=True, slots=True)
class _Feature:
    of: Callable[[Turn], float | None]
    weight: float
    floor: float


_FEATURES = (
    _Feature(lambda t: t.loudness, 0.35, 2.5),  # dB
    _Feature(lambda t: 12 * math.log2(t.voice.pitch) if t.voice and t.voice.pitch else None, 0.35, 1.5),  # semitones
    _Feature(lambda t: t.voice.pitch_range if t.voice else None, 0.15, 2.5),  # semitones
    _Feature(lambda t: t.voice.rate if t.voice else None, 0.15, 1.0),  # syllables per second
)


def speaker_of(turn: Turn) -> str:
    """What tells the speakers of a call apart: the label of the diarization, else the role."""
    return turn.speaker or turn.role.value


def arousal(turns: Sequence[Turn]) -> dict[int, float]:
    """Arousal of each turn (by its index) that is long enough, of speakers with at least four such turns."""
    by_speaker: Mapping[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        if turn.span is not None and turn.span.duration >= LEAST_S and turn.voice is not None and turn.voice.pitch is not None:
            by_speaker[speaker_of(turn)].append(turn)
    found: dict[int, float] = {}
    for own in by_speaker.values():
        if len(own) >= LEAST_TURNS:
            found |= {turn.index: score for turn, score in zip(own, _scores(own), strict=True)}
    return found


def _scores(turns: Sequence[Turn]) -> list[float]:
    total, weights = np.zeros(len(turns)), np.zeros(len(turns))
    for feature in _FEATURES:
        values = np.array([np.nan if (v := feature.of(turn)) is None else v for turn in turns])
        known = ~np.isnan(values)
        if known.sum() < LEAST_TURNS:
            continue
        middle = np.median(values[known])
        spread = max(feature.floor, 1.4826 * float(np.median(np.abs(values[known] - middle))))
        total[known] += feature.weight * (values[known] - middle) / spread
        weights[known] += feature.weight
    return [float(t / w) if w else 0.0 for t, w in zip(total, weights, strict=True)]


def labelled(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns with ``raised``, ``calm`` or ``subdued`` where no model has named an emotion and the voice can tell.

    The confidence is logistic in the distance from the threshold, 0.5 on it, and less for turns under two seconds.
    """
    scores = arousal(turns)
    return tuple(_labelled(turn, scores.get(turn.index)) for turn in turns)


def _labelled(turn: Turn, score: float | None) -> Turn:
    if score is None or turn.voice is None or turn.span is None or turn.voice.emotion is not None:
        return turn
    emotion = RAISED if score >= THRESHOLD else SUBDUED if score <= -THRESHOLD else CALM
    certainty = 1 / (1 + math.exp(-2 * abs(abs(score) - THRESHOLD))) * min(1.0, math.sqrt(turn.span.duration / 2))
    return replace(turn, voice=replace(turn.voice, emotion=emotion, emotion_confidence=round(certainty, 3), emotion_source=SOURCE))
