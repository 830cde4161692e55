"""Phrases that sound alike: what a recogniser may have made of them.

Text becomes a row of sounds, one per Chinese character (its toneless pinyin) or Latin word. Two sounds
cost 0 when they are the same, ``CONFUSED`` when they differ only in what recognisers and speakers
confuse (n/l, zh/z, ch/c, sh/s, in/ing, en/eng, an/ang, 您/你), 1 when they differ. The distance of a phrase
to a place is the cheapest alignment (:mod:`qa.rules.kernels.alignment`). A place where a negation or a numeral was added, lost or
changed does not count: 四十分钟 is not 四十五分钟. Only a homophone may stand for one (可一 for 可以).

>>> sounds("电网").exact == sounds("店网").exact
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, pairwise
from operator import add

import pypinyin

from qa.rules.kept import kept

CONFUSED = 0.25
CHANGES_MEANING = 9.0
SURE_RATE = 0.17
"""Cost per sound up to which a phrase counts as said (one sound in six)."""
NEAR_RATE = 0.30
"""Cost per sound up to which a phrase may have been said."""
NEGATION, NUMERAL = "negation", "numeral"
NEGATIONS = frozenset("不没别无未勿非")
NUMERALS = frozenset("零一二三四五六七八九十百千万半")
"""A negation more or less is another sentence; so is another numeral, where the phrase has numerals."""

_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
_FINALS = (("ing", "in"), ("eng", "en"), ("ang", "an"))


@dataclass(frozen=True, slots=True)
class Sounds:
    """``loose`` has one character a sound (confusable sounds share one), for fast search; ``starts``/``ends`` are plain-text ranges."""

    loose: str
    exact: tuple[str, ...]
    guarded: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    pairs: frozenset[str]


@kept(500_000)
def sounds(plain_text: str) -> Sounds:
    """The sounds of a plain text (see :mod:`qa.rules.plaintext`)."""
    if plain_text and _WORDS.search(plain_text) is None:
        exact, codes, guarded = zip(*[_SOUNDS[char] for char in plain_text], strict=True)
        size, loose = len(plain_text), "".join(codes)
        return Sounds(loose, exact, guarded, tuple(range(size)), tuple(range(1, size + 1)), frozenset(map(add, loose, loose[1:])))
    return _with_words(plain_text)


def _with_words(plain_text: str) -> Sounds:
    exact: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    word = -1
    for index, char in enumerate(plain_text):
        latin = char.isascii() and char.isalnum()
        if latin and word >= 0:
            exact[-1] += char
            ends[-1] = index + 1
            continue
        word = index if latin else -1
        if char.isspace():
            continue
        exact.append(char if latin else _syllable(char))
        starts.append(index)
        ends.append(index + 1)
    guarded = tuple(_guard(plain_text[start]) for start in starts)
    loose = "".join(_code(s) for s in exact)
    pairs = frozenset(a + b for a, b in pairwise(loose))
    return Sounds(loose, tuple(exact), guarded, tuple(starts), tuple(ends), pairs)


@dataclass(frozen=True, slots=True)
class Query:
    """A phrase made ready to be listened for.

    ``shared`` and ``strict`` say how many of its pairs of neighbouring sounds must occur in a text for it
    to be near (``NEAR_RATE``) or as good as said (``SURE_RATE``): one wrong sound spoils two pairs.
    """

    sounds: Sounds
    shared: int
    strict: int


def query(phrase: str) -> Query:
    """``phrase`` (plain text) ready to be listened for."""
    spoken = sounds(phrase)
    length = len(spoken.loose)
    needed = [min(len(spoken.pairs), max(1, length - 1 - 2 * int(rate * length))) for rate in (NEAR_RATE, SURE_RATE)]
    return Query(spoken, needed[0], needed[1])


def _guard(char: str) -> str:
    return NEGATION if char in NEGATIONS else NUMERAL if char in NUMERALS else ""


class _Characters(dict[str, tuple[str, str, str]]):
    """The sound, its code and the guard of every character seen that is no part of a Latin word."""

    def __missing__(self, char: str) -> tuple[str, str, str]:
        sound = _syllable(char)
        self[char] = found = (sound, _code(sound), _guard(char))
        return found


_SOUNDS = _Characters()
_WORDS = re.compile(r"[0-9A-Za-z\s]")


@lru_cache(maxsize=20_000)
def _syllable(char: str) -> str:
    """Toneless pinyin of the most common reading; the character itself when it has none."""
    readings = pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, heteronym=True, errors="ignore")
    return readings[0][0] if readings and readings[0] else char


@lru_cache(maxsize=20_000)
def _code(sound: str) -> str:
    """One character for a sound and all it is confused with: stable within a process, which is all that search needs."""
    for full, short in _INITIALS:
        if sound.startswith(full):
            sound = short + sound[len(full) :]
            break
    for full, short in _FINALS:
        if sound.endswith(full) and not sound.isdigit():
            sound = sound[: -len(full)] + short
            break
    if sound == "lin":  # 您 is heard as 你; 林 and 邻 come along, which costs little
        sound = "li"
    if sound not in _CODES:
        _CODES.setdefault(sound, next(_UNUSED))
    return chr(0x20000 + _CODES[sound] % 0xA0000)


_CODES: dict[str, int] = {}
_UNUSED = count()
"""Codes not given out: two threads may see a dictionary of the same size, but never count the same number."""
