"""Stretches of speech by FSMN-VAD: asked for twice, heard once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import audio
from qa.diarization import vad

ROOT = Path(__file__).parents[2]


def test_what_was_heard_is_not_heard_again(models_ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sound in another array is known; one sample more or less is another recording."""
    asked: list[int] = []
    real = vad._listened

    def counting(model: object, samples: audio.Samples) -> tuple[audio.Span, ...]:
        asked.append(len(samples))
        return real(model, samples)

    monkeypatch.setattr(vad, "_listened", counting)
    monkeypatch.setattr(vad, "_heard", {})
    track = audio.decode(ROOT / "data" / "calls" / "audio" / "S001.wav").at(vad.RATE).samples[0][: 15 * vad.RATE]
    first = vad.speech(track, models_ready)
    assert first and vad.speech(track.copy(), models_ready) == first and len(asked) == 1
    vad.speech(track[:-1], models_ready)
    louder = track.copy()
    louder[1000] += 0.5
    vad.speech(louder, models_ready)
    assert len(asked) == 3
    for length in range(1, vad._KEPT + 1):
        vad.speech(track[: vad.RATE + length], models_ready)
    assert len(vad._heard) == vad._KEPT and vad.speech(track, models_ready) == first and asked[-1] == len(track)


@given(st.lists(st.floats(-120, 0), min_size=1, max_size=60), st.floats(0, 1))
def test_the_percentile_is_numpy_s(values: list[float], share: float) -> None:
    assert vad._percentile(np.array(values), share) == pytest.approx(float(np.percentile(values, 100 * share)), abs=1e-9)
