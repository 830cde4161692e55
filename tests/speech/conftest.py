"""Signals made on the spot, and the phone call that pyannote.audio installs."""

from __future__ import annotations

import importlib.util
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from qa import audio

ROOT = Path(__file__).parents[2]
WriteWav = Callable[..., Path]


@pytest.fixture
def write_wav(tmp_path: Path) -> WriteWav:
    """``write_wav(name, samples [n] or [channels, n], rate)`` writes 16-bit PCM and returns the path."""

    def write(name: str, samples: npt.NDArray[np.floating], rate: int = 8000) -> Path:
        channels = np.atleast_2d(samples)
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels.shape[0])
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((np.clip(channels, -1, 1).T * 32767).astype("<i2").tobytes())
        return path

    return write


@pytest.fixture(scope="session")
def phone_call() -> Path:
    """30 s of a real phone call between two people, 16 kHz mono; its RTTM lies beside it."""
    spec = importlib.util.find_spec("pyannote.audio")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "sample" / "sample.wav"


@pytest.fixture(scope="session")
def phone_speech(phone_call: Path) -> list[tuple[str, float, float]]:
    """Who really speaks in it: (speaker, start, end) in seconds."""
    lines = phone_call.with_suffix(".rttm").read_text().splitlines()
    fields = [line.split() for line in lines if line.startswith("SPEAKER")]
    return [(f[7], float(f[3]), float(f[3]) + float(f[4])) for f in fields]


@pytest.fixture(scope="session")
def speech() -> npt.NDArray[np.float32]:
    """Six seconds of an agent at 8 kHz, float32 [n]."""
    call = audio.decode(ROOT / "data" / "calls" / "audio" / "S001.wav")
    left = call.samples[0]
    first = int(np.argmax(audio.frame_levels(left, 8000) > -40)) * 160
    six = left[first : first + 6 * 8000].copy()
    six.flags.writeable = False  # one for all tests
    return six
