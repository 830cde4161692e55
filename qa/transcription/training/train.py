"""The training loop: CTC on characters, initials and toned finals frame by frame in the middle, a new telephone line every time.

The plan is in minutes, not in steps: the learning rate follows the clock, new shards are taken in while it runs, and at the end the
averaged weights are what is kept, so that there is a usable model whenever the time is up. GPU when there is one, else CPU threads.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from qa.transcription.training import features, network
from qa.transcription.training.evaluate import cer
from qa.transcription.training.feeding import Batch, fed
from qa.transcription.training.labels import FINALS, INITIALS
from qa.transcription.training.together import GO, MEASURE, STOP, Together


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
    aside: float = 0.5
    place: float = 1.0
    every: float = 5.0  # minutes between measurements
    strength: float = 1.0
    seed: int = 0


def losses(
    student: network.Student, batch: Batch, tags: torch.Tensor, plan: Plan, place: float
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss and its parts: CTC per character, the frame losses of the middle, and (while ``place`` > 0) each character in its frame."""
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
    parts = {"ctc": spoken.detach()}
    if bool((initials >= 0).any()):
        for name, guess, truth in (("initial", first, initials), ("final", second, finals)):
            aside = nn.functional.cross_entropy(guess.float().flatten(0, 1), truth.flatten().to(device), ignore_index=-1)
            total = total + plan.aside * aside
            parts[name] = aside.detach()
        if place > 0:
            total = total + place * nn.functional.nll_loss(likely.flatten(0, 1), peaks.flatten().to(device), ignore_index=-1)
    return total, parts


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
    together = Together()
    torch.manual_seed(plan.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pieces = network.tokens(folder)
    normalisation = network.read_normalisation(folder / "am.mvn")
    config = network.settings(plan.width, plan.blocks, plan.inner, dropout=plan.dropout)
    student = network.Student(network.build(config, pieces.get_piece_size()), plan.tap, INITIALS, FINALS).to(device)
    if device.type == "cpu":
        network.pool_dropout(student, plan.dropout)
    if start is not None:
        student.load_state_dict(torch.load(start, weights_only=True))
    torch.manual_seed(plan.seed + together.rank)
    tags = torch.tensor([pieces.piece_to_id(t) for t in network.TAGS], device=device)
    decayed = [p for p in student.parameters() if p.ndim > 1]
    other = [p for p in student.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": other, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, plan.peak, betas=(0.9, 0.98))
    parameters = list(student.parameters())
    average = Average(student)
    ready = {name: ([(s + normalisation[0]) * normalisation[1] for s in stacked], texts) for name, (stacked, texts) in held.items()}
    began = measured = time.monotonic()
    heard = 0.0
    smooth: dict[str, float] = {}
    student.train()
    for step, (batch, hours, passed) in enumerate(fed(folder, shards, plan.seconds, plan.seed + together.rank, plan.strength)):
        share = (time.monotonic() - began) / (60 * plan.minutes)
        for group in optimiser.param_groups:
            group["lr"] = plan.peak * rate(share, plan.warm, step)
        loss, parts = losses(student, batch, tags, plan, plan.place * max(0.0, 1 - 1.5 * share))
        for name, value in parts.items():
            smooth[name] = 0.98 * smooth.get(name, float(value)) + 0.02 * float(value)
        optimiser.zero_grad()
        loss.backward()
        due = STOP if share >= 1 else MEASURE if time.monotonic() - measured > 60 * plan.every else GO
        due = together.step(parameters, due if together.leads else GO)
        nn.utils.clip_grad_norm_(parameters, 2.0)
        optimiser.step()
        heard += float(batch[1].sum()) * features.FRAME * together.size
        if together.leads:
            average.update(student)
        if due != GO and together.leads:
            measured = time.monotonic()
            torch.save({k: v.clone() for k, v in average.state.items()}, folder / "averaged.pt")
            current = {k: v.clone() for k, v in student.state_dict().items()}
            torch.save(current, folder / "current.pt")
            student.load_state_dict(average.state)
            figures = {name: round(cer(texts, recognised(student, s, pieces)), 4) for name, (s, texts) in ready.items()}
            student.load_state_dict(current)
            row = {"minutes": round((measured - began) / 60, 1), "step": step, "hours": round(hours, 2), "rounds": passed,
                   "heard_hours": round(heard / 3600, 1), **{n: round(v, 3) for n, v in smooth.items()}, **figures}  # fmt: skip
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(row) + "\n")
        if due == STOP:
            return


def rate(share: float, warm: float, step: int) -> float:
    """The learning rate's share of its peak: up over ``warm`` (at least 200 steps), half a cosine down to 1 %."""
    rise = min(1.0, share / warm if warm > 0 else 1.0, (step + 1) / 200)
    return rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
