"""How near texts come to model sentences, by letters and by sounds, for all of them at once (see :mod:`qa.rules.kernels.likeness`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from qa.rules.kernels.likeness import Sentences

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Texts = tuple[npt.NDArray[np.int32], Ints, Ints]
"""Symbols, and where each text begins and ends in them."""
_SLACK = 1e-9
_BASE = 0x20000
"""Where the characters of ``Sounds.loose`` begin."""


@dataclass(frozen=True, slots=True)
class Model:
    """A sentence, its sounds (``Sounds.loose``), whose it is, the least closeness (0–1) and the set of those who may say it, as bits."""

    text: str
    loose: str
    owner: int
    floor: float
    sides: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """Rows in the order of texts and owners: the best ``sentence`` of an owner in a text, its closeness, and where (in symbols)."""

    text: Ints
    sentence: Ints
    by_sound: npt.NDArray[np.bool_]
    begin: Ints
    end: Ints
    score: Floats


class Models:
    """Model sentences to compare with; owners count from 0 and never fall from one to the next."""

    def __init__(self, models: Sequence[Model]) -> None:
        self.listed = tuple(models)

    @cached_property
    def _columns(self) -> tuple[Sentences, Sentences, Ints, Floats, Ints]:
        """Made when they are first compared, so that rules that are only read load no compiler."""
        floors = [m.floor for m in self.listed]
        return (
            _sentences([[ord(c) for c in m.text] for m in self.listed], floors),
            _sentences([[ord(c) - _BASE for c in m.loose] for m in self.listed], floors),
            np.array([m.owner for m in self.listed], dtype=np.int64),
            np.array(floors, dtype=np.float64),
            np.array([m.sides for m in self.listed], dtype=np.int64),
        )

    def nearest(self, letters: Texts, sounds: Texts, speakers: Ints) -> Nearest:
        """The best stretch of every text for every owner, where its closeness reaches the floor.

        ``letters`` and ``sounds`` are the code points and the sounds (as :func:`symbols` gives them) of the same texts; ``speakers`` the
        sets of those who say them.
        """
        from qa.rules.kernels.likeness import closest

        rows, scores = closest(*self._columns, letters, sounds, speakers)
        return Nearest(rows[:, 0], rows[:, 1], rows[:, 2].astype(np.bool_), rows[:, 3], rows[:, 4], scores)


def symbols(texts: Sequence[str], base: int = 0) -> Texts:
    """Texts as symbols: their code points from ``base`` on."""
    whole = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int32)
    ends = np.cumsum(np.array([len(t) for t in texts], dtype=np.int64), dtype=np.int64)
    begins = np.zeros(len(texts), dtype=np.int64)
    begins[1:] = ends[:-1]
    return whole - np.int32(base), begins, ends


def sounded(loose: Sequence[str]) -> Texts:
    """The sounds of texts (``Sounds.loose``) as symbols."""
    return symbols(loose, _BASE)


def _sentences(listed: Sequence[Sequence[int]], floors: Sequence[float]) -> Sentences:
    """The sentences with the index of their symbols."""
    from qa.rules.kernels.likeness import slot_of

    users: dict[int, dict[int, int]] = {}
    for sentence, symbols_of in enumerate(listed):
        for symbol in symbols_of:
            counts = users.setdefault(symbol, {})
            counts[sentence] = counts.get(sentence, 0) + 1
    numbered = {symbol: number for number, symbol in enumerate(users)}
    size = 1 << max(4, (2 * len(users)).bit_length())
    keys, numbers = np.full(size, -1, dtype=np.int32), np.zeros(size, dtype=np.int32)
    for symbol, number in numbered.items():
        slot = slot_of(keys, symbol)
        keys[slot], numbers[slot] = symbol, number
    pairs = [pair for counts in users.values() for pair in counts.items()]
    return (
        keys,
        numbers,
        _offsets([len(counts) for counts in users.values()]),
        np.array([sentence for sentence, _ in pairs], dtype=np.int32),
        np.array([often for _, often in pairs], dtype=np.int32),
        _offsets([len(symbols_of) for symbols_of in listed]),
        np.array([numbered[symbol] for symbols_of in listed for symbol in symbols_of], dtype=np.int32),
        np.array([max(1, ceil(f * len(s) / (2 - f) - _SLACK)) for s, f in zip(listed, floors, strict=True)], dtype=np.int64),
    )


def _offsets(sizes: Sequence[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(np.array(sizes, dtype=np.int64))]).astype(np.int64)
