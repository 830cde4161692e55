"""How likely a Chinese character is after the characters before it, from counts of a text: interpolated absolute discounting.

P(c | h) = max(n(hc) − D, 0) / n(h) + D · t(h) / n(h) · P(c | h′), where n counts, t is how many different characters followed h, and h′
is h without its first character (Ney, Essen and Kneser 1994). The counts lie in a numpy file: one sorted array of keys an order,
eleven bits a character number, so that nothing but numbers is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

ORDER = 5
BITS = 11
VOCABULARY = 1735  # characters
DISCOUNT = 0.7
_START = (1 << BITS) - 1  # stands in front of every sentence


class Ngrams:
    """Counts of one text, to ask for probabilities. ``keys[n]`` uint64 and ``counts[n]`` belong to the (n+1)-grams."""

    def __init__(self, keys: Sequence[np.ndarray], counts: Sequence[np.ndarray], vocabulary: int) -> None:
        self._grams = [dict(zip(k.tolist(), c.tolist(), strict=True)) for k, c in zip(keys, counts, strict=True)]
        self._contexts: list[dict[int, tuple[int, int]]] = []
        for grams in self._grams:
            found: dict[int, tuple[int, int]] = {}
            for key, count in grams.items():
                total, types = found.get(key >> BITS, (0, 0))
                found[key >> BITS] = (total + count, types + 1)
            self._contexts.append(found)
        self._vocabulary = vocabulary
        self._after: dict[tuple[int, ...], After] = {}

    def log(self, before: tuple[int, ...], token: int) -> float:
        """Natural log of the probability of ``token`` after ``before`` (all tokens of the sentence so far)."""
        return self.after(before).log(token)

    def after(self, before: tuple[int, ...]) -> After:
        """What may come after ``before``; the last four tokens of a longer sentence do as well as all of them."""
        history = (_START, *before)[-(ORDER - 1) :]
        found = self._after.get(history)
        if found is None:
            if len(self._after) > 100_000:
                self._after.clear()
            found = self._after[history] = After(self._known(history), 1.0 / self._vocabulary)
        return found

    def _known(self, history: tuple[int, ...]) -> list[tuple[dict[int, int], int, int, float]]:
        known = []
        for length in range(min(len(history), len(self._grams) - 1) + 1):
            context = _pack(history[len(history) - length :])
            total, types = self._contexts[length].get(context, (0, 0))
            if not total:
                break
            known.append((self._grams[length], context << BITS, total, DISCOUNT * types / total))
        return known


class After:
    """How likely a character is after one text: of each order the counts, the context as key, their sum, the share of the order below."""

    __slots__ = ("_known", "_uniform")

    def __init__(self, known: list[tuple[dict[int, int], int, int, float]], uniform: float) -> None:
        self._known, self._uniform = known, uniform

    def log(self, token: int) -> float:
        """Natural log of the probability of ``token``."""
        likely = self._uniform
        for grams, context, total, below in self._known:
            count = grams.get(context | token)
            likely = (count - DISCOUNT) / total + below * likely if count else below * likely
        return math.log(likely)


def _pack(tokens: Iterable[int]) -> int:
    packed = 0
    for token in tokens:
        packed = (packed << BITS) | token
    return packed


def count(sentences: Iterable[Sequence[int]], least: int = 2) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Keys and counts of 1- to 5-grams; those of three and more characters that came up fewer than ``least`` times are left out."""
    raw: list[list[int]] = [[] for _ in range(ORDER)]
    for sentence in sentences:
        tokens = (_START, *sentence)
        for end in range(1, len(tokens)):
            packed, shift = tokens[end], BITS
            raw[0].append(packed)
            for length in range(1, min(ORDER, end + 1)):
                packed |= tokens[end - length] << shift
                shift += BITS
                raw[length].append(packed)
    keys, counts = [], []
    for length, grams in enumerate(raw):
        found, times = np.unique(np.array(grams, np.uint64), return_counts=True)
        kept = times >= (least if length >= 2 else 1)
        keys.append(found[kept])
        counts.append(np.minimum(times[kept], 65_535).astype(np.uint16))
    return keys, counts


def write(path: Path, keys: Sequence[np.ndarray], counts: Sequence[np.ndarray]) -> None:
    """Keep the counts; keys as differences, which compress well."""
    parts = {f"keys{n}": np.diff(k, prepend=np.uint64(0)) for n, k in enumerate(keys)} | {f"counts{n}": c for n, c in enumerate(counts)}
    np.savez_compressed(path, allow_pickle=False, **parts)


def read(path: Path, vocabulary: int = VOCABULARY) -> Ngrams:
    """The counts of a file; ``vocabulary`` is how many characters there are."""
    with np.load(path, allow_pickle=False) as kept:
        orders = sum(name.startswith("keys") for name in kept.files)
        keys = [np.cumsum(kept[f"keys{n}"], dtype=np.uint64) for n in range(orders)]
        counts = [kept[f"counts{n}"] for n in range(orders)]
    return Ngrams(keys, counts, vocabulary)
