"""Keeps training features: shards of a few hundred sentences, each a compressed-free ``.npz`` of half-precision filter banks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa.transcription.training.texts import bare


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence: log-mel power [frames, 80], its text with punctuation, and where its characters are (s), NaN when unknown."""

    bank: np.ndarray
    punctuated: str
    places: np.ndarray

    @property
    def text(self) -> str:
        """The characters the recogniser must write."""
        return bare(self.punctuated)

    @property
    def seconds(self) -> float:
        """Length of the audio."""
        return len(self.bank) * 0.01


def unknown(text: str) -> np.ndarray:
    """Places nobody knows, float32 [characters, 2] of NaN."""
    return np.full((len(bare(text)), 2), np.nan, np.float32)


def write(path: Path, heard: Sequence[Heard]) -> None:
    """Write one shard; it appears under its name only when it is whole."""
    part = path.with_suffix(".part.npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        part,
        banks=np.concatenate([h.bank for h in heard]).astype(np.float16),
        lengths=np.array([len(h.bank) for h in heard], np.int32),
        places=np.concatenate([h.places for h in heard]).astype(np.float32),
        texts=np.array(json.dumps([h.punctuated for h in heard], ensure_ascii=False)),
    )
    part.rename(path)


def read(paths: Iterable[Path]) -> list[Heard]:
    """All sentences of some shards."""
    found: list[Heard] = []
    for path in paths:
        with np.load(path) as kept:
            banks, lengths, places = kept["banks"], kept["lengths"], kept["places"]
            texts: list[str] = json.loads(str(kept["texts"]))
        frame = char = 0
        for length, text in zip(lengths, texts, strict=True):
            count = len(bare(text))
            found.append(Heard(banks[frame : frame + length], text, places[char : char + count]))
            frame, char = frame + int(length), char + count
    return found
