"""The training loop: CTC on characters, initials and toned finals frame by frame in the middle, a new telephone line every time.

The plan is in minutes, not in steps: the learning rate follows the clock, new shards are taken in while it runs, and at the end the
averaged weights are what is kept, so that there is a usable model whenever the time is up. GPU when there is one, else CPU threads.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from qa.transcription.training import features, network, store
from qa.transcription.training.evaluate import cer
from qa.transcription.training.labels import Syllable, frames, syllables


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train and for how long. ``seconds`` of audio make a batch; ``minutes`` is the whole time by the clock."""

    minutes: float
    width: int = 192
    blocks: int = 8
    inner: int = 768
    dropout: float = 0.1
    tap: int = 4
    seconds: float = 90.0
    peak: float = 2e-3
    warm: float = 0.04
    aside: float = 0.3
    place: float = 0.5
    every: float = 5.0  # minutes between measurements
    seed: int = 0


@dataclass(slots=True)
class Example:
    """A sentence ready for training: its filter bank (half precision), token ids, initials, finals and places in seconds."""

    bank: np.ndarray
    ids: np.ndarray
    initials: np.ndarray
    finals: np.ndarray
    places: np.ndarray


@dataclass(slots=True)
class Inventory:
    """Numbers for tokens, initials and toned finals; unseen finals get a number as they come, up to ``finals``."""

    pieces: Any
    initials: dict[str, int] = field(default_factory=dict)
    finals: dict[str, int] = field(default_factory=dict)

    def example(self, heard: store.Heard) -> Example | None:
        """None when a character is not in the vocabulary or the text is too long for the audio."""
        text = heard.text
        ids = [self.pieces.piece_to_id(c) for c in text]
        read: list[Syllable] = syllables(heard.punctuated)
        if 0 in ids or len(read) != len(ids) or len(heard.bank) < 6 * (len(ids) + 2) or not ids:
            return None
        return Example(
            np.ascontiguousarray(heard.bank, np.float16),
            np.array(ids, np.int64),
            np.array([self.initials.setdefault(s.initial, len(self.initials)) for s in read], np.int64),
            np.array([self.finals.setdefault(s.final, len(self.finals)) for s in read], np.int64),
            heard.places,
        )


INITIALS, FINALS = 32, 256
Batch = tuple[torch.Tensor, torch.Tensor, list[np.ndarray], torch.Tensor, torch.Tensor, torch.Tensor]


class Feeder:
    """Batches of augmented examples of similar length, endlessly; :meth:`add` may bring more at any time."""

    def __init__(self, normalisation: tuple[np.ndarray, np.ndarray], seconds: float, seed: int) -> None:
        self.shift, self.scale = normalisation
        self.frames = int(seconds / features.FRAME)
        self.rng = np.random.default_rng(seed)
        self.examples: list[Example] = []
        self.passed = 0

    def add(self, examples: Sequence[Example]) -> None:
        """Take in more examples; they are drawn from the next round on."""
        self.examples.extend(examples)

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
                yield self._batch([[self.examples[i] for i in groups[g]] for g in batches[chosen]])
            self.passed += 1

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

    def _batch(self, groups: Sequence[Sequence[Example]]) -> Batch:
        examples = [_joined(group) for group in groups]
        made = [self._augmented(e) for e in examples]
        longest = max(len(m[0]) for m in made)
        speech = torch.zeros(len(made), longest, len(self.shift))
        which = torch.full((3, len(made), longest), -1, dtype=torch.int64)
        for index, (stacked, *labels) in enumerate(made):
            speech[index, : len(stacked)] = torch.from_numpy(stacked)
            for kind, label in enumerate(labels):
                which[kind, index, : len(label)] = torch.from_numpy(label)
        return speech, torch.tensor([len(m[0]) for m in made]), [e.ids for e in examples], which[0], which[1], which[2]

    def _augmented(self, example: Example) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        rng = self.rng
        rate = float(np.clip(rng.normal(1.0, 0.08), 0.85, 1.2))
        rate = min(rate, len(example.bank) / (6.0 * (len(example.ids) + 2)))
        bank = features.warp(example.bank.astype(np.float32), rate, float(rng.uniform(0.86, 1.16)))
        ahead = int(rng.integers(0, 12))
        bank = np.concatenate([np.repeat(bank[:1], ahead, 0), bank, np.repeat(bank[-1:], int(rng.integers(0, 12)), 0)])
        other = self.examples[int(rng.integers(len(self.examples)))].bank.astype(np.float32) if rng.random() < 0.15 else None
        lined = features.line(bank, rng, other)
        if rng.random() < 0.3:  # a recogniser may be given silence without any noise behind the last word
            lined = np.concatenate([lined, features.nothing(int(rng.integers(5, 50)), rng)])
        stacked = features.stack(lined)
        stacked = (stacked + self.shift) * self.scale
        if rng.random() < 0.8:
            features.mask(stacked, rng, np.zeros(len(self.shift), np.float32))
        count = len(stacked)
        if np.isnan(example.places).any():
            unknown = np.full(count, -1, np.int64)
            return stacked.astype(np.float32), unknown, unknown, unknown
        places = example.places / rate + ahead * 0.01
        sounding = frames(places, count, features.FRAME)
        heard = sounding >= 0
        initials, finals = np.full(count, INITIALS - 1, np.int64), np.full(count, FINALS - 1, np.int64)
        initials[heard] = example.initials[sounding[heard]]
        finals[heard] = example.finals[sounding[heard]]
        peaks = np.zeros(count, np.int64)  # blank, and every character where two thirds of it have been heard
        at = np.minimum(((places[:, 0] / 3 + places[:, 1] * 2 / 3) / features.FRAME).astype(int), count - 1)
        peaks[at] = example.ids
        return stacked.astype(np.float32), initials, finals, peaks


def _joined(group: Sequence[Example]) -> Example:
    """Some examples one after the other, with a short pause between them."""
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


def losses(student: network.Student, batch: Batch, tags: torch.Tensor, plan: Plan, place: float) -> torch.Tensor:
    """CTC per character, plus the frame losses of the middle, plus (while ``place`` > 0) each character at its own frame."""
    speech, lengths, ids, initials, finals, peaks = batch
    device = tags.device
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda" or _BRAIN):
        logits, first, second, _ = student(speech.to(device), lengths.to(device))
    logits = logits.float()
    front = nn.functional.cross_entropy(logits[:, : network.FRONT].flatten(0, 1), tags.repeat(len(ids)))
    likely = logits[:, network.FRONT :].log_softmax(-1)
    sizes = torch.tensor([len(i) for i in ids])
    spoken = nn.functional.ctc_loss(
        likely.transpose(0, 1), torch.from_numpy(np.concatenate(ids)).to(device), lengths, sizes, network.BLANK, "sum", zero_infinity=True
    ) / float(sizes.sum())
    total = spoken + 0.05 * front
    if bool((initials >= 0).any()):
        for guess, truth in ((first, initials), (second, finals)):
            total = total + plan.aside * nn.functional.cross_entropy(
                guess.float().flatten(0, 1), truth.flatten().to(device), ignore_index=-1
            )
        if place > 0:
            total = total + place * nn.functional.nll_loss(likely.flatten(0, 1), peaks.flatten().to(device), ignore_index=-1)
    return total


_BRAIN = False


def use_bfloat16(wanted: bool) -> None:
    """Whether the CPU multiplies in bfloat16 (processors with AVX512-BF16 or AMX)."""
    global _BRAIN
    _BRAIN = wanted


@torch.no_grad()
def recognised(student: network.Student, stacked: Sequence[np.ndarray], pieces: Any) -> list[str]:
    """Greedy CTC text of normalised features, one sentence at a time in batches of similar length."""
    student.eval()
    device = next(student.parameters()).device
    order = sorted(range(len(stacked)), key=lambda i: len(stacked[i]))
    texts = [""] * len(stacked)
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        lengths = torch.tensor([len(stacked[i]) for i in chosen])
        speech = nn.utils.rnn.pad_sequence([torch.from_numpy(stacked[i]) for i in chosen], batch_first=True)
        best = student(speech.to(device), lengths.to(device))[0][:, network.FRONT :].argmax(-1).cpu()
        for row, index in enumerate(chosen):
            kept = torch.unique_consecutive(best[row, : lengths[row]])
            texts[index] = pieces.decode([int(k) for k in kept if int(k) != network.BLANK])
    student.train()
    return texts


class Average:
    """The running mean of the weights, which recognises better than any of them."""

    def __init__(self, model: nn.Module) -> None:
        self.state = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.count = 0

    def update(self, model: nn.Module) -> None:
        """Take in the current weights; the mean reaches back about 800 steps, fewer at the start."""
        self.count += 1
        keep = min(0.9985, (1 + self.count) / (10 + self.count))
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[name].lerp_(value.detach(), 1 - keep)


def train(
    folder: Path, shards: Path, held: dict[str, tuple[list[np.ndarray], list[str]]], plan: Plan, log: Path, start: Path | None = None
) -> None:
    """Train on every shard under ``shards``, those that appear meanwhile included; write ``averaged.pt`` to ``folder`` at each measurement.

    ``folder`` holds ``bpe.model`` and ``am.mvn``; ``held`` names sets of stacked (not normalised) features and their texts; ``log``
    gets one JSON line a measurement; ``start`` continues from weights written before.
    """
    torch.manual_seed(plan.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    inventory = Inventory(network.tokens(folder))
    normalisation = network.read_normalisation(folder / "am.mvn")
    config = network.settings(plan.width, plan.blocks, plan.inner, dropout=plan.dropout)
    student = network.Student(network.build(config, inventory.pieces.get_piece_size()), plan.tap, INITIALS, FINALS).to(device)
    if device.type == "cpu":
        network.pool_dropout(student, plan.dropout)
    if start is not None:
        student.load_state_dict(torch.load(start, weights_only=True))
    feeder = Feeder(normalisation, plan.seconds, plan.seed)
    known: set[Path] = set()

    def take_in() -> None:
        new = sorted(set(shards.rglob("*.npz")) - known - set(shards.rglob("*.part.npz")))
        known.update(new)
        feeder.add([e for h in store.read(new) if (e := inventory.example(h)) is not None])

    take_in()
    tags = torch.tensor([inventory.pieces.piece_to_id(t) for t in network.TAGS], device=device)
    decayed = [p for p in student.parameters() if p.ndim > 1]
    other = [p for p in student.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": other, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, plan.peak, betas=(0.9, 0.98))
    average = Average(student)
    ready = {name: ([(s + normalisation[0]) * normalisation[1] for s in stacked], texts) for name, (stacked, texts) in held.items()}
    began = measured = time.monotonic()
    heard = 0.0
    student.train()
    for step, batch in enumerate(feeder.rounds()):
        share = (time.monotonic() - began) / (60 * plan.minutes)
        for group in optimiser.param_groups:
            group["lr"] = plan.peak * rate(share, plan.warm, step)
        loss = losses(student, batch, tags, plan, plan.place * max(0.0, 1 - 2 * share))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), 2.0)
        optimiser.step()
        average.update(student)
        heard += float(batch[1].sum()) * features.FRAME
        if share >= 1 or time.monotonic() - measured > 60 * plan.every:
            measured = time.monotonic()
            torch.save({k: v.clone() for k, v in average.state.items()}, folder / "averaged.pt")
            current = {k: v.clone() for k, v in student.state_dict().items()}
            torch.save(current, folder / "current.pt")
            student.load_state_dict(average.state)
            figures = {name: round(cer(texts, recognised(student, s, inventory.pieces)), 4) for name, (s, texts) in ready.items()}
            student.load_state_dict(current)
            hours = sum(len(e.bank) for e in feeder.examples) / 360_000
            row = {"minutes": round((measured - began) / 60, 1), "step": step, "hours": round(hours, 2), "rounds": feeder.passed,
                   "heard_hours": round(heard / 3600, 1), "loss": round(float(loss.detach()), 3), **figures}  # fmt: skip
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(row) + "\n")
            take_in()
            if share >= 1:
                return


def rate(share: float, warm: float, step: int) -> float:
    """The learning rate's share of its peak: up over ``warm`` (at least 200 steps), half a cosine down to 1 %."""
    rise = min(1.0, share / warm if warm > 0 else 1.0, (step + 1) / 200)
    return rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
