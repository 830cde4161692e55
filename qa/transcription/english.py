"""English offline: faster-whisper with the tiny.en weights of a package index.

Word error rate about 15 % on pyannote's phone sample: enough to find what a call was about, not to judge a wording.

Whisper itself works in windows of 30 s and invents text where nobody speaks, so FSMN-VAD says first where somebody does. Speech
is given to it in stretches of some minutes, cut in pauses: the spectrum of hours at once would take gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qa import models, torch_compat
from qa.audio import Samples
from qa.calls import Channel, SourceKind, Span, TextSource
from qa.diarization import vad
from qa.transcription.words import Spoken

NAME = "whisper-tiny.en"
RATE = 16_000
MARGIN_S = 0.15
STRETCH_S = 300.0
"""Speech is recognised in stretches of about so long, cut in pauses."""
PAUSE_S = 20.0
"""A pause this long is not given to the recogniser at all."""


def available(folder: Path) -> bool:
    """Whether the weights have been pulled."""
    return models.is_here(NAME, folder)


def source() -> TextSource:
    """What to write beside the text."""
    return TextSource(SourceKind.ENGINE, "faster-whisper tiny.en", version("faster-whisper"))


def recognise(samples: Samples, folder: Path, channel: Channel = Channel.MONO, *, hotwords: Sequence[str] = ()) -> list[Spoken]:
    """Words of float32 [n] at 16 kHz with times and probabilities; ``hotwords`` are given to the decoder as a hint."""
    model = _load(models.where(NAME, folder))
    hint = " ".join(hotwords) or None
    seconds = len(samples) / RATE
    spoken: list[Spoken] = []
    for stretch in stretches(vad.speech(samples, folder)):
        start, end = max(0.0, stretch.start - MARGIN_S), min(seconds, stretch.end + MARGIN_S)
        piece = samples[round(start * RATE) : round(end * RATE)]
        with torch_compat.quiet():
            segments, _ = model.transcribe(
                piece, language="en", word_timestamps=True, vad_filter=True, condition_on_previous_text=False, hotwords=hint
            )
            spoken += [
                Spoken(text, Span(start + float(word.start), min(end, start + float(word.end))), float(word.probability), channel)
                for segment in segments
                for word in segment.words or ()
                if (text := word.word.strip())
            ]
    return spoken


def stretches(speech: Sequence[Span]) -> Iterator[Span]:
    """Stretches of speech joined to about five minutes, apart where nobody speaks for long."""
    current: Span | None = None
    for span in speech:
        if current is not None and (current.gap_to(span) >= PAUSE_S or span.end - current.start > STRETCH_S):
            yield current
            current = None
        current = span if current is None else current | span
    if current is not None:
        yield current


@cache
def _load(model: Path) -> Any:
    torch_compat.prepare()
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch_compat.quiet():
        from faster_whisper import WhisperModel

        return WhisperModel(str(model), device=device, compute_type="int8", cpu_threads=torch.get_num_threads(), local_files_only=True)
