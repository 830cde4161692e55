"""The telephone line: 300–3,400 Hz, 8 kHz, some noise, and where speech starts and stops in clean synthesised audio."""

from __future__ import annotations

import numpy as np
from scipy import signal

RATE = 8_000
LEVEL_DB = -21.0
_FRAME = 0.01


def narrow(samples: np.ndarray, rate: int) -> np.ndarray:
    """Band-limit to the telephone band and resample to 8 kHz. ``samples`` float [n] at ``rate`` Hz."""
    band = signal.butter(4, [300, 3400], btype="bandpass", fs=rate, output="sos")
    limited = signal.sosfiltfilt(band, samples.astype(np.float64))
    return signal.resample_poly(limited, RATE, rate)


def speech_in(samples: np.ndarray, rate: int, join: float = 0.5) -> list[tuple[float, float]]:
    """Stretches of speech in clean audio, seconds: 10 ms frames within 38 dB of the loudest, gaps under ``join`` seconds closed."""
    step = int(_FRAME * rate)
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    level = 10 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-12)
    spans: list[tuple[float, float]] = []
    for index in np.flatnonzero(level > level.max() - 38):
        start, end = float(index) * _FRAME, float(index + 1) * _FRAME
        if spans and start - spans[-1][1] < join:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [(round(a, 2), round(b, 2)) for a, b in spans if b - a >= 0.06]


def at_level(samples: np.ndarray, decibel: float) -> np.ndarray:
    """Scale so that the loud half of the 10 ms frames has this level (dBFS)."""
    step = int(_FRAME * RATE)
    power = np.mean(samples[: len(samples) // step * step].reshape(-1, step) ** 2, axis=1)
    loud = power[power >= np.median(power)]
    return samples * 10 ** ((decibel - 10 * np.log10(loud.mean() + 1e-12)) / 20)


def line_noise(count: int, rng: np.random.Generator, decibel: float) -> np.ndarray:
    """Quiet band-limited hiss, float [count], at ``decibel`` dBFS."""
    band = signal.butter(2, [300, 3400], btype="bandpass", fs=RATE, output="sos")
    hiss = signal.sosfilt(band, rng.standard_normal(count))
    return hiss / np.sqrt(np.mean(hiss**2)) * 10 ** (decibel / 20)
