"""Filter banks as FunASR's frontend makes them, and the telephone line in their domain, where it costs next to nothing.

A clean filter bank is kept once; every time it is used for training it goes through another line: band, tilt, level, noise, a second
voice far off, vocal-tract length, rate. All values are natural logs of power of 16-bit samples (FunASR scales by 2¹⁵).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

RATE = 16_000
BINS = 80
STACK, SKIP = 7, 6  # low frame rate: 7 frames of 10 ms side by side, every 60 ms
FRAME = 0.06  # seconds a recogniser frame advances
LOUD = 26.3  # the loudest filter of speech whose loud frames are at 0 dBFS
FLOOR = -15.9  # log of float32 epsilon: FunASR's floor


def filterbank(samples: np.ndarray, dither: float = 1.0) -> np.ndarray:
    """Log-mel power float32 [frames, 80] of float32 [n] at 16 kHz: 25 ms Hamming windows every 10 ms."""
    import torch
    from funasr.utils import fbank

    wave = torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None] * (1 << 15)
    made: np.ndarray = fbank.fbank(
        wave,
        num_mel_bins=BINS,
        frame_length=25,
        frame_shift=10,
        dither=dither,
        energy_floor=0.0,
        window_type="hamming",
        sample_frequency=RATE,
    ).numpy()
    return made


def stack(bank: np.ndarray) -> np.ndarray:
    """FunASR's low frame rate: float32 [ceil(frames / 6), 560], three frames repeated in front and the last one behind."""
    count = -(-len(bank) // SKIP)
    padded = np.concatenate([np.repeat(bank[:1], (STACK - 1) // 2, 0), bank])
    missing = (count - 1) * SKIP + STACK - len(padded)
    if missing > 0:
        padded = np.concatenate([padded, np.repeat(padded[-1:], missing, 0)])
    index = np.arange(count)[:, None] * SKIP + np.arange(STACK)
    stacked: np.ndarray = padded[index].reshape(count, STACK * BINS)
    return stacked


@cache
def centres() -> np.ndarray:
    """Centre frequencies of the 80 filters, Hz (Kaldi's mel scale from 20 to 8,000 Hz)."""
    low, high = 1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 8000 / 700)
    mels = low + (np.arange(BINS) + 1) * (high - low) / (BINS + 1)
    hertz: np.ndarray = 700 * (np.exp(mels / 1127) - 1)
    return hertz


@cache
def white() -> np.ndarray:
    """Power [80] that white noise of one 16-bit step has in every filter, and how many independent values each averages over."""
    rng = np.random.default_rng(0)
    bank = np.exp(filterbank((rng.standard_normal(RATE * 20) / (1 << 15)).astype(np.float32), dither=0.0))
    mean = bank.mean(0)
    return np.stack([mean, 2 * mean**2 / bank.var(0)])


@cache
def _above() -> np.ndarray:
    """What is left [80] above 4 kHz after a line of 8 kHz."""
    left: np.ndarray = np.interp(centres(), [3700, 3950, 4100, 4300], [1.0, 0.35, 0.01, 1e-5])
    return left


@cache
def _flicker() -> np.ndarray:
    """Two minutes of how noise of mean power 1 flickers in every filter (chi-square), float32 [12,000, 80]."""
    freedom = white()[1]
    rng = np.random.default_rng(1)
    power: np.ndarray = (rng.standard_gamma(freedom / 2, (12_000, BINS)) * (2 / freedom)).astype(np.float32)
    return power


def _noise(frames: int, spectrum: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Power [frames, 80] of noise with this mean spectrum; every call takes another stretch of the kept flicker."""
    table = _flicker()
    start = int(rng.integers(len(table)))
    flicker = table[start : start + frames] if start + frames <= len(table) else table[(start + np.arange(frames)) % len(table)]
    power: np.ndarray = flicker * spectrum.astype(np.float32)
    return power


def nothing(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Log-mel power float32 [frames, 80] of digital silence as the frontend sees it: its own dither."""
    silence: np.ndarray = np.log(_noise(frames, white()[0], rng) + np.float32(1e-7))
    return silence


def _decibels(value: float) -> float:
    return float(value * np.log(10) / 10)


def line(bank: np.ndarray, rng: np.random.Generator, other: np.ndarray | None = None, strength: float = 1.0) -> np.ndarray:
    """A random telephone line (or, now and then, none) for a clean filter bank; ``other`` is someone else's, heard far off.

    ``strength`` from 0 to 1 says how far lines may be from a good one: noise, tilt, rooms, levels.
    """
    hertz = centres()
    frames = len(bank)
    level = bank.max(1)
    loud = float(np.quantile(level, 0.8))
    wide = rng.random() < 0.08 * strength
    target = _decibels(-22 + 12 * rng.uniform(-1, 1) * max(0.3, strength)) + LOUD
    power = np.exp(np.clip(bank + np.float32(target - loud), FLOOR, 40))
    if other is not None and len(other) > 10:
        start = int(rng.integers(len(other)))
        far = np.exp(other[(start + np.arange(frames)) % len(other)])
        power += far * np.float32(np.exp(target - np.log(far.mean() + 1e-6) - 2.0 + _decibels(rng.uniform(-38, -14))))
    if rng.random() < 0.3 * strength:  # a room: energy leaks into the next frames
        decay, share = np.float32(rng.uniform(0.6, 0.9)), np.float32(rng.uniform(0.02, 0.15))
        tail = np.zeros(BINS, np.float32)
        for index in range(frames):
            tail = tail * decay + power[index] * (1 - decay)
            power[index] += share * tail
    response = np.ones(BINS)
    good = not wide and rng.random() < 0.4  # a line as it is measured: steep edges, no noise but that of companding
    if good:
        low, high = rng.uniform(280, 320), rng.uniform(3300, 3500)
        response = _above() / (1 + (low / np.maximum(hertz, 1)) ** 8) ** 2 / (1 + (hertz / high) ** 8) ** 2
    elif not wide:
        low, high, order = rng.uniform(150, 340), rng.uniform(3150, 3750), 2 * int(rng.integers(2, 5))
        response = 1 / (1 + (low / np.maximum(hertz, 1)) ** order) / (1 + (hertz / high) ** (2 * order))
        response = response * _above()
    tilt = _decibels(rng.uniform(-3, 3) * strength) * np.log2(hertz / 1000)
    bumps = sum(
        _decibels(rng.normal(0, 1.5 * strength)) * np.cos(np.pi * k * np.arange(BINS) / BINS + rng.uniform(0, 6)) for k in (1, 2, 3)
    )
    response = response * np.exp(tilt + bumps)
    power *= response.astype(np.float32)
    base, _ = white()
    if not good and rng.random() < 0.85:
        slope = (hertz / 1000) ** -rng.uniform(0, 1.5)
        shape = base * slope * (response if rng.random() < 0.3 else _above())
        amount = np.exp(target + _decibels(rng.uniform(-48, -40 + 26 * strength))) / (base.mean() + 1e-9)
        power += _noise(frames, shape * amount * 0.5, rng)
    if rng.random() < 0.7:  # companding: noise that follows the frame's own level
        own = power.mean(1, keepdims=True) * np.exp(_decibels(rng.uniform(-42, -36 + 14 * strength)))
        power += _noise(frames, _above() * base / base.mean(), rng) * own.astype(np.float32)
    power += _noise(frames, base, rng)
    made: np.ndarray = np.log(power + np.float32(1e-7))
    return made


def warp(bank: np.ndarray, rate: float, length: float) -> np.ndarray:
    """The filter bank of a faster (``rate`` > 1) speaker whose vocal tract is shorter (``length`` < 1)."""
    frames = max(2, round(len(bank) / rate))
    when = np.linspace(0, len(bank) - 1, frames)
    left = np.minimum(when.astype(int), len(bank) - 2)
    share = (when - left)[:, None].astype(np.float32)
    timed = bank[left] * (1 - share) + bank[left + 1] * share
    hertz = centres()
    where = np.interp(hertz * length, hertz, np.arange(BINS))
    low = np.minimum(where.astype(int), BINS - 2)
    part = (where - low).astype(np.float32)
    warped: np.ndarray = timed[:, low] * (1 - part) + timed[:, low + 1] * part
    return warped


def mask(stacked: np.ndarray, rng: np.random.Generator, fill: Any) -> np.ndarray:
    """SpecAugment on stacked features, in place: up to two bands of the filter bank and two short times are set to ``fill`` [560]."""
    view = stacked.reshape(len(stacked), STACK, BINS)
    filled = np.asarray(fill, np.float32).reshape(STACK, BINS)
    for _ in range(2):
        width = int(rng.integers(0, 12))
        start = int(rng.integers(0, 62 - width))
        view[:, :, start : start + width] = filled[:, start : start + width]
    for _ in range(2):
        width = int(rng.integers(0, max(1, min(4, len(view) // 8)) + 1))
        start = int(rng.integers(0, len(view) - width + 1))
        view[start : start + width] = filled
    return stacked
