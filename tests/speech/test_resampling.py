"""Another sample rate: the filter is scipy's, whichever way it is worked out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from qa import resampling


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 2), st.one_of(st.integers(0, 140), st.integers(1, 5000)))
def test_doubling_is_scipy_s(seed: int, channels: int, count: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, (channels, count)).astype(np.float32)
    found = resampling.resampled(samples, 8000, 16_000)
    assert found.shape == (channels, 2 * count) and found.dtype == np.float32
    if count:
        assert np.abs(found - resample_poly(samples.astype(float), 2, 1, axis=1)).max() < 2e-6


def test_a_tone_keeps_its_height_and_gets_no_mirror() -> None:
    seconds = np.arange(8000) / 8000
    tone = (0.5 * np.sin(2 * np.pi * 1000 * seconds)).astype(np.float32)[None]
    found = resampling.doubled(tone)[0]
    spectrum = np.abs(np.fft.rfft(found * np.hanning(len(found))))
    hertz = np.fft.rfftfreq(len(found), 1 / 16_000)
    assert hertz[spectrum.argmax()] == pytest.approx(1000, abs=1)
    assert spectrum[hertz > 6000].max() < spectrum.max() * 1e-3
    assert np.abs(found[2000:-2000]).max() == pytest.approx(0.5, rel=0.01)


def test_tracks_do_not_mix_and_nothing_is_delayed() -> None:
    click = np.zeros((2, 200), np.float32)
    click[0, 100] = 1.0
    found = resampling.doubled(click)
    assert found[0].argmax() == 200 and not found[1].any()


@pytest.mark.parametrize(("rate", "other"), [(16_000, 8000), (44_100, 16_000), (8000, 24_000), (11_025, 16_000)])
def test_other_rates(rate: int, other: int) -> None:
    samples = np.random.default_rng(3).uniform(-1, 1, (1, rate)).astype(np.float32)
    found = resampling.resampled(samples, rate, other)
    assert found.shape == (1, other) and found.dtype == np.float32
