"""Stretches of speech, cut so that a recogniser neither loses the last word nor runs out of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.audio import Samples, frame_levels
from qa.calls import Span

RATE = 16_000
BEFORE_S, AFTER_S = 0.15, 0.25
"""Kept around each stretch: the detector's edges are tight, and recognisers want the breath before a word."""
SILENCE_S = 0.3
"""Silence put behind each piece: what speaks up to the very end loses its last character in Paraformer."""
LEAST_S = 0.5
"""Shorter pieces are filled up with silence: a few frames are no input for an encoder that joins six of them."""
LONGEST_S = 30.0
"""Longer stretches are cut: memory grows with the square of the length, and the models were trained on sentences."""
_QUIET_FRAME_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """``samples`` float32 [n] at 16 kHz begin at ``span.start`` of the track; behind ``span.end`` there is only silence."""

    span: Span
    samples: Samples


def pieces(track: Samples, speech: Sequence[Span]) -> list[Piece]:
    """The stretches ``speech`` of a track (float32 [n] at 16 kHz) with their margins, none above 30 s, none that overlap."""
    seconds = len(track) / RATE
    spans = [part for span in speech for part in _parts(track, span)]
    found: list[Piece] = []
    for at, span in enumerate(spans):
        # Margins end in the middle of a gap, so that no word is heard twice.
        earliest = (spans[at - 1].end + span.start) / 2 if at else 0.0
        latest = (span.end + spans[at + 1].start) / 2 if at + 1 < len(spans) else seconds
        whole = Span(max(0.0, earliest, span.start - BEFORE_S), min(seconds, latest, span.end + AFTER_S))
        samples = track[round(whole.start * RATE) : round(whole.end * RATE)]
        if samples.size:
            wanted = max(round(LEAST_S * RATE), samples.size + round(SILENCE_S * RATE))
            found.append(Piece(whole, np.pad(samples, (0, wanted - samples.size)).astype(np.float32)))
    return found


def _parts(track: Samples, span: Span) -> list[Span]:
    """The stretch in parts of at most 30 s, cut where it is quietest in the last third of what is allowed."""
    parts: list[Span] = []
    start = span.start
    while span.end - start > LONGEST_S:
        first = start + LONGEST_S * 2 / 3
        levels = frame_levels(track[round(first * RATE) : round((start + LONGEST_S) * RATE)], RATE, _QUIET_FRAME_S)
        cut = first + (int(np.argmin(levels)) + 0.5) * _QUIET_FRAME_S
        parts.append(Span(start, cut))
        start = cut
    return [*parts, Span(start, span.end)]
