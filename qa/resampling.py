"""Another sample rate by a polyphase filter; 8 to 16 kHz, which every telephone recording needs, in a quarter of the usual time.

The filter is ``scipy.signal.resample_poly``'s own: a windowed sinc, Kaiser β = 5, ten zero crossings to each side. When the rate is
doubled it is a half-band filter: every second weight is zero, so the samples themselves stay and only those between them
are weighed (Crochiere and Rabiner 1983, "Multirate Digital Signal Processing", 4.3). Many of those at once are one product of matrices.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

_SIDE = 10
"""Samples on each side that a sample between two is weighed from."""
_BLOCK = 32
"""Samples made by one row of the product; more would multiply more zeros, fewer copy more."""


def resampled(samples: Samples, rate: int, other: int) -> Samples:
    """Float32 [channels, n] at ``rate`` Hz as float32 at ``other`` Hz, without delay; silence is taken to lie around it."""
    if other == 2 * rate:
        return doubled(samples)
    from scipy.signal import resample_poly  # takes a second to import

    ratio = Fraction(other, rate)
    return np.asarray(resample_poly(samples, ratio.numerator, ratio.denominator, axis=1), dtype=np.float32)


def doubled(samples: Samples) -> Samples:
    """Float32 [channels, n] at twice its rate, [channels, 2 n]; differs from ``resample_poly`` by rounding in float32 alone."""
    centre, weights = _half_band()
    channels, count = samples.shape
    found = np.empty((channels, 2 * count), np.float32)
    if not count:
        return found
    np.multiply(samples, centre, out=found[:, ::2])
    rows = -(-count // _BLOCK)
    around = np.zeros(rows * _BLOCK + 2 * _SIDE - 1, np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(around, _BLOCK + 2 * _SIDE - 1)[::_BLOCK]
    for track, own in zip(samples, found, strict=True):
        around[_SIDE - 1 : _SIDE - 1 + count] = track
        own[1::2] = (blocks @ weights).ravel()[:count]
    return found


@cache
def _half_band() -> tuple[np.float32, Samples]:
    """The weight of a sample itself, and float32 [block + 19, block] that makes those between out of a block with its edges."""
    at = np.arange(-2 * _SIDE, 2 * _SIDE + 1)
    shape = np.sinc(at / 2) * np.kaiser(len(at), 5.0)
    shape *= 2 / shape.sum()
    between = shape[1::2].astype(np.float32)  # the same forwards and backwards
    weights = np.zeros((_BLOCK + 2 * _SIDE - 1, _BLOCK), np.float32)
    for column in range(_BLOCK):
        weights[column : column + 2 * _SIDE, column] = between
    return np.float32(shape[2 * _SIDE]), weights
