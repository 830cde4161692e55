"""What is spoken where: characters, their toned syllables, and their places in time from Kokoro's own phoneme durations.

Homophones share their syllable, so a lower block of the network that learns initials and toned finals, frame by frame, learns from
every occurrence of a sound; only the upper blocks must tell 电 from 店.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from qa.transcription.training.texts import bare

DURATION_FRAME = 0.025  # seconds a unit of Kokoro's durations lasts
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_FINALS = (
    *(
        "a",
        "ai",
        "an",
        "ang",
        "ao",
        "e",
        "ei",
        "en",
        "eng",
        "er",
        "i",
        "ia",
        "ian",
        "iang",
        "iao",
        "ie",
        "in",
        "ing",
        "iong",
        "iu",
        "o",
        "ong",
    ),
    *("ou", "u", "ua", "uai", "uan", "uang", "ue", "ui", "un", "uo", "v", "ve", "van", "vn", "n", "ng", "m"),
)
INITIALS, FINALS = 32, 256
"""Sizes of the heads; the last number is silence, the last but one what is in no list."""


@dataclass(frozen=True, slots=True)
class Syllable:
    """A character with the initial and the toned final it is spoken with, and its phonemes."""

    char: str
    initial: str
    final: str
    phonemes: str


@cache
def _tools() -> tuple[Any, Any, Any, Any]:
    import jieba
    from misaki.zh import ZHG2P
    from pypinyin import Style, lazy_pinyin

    jieba.setLogLevel(60)
    return jieba, ZHG2P, Style, lazy_pinyin


def syllables(punctuated: str) -> list[Syllable]:
    """The characters of a text as misaki reads them: word by word, so that 行 and 得 sound as their word wants."""
    jieba, g2p, style, pinyin = _tools()
    found: list[Syllable] = []
    piece = ""
    for char in punctuated + "。":
        if "\u4e00" <= char <= "\u9fff":
            piece += char
            continue
        for word in jieba.lcut(piece) if piece else ():
            for one, sound in zip(word, pinyin(word, style=style.TONE3, neutral_tone_with_five=True), strict=True):
                initial = next((i for i in _INITIALS if sound.startswith(i)), "")
                spoken = g2p.py2ipa(sound).replace(chr(815), "")
                found.append(Syllable(one, initial or "-", sound[len(initial) :], spoken))
        piece = ""
    return found


def initial_number(initial: str) -> int:
    """The number of an initial; 0 is none."""
    return _INITIALS.index(initial) + 1 if initial in _INITIALS else 0


def final_number(final: str) -> int:
    """The number of a final with its tone (1 to 5) behind it."""
    sound, tone = final[:-1], final[-1:]
    return _FINALS.index(sound) * 5 + int(tone) - 1 if sound in _FINALS and tone in "12345" else FINALS - 2


def spans(punctuated: str, phonemes: str, durations: list[int], vocabulary: dict[str, int]) -> np.ndarray:
    """Start and end in seconds, float32 [characters, 2]. Raises ValueError when the phonemes are not those of the text."""
    ends = np.cumsum(durations) * DURATION_FRAME
    found: list[tuple[float, float]] = []
    token, place = 0, 0  # token 0 is the silence in front
    for syllable in syllables(punctuated):
        while place < len(phonemes) and phonemes[place] != syllable.phonemes[0]:
            token += phonemes[place] in vocabulary
            place += 1
        if phonemes[place : place + len(syllable.phonemes)] != syllable.phonemes:
            raise ValueError(f"phonemes of {syllable.char} are not at {place} of {phonemes!r}")
        start = float(ends[token])
        token += sum(p in vocabulary for p in syllable.phonemes)
        place += len(syllable.phonemes)
        found.append((start, float(ends[token])))
    if len(found) != len(bare(punctuated)):
        raise ValueError(f"{len(found)} syllables for {bare(punctuated)!r}")
    return np.array(found, np.float32).reshape(-1, 2)


def frames(places: np.ndarray, count: int, frame: float) -> np.ndarray:
    """Which character sounds at the centre of each of ``count`` frames of ``frame`` seconds, int64 [count]; −1 where none does."""
    centres = (np.arange(count) + 0.5) * frame
    which = np.full(count, -1, np.int64)
    for index, (start, end) in enumerate(places):
        which[(centres >= start) & (centres < end)] = index
    return which
