"""How many people speak on one track: what speaks for one voice, for two, for three.

A pipeline that is asked for two speakers finds two, also where one person speaks alone. What tells a conversation from one
voice cut in two is less the likeness of the voices (two women on one line can score 0.95 against each other, one man against
himself 0.86) than how they take turns: in a conversation nearly every change of speaker follows within a second, and two are
heard within the same few seconds. The numbers were chosen on half of the sample calls, mono and single channels, and AMI clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from qa.audio import Samples, level
from qa.calls import Span
from qa.diarization import Segment

PROMPT_S = 1.0
"""An answer within this many seconds is an exchange; later it may as well be the same person going on."""
ONE_VOICE, TWO_VOICES = 1.0, 4.0
"""Weight of the evidence up to which one voice is heard, and from which two certainly are; between them it is doubtful."""
LEAK_DB = 12.0
"""A second speaker so much quieter, who never answers promptly, is the other channel's crosstalk."""
ALIKE = 0.85
"""Likeness of one voice with itself when it is cut in two, about."""
THIRD_ALIKE, THIRD_S = 0.87, 5.0
"""A third speaker is believed when no two of three voices are more alike, and each speaks at least so many seconds alone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one voice or two, of a recording cut into two speakers.

    ``exchanges`` is prompt changes of speaker a minute, ``prompt`` their share of all changes, ``together`` the share of windows
    with speech in which the segmentation model hears two people for half a second each, ``likeness`` the cosine of the two voices
    (None where no voices were read), ``level_gap`` how many dB the quieter one is below the other.
    """

    exchanges: float
    prompt: float
    together: float
    likeness: float | None
    level_gap: float

    @property
    def weight(self) -> float:
        """One number: the more, the surer that two people speak."""
        alike = 0.0 if self.likeness is None else 15 * (ALIKE - self.likeness)
        return 0.5 * min(self.exchanges, 8.0) + 4 * (self.prompt - 0.6) + 30 * min(self.together, 0.2) + alike

    @property
    def leak(self) -> bool:
        """Whether the quieter speaker is crosstalk of a line that was recorded elsewhere."""
        return self.level_gap >= LEAK_DB and self.prompt <= 0.6 and self.exchanges < 6.0

    @property
    def one_voice(self) -> bool:
        return self.leak or self.weight <= ONE_VOICE

    @property
    def sure(self) -> bool:
        """Whether the number of voices is beyond doubt."""
        return self.leak or self.weight <= 0.0 or self.weight >= TWO_VOICES


def weigh(segments: Sequence[Segment], samples: Samples, rate: int, together: float, likeness: float | None) -> Evidence | None:
    """The evidence in two speakers' segments over float32 [n]; None when it is not two."""
    speakers = list(dict.fromkeys(s.speaker for s in segments))
    if len(speakers) != 2:
        return None
    gaps = [a.span.gap_to(b.span) for a, b in pairwise(sorted(segments, key=lambda s: s.span.start)) if a.speaker != b.speaker]
    prompt = sum(gap < PROMPT_S for gap in gaps)
    minutes = max(segments[-1].span.end - segments[0].span.start, 30.0) / 60
    levels = [loudness(segments, speaker, samples, rate) for speaker in speakers]
    return Evidence(prompt / minutes, prompt / max(1, len(gaps)), together, likeness, abs(levels[0] - levels[1]))


def loudness(segments: Sequence[Segment], speaker: str, samples: Samples, rate: int) -> float:
    """Median level of a speaker's segments in dBFS; −120 without any."""
    levels = [level(samples[round(s.span.start * rate) : round(s.span.end * rate)]) for s in segments if s.speaker == speaker]
    return float(np.median([found for found in levels if found is not None] or [-120.0]))


def heard_together(segmentation: Any) -> float:
    """Share of the segmentation model's windows with speech in which two people speak for half a second each.

    ``segmentation`` is pyannote's sliding window feature [windows, frames, speakers within the window].
    """
    windows = segmentation.data
    seconds = (windows > 0.5).sum(axis=1) * segmentation.sliding_window.duration / windows.shape[1]
    speaking = (seconds >= 0.5).sum(axis=1)
    return float((speaking >= 2).sum() / max(1, (speaking >= 1).sum()))


def third_speaker(voices: Mapping[str, Any], spans: Mapping[str, Sequence[Span]]) -> bool:
    """Whether three voices are three people: unlike one another, each heard alone for 5 s in two longer utterances or more."""
    names = list(voices)
    if len(names) != 3:
        return False
    alike = max(float(voices[a] @ voices[b]) for i, a in enumerate(names) for b in names[i + 1 :])
    long_enough = all(
        sum(s.duration for s in spans[name]) >= THIRD_S and sum(s.duration >= 1.5 for s in spans[name]) >= 2 for name in names
    )
    return alike <= THIRD_ALIKE and long_enough
