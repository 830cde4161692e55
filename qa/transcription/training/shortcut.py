"""A short cut past Kokoro's vocoder: from its acoustic frames straight to the filter bank, so that speech costs a sixth.

The vocoder is a fixed function of frames, pitch and timbre, so that a small convolution learns what the filter bank of its output will be
from an hour of speech that went the long way. Features made like this are only for training; every measurement is on real samples.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from qa.transcription.training.features import BINS, centres

RIPPLES = 44  # filters up to about 2.3 kHz show the harmonics of the pitch
QUIET = 2.0  # below this log power nothing is learnt: every line is noisier


def columns(frames: np.ndarray, pitch: np.ndarray, energy: np.ndarray, count: int) -> np.ndarray:
    """Input float32 [count, 512 + RIPPLES + 3] for ``count`` frames of 10 ms, from Kokoro's [n, 512], Hz [n] and [n] at 80 Hz."""
    where = np.clip(0.5 + 0.8 * np.arange(count), 0, len(frames) - 1.001)
    left = where.astype(int)
    share = (where - left)[:, None].astype(np.float32)
    right = np.minimum(left + 1, len(frames) - 1)
    main = frames[left].astype(np.float32) * (1 - share) + frames[right].astype(np.float32) * share
    hertz = pitch[np.round(where).astype(int)].astype(np.float32)
    voiced = (hertz > 20).astype(np.float32)
    safe = np.maximum(hertz, 50.0)[:, None]
    ripple = np.cos(2 * np.pi * centres()[None, :RIPPLES].astype(np.float32) / safe) * voiced[:, None]
    own = energy[np.round(where).astype(int)].astype(np.float32)
    return np.concatenate([main, ripple, voiced[:, None], np.log(safe / 200) * voiced[:, None], own[:, None]], 1).astype(np.float32)


class Shortcut(nn.Module):
    """Columns [batch, time, 559] and style [batch, 256] to log-mel power [batch, time, 80]."""

    def __init__(self, width: int = 192, layers: int = 5) -> None:
        super().__init__()
        self.first = nn.Conv1d(512 + RIPPLES + 3, width, 3, padding=1)
        self.ripple = nn.Linear(RIPPLES, RIPPLES)
        self.style = nn.Linear(256, 2 * width * layers)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(layers))
        self.last = nn.Conv1d(width, BINS + RIPPLES, 1)
        self.register_buffer("mean", torch.zeros(BINS))

    def forward(self, inputs: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """Predicted log-mel power; the ripple of the harmonics is scaled by a depth for every filter and frame."""
        made = self.first(inputs.transpose(1, 2))
        changes = self.style(style)[:, :, None].chunk(2 * len(self.layers), 1)
        for index, layer in enumerate(self.layers):
            made = made + nn.functional.silu(layer(nn.functional.silu(made) * (1 + changes[2 * index]) + changes[2 * index + 1]))
        smooth, depth = self.last(nn.functional.silu(made)).transpose(1, 2).split([BINS, RIPPLES], -1)
        ripple = inputs[:, :, 512 : 512 + RIPPLES] * depth
        out: torch.Tensor = smooth + self.mean
        return out + nn.functional.pad(ripple, (0, BINS - RIPPLES))


def learn(pairs: list[tuple[Any, ...]], steps: int, seed: int = 0, width: int = 192) -> Shortcut:
    """Learn from (frames, pitch, energy, style, filter bank) of speech that went through the vocoder. Prints the error in nats."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    model = Shortcut(width)
    ready = [(columns(f, p, e, len(b)), s, np.maximum(b.astype(np.float32), QUIET)) for f, p, e, s, b in pairs if len(b) >= 120]
    model.mean.copy_(torch.from_numpy(np.concatenate([b for _, _, b in ready]).mean(0)))
    held, used = ready[: max(1, len(ready) // 20)], ready[max(1, len(ready) // 20) :]
    best = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(best, 3e-3, total_steps=steps, pct_start=0.1)
    for step in range(steps):
        batch = []
        for index in rng.integers(len(used), size=16):
            inputs, style, bank = used[index]
            start = int(rng.integers(len(bank) - 119))
            batch.append((inputs[start : start + 120], style, bank[start : start + 120]))
        inputs, style, bank = (torch.from_numpy(np.stack(part)) for part in zip(*batch, strict=True))
        loss = (model(inputs, style) - bank).abs().mean()
        best.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        best.step()
        plan.step()
        if step % 100 == 99:
            errors = [float((predict(model, i, s) - torch.from_numpy(b)).abs().mean()) for i, s, b in held]
            print(f"step {step + 1}: {float(loss.detach()):.3f}, held out {np.mean(errors):.3f} nats", flush=True)
    return model.eval()


@torch.no_grad()
def predict(model: Shortcut, inputs: np.ndarray, style: np.ndarray) -> torch.Tensor:
    """The filter bank [time, 80] of one sentence."""
    made: torch.Tensor = model(torch.from_numpy(inputs)[None], torch.from_numpy(style)[None])[0]
    return made


def save(model: Shortcut, path: Path) -> None:
    """Keep the weights."""
    torch.save({"width": model.first.out_channels, "state": model.state_dict()}, path)


def load(path: Path) -> Shortcut:
    """Read the weights again."""
    kept = torch.load(path, weights_only=True)
    model = Shortcut(kept["width"])
    model.load_state_dict(kept["state"])
    return model.eval()
