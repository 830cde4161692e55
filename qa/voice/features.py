"""Loudness, pitch and rate of every turn of a recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qa.audio import Audio, Samples, level
from qa.calls import Channel, Span, Turn, Voice
from qa.voice import pitch
from qa.voice.arousal import labelled, speaker_of
from qa.voice.rate import rate

LEAST_FRAMES = 10
"""Voiced frames (of 20 ms) that a turn needs before its pitch is a measurement."""


def measured(turns: Sequence[Turn], audio: Audio) -> tuple[Turn, ...]:
    """The turns with loudness (dBFS, one decimal) and voice; what a model said of their emotion is kept.

    One speaker's turns on one channel are measured together, because the pitch range and the calm level are that speaker's.
    """
    tracks: dict[Channel, Samples] = {}
    narrow: dict[Channel, Samples] = {}
    at_8k = audio.at(pitch.RATE) if any(turn.span is not None for turn in turns) else audio
    together: dict[tuple[str, Channel], list[int]] = defaultdict(list)
    found = list(turns)
    for at, turn in enumerate(turns):
        if turn.span is None:
            continue
        if turn.channel not in tracks:
            tracks[turn.channel], narrow[turn.channel] = audio.channel(turn.channel), at_8k.channel(turn.channel)
        heard = level(_piece(tracks[turn.channel], turn.span, audio.rate))
        found[at] = replace(turn, loudness=None if heard is None else round(heard, 1))
        together[speaker_of(turn), turn.channel].append(at)
    for (_, channel), places in together.items():
        spans = [span for at in places if (span := turns[at].span) is not None]
        frames = pitch.track(narrow[channel], spans)
        levels = np.concatenate([f.level for f in frames])
        loud = float(np.percentile(levels, 95)) if levels.size else 0.0
        for at, own in zip(places, frames, strict=True):
            found[at] = replace(found[at], voice=_voice(found[at], own, loud))
    return labelled(found)


def _voice(turn: Turn, frames: pitch.Frames, loud: float) -> Voice:
    hz = frames.hz[~np.isnan(frames.hz)]
    middle = spread = None
    if hz.size >= LEAST_FRAMES:
        low, half, high = np.percentile(hz, (10, 50, 90))
        middle, spread = round(float(half), 1), round(float(pitch.semitones(high, low)), 1)
    speed = rate(frames, turn.text, loud)
    return replace(turn.voice or Voice(), pitch=middle, pitch_range=spread, rate=None if speed is None else round(speed, 2))


def _piece(track: Samples, span: Span, rate: int) -> Samples:
    return track[max(0, round(span.start * rate)) : max(0, round(span.end * rate))]
