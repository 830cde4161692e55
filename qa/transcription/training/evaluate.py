"""Character error rate of a recogniser on named sets, as JSON. Paths come as arguments; every recording goes through ``AutoModel``."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

RATE = 16_000
_TAGS = re.compile(r"<\|[^|>]*\|>")


@dataclass(frozen=True, slots=True)
class Clip:
    """Samples float32 [n] at 16 kHz and what is said in them."""

    name: str
    samples: np.ndarray
    text: str


def bare(text: str) -> str:
    """Letters and digits only, half width, lower case, without a recogniser's tags.

    >>> bare("<|zh|><|woitn|>您好，Ａ１。")
    '您好a1'
    """
    folded = unicodedata.normalize("NFKC", _TAGS.sub("", text)).lower()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


def errors(reference: str, hypothesis: str) -> tuple[int, int]:
    """Edits (substitutions, deletions, insertions) and characters of the reference, both bare."""
    truth, heard = bare(reference), bare(hypothesis)
    row = np.arange(len(heard) + 1)
    letters = np.array(list(heard))
    for index, char in enumerate(truth, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (letters != char))
        new = np.concatenate([[index], best])
        row = np.minimum.accumulate(new - np.arange(len(new))) + np.arange(len(new))
    return int(row[-1]), len(truth)


def cer(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """All edits over all reference characters. Raises ValueError for lists of different length or without a character.

    >>> cer(["您好", "再见"], ["您好", "在见"])
    0.25
    """
    counted = [errors(r, h) for r, h in zip(references, hypotheses, strict=True)]
    total = sum(n for _, n in counted)
    if not total:
        raise ValueError("no reference characters to compare with")
    return sum(e for e, _ in counted) / total


def load(path: Path) -> np.ndarray:
    """Samples float32 [n] at 16 kHz, channels mixed."""
    import soundfile
    from scipy.signal import resample_poly

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(1)
    if rate == RATE:
        return np.asarray(mono, np.float32)
    common = int(np.gcd(rate, RATE))
    return np.asarray(resample_poly(mono, RATE // common, rate // common), np.float32)


def corpus(folder: Path, split: str) -> Iterator[Clip]:
    """A corpus with ``manifest.jsonl`` (file, text, split)."""
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["split"] == split:
            yield Clip(row["file"], load(folder / row["file"]), row["text"])


def calls(folder: Path, truth: Path) -> Iterator[Clip]:
    """The sample calls: every line of ``truth/<id>.json`` cut from ``folder/audio/<id>.wav`` (its own channel where there are two).

    Lines that overlap another speaker on one channel are kept: they are part of what must be recognised.
    """
    import soundfile

    for path in sorted(truth.glob("S*.json")):
        call = json.loads(path.read_text(encoding="utf-8"))
        samples, rate = soundfile.read(folder / "audio" / f"{call['call_id']}.wav", dtype="float32", always_2d=True)
        for index, row in enumerate(call["lines"]):
            side = 0
            if samples.shape[1] == 2:
                agent = 0 if call["agent_channel"] == "left" else 1
                side = agent if row["role"] == "agent" else 1 - agent
            first, last = max(0, round((row["start"] - 0.15) * rate)), round((row["end"] + 0.15) * rate)
            piece = np.asarray(samples[first:last, side], np.float32)
            from scipy.signal import resample_poly

            yield Clip(f"{call['call_id']}/{index}", np.asarray(resample_poly(piece, RATE, rate), np.float32), row["text"])


def listed(folder: Path) -> Iterator[Clip]:
    """``references.txt`` (name, tab, text) beside ``<name>.wav``."""
    for line in (folder / "references.txt").read_text(encoding="utf-8").splitlines():
        if line.strip():
            name, text = line.split("\t", 1)
            yield Clip(name, load(folder / f"{name}.wav"), text)


def auto_model(folder: Path) -> Callable[[np.ndarray], str]:
    """The model folder through ``funasr.AutoModel`` as it comes, one clip at a time: the likeliest token of every frame."""
    from qa import funasr_model, torch_compat

    model = funasr_model.load(folder)

    def hear(samples: np.ndarray) -> str:
        with torch_compat.quiet():
            results = model.generate(input=samples, language="zh", use_itn=False, disable_pbar=True)
        return _TAGS.sub("", str(results[0].get("text", ""))) if results else ""

    return hear


def with_language(folder: Path) -> Callable[[np.ndarray], str]:
    """The same model as the adapter uses it: the beam search that weighs the characters' own likelihood."""
    from qa.calls import Span
    from qa.transcription import small
    from qa.transcription.funasr_engine import load as load_model
    from qa.transcription.pieces import Piece

    model = load_model(folder)

    def hear(samples: np.ndarray) -> str:
        return "".join(s.text for s in small.written(model, Piece(Span(0.0, len(samples) / RATE), samples)))

    return hear


def figures(
    folder: Path,
    *,
    corpus_folder: Path | None = None,
    calls_folder: Path | None = None,
    truth: Path | None = None,
    real: Path | None = None,
) -> dict[str, Any]:
    """Error rates of a model folder on each set that is given: as the adapter writes, and ``_greedy`` as plain ``AutoModel`` writes.

    ``cer_small_unseen``: a corpus' test split through the telephone band; ``cer_small_calls``: the lines of the sample calls;
    ``cer_small_real``: recordings of people, through the telephone band as the adapter sends wide recordings.
    """
    from qa.transcription.training.telephone import narrow

    found: dict[str, Any] = {}
    for suffix, make in (("", with_language), ("_greedy", auto_model)):
        hear = make(folder)
        if corpus_folder is not None:
            found["cer_small_unseen" + suffix] = measure(hear, corpus(corpus_folder, "test"), narrow)
        if calls_folder is not None and truth is not None:
            found["cer_small_calls" + suffix] = measure(hear, calls(calls_folder, truth))
        if real is not None:
            found["cer_small_real" + suffix] = measure(hear, listed(real), narrow)
    return found


def measure(
    hear: Callable[[np.ndarray], str], clips: Iterator[Clip], line: Callable[[np.ndarray], np.ndarray] | None = None
) -> dict[str, Any]:
    """CER and sizes of one set; ``line`` is what every clip passes through first."""
    references, hypotheses, seconds = [], [], 0.0
    for clip in clips:
        references.append(clip.text)
        hypotheses.append(hear(line(clip.samples) if line else clip.samples))
        seconds += len(clip.samples) / RATE
    counted = [errors(r, h) for r, h in zip(references, hypotheses, strict=True)]
    return {
        "cer": round(cer(references, hypotheses), 4),
        "clips": len(counted),
        "characters": sum(n for _, n in counted),
        "seconds": round(seconds, 1),
    }
