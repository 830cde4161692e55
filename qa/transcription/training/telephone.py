"""The telephone line for training speech: 300–3,400 Hz, 8 kHz, codecs, noise, room and level, on samples at 16 kHz.

:func:`narrow` is the line of the measurements, the same for every recording; :func:`through_line` draws a different one each time.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import signal

RATE = 16_000
LINE_RATE = 8_000
_MU = 255.0
_A = 87.6


def narrow(samples: np.ndarray) -> np.ndarray:
    """The measured line: 4th-order 300–3,400 Hz, 8 kHz, µ-law, level −21 dBFS. float32 [n] at 16 kHz in and out."""
    limited = signal.sosfiltfilt(_band(300, 3400, 4, RATE), samples.astype(np.float64))
    low = at_level(signal.resample_poly(limited, LINE_RATE, RATE), -21.0)
    return signal.resample_poly(mu_law(low), RATE, LINE_RATE).astype(np.float32)


def through_line(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random line: room, band edges, level, noise, codec. float32 [n] at 16 kHz in and out, with values in [−1, 1]."""
    heard = samples.astype(np.float64)
    if rng.random() < 0.25:
        heard = _room(heard, rng)
    low, high = rng.uniform(180, 340), rng.uniform(3100, 3700)
    limited = signal.sosfilt(_band(round(low, -1), round(high, -1), int(rng.integers(2, 5)), RATE), heard)
    line = at_level(signal.resample_poly(limited, LINE_RATE, RATE), rng.uniform(-32, -14))
    if rng.random() < 0.85:
        line = line + noise(len(line), rng) * 10 ** (rng.uniform(-62, -36) / 20)
    codec = rng.random()
    if codec < 0.4:
        line = mu_law(line)
    elif codec < 0.65:
        line = a_law(line)
    elif codec < 0.85:
        line = low_rate(line, rng)
    return np.clip(signal.resample_poly(line, RATE, LINE_RATE), -1, 1).astype(np.float32)


def at_level(samples: np.ndarray, decibel: float) -> np.ndarray:
    """Scale so that the loud half of the 10 ms frames (at 8 kHz) has this level, dBFS; silence stays as it is."""
    frames = samples[: len(samples) // 80 * 80].reshape(-1, 80)
    if not len(frames):
        return samples
    power = np.mean(frames**2, axis=1)
    loud = float(power[power >= np.median(power)].mean())
    return samples if loud < 1e-10 else samples * 10 ** ((decibel - 10 * np.log10(loud)) / 20)


def mu_law(samples: np.ndarray) -> np.ndarray:
    """µ-law (ITU-T G.711 companding curve) to 8 bits and back."""
    clipped = np.clip(samples, -1, 1)
    code = np.round(np.sign(clipped) * np.log1p(_MU * np.abs(clipped)) / np.log1p(_MU) * 127) / 127
    expanded: np.ndarray = np.sign(code) * np.expm1(np.abs(code) * np.log1p(_MU)) / _MU
    return expanded


def a_law(samples: np.ndarray) -> np.ndarray:
    """A-law (ITU-T G.711 companding curve) to 8 bits and back."""
    size, scale = np.abs(np.clip(samples, -1, 1)), 1 + np.log(_A)
    code = np.where(size < 1 / _A, _A * size, 1 + np.log(np.maximum(_A * size, 1e-9))) / scale
    code = np.round(code * 127) / 127 * scale
    expanded: np.ndarray = np.sign(samples) * np.where(code < 1, code / _A, np.exp(code - 1) / _A)
    return expanded


def low_rate(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What mobile codecs do to a spectrum, roughly: noise that follows the signal's own short-time level at 12–22 dB below it."""
    envelope = np.sqrt(signal.lfilter([0.02], [1, -0.98], samples**2) + 1e-9)
    hiss = signal.lfilter([1.0], [1, -0.6], rng.standard_normal(len(samples)))
    degraded: np.ndarray = samples + hiss / hiss.std() * envelope * 10 ** (-rng.uniform(12, 22) / 20)
    return degraded


def noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of unit power, float [count] at 8 kHz: hiss of a random slope, sometimes with mains hum."""
    hiss = signal.lfilter([1.0], [1, -rng.uniform(0, 0.95)], rng.standard_normal(count))
    if rng.random() < 0.15:
        time = np.arange(count) / LINE_RATE
        hum = sum(np.sin(2 * np.pi * 50 * k * time + rng.uniform(0, 6)) / k for k in (2, 3, 6, 8))
        hiss = hiss / (hiss.std() + 1e-9) + hum * rng.uniform(0.3, 1.5)
    scaled: np.ndarray = hiss / (hiss.std() + 1e-9)
    return scaled


def _room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    seconds = rng.uniform(0.08, 0.35)
    time = np.arange(int(seconds * RATE)) / RATE
    tail = rng.standard_normal(len(time)) * np.exp(-6.9 * time / seconds) * rng.uniform(0.01, 0.06)
    tail[0] = 1.0
    reverberant: np.ndarray = signal.fftconvolve(samples, tail)[: len(samples)]
    return reverberant


@cache
def _band(low: float, high: float, order: int, rate: int) -> np.ndarray:
    sections: np.ndarray = signal.butter(order, [low, high], btype="bandpass", fs=rate, output="sos")
    return sections
