"""Which talks might hold something that sounds like a phrase (see :mod:`qa.rules.soundkeys`), looked up for every place at once.

What fires lies inside the near place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qa.rules import listening
from qa.rules.batch.plaintext import LATIN
from qa.rules.batch.table import Bools, Ints
from qa.rules.batch.talks import Talks
from qa.rules.conditions.matching import Lexicon
from qa.rules.kernels.fired import LONG, WHOLE, Fired, Keys, clear_texts, fired
from qa.rules.kernels.sounding import Numbers
from qa.rules.kernels.tables import placed
from qa.rules.soundkeys import keys_of
from qa.rules.soundrows import Rows

Taken = tuple[Ints, Ints]
"""Begins and ends of places that are found already, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Ear:
    """A list to listen for: the share of sounds that may be wrong, the fewest sounds that count, and whom it looks at."""

    words: Lexicon
    limit: float
    fewest: int
    by: int


class Nearness:
    """The filter for several lists, numbered in the order given; None where nothing is listened for."""

    def __init__(self, ears: Sequence[Ear | None]) -> None:
        entries: dict[int, set[tuple[int, int, bytes]]] = {}
        flags = np.zeros(1 << 16, dtype=np.uint8)
        for slot, ear in enumerate(ears):
            for number, entry in enumerate(ear.words.wordings if ear is not None else ()):
                assert ear is not None
                if sum(max(1, len(q.sounds.loose)) for q in entry.queries) < ear.fewest or number in _hopeless(ear.words, number):
                    continue
                cut = keys_of(entry.queries, ear.limit)
                if cut is None:
                    continue
                keys, whole = cut
                if whole:
                    long = len(whole) > 2
                    keys = [(LONG if long else WHOLE, int.from_bytes(whole[: 3 if long else 2], "big"))]
                for shape, code in keys:
                    entries.setdefault(shape << 24 | code, set()).add((slot, len(whole) or (3 if shape == 0 else 4), whole[3:]))
                    flags[_pair(shape, code)] |= 1 << shape
        table, number_of = placed(np.array(list(entries), dtype=np.int64))
        listed = [entry for several in entries.values() for entry in sorted(several)]
        self._keys = Keys(
            flags,
            table,
            number_of,
            _offsets(map(len, entries.values())),
            np.array([slot for slot, _, _ in listed], dtype=np.int32),
            np.array([span for _, span, _ in listed], dtype=np.int32),
            _offsets(len(rest) for _, _, rest in listed),
            np.frombuffer(b"".join(rest for _, _, rest in listed), dtype=np.uint8).copy(),
            np.array([0 if ear is None else ear.by for ear in ears], dtype=np.int8),
        )

    def find(self, heard: Rows, talks: Talks) -> Heard:
        """Every place that may be (part of) something near a wording."""
        byte = (listening.sounding().loose % 255 + 1).astype(np.uint8)
        return Heard(talks.call, *fired(heard.sounds, heard.places, heard.row_at, byte, talks.voices, self._keys))


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What fired in some talks."""

    call: Ints
    found: Fired
    at: Ints

    def talks(self, slot: int, calls: Bools, exact: Taken, voids: Taken) -> Ints:
        """The talks of these calls in which something may be near a wording of a list and overlaps nothing taken."""
        talks: Ints = clear_texts(self.found, self.at[slot], self.at[slot + 1], self.call, calls, *exact, *voids)
        return talks


def latin_talks(talks: Talks) -> Bools:
    """The talks with Latin letters in them."""
    found = np.zeros(len(talks.call), dtype=np.bool_)
    low = np.flatnonzero(talks.codes < 128)
    found[talks.talk_at(low[LATIN[talks.codes[low]]])] = True
    return found


def _pair(shape: int, code: int) -> int:
    """The two neighbouring bytes of a key that are looked at first."""
    return code & 0xFFFF if shape in (1, WHOLE) else code >> 8


def _hopeless(words: Lexicon, number: int) -> tuple[int, ...]:
    """The wording itself where no pair of sounds leads to it and it is not always looked for."""
    entry = words.wordings[number]
    return (number,) if not entry.queries[0].sounds.pairs and number not in words.always else ()


def _offsets(sizes: Iterable[int]) -> Numbers:
    return np.concatenate([[0], np.cumsum(list(sizes))]).astype(np.int32)
