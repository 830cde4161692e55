"""Mandarin in production: FunASR's Paraformer (with FSMN-VAD and CT-Punc) or SenseVoice through ``funasr.AutoModel``.

Known traps, each handled here: the last sentence is missing from ``sentence_info`` when it has no final punctuation, so
text and per-token times are used instead; recordings without speech are dropped from the list of results; hotwords must
be one string; SenseVoice's tags must be read before FunASR's post-processing turns them into emoji; CPU threads are
set by FunASR to four unless told otherwise.
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
    model = _load(models.where(name, folder), vad.model_folder(folder), punctuation)
    options: dict[str, Any] = {"output_timestamp": True, "language": "zh", "use_itn": False} if name == SENSEVOICE else {}
    if hotwords:
        options["hotword"] = " ".join(hotwords)
    with torch_compat.quiet():
        results = model.generate(input=samples, batch_size_s=300, disable_pbar=True, **options)
    return [unit for result in results for unit in parse(result, channel)]


def parse(result: Mapping[str, Any], channel: Channel = Channel.MONO) -> list[Spoken]:
    """One result of ``AutoModel.generate`` as units with times.

    ``text`` and ``timestamp`` (milliseconds, one pair a token) where they match; otherwise ``sentence_info``, and text that
    it leaves out shares the time that is left.
    """
    text = _TAGGED.sub(" ", str(result.get("text", "")))
    times = [(float(a), float(b)) for a, b in result.get("timestamp") or ()]
    units = list(_units(text))
    if units and len(units) == len(times):
        return [Spoken(u, Span(a / 1000, b / 1000), None, channel) for u, (a, b) in zip(units, times, strict=True)]
    found: list[Spoken] = []
    done = 0
    for sentence in result.get("sentence_info") or ():
        inner = list(_units(_TAGGED.sub(" ", str(sentence.get("text", "")))))
        done += len(inner)
        stamps = [pair for pair in sentence.get("timestamp") or () if pair]
        whole = Span(float(sentence["start"]) / 1000, float(sentence["end"]) / 1000)
        if len(stamps) == len(inner):
            found += [Spoken(u, Span(a / 1000, b / 1000), None, channel) for u, (a, b) in zip(inner, stamps, strict=True)]
        else:
            found += _shared(inner, whole, channel)
    rest = units[done:]
    if rest and times:
        start = found[-1].span.end if found else times[0][0] / 1000
        found += _shared(rest, Span(start, max(start, times[-1][1] / 1000)), channel)
    return found


def tags(text: str) -> list[str]:
    """SenseVoice's tags in order, without the brackets: language, emotion, event, normalisation.

    >>> tags("<|zh|><|ANGRY|><|Speech|><|woitn|>你好")
    ['zh', 'ANGRY', 'Speech', 'woitn']
    """
    return re.findall(r"<\|([^|>]*)\|>", text)


def _units(text: str) -> Iterator[str]:
    """Characters and Latin words, each with the punctuation that follows it."""
    matches = list(_UNIT.finditer(text))
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        tail = text[match.end() : following.start() if following else len(text)]
        yield normalise(match[0]) + "".join(tail.split())


def _shared(units: Sequence[str], whole: Span, channel: Channel) -> list[Spoken]:
    step = whole.duration / max(1, len(units))
    return [Spoken(u, Span(whole.start + i * step, whole.start + (i + 1) * step), None, channel) for i, u in enumerate(units)]


@cache
def _load(model: Path, voice_activity: Path, punctuation: Path | None) -> Any:
    torch_compat.prepare()
    options: dict[str, Any] = {"punc_model": str(punctuation), "punc_kwargs": {"ncpu": 1}} if punctuation else {}
    with torch_compat.quiet():
        from funasr import AutoModel

        return AutoModel(
            model=str(model),
            vad_model=str(voice_activity),
            vad_kwargs={"ncpu": 1},
            device="cpu",
            ncpu=1,
            disable_update=True,
            disable_pbar=True,
            log_level="ERROR",
            **options,
        )
