"""Mandarin in production: FunASR's Paraformer (with CT-Punc) or SenseVoice through ``funasr.AutoModel``.

FSMN-VAD cuts the track first and each stretch is recognised by itself, which keeps clear of what goes wrong in FunASR's own
chain: the last sentence missing from ``sentence_info`` when it has no final punctuation, results of silent recordings dropped,
hotwords that fail beside a VAD, hours of audio clustered at once; and a stretch whose tokens and times do not match spoils no other.
Hotwords must be one string, SenseVoice's tags must be read before FunASR's post-processing turns them into emoji, and
CPU threads are four unless told otherwise. On a GPU the stretches go in batches of about the same length; on a CPU a batch gains nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qa import funasr_model, models, torch_compat
from qa.audio import Samples
from qa.calls import Channel, SourceKind, Span, TextSource
from qa.diarization import vad
from qa.transcription import hotwords as hot
from qa.transcription import posteriors, tags
from qa.transcription.normalise import normalise
from qa.transcription.pieces import RATE, Piece, pieces
from qa.transcription.words import Mood, Spoken

PARAFORMER, SENSEVOICE = "paraformer-zh", "SenseVoiceSmall"
BATCH_S = 120.0
"""Seconds of audio in a batch on a GPU, padding included."""
_UNIT = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[A-Za-z0-9]+(?:['’.\-][A-Za-z0-9]+)*")
_TAGGED = re.compile(r"((?:\s*<\|[^|>]*\|>)+)")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a recogniser heard on one track: units of text, and the mood and events of each stretch."""

    spoken: list[Spoken]
    moods: list[Mood]


def available(folder: Path, name: str = PARAFORMER) -> bool:
    """Whether the model and what it needs beside it have been pulled."""
    return models.is_here(name, folder) and (name == SENSEVOICE or models.is_here("ct-punc", folder))


def source(name: str = PARAFORMER) -> TextSource:
    """What to write beside the text."""
    return TextSource(SourceKind.ENGINE, f"FunASR {name}", version("funasr"))


def recognise(
    samples: Samples, folder: Path, channel: Channel = Channel.MONO, *, name: str = PARAFORMER, hotwords: Sequence[str] = ()
) -> Recognised:
    """Characters and words of float32 [n] at 16 kHz with times. Raises MissingPart when a model is not there.

    ``hotwords`` are words that this queue or rule set expects; only Paraformer's contextual classes listen to them. Punctuation is
    CT-Punc's, which SenseVoice does without where it has not been pulled.
    """
    marks = models.where("ct-punc", folder) if name == PARAFORMER or models.is_here("ct-punc", folder) else None
    # AutoModel's own chain would punctuate SenseVoice's tags too.
    model, separate = (load(models.where(name, folder), marks), None) if name == PARAFORMER else (load(models.where(name, folder)), marks)
    cut = pieces(samples, vad.speech(samples, folder))
    return recognise_with(model, cut, channel, hotwords=hotwords, name=name, punctuation=load(separate) if separate else None)


def recognise_with(
    model: Any, cut: Sequence[Piece], channel: Channel, *, hotwords: Sequence[str] = (), name: str = "", punctuation: Any = None
) -> Recognised:
    """The same with a loaded ``AutoModel`` and pieces already cut; ``name`` is written as the source of the moods.

    ``punctuation`` is an ``AutoModel`` of CT-Punc, for models that have none in their own chain.
    """
    options: dict[str, Any] = {"output_timestamp": True}
    if type(model.model).__name__ == SENSEVOICE:
        options |= {"language": "zh", "use_itn": False}
    elif (line := hot.as_line(hotwords)) != "":
        options["hotword"] = line
    found = Recognised([], [])
    for piece, result, tokens, marks in _generated(model, cut, options):
        text = str(result.get("text", ""))
        mood = tags.mood(text, marks, piece.span, channel, name)
        if mood is not None:
            found.moods.append(mood)
        if not tags.is_silence(text):
            units = parse(result, piece.span, channel, tokens)
            found.spoken.extend(punctuated(units, punctuation) if punctuation and units else units)
    return found


def punctuated(units: Sequence[Spoken], model: Any) -> list[Spoken]:
    """The units of one stretch with CT-Punc's marks behind them; unchanged where it does not give the same units back."""
    text = "".join(f" {unit.text}" if unit.text.isascii() else unit.text for unit in units).strip()
    with torch_compat.quiet():
        (result,) = model.generate(input=text, disable_pbar=True)
    marked = list(_units(str(result["text"]).replace("<unk>", "")))
    if [posteriors.letters(unit) for unit in marked] != [posteriors.letters(unit.text) for unit in units]:
        return list(units)
    tails = [re.sub(r"[\w'’.\-]*\w", "", mark, count=1) for mark in marked]
    return [replace(unit, text=unit.text + tail) for unit, tail in zip(units, tails, strict=True)]


def parse(result: Mapping[str, Any], span: Span, channel: Channel = Channel.MONO, tokens: Sequence[posteriors.Token] = ()) -> list[Spoken]:
    """The result of ``AutoModel.generate`` for the stretch ``span`` as units with times in the recording.

    ``timestamp`` holds a pair of milliseconds for every token of ``text``; where it does not, as when FunASR drops an ``<unk>`` from
    the text alone, the times of ``tokens`` tell, and without any the units share the stretch evenly. The confidence of a unit
    is the mean probability of its tokens.
    """
    units = list(_units(_TAGGED.sub(" ", str(result.get("text", "")).replace("<unk>", ""))))
    given = [(float(a) / 1000, float(b) / 1000) for a, b in result.get("timestamp") or ()]
    if len(units) != len(given) == len(tokens):
        tokens = [replace(token, start=start, end=end) for token, (start, end) in zip(tokens, given, strict=True)]
    behind = posteriors.on_units(units, tokens)
    times = [(span.start + a, span.start + b) for a, b in given] if len(units) == len(given) else _times(behind, span)
    return [
        Spoken(unit, Span(min(start, span.end), min(max(start, end), span.end)), _confidence(own), channel)
        for unit, (start, end), own in zip(units, times, behind, strict=True)
    ]


def _confidence(tokens: Sequence[posteriors.Token]) -> float | None:
    return sum(token.probability for token in tokens) / len(tokens) if tokens else None


def _times(behind: Sequence[Sequence[posteriors.Token]], span: Span) -> list[tuple[float, float]]:
    """Times of units by the frames of their tokens; evenly where there are none or some unit has no token."""
    starts = [min((t.start for t in own if t.start is not None), default=None) for own in behind]
    ends = [max((t.end for t in own if t.end is not None), default=None) for own in behind]
    known = [(span.start + a, span.start + b) for a, b in zip(starts, ends, strict=True) if a is not None and b is not None]
    if len(known) == len(behind):
        return known
    step = span.duration / max(1, len(behind))
    return [(span.start + i * step, span.start + (i + 1) * step) for i in range(len(behind))]


def _units(text: str) -> Iterator[str]:
    """Characters and Latin words, each with the punctuation that follows it."""
    matches = list(_UNIT.finditer(text))
    ends = [*(match.start() for match in matches), len(text)][1:]
    for match, end in zip(matches, ends, strict=True):
        tail = text[match.end() : end]
        yield normalise(match[0]) + "".join(tail.split())


_Answer = tuple[Piece, Mapping[str, Any], Sequence[posteriors.Token], Sequence[posteriors.Token]]


def _generated(model: Any, cut: Sequence[Piece], options: Mapping[str, Any]) -> Iterator[_Answer]:
    """Each piece with its result, tokens and tags, in order of time."""
    if not str(model.kwargs.get("device", "cpu")).startswith("cpu"):
        answers: dict[float, _Answer] = {}
        for batch in batches(cut):
            answers |= {answer[0].span.start: answer for answer in _batch(model, batch, options)}
        yield from (answers[piece.span.start] for piece in cut)
        return
    for piece in cut:
        yield from _batch(model, [piece], options)


def batches(cut: Sequence[Piece], seconds: float = BATCH_S) -> Iterator[list[Piece]]:
    """Pieces of about the same length together, so that little of a batch is padding; ``seconds`` at most, padded."""
    batch: list[Piece] = []
    for piece in sorted(cut, key=lambda piece: piece.samples.size):
        if batch and (len(batch) + 1) * piece.samples.size > seconds * RATE:
            yield batch
            batch = []
        batch.append(piece)
    if batch:
        yield batch


def _batch(model: Any, batch: Sequence[Piece], options: Mapping[str, Any]) -> Iterator[_Answer]:
    with torch_compat.quiet(), posteriors.listening(model) as tap:
        results = model.generate(input=[p.samples for p in batch], batch_size=len(batch), disable_pbar=True, **options)
    if len(results) != len(batch):
        # Paraformer leaves out what it finds empty, and nothing tells which piece that was.
        for piece in batch if len(batch) > 1 else ():
            yield from _batch(model, [piece], options)
        if len(batch) == 1:
            yield batch[0], {}, (), ()
        return
    fits = len(tap.tokens) == len(batch)
    for at, (piece, result) in enumerate(zip(batch, results, strict=True)):
        yield piece, result, tap.tokens[at] if fits else (), tap.tags[at] if len(tap.tags) == len(batch) else ()


@cache
def load(model: Path, punctuation: Path | None = None) -> Any:
    """An ``AutoModel`` from its folder, on a GPU where there is one, with ``OMP_NUM_THREADS`` threads (one unless set)."""
    torch_compat.prepare()
    import torch

    device, threads = "cuda:0" if torch.cuda.is_available() else "cpu", torch.get_num_threads()
    return funasr_model.load(model, device=device, threads=threads, punctuation=punctuation)
