"""How fast somebody speaks: syllables over the time that is really spoken.

Syllables come from the text where there is one; without text they are the peaks of the level, as in de Jong and Wempe (2009),
"Praat script to detect syllable nuclei and measure speech rate automatically": voiced, and 2 dB above the dip before.
"""

from __future__ import annotations

import re

import numpy as np

from qa.voice.pitch import HOP_S, QUIET_DB, WINDOW_S, Frames

_HAN_OR_DIGIT = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff0-9]")
_LATIN = re.compile(r"[A-Za-z']+")
_VOWELS = re.compile(r"[aeiouy]+")
PAUSE_S = 0.3
"""Quiet stretches as long as this are pauses; shorter ones belong to speech (stops, the closure of a t)."""
_DIP_DB = 2.0
_LEAST_SYLLABLES, _LEAST_S = 2, 0.4


def syllables(text: str) -> int:
    """Syllables of a text as read: one for each Chinese character and digit, groups of vowels for Latin words.

    >>> syllables("您好，45 分钟"), syllables("Thank you, please hold the line")
    (6, 6)
    """
    return len(_HAN_OR_DIGIT.findall(text)) + sum(_of_word(word) for word in _LATIN.findall(text.lower()))


def _of_word(word: str) -> int:
    groups = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def spoken_seconds(frames: Frames, loud: float) -> float:
    """Seconds of speech: frames within 25 dB of ``loud`` (dBFS), with gaps shorter than 0.3 s closed."""
    speaking = np.flatnonzero(frames.level > loud - QUIET_DB)
    if speaking.size == 0:
        return 0.0
    gaps = np.diff(speaking) * HOP_S
    pauses = gaps[gaps >= PAUSE_S]
    return float((speaking[-1] - speaking[0]) * HOP_S - pauses.sum() + HOP_S * pauses.size + WINDOW_S)


def rate(frames: Frames, text: str, loud: float) -> float | None:
    """Syllables per second of one turn; None when it is too short to say."""
    seconds = spoken_seconds(frames, loud)
    count = syllables(text) if text else nuclei(frames, loud)
    return count / seconds if count >= _LEAST_SYLLABLES and seconds >= _LEAST_S else None


def nuclei(frames: Frames, loud: float) -> int:
    """Voiced peaks of the level that stand 2 dB above the dip before them."""
    from scipy.signal import find_peaks

    if frames.level.size < 3:
        return 0
    padded = np.concatenate([[-120.0], frames.level, [-120.0]])
    smooth = np.convolve(padded, (0.25, 0.5, 0.25), mode="same")
    peaks, _ = find_peaks(smooth, height=loud - QUIET_DB, prominence=_DIP_DB)
    return int(np.count_nonzero(~np.isnan(frames.hz[np.clip(peaks - 1, 0, frames.hz.size - 1)])))
