"""Recordings that need no speech library: stereo tones with a transcript that has times."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hotline import settings
from hotline.store import Store, open_store
from qa import torch_compat

Record = Callable[..., Path]


@pytest.fixture
def without_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an installation without the extra ``speech``: transcripts with times are enough there, and nothing slow is loaded."""
    monkeypatch.setattr(torch_compat, "has_speech_extra", lambda: False)


@pytest.fixture
def quick_store(tmp_path: Path, without_speech: None) -> Store:
    store = open_store(settings.load(tmp_path / "home"))
    store.migrate()
    return store


@pytest.fixture
def record() -> Record:
    """``record(path, pitch, text=None)`` writes two seconds of stereo tone, and a transcript beside it unless ``text`` is None."""

    def write(path: Path, pitch: int = 5, text: str | None = "您好") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        wave_form = (np.sin(np.arange(16_000) / pitch) * 8000).astype("<i2")
        with wave.open(str(path), "wb") as handle:
            handle.setnchannels(2)
            handle.setsampwidth(2)
            handle.setframerate(8000)
            handle.writeframes(np.stack([wave_form, wave_form[::-1] // 2], axis=1).tobytes())
        if text is not None:
            entries = [
                {"role": "agent", "start": 0.2, "end": 1.0, "text": text},
                {"role": "customer", "start": 1.1, "end": 1.9, "text": "停电"},
            ]
            path.with_suffix(".json").write_text(json.dumps({"engine": "test", "entries": entries}), encoding="utf-8")
        return path

    return write
