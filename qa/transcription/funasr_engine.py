"""Mandarin in production: FunASR's Paraformer (with CT-Punc) or SenseVoice through ``funasr.AutoModel``.

FSMN-VAD cuts the track first and each stretch is recognised by itself, which keeps clear of what goes wrong in FunASR's own
chain: the last sentence missing from ``sentence_info`` when it has no final punctuation, results of silent recordings dropped,
hotwords that fail beside a VAD, hours of audio clustered at once; and a stretch whose tokens and times do not match spoils no other.
Hotwords must be one string, SenseVoice's tags must be read before FunASR's post-processing turns them into emoji, and
CPU threads are four unless told otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qa import models, torch_compat
from qa.audio import Samples
from qa.calls import Channel, SourceKind, Span, TextSource
from qa.diarization import vad
from qa.transcription.normalise import normalise
from qa.transcription.words import Spoken

RATE = 16_000
_MARGIN_S = 0.15
"""Kept around each stretch: the detector's edges are tight, and recognisers want the breath before a word."""
PARAFORMER, SENSEVOICE = "paraformer-zh", "SenseVoiceSmall"
_UNIT = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[A-Za-z0-9]+(?:['’.\-][A-Za-z0-9]+)*")
_TAGGED = re.compile(r"((?:\s*<\|[^|>]*\|>)+)")


def available(folder: Path, name: str = PARAFORMER) -> bool:
    """Whether the model and what it needs beside it have been pulled."""
    return models.is_here(name, folder) and (name == SENSEVOICE or models.is_here("ct-punc", folder))


def source(name: str = PARAFORMER) -> TextSource:
    """What to write beside the text."""
    return TextSource(SourceKind.ENGINE, f"FunASR {name}", version("funasr"))


def recognise(
    samples: Samples, folder: Path, channel: Channel = Channel.MONO, *, name: str = PARAFORMER, hotwords: Sequence[str] = ()
) -> list[Spoken]:
    """Characters and words of float32 [n] at 16 kHz with times. Raises MissingPart when a model is not there."""
    punctuation = models.where("ct-punc", folder) if name == PARAFORMER else None
    model = _load(models.where(name, folder), punctuation)
    options: dict[str, Any] = {"output_timestamp": True, "language": "zh", "use_itn": False} if name == SENSEVOICE else {}
    if hotwords:
        options["hotword"] = " ".join(hotwords)
    seconds = len(samples) / RATE
    spoken: list[Spoken] = []
    for heard in vad.speech(samples, folder):
        span = Span(max(0.0, heard.start - _MARGIN_S), min(seconds, heard.end + _MARGIN_S))
        piece = samples[round(span.start * RATE) : round(span.end * RATE)]
        with torch_compat.quiet():
            results = model.generate(input=piece, disable_pbar=True, **options)
        spoken += [unit for result in results for unit in parse(result, span, channel)]
    return spoken


def parse(result: Mapping[str, Any], span: Span, channel: Channel = Channel.MONO) -> list[Spoken]:
    """The result of ``AutoModel.generate`` for the stretch ``span`` as units with times in the recording.

    ``timestamp`` holds a pair of milliseconds for every token of ``text``; where it does not, the units share the stretch evenly.
    """
    units = list(_units(_TAGGED.sub(" ", str(result.get("text", "")))))
    times = [(span.start + float(a) / 1000, span.start + float(b) / 1000) for a, b in result.get("timestamp") or ()]
    if len(units) != len(times):
        step = span.duration / max(1, len(units))
        times = [(span.start + i * step, span.start + (i + 1) * step) for i in range(len(units))]
    return [
        Spoken(unit, Span(min(start, span.end), min(max(start, end), span.end)), None, channel)
        for unit, (start, end) in zip(units, times, strict=True)
    ]


def tags(text: str) -> list[str]:
    """SenseVoice's tags in order, without the brackets: language, emotion, event, normalisation.

    >>> tags("<|zh|><|ANGRY|><|Speech|><|woitn|>你好")
    ['zh', 'ANGRY', 'Speech', 'woitn']
    """
    return re.findall(r"<\|([^|>]*)\|>", text)


def _units(text: str) -> Iterator[str]:
    """Characters and Latin words, each with the punctuation that follows it."""
    matches = list(_UNIT.finditer(text))
    ends = [*(match.start() for match in matches), len(text)][1:]
    for match, end in zip(matches, ends, strict=True):
        tail = text[match.end() : end]
        yield normalise(match[0]) + "".join(tail.split())


@cache
def _load(model: Path, punctuation: Path | None) -> Any:
    torch_compat.prepare()
    options: dict[str, Any] = {"punc_model": str(punctuation), "punc_kwargs": {"ncpu": 1}} if punctuation else {}
    with torch_compat.quiet():
        from funasr import AutoModel

        return AutoModel(model=str(model), device="cpu", ncpu=1, disable_update=True, disable_pbar=True, log_level="ERROR", **options)
