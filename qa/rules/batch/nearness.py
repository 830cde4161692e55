"""Which talks might hold something that sounds like a phrase (see :mod:`qa.rules.soundkeys`), looked up for every place at once.

What fires lies inside the near place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qa.rules import sound
from qa.rules.batch.hits import expand
from qa.rules.batch.literals import Literals
from qa.rules.batch.plaintext import LATIN
from qa.rules.batch.table import Bools, Ints, text_of
from qa.rules.batch.talks import Talks
from qa.rules.conditions.matching import Lexicon
from qa.rules.soundkeys import WHOLE, Key, byte_of, keys_of

_BYTES = 1 << 8
_byte = np.zeros(0x110000, dtype=np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Sounded:
    """The sounds of all talks as bytes, and at which plain character each begins."""

    sounds: npt.NDArray[np.uint8]
    places: Ints | None
    """None: sound for character."""


def sounded(talks: Talks) -> Sounded:
    """The sounds of every talk."""
    codes = talks.codes
    index = codes.astype(np.uint16) if len(codes) and int(codes.max()) < 0x10000 else codes
    heard = _byte[index]
    new = heard == 0
    if new.any():
        for code in np.unique(codes[new]).tolist():
            char = chr(code)
            _byte[code] = 0 if char.isspace() or LATIN[code] else byte_of(sound._code(sound._syllable(char)))
        heard = _byte[index]
    silent = np.flatnonzero(heard == 0)
    if not len(silent):
        return Sounded(heard, None)
    latin = LATIN[codes[silent]]
    words = silent[latin]
    begins = np.zeros(len(codes) + 1, dtype=np.bool_)
    begins[talks.at] = True
    runs = np.flatnonzero((np.diff(words, prepend=-2) != 1) | begins[words])
    heard = heard.copy()
    stops = np.append(runs[1:], len(words)) if len(words) else runs
    for first, stop in zip(words[runs].tolist() if len(words) else [], (words[stops - 1] + 1).tolist() if len(words) else [], strict=True):
        heard[first] = byte_of(sound._code(text_of(codes[first:stop])))
    kept = np.flatnonzero(heard)
    return Sounded(heard[kept], kept)


@dataclass(frozen=True, slots=True, eq=False)
class Fired:
    """Plain characters ``begin`` to ``end`` of a talk that may be part of something near a wording of ``slot``; see ``wordings``."""

    talk: Ints
    slot: Ints
    begin: Ints
    end: Ints
    key: Ints


class Nearness:
    """The filter for several lexicons, each with the share of sounds that may be wrong and the fewest sounds that count."""

    def __init__(self, lexicons: Iterable[tuple[int, Lexicon, float, int]]) -> None:
        by_key: dict[Key, set[int]] = {}
        whole: dict[str, int] = {}
        for slot, words, limit, fewest in lexicons:
            for number, entry in enumerate(words.wordings):
                if sum(max(1, len(q.sounds.loose)) for q in entry.queries) < fewest or number in _hopeless(words, number):
                    continue
                cut = keys_of(entry.queries, limit)
                if cut is None:
                    continue
                keys, heard = cut
                if heard:
                    keys = [(WHOLE, whole.setdefault(heard.decode("latin-1"), len(whole)))]
                for key in keys:
                    by_key.setdefault(key, set()).add(slot)
        self._shapes = np.zeros(_BYTES**3, dtype=np.uint8)
        self._tables: list[tuple[Ints, Ints, Ints]] = []
        self._whole = Literals(list(whole))
        for shape in range(4):
            mine = sorted((code, sorted(slots)) for (s, code), slots in by_key.items() if s == shape)
            codes = np.array([code for code, _ in mine], dtype=np.int64)
            if shape < 3:
                self._shapes[codes] |= 1 << shape
            at = np.concatenate([[0], np.cumsum([len(slots) for _, slots in mine])]).astype(np.int64)
            self._tables.append((codes, at, np.array([slot for _, slots in mine for slot in slots], dtype=np.int64)))

    def find(self, heard: Sounded, talks: Talks) -> Fired:
        """Every place that may be (part of) something near a wording."""
        x = heard.sounds.astype(np.int32)
        found: list[Fired] = []
        for shape, (one, two, span) in enumerate(((1, 2, 3), (2, 3, 4), (1, 3, 4))):
            size = len(x) - span + 1
            if size > 0 and len(self._tables[shape][0]):
                key = (x[:size] << 16) | (x[one : one + size] << 8) | x[two : two + size]
                place = np.flatnonzero(self._shapes[key] & (1 << shape))
                found.append(self._fired(heard, talks, shape, place, np.full(len(place), span), key[place].astype(np.int64)))
        place, which = self._whole.find(heard.sounds.astype(np.uint32))
        sizes = np.array([len(s) for s in self._whole.strings], dtype=np.int64)
        found.append(self._fired(heard, talks, 3, place, sizes[which], which.astype(np.int64)))
        return Fired(*(np.concatenate([getattr(f, name) for f in found]) for name in Fired.__slots__))

    def _fired(self, heard: Sounded, talks: Talks, shape: int, place: Ints, span: Ints, code: Ints) -> Fired:
        keys, at, slots = self._tables[shape]
        begin = place if heard.places is None else heard.places[place]
        end = begin + span - 1 if heard.places is None else heard.places[place + span - 1]
        talk = talks.talk_at(begin)
        inside = end < talks.at[talk + 1]
        begin, end, talk, code = begin[inside], end[inside], talk[inside], code[inside]
        which = np.searchsorted(keys, code)
        pair, slot = expand(at[which + 1] - at[which], at[which])
        return Fired(talk[pair], slots[slot], begin[pair], end[pair] + 1, (code[pair] << 2) | shape)


def latin_talks(talks: Talks) -> Bools:
    """The talks with Latin letters in them."""
    found = np.zeros(len(talks.call), dtype=np.bool_)
    low = np.flatnonzero(talks.codes < 128)
    found[talks.talk_at(low[LATIN[talks.codes[low]]])] = True
    return found


def _hopeless(words: Lexicon, number: int) -> tuple[int, ...]:
    """The wording itself where no pair of sounds leads to it and it is not always looked for."""
    entry = words.wordings[number]
    return (number,) if not entry.queries[0].sounds.pairs and number not in words.always else ()
