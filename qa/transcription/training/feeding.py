"""Batches for training: sentences joined, warped, sent through another telephone line each time, in buckets of similar length."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from qa import torch_compat
from qa.transcription.training import features, network, store
from qa.transcription.training.labels import FINALS, INITIALS, Syllable, final_number, frames, initial_number, syllables

Batch = tuple[torch.Tensor, torch.Tensor, list[np.ndarray], torch.Tensor, torch.Tensor, torch.Tensor]
AHEAD = 8  # batches kept ready by a feeding process
COURTESY = 5  # a feeding process is this much nicer than the training it feeds


@dataclass(slots=True)
class Example:
    """A sentence ready for training: its filter bank (half precision), token ids, initials, finals and places in seconds."""

    bank: np.ndarray
    ids: np.ndarray
    initials: np.ndarray
    finals: np.ndarray
    places: np.ndarray


def example(heard: store.Heard, pieces: Any) -> Example | None:
    """None when a character is not in the vocabulary or the text is too long for the audio."""
    ids = [pieces.piece_to_id(c) for c in heard.text]
    read: list[Syllable] = syllables(heard.punctuated)
    if 0 in ids or len(read) != len(ids) or len(heard.bank) < 6 * (len(ids) + 2) or not ids:
        return None
    return Example(
        np.ascontiguousarray(heard.bank, np.float16),
        np.array(ids, np.int64),
        np.array([initial_number(s.initial) for s in read], np.int64),
        np.array([final_number(s.final) for s in read], np.int64),
        heard.places,
    )


def joined(group: Sequence[Example]) -> Example:
    """Some examples one after the other."""
    if len(group) == 1:
        return group[0]
    starts = np.cumsum([0] + [len(e.bank) for e in group[:-1]]) * 0.01
    return Example(
        np.concatenate([e.bank for e in group]),
        np.concatenate([e.ids for e in group]),
        np.concatenate([e.initials for e in group]),
        np.concatenate([e.finals for e in group]),
        np.concatenate([e.places + start for e, start in zip(group, starts, strict=True)]),
    )


class Feeder:
    """Batches of augmented examples, endlessly; :meth:`take_in` may bring more between rounds. ``seconds`` of audio make a
    batch; ``strength`` (0 to 1) is how far the telephone lines may be from a good one."""

    def __init__(self, folder: Path, shards: Path, seconds: float, seed: int, strength: float = 1.0) -> None:
        self.pieces = network.tokens(folder)
        self.shift, self.scale = network.read_normalisation(folder / "am.mvn")
        self.shards = shards
        self.strength = strength
        self.frames = int(seconds / features.FRAME)
        self.rng = np.random.default_rng(seed)
        self.examples: list[Example] = []
        self.known: set[Path] = set()
        self.passed = 0
        self.take_in()

    def take_in(self) -> None:
        """Read the shards that were not there before."""
        new = sorted(set(self.shards.rglob("*.npz")) - self.known - set(self.shards.rglob("*.part.npz")))
        self.known.update(new)
        self.examples.extend(e for heard in store.read(new) if (e := example(heard, self.pieces)) is not None)

    @property
    def hours(self) -> float:
        """Speech it draws from."""
        return sum(len(e.bank) for e in self.examples) / 360_000

    def rounds(self) -> Iterator[Batch]:
        """Rounds over everything there is, each in buckets of similar length and in a new order."""
        while True:
            groups = self._groups()
            size = np.array([sum(len(self.examples[i].bank) for i in group) for group in groups])
            order = np.argsort(size * self.rng.uniform(0.85, 1.15, len(size)))
            batches: list[list[int]] = [[]]
            longest = 0.0
            for index in order:
                longest = max(longest, size[index] / features.SKIP)
                if batches[-1] and longest * (len(batches[-1]) + 1) > self.frames:
                    batches.append([])
                    longest = size[index] / features.SKIP
                batches[-1].append(int(index))
            for chosen in self.rng.permutation(len(batches)):
                yield self.batch([[self.examples[i] for i in groups[g]] for g in batches[chosen]])
            self.passed += 1
            self.take_in()

    def _groups(self) -> list[list[int]]:
        """Everything once, in a new order; some sentences are joined by two to four, up to 20 s, as a detector of speech may leave them."""
        groups: list[list[int]] = []
        wanted = seconds = 0.0
        for index in self.rng.permutation(len(self.examples)):
            length = len(self.examples[index].bank) / 100
            if groups and len(groups[-1]) < wanted and seconds + length < 20:
                groups[-1].append(int(index))
                seconds += length
            else:
                groups.append([int(index)])
                wanted, seconds = float(self.rng.choice([1, 1, 1, 1, 1, 2, 2, 3, 4])), length
        return groups

    def batch(self, groups: Sequence[Sequence[Example]]) -> Batch:
        """Speech [batch, time, 560], lengths, token ids, and initials, finals and peaks [batch, time] (−1: not known)."""
        examples = [joined(group) for group in groups]
        made = [self._augmented(e) for e in examples]
        longest = max(len(m[0]) for m in made)
        speech = torch.zeros(len(made), longest, len(self.shift))
        which = torch.full((3, len(made), longest), -1, dtype=torch.int64)
        for index, (stacked, *labels) in enumerate(made):
            speech[index, : len(stacked)] = torch.from_numpy(stacked)
            for kind, label in enumerate(labels):
                which[kind, index, : len(label)] = torch.from_numpy(label)
        return speech, torch.tensor([len(m[0]) for m in made]), [e.ids for e in examples], which[0], which[1], which[2]

    def _augmented(self, one: Example) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        rng, strength = self.rng, self.strength
        rate = float(np.clip(rng.normal(1.0, 0.08 * strength), 0.85, 1.2))
        rate = min(rate, len(one.bank) / (6.0 * (len(one.ids) + 2)))
        bank = features.warp(one.bank.astype(np.float32), rate, 1 + 0.15 * strength * float(rng.uniform(-1, 1)))
        ahead = int(rng.integers(0, 12))
        bank = np.concatenate([np.repeat(bank[:1], ahead, 0), bank, np.repeat(bank[-1:], int(rng.integers(0, 12)), 0)])
        other = self.examples[int(rng.integers(len(self.examples)))].bank.astype(np.float32) if rng.random() < 0.15 * strength else None
        lined = features.line(bank, rng, other, strength)
        if rng.random() < 0.3:  # a recogniser may be given silence without any noise behind the last word
            lined = np.concatenate([lined, features.nothing(int(rng.integers(5, 50)), rng)])
        stacked = (features.stack(lined) + self.shift) * self.scale
        if rng.random() < 0.8 * strength:
            features.mask(stacked, rng, np.zeros(len(self.shift), np.float32))
        stacked = stacked.astype(np.float32)
        return stacked, *_labels(one, len(stacked), rate, ahead)


def _labels(one: Example, count: int, rate: float, ahead: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Initial and final in each frame, and each token in the frame where two thirds of it have been heard, blank elsewhere."""
    if np.isnan(one.places).any():
        unknown = np.full(count, -1, np.int64)
        return unknown, unknown, unknown
    places = one.places / rate + ahead * 0.01
    sounding = frames(places, count, features.FRAME)
    heard = sounding >= 0
    initials, finals = np.full(count, INITIALS - 1, np.int64), np.full(count, FINALS - 1, np.int64)
    initials[heard] = one.initials[sounding[heard]]
    finals[heard] = one.finals[sounding[heard]]
    peaks = np.zeros(count, np.int64)
    at = np.minimum(((places[:, 0] / 3 + places[:, 1] * 2 / 3) / features.FRAME).astype(int), count - 1)
    peaks[at] = one.ids
    return initials, finals, peaks


def fed(folder: Path, shards: Path, seconds: float, seed: int, strength: float) -> Iterator[tuple[Batch, float, int]]:
    """Batches made ready by another process, with the hours there are to draw from and the rounds done."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue(AHEAD)
    process = context.Process(target=_feed, args=(queue, folder, shards, seconds, seed, strength), daemon=True)
    process.start()
    try:
        while True:
            arrays, hours, passed = queue.get()
            speech, lengths, ids, initials, finals, peaks = arrays
            made = tuple(torch.from_numpy(a) for a in (speech, lengths, initials, finals, peaks))
            yield (made[0].float(), made[1], ids, made[2], made[3], made[4]), hours, passed
    finally:
        process.terminate()


def _feed(queue: Any, folder: Path, shards: Path, seconds: float, seed: int, strength: float) -> None:
    torch_compat.prepare()  # a spawned process starts without what its parent prepared
    os.nice(COURTESY)
    torch.set_num_threads(1)
    feeder = Feeder(folder, shards, seconds, seed, strength)
    for speech, lengths, ids, *labels in feeder.rounds():
        arrays = (speech.half().numpy(), lengths.numpy(), ids, *(label.numpy() for label in labels))
        queue.put((arrays, feeder.hours, feeder.passed))
