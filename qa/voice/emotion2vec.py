"""The emotion of each turn by emotion2vec, through ``funasr.AutoModel``; only where its weights have been pulled.

Its labels come in Chinese and English (``生气/angry``) and unsorted, with those of unused classes among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from qa import models, torch_compat
from qa.audio import Audio, Samples
from qa.calls import Channel, Turn, Voice

NAME = "emotion2vec"
RATE = 16_000
LEAST_S, LONGEST_S = 0.6, 10.0
"""Shorter turns tell nothing; longer ones are heard in parts, whose scores are averaged."""
_LABELS = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised", "other")


def available(folder: Path) -> bool:
    """Whether the weights have been pulled."""
    return models.is_here(NAME, folder)


def felt(turns: Sequence[Turn], audio: Audio, folder: Path) -> tuple[Turn, ...]:
    """The turns with emotion2vec's emotion and its probability, instead of what a recogniser tagged."""
    model = _load(models.where(NAME, folder))
    at = audio.at(RATE)
    tracks: dict[Channel, Samples] = {}
    found = []
    for turn in turns:
        if turn.span is None or turn.span.duration < LEAST_S:
            found.append(turn)
            continue
        if turn.channel not in tracks:
            tracks[turn.channel] = at.channel(turn.channel)
        piece = tracks[turn.channel][max(0, round(turn.span.start * RATE)) : max(0, round(turn.span.end * RATE))]
        scores = _scores(model, piece) if piece.size >= LEAST_S * RATE else {}
        if not scores:
            found.append(turn)
            continue
        best = max(scores, key=lambda label: scores[label])
        voice = replace(turn.voice or Voice(), emotion=best, emotion_confidence=round(scores[best], 3), emotion_source=NAME)
        found.append(replace(turn, voice=voice))
    return tuple(found)


def _scores(model: Any, piece: Samples) -> Mapping[str, float]:
    """Probability of each emotion, averaged over parts of at most ten seconds by their length."""
    parts = np.array_split(piece, int(np.ceil(piece.size / (LONGEST_S * RATE))))
    total: dict[str, float] = {}
    for part in parts:
        with torch_compat.quiet():
            (result,) = model.generate(input=part, granularity="utterance", extract_embedding=False, disable_pbar=True)
        for label, score in by_label(result).items():
            total[label] = total.get(label, 0.0) + score * part.size / piece.size
    return total


def by_label(result: Mapping[str, Any]) -> dict[str, float]:
    """The scores of a result by English label; what is no emotion of ours (``<unk>``) is left out.

    >>> by_label({"key": "a", "labels": ["生气/angry", "<unk>", "中立/neutral"], "scores": [0.2, 0.1, 0.7]})
    {'angry': 0.2, 'neutral': 0.7}
    """
    named = ((str(label).rpartition("/")[2], float(score)) for label, score in zip(result["labels"], result["scores"], strict=True))
    return {label: score for label, score in named if label in _LABELS}


@cache
def _load(model: Path) -> Any:
    from qa.transcription import funasr_engine

    return funasr_engine.load(model)
