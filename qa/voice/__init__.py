"""How people sound, from the samples alone: loudness, pitch, rate, and who is worked up when.

    turns ─► measured ─► Turn.loudness, Turn.voice ─► timeline: changes and the sentence before each
                                                 └─► series: the course of the call, for a chart

NumPy and SciPy only, well under one percent of real time, so the base installation has it. Where a model has named an emotion
(SenseVoice's tags, emotion2vec) that name stays; otherwise a speaker's own median of the call decides.
"""

from __future__ import annotations

from qa.voice.arousal import CALM, RAISED, SOURCE, SUBDUED, arousal, labelled
from qa.voice.features import measured
from qa.voice.timeline import EVEN, Change, Point, series, timeline

EMOTIONS = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised", "other", RAISED, CALM, SUBDUED)
"""Every label that ``Voice.emotion`` can hold: those of the models, then those of the voice alone."""
EVENTS = ("music", "applause", "laughter", "crying", "sneeze", "breath", "cough")
"""Every label in ``Voice.events``."""

__all__ = [
    "CALM", "EMOTIONS", "EVEN", "EVENTS", "RAISED", "SOURCE", "SUBDUED",
    "Change", "Point", "arousal", "labelled", "measured", "series", "timeline",
]  # fmt: skip
