"""English offline: faster-whisper with the tiny.en weights of a package index.

Word error rate about 15 % on pyannote's phone sample: enough to find what a call was about, not to judge a wording.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qa import models, torch_compat
from qa.audio import Samples
from qa.calls import Channel, SourceKind, Span, TextSource
from qa.transcription.words import Spoken

NAME = "whisper-tiny.en"
RATE = 16_000


def available(folder: Path) -> bool:
    """Whether the weights have been pulled."""
    return models.is_here(NAME, folder)


def source() -> TextSource:
    """What to write beside the text."""
    return TextSource(SourceKind.ENGINE, "faster-whisper tiny.en", version("faster-whisper"))


def recognise(samples: Samples, folder: Path, channel: Channel = Channel.MONO) -> list[Spoken]:
    """Words of float32 [n] at 16 kHz with times and probabilities."""
    model = _load(models.where(NAME, folder))
    with torch_compat.quiet():
        segments, _ = model.transcribe(samples, language="en", word_timestamps=True, vad_filter=True, condition_on_previous_text=False)
        return [
            Spoken(word.word.strip(), Span(float(word.start), float(word.end)), float(word.probability), channel)
            for segment in segments
            for word in segment.words or ()
            if word.word.strip()
        ]


@cache
def _load(model: Path) -> Any:
    torch_compat.prepare()
    with torch_compat.quiet():
        from faster_whisper import WhisperModel

        return WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
