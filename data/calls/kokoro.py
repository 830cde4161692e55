"""Speaks Mandarin with Kokoro-82M (int8 ONNX, Apache-2.0): text in, 24 kHz samples out. Deterministic on one machine.

A style vector is 256 numbers: the first half is timbre, the second half prosody. Blending the first half with another voice's gives a new
speaker who still speaks Mandarin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from misaki import zh
from script import Voice

RATE = 24_000
_LONGEST = 510


class Kokoro:
    """The synthesiser, loaded once from a folder with ``model.onnx``, ``vocab.json`` and ``voices/*.bin``."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several one-thread processes are faster than one with threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        self._vocabulary: Mapping[str, int] = vocabulary.get("vocab", vocabulary)
        self._voices = folder / "voices"
        self._sounds = zh.ZHG2P()

    def _style(self, name: str, tokens: int) -> np.ndarray:
        table = np.fromfile(self._voices / f"{name}.bin", dtype=np.float32).reshape(_LONGEST, 256)
        return table[min(tokens, _LONGEST) - 1]

    def say(self, text: str, voice: Voice) -> np.ndarray:
        """Samples float32 [n] at 24 kHz. Raises ValueError when the text is too long for one breath (510 phonemes)."""
        sounds = self._sounds(text)
        phonemes = sounds[0] if isinstance(sounds, tuple) else sounds
        ids = [self._vocabulary[p] for p in phonemes if p in self._vocabulary]
        if not 0 < len(ids) <= _LONGEST:
            raise ValueError(f"{text!r} has {len(ids)} phonemes; 1 to {_LONGEST} can be spoken at once")
        style = self._style(voice.voice, len(ids)).copy()
        if voice.timbre:
            style[:128] = (1 - voice.share) * style[:128] + voice.share * self._style(voice.timbre, len(ids))[:128]
        feed = {
            "tokens": np.array([[0, *ids, 0]], dtype=np.int64),
            "style": style[None].astype(np.float32),
            "speed": np.array([voice.speed], dtype=np.float32),
        }
        return np.asarray(self._session.run(None, feed)[0], dtype=np.float32).ravel()
