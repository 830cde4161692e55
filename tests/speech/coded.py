"""Speech in every format, for the tests of decoding: made by FFmpeg, and how alike two signals sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from qa import audio

BIT_RATES = {"libopencore_amrnb": 12_200, "wmav1": 48_000, "wmav2": 32_000}
"""Where the encoder's usual bit rate does not fit speech."""


def av_file(path: Path, samples: np.ndarray, rate: int, codec: str, container: str | None = None) -> Path:
    """``samples`` [n] or [channels, n] at 8 kHz, coded by FFmpeg at ``rate``."""
    channels = np.ascontiguousarray(np.atleast_2d(samples), dtype=np.float32)
    layout = {1: "mono", 2: "stereo", 4: "quad"}[channels.shape[0]]
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        context = stream.codec_context
        if codec in BIT_RATES:
            context.bit_rate = BIT_RATES[codec]
        resampler = av.AudioResampler(format=context.format, layout=layout, rate=rate, frame_size=context.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
        frame.rate = 8000
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


def likeness(heard: audio.Audio, wanted: np.ndarray) -> float:
    """Highest correlation of the two signals' loudness over time, lags to 0.2 s: what turns and pauses are made from."""
    one, other = (audio.frame_levels(s, 8000, 0.01).clip(-60) for s in (heard.at(8000).mono(), wanted))
    n = min(len(one), len(other)) - 40
    return max(float(np.corrcoef(one[20 + lag : n + lag], other[20:n])[0, 1]) for lag in range(-20, 21))


def from_second(heard: audio.Audio, start: float) -> audio.Audio:
    """The recording without its first ``start`` seconds."""
    return replace(heard, samples=heard.samples[:, round(start * heard.rate) :])
