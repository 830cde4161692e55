"""Texts as rows of numbers, one a sound: what :func:`qa.rules.sound.sounds` says of a text, for many texts at once.

A number stands for a sound and what it guards (四 is no other 是); ``loose``, ``exact`` and ``guard`` of :func:`tables` say which. The
numbers, like the codes of :mod:`qa.rules.sound`, are stable within a process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from qa.rules import sound
from qa.rules.kernels.sounding import SILENT, UNMET, WORD, Codes, Numbers, Offsets, first_unmet
from qa.rules.kernels.sounding import sounded as _sounded
from qa.rules.sound import NEGATION, NUMERAL

GUARDS = {"": 0, NEGATION: 1, NUMERAL: 2}
_sound_of = np.full(0x110000, UNMET, dtype=np.int32)
_sound_of[[ord(c) for c in "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]] = WORD
_numbers: dict[tuple[str, str], int] = {}
_exact: dict[str, int] = {}
_words: dict[int, int] = {}
_columns = [np.zeros(1024, dtype=np.int32) for _ in range(3)]
"""``loose``, ``exact`` and ``guard`` of :class:`Tables`, with room behind them."""
_lock = Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Per number of a sound: what it is confused with, what it is, and whether it is a negation or a numeral (see ``GUARDS``)."""

    loose: Numbers
    exact: Numbers
    guard: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Texts ``codes[at[i]:at[i + 1]]`` and their sounds ``sounds[row_at[i]:row_at[i + 1]]``, which begin at the characters ``places``."""

    codes: Codes
    at: Offsets
    sounds: Numbers
    places: Numbers
    row_at: Offsets


def rows(codes: Codes, at: Offsets) -> Rows:
    """The sounds of the plain texts ``codes[at[i]:at[i + 1]]``."""
    unmet = first_unmet(codes, _sound_of, 0)
    while unmet >= 0:
        char = chr(int(codes[unmet]))
        _sound_of[ord(char)] = SILENT if char.isspace() else number_of(sound._syllable(char), sound._guard(char))
        unmet = first_unmet(codes, _sound_of, unmet)
    sounds, places, begins, words = _sounded(codes, at, _sound_of)
    if len(words):
        where = np.flatnonzero(sounds == WORD)
        distinct, first, back = np.unique(words, return_index=True, return_inverse=True)
        named = np.empty(len(distinct), dtype=np.int32)
        for which, (fingerprint, example) in enumerate(zip(distinct.tolist(), where[first].tolist(), strict=True)):
            if fingerprint not in _words:
                begin = int(places[example])
                _words[fingerprint] = number_of(_word(codes[begin : at[np.searchsorted(at, begin, side="right")]]), "")
            named[which] = _words[fingerprint]
        sounds[where] = named[back]
    return Rows(codes, at, sounds, places, begins)


def rows_of(texts: Sequence[str]) -> Rows:
    """The sounds of plain texts."""
    at = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=at[1:])
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).copy()  # kernels take writable arrays
    return rows(codes, at)


def number_of(exact: str, guarded: str) -> int:
    """The number of a sound."""
    key = (exact, guarded)
    if key not in _numbers:
        loose = ord(sound._code(exact)) - 0x20000
        with _lock:
            if key not in _numbers:
                number = len(_numbers)
                if number == len(_columns[0]):
                    _columns[:] = [np.concatenate([column, np.zeros_like(column)]) for column in _columns]
                for column, value in zip(_columns, (loose, _exact.setdefault(exact, len(_exact)), GUARDS[guarded]), strict=True):
                    column[number] = value
                _numbers[key] = number  # known to other threads when all of it is written
    return _numbers[key]


def tables() -> Tables:
    """What is known of all numbers given out so far: views of columns with room for more, since new words are met all the time."""
    size = len(_numbers)
    loose, exact, guard = _columns
    return Tables(loose[:size], exact[:size], guard[:size])


def _word(codes: Codes) -> str:
    """The Latin word at the beginning of ``codes``."""
    others = np.flatnonzero(_sound_of[codes] != WORD)
    return codes[: others[0] if len(others) else len(codes)].tobytes().decode("utf-32-le")
