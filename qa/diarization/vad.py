"""Where somebody speaks: FSMN-VAD through FunASR's own ``AutoModel``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from qa import funasr_model, models, torch_compat
from qa.audio import Samples, frame_levels
from qa.calls import Span

RATE = 16_000
END_SILENCE_MS = 400
"""Silence that ends a stretch of speech. The model's own 800 ms would hide pauses that rules measure."""
TRIM_DB = 25.0
"""Edges more than this below the stretch's own loud parts are the detector's padding, not speech."""
_KEPT = 8
_heard: dict[tuple[Path, int, tuple[int, ...]], tuple[Span, ...]] = {}
"""Stretches of the last tracks by their content: the recogniser asks again for what the diarization has already heard."""


def speech(samples: Samples, folder: Path) -> tuple[Span, ...]:
    """Stretches of speech in float32 [n] at 16 kHz, seconds.

    Uses ``fsmn-vad`` when pulled, otherwise ``fsmn-vad-offline``. Raises MissingPart when neither is there.
    """
    if samples.size < RATE // 10:
        return ()
    there = model_folder(folder)
    # Bytes' hash, 64 bits keyed anew in each process, takes a third of what SHA-256 does; by the minute, so that nothing long is copied.
    minutes = range(0, samples.size, 60 * RATE)
    asked = (there, samples.size, tuple(hash(samples[at : at + 60 * RATE].tobytes()) for at in minutes))
    known = _heard.get(asked)
    if known is None:
        known = _listened(_load(there), samples)
        if len(_heard) >= _KEPT:
            _heard.pop(next(iter(_heard)), None)
        _heard[asked] = known
    return known


def _listened(model: Any, samples: Samples) -> tuple[Span, ...]:
    with torch_compat.quiet():
        result = model.generate(input=samples, cache={}, max_end_silence_time=END_SILENCE_MS, disable_pbar=True)
    found = [Span(start / 1000, end / 1000) for start, end in result[0]["value"]]
    trimmed = (_trim(samples, span) for span in found)
    return tuple(span for span in trimmed if span)


def model_folder(folder: Path) -> Path:
    """The FSMN-VAD to use."""
    return models.where("fsmn-vad" if models.is_here("fsmn-vad", folder) else "fsmn-vad-offline", folder)


@cache
def _load(model: Path) -> Any:
    return funasr_model.load(model)


def _trim(samples: Samples, span: Span) -> Span:
    piece = samples[round(span.start * RATE) : round(span.end * RATE)]
    if piece.size == 0:
        return Span(span.start, span.start)
    levels = frame_levels(piece, RATE, 0.01)
    loud = np.flatnonzero(levels > _percentile(levels, 0.95) - TRIM_DB)
    first, last = int(loud[0]), int(loud[-1])
    return Span(span.start + first * 0.01, min(span.end, span.start + (last + 1) * 0.01))


def _percentile(values: np.ndarray, share: float) -> float:
    """As numpy's own, between neighbours, without its checks, which take five times as long as the few values of a stretch."""
    at = share * (len(values) - 1)
    below = int(at)
    ordered = np.sort(values)
    above = min(below + 1, len(values) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (at - below))
