"""Silence a recording where personal values are said, so that what leaves the house tells no more than its masked text.

All channels are silenced: at −30 dB of crosstalk a number is still understood on the other side's track. Speech without any
text is silenced too, for nobody knows what is said there.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import re2

from hotline.errors import BadRecording
from qa.audio import Audio
from qa.calls import Role, Span, Turn

MARGIN = 0.12
"""Seconds before and after a value whose words have times: recognisers' word times are off by about half a syllable."""
WIDE_MARGIN = 0.6
"""Seconds where a value's place follows from its place in the text only."""
_STARS = re2.compile(r"\*(?:[^\*]{0,4}\*)*")


def muted(audio: Audio, turns: Sequence[Turn]) -> Audio:
    """The recording with digital silence wherever ``turns`` hold a masked value; every other sample is untouched.

    Raises BadRecording when a value's time is not known, or when there are no turns at all.
    """
    samples = audio.samples.copy()
    for span in muted_spans(turns, audio.duration):
        first, last = int(np.floor(span.start * audio.rate)), int(np.ceil(span.end * audio.rate))
        samples[:, max(0, first) : max(0, last)] = 0.0
    return replace(audio, samples=samples)


def wav_bytes(audio: Audio) -> bytes:
    """The recording as WAV, 16-bit PCM, channels interleaved, at its own sample rate."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(audio.samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(audio.rate)
        file.writeframes((np.clip(audio.samples.T, -1.0, 1.0) * 32767).round().astype("<i2").tobytes())
    return target.getvalue()


def muted_spans(turns: Sequence[Turn], duration: float) -> list[Span]:
    """Where to silence, seconds, in order and without overlap; within 0 and ``duration``. Raises like :func:`muted`."""
    if not turns:
        raise BadRecording("recording", "has no turns, so nobody knows where personal data are said", "have it transcribed first")
    spans: list[Span] = []
    for turn in turns:
        if not turn.text and turn.role is not Role.OTHER and turn.span is not None:
            spans.append(turn.span)
        for start, end in _places(turn):
            spans.append(_time(turn, start, end))
    return _joined(spans, duration)


def _places(turn: Turn) -> list[tuple[int, int]]:
    """Characters with a personal value: tokens, and masks of turns that were stored before there were tokens."""
    return [(t.start_char, t.end_char) for t in turn.tokens] + [m.span() for m in _STARS.finditer(turn.text)]


def _time(turn: Turn, start: int, end: int) -> Span:
    span = turn.time_of(start, end)
    if span is None or turn.span is None:
        raise BadRecording(f"turn {turn.index + 1}", "has personal data but no times", "ingest the call with a transcript that has times")
    timed = [w for w in turn.words if w.start_char < end and w.start_char + len(w.text) > start]
    covered = sum(min(end, w.start_char + len(w.text)) - max(start, w.start_char) for w in timed)
    if not timed:
        return Span(span.start - WIDE_MARGIN, span.end + WIDE_MARGIN)
    if covered < 0.5 * (end - start):  # words are missing inside: take the whole stretch that the text would take as well
        guess = replace(turn, words=()).time_of(start, end) or span
        span = span | guess
    return Span(span.start - MARGIN, span.end + MARGIN)


def _joined(spans: list[Span], duration: float) -> list[Span]:
    out: list[Span] = []
    for span in sorted(Span(max(0.0, s.start), min(duration, s.end)) for s in spans):
        if out and span.start <= out[-1].end:
            out[-1] = out[-1] | span
        elif span:
            out.append(span)
    return out
