"""Speaks sentences in many voices and keeps them: FLAC files of 16 kHz and a manifest line each. Can be stopped and started again.

A speaker is the prosody half of one or two Mandarin Kokoro voices and a timbre half blended from voices of any language. Voices and
timbres named in ``HELD_OUT`` are never used: they are the unseen voices of the test split.
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from qa.transcription.training.kokoro import LONGEST, Frames, Kokoro
from qa.transcription.training.labels import spans
from qa.transcription.training.shortcut import Shortcut, columns, predict
from qa.transcription.training.store import Heard, write
from qa.transcription.training.texts import Texts, bare

KEPT_RATE = 16_000
MANDARIN = ("zf_xiaobei", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia")
HELD_OUT = frozenset(("zf_xiaoni", "zm_yunyang", "af_bella", "am_michael", "bf_emma", "im_nicola"))


@dataclass(frozen=True, slots=True)
class Speaker:
    """Prosody of Mandarin voices and timbre of any voices, each as names with shares that sum to 1."""

    prosody: tuple[tuple[str, float], ...]
    timbre: tuple[tuple[str, float], ...]
    speed: float


class Voices:
    """Style vectors from ``*.bin`` files (float32 [510, 1, 256]) of one or more folders."""

    def __init__(self, *folders: Path) -> None:
        paths = {path.stem: path for folder in folders for path in sorted(folder.glob("*.bin"))}
        self._tables = {name: np.fromfile(path, np.float32).reshape(LONGEST, 256) for name, path in paths.items() if name not in HELD_OUT}
        self.mandarin = tuple(name for name in MANDARIN if name in self._tables)
        self.all = tuple(sorted(self._tables))

    def draw(self, rng: np.random.Generator) -> Speaker:
        """A speaker: a third plain Mandarin voices, a third blends with another voice's timbre, a third blends of several."""
        first = str(rng.choice(self.mandarin))
        prosody: tuple[tuple[str, float], ...] = ((first, 1.0),)
        if rng.random() < 0.4:
            share = float(rng.uniform(0.2, 0.8))
            prosody = ((first, 1 - share), (str(rng.choice(self.mandarin)), share))
        roll = rng.random()
        timbre = prosody
        if roll > 0.25:
            share = float(rng.uniform(0.3, 1.25))  # beyond 1 lie timbres more unlike the first than any voice there is
            timbre = ((first, 1 - share), (str(rng.choice(self.all)), share))
        if roll > 0.65:
            share = float(rng.uniform(0.2, 0.8))
            timbre = (*((n, s * (1 - share)) for n, s in timbre), (str(rng.choice(self.all)), share))
        return Speaker(prosody, timbre, round(float(rng.uniform(0.8, 1.25)), 3))

    def style(self, speaker: Speaker, tokens: int) -> np.ndarray:
        """The style vector float32 [256] for a text of so many phonemes."""
        row = min(tokens, LONGEST) - 1
        style = np.zeros(256, np.float32)
        for name, share in speaker.timbre:
            style[:128] += share * self._tables[name][row, :128]
        for name, share in speaker.prosody:
            style[128:] += share * self._tables[name][row, 128:]
        return style


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence for a speaker to say: ``phonemes`` are misaki's, ``style`` float32 [256]."""

    text: str
    phonemes: str
    speaker: Speaker
    style: np.ndarray


def lines(voices: Voices, texts: Texts, vocabulary: Container[str], rng: np.random.Generator, most: int) -> Iterator[Line]:
    """Sentences without end, 1 to ``most`` of one speaker in a row; those that the network cannot say at once are left out."""
    from misaki import zh

    sounds = zh.ZHG2P()
    while True:
        speaker = voices.draw(rng)
        for _ in range(int(rng.integers(1, most + 1))):
            text = texts.draw()
            spoken = sounds(text)
            phonemes = spoken[0] if isinstance(spoken, tuple) else spoken
            tokens = sum(p in vocabulary for p in phonemes)
            if 0 < tokens <= LONGEST:
                yield Line(text, phonemes, speaker, voices.style(speaker, tokens))


def is_clear(seconds: float, text: str) -> bool:
    """Whether it took a time in which people say so many characters; a blend of voices may mumble or drag."""
    return 0.05 < seconds / max(1, len(bare(text))) < 0.9


def generate(out: Path, weights: Path, voices: Voices, texts: Texts, hours: float, worker: int) -> float:
    """Speak until ``hours`` of speech were made by this worker in this run; returns the hours. Appends to ``manifest-<worker>.jsonl``."""
    import soundfile
    from scipy.signal import resample_poly

    kokoro = Kokoro(weights, out / "graph")
    made, index = 0.0, 0
    manifest = out / f"manifest-{worker}.jsonl"
    if manifest.exists():
        index = sum(1 for _ in manifest.open(encoding="utf-8"))
    rng = np.random.default_rng([worker, index])
    texts.rng = np.random.default_rng([worker, index, 1])
    drawn = lines(voices, texts, kokoro.vocabulary, rng, 7)
    with manifest.open("a", encoding="utf-8") as rows:
        while made < hours * 3600:
            line = next(drawn)
            audio, durations = kokoro.say(line.phonemes, line.style, line.speaker.speed)
            narrow = resample_poly(audio, 2, 3).astype(np.float32)
            seconds = len(narrow) / KEPT_RATE
            if not is_clear(seconds, line.text) or np.abs(narrow).max() < 0.02:
                continue
            folder = out / f"{worker}-{index // 1000:03d}"
            folder.mkdir(exist_ok=True)
            path = folder / f"{index:06d}.flac"
            soundfile.write(path, np.clip(narrow, -1, 1), KEPT_RATE, subtype="PCM_16")
            row = {
                "file": f"{folder.name}/{path.name}", "text": bare(line.text), "punct": line.text, "seconds": round(seconds, 3),
                **asdict(line.speaker), "phonemes": line.phonemes, "durations": durations,
            }  # fmt: skip
            rows.write(json.dumps(row, ensure_ascii=False) + "\n")
            rows.flush()
            index += 1
            made += seconds
    os.sync()
    return made / 3600


def generate_features(out: Path, frames: Frames, shortcut: Shortcut, voices: Voices, texts: Texts, hours: float, worker: int) -> float:
    """Like :func:`generate`, but filter banks by the short cut, in shards of 200 sentences under ``out``; returns the hours made."""
    made = 0.0
    number = len(list(out.glob(f"quick-{worker}-*.npz")))
    rng = np.random.default_rng([worker, number, 2])
    texts.rng = np.random.default_rng([worker, number, 3])
    drawn = lines(voices, texts, frames.vocabulary, rng, 5)
    shard: list[Heard] = []
    while made < hours * 3600:
        line = next(drawn)
        acoustic, pitch, energy, durations = frames.of(line.phonemes, line.style, line.speaker.speed)
        count = int(len(acoustic) / 0.8) - 2
        seconds = count * 0.01
        if count < 20 or not is_clear(seconds, line.text):
            continue
        try:
            places = spans(line.text, line.phonemes, durations, frames.vocabulary)
        except ValueError:
            continue  # a character that misaki and pypinyin read in different words
        bank = predict(shortcut, columns(acoustic, pitch, energy, count), line.style).numpy()
        shard.append(Heard(bank, line.text, places))
        made += seconds
        if len(shard) == 200:
            write(out / f"quick-{worker}-{number:04d}.npz", shard)
            shard, number = [], number + 1
    return made / 3600
