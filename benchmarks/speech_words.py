"""Word errors on the real telephone call, character errors of our own small Mandarin model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks import common
from benchmarks.common import ROOT
from benchmarks.speech_samples import Sample, phone_text
from qa import models, torch_compat
from qa.listen import Request, listen

SMALL = ROOT / "qa" / "transcription" / "hotline_zh_small"


def word_errors(reference: str, hypothesis: str) -> float:
    """Substitutions, deletions and insertions over the words of the reference; case and punctuation do not count.

    >>> word_errors("Oh, hello there.", "oh hello dear")
    0.3333333333333333
    """
    said, heard = _words(reference), _words(hypothesis)
    return Levenshtein.distance(said, heard) / len(said)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))


def english(phone: Sample, folder: Path, peer: dict[str, Any] | None, peers: bool) -> dict[str, Any]:
    """WER on the phone sample: ours (``listen``), faster-whisper on the file as it is, whisperX; all with tiny.en."""
    truth = phone_text()
    heard = listen(phone.path, Request("phone", language="en"), folder)
    ours = word_errors(truth, " ".join(turn.text for turn in heard.call.turns))
    rows: list[list[Any]] = [["ours, with speakers and roles", common.percent(ours, 1)]]
    if peers:
        rows.append(["faster-whisper alone", common.percent(word_errors(truth, _raw(phone, folder)), 1)])
    if peer:
        rows.append(["whisperX", common.percent(word_errors(truth, peer["text"]), 1)])
    common.table("Word error rate % on the phone sample (Whisper tiny.en, int8)", ["system", "WER"], rows)
    return {"wer_phone": round(ours, 4)}


def _raw(phone: Sample, folder: Path) -> str:
    torch_compat.prepare()
    with torch_compat.quiet():
        from faster_whisper import WhisperModel

        model = WhisperModel(str(models.where("whisper-tiny.en", folder)), device="cpu", compute_type="int8", cpu_threads=1)
        segments, _ = model.transcribe(str(phone.path), language="en")
        return " ".join(segment.text.strip() for segment in segments)


def mandarin(data: Path | None, most: int | None) -> dict[str, Any]:
    """CER of the small model: unseen sentences and voices through the telephone band, the sample calls, real clips.

    ``most`` clips of a set at most. None for what cannot be measured here, with a remark.
    """
    names = ("cer_small_unseen", "cer_small_calls", "cer_small_real")
    if not (SMALL / "config.yaml").is_file():
        common.remark("hotline-zh-small is not in this checkout: its character error rates are left out")
        return dict.fromkeys(names)
    from qa.transcription.training import evaluate, telephone

    hear = evaluate.auto_model(SMALL)
    corpus, real = _there(data, "corpus"), _there(data, "mandarin")
    results: dict[str, Any] = dict.fromkeys(names)
    rows: list[list[Any]] = []
    if corpus:
        found = evaluate.measure(hear, _some(evaluate.corpus(corpus, "test"), most), telephone.narrow)
        results["cer_small_unseen"] = found["cer"]
        rows.append(["unseen sentences, unseen voices, telephone band", *_cells(found)])
    found = evaluate.measure(hear, _some(evaluate.calls(ROOT / "data" / "calls", ROOT / "data" / "truth"), most))
    results["cer_small_calls"] = found["cer"]
    rows.append(["sample calls, line by line", *_cells(found)])
    if real:
        found = evaluate.measure(hear, evaluate.listed(real))
        results["cer_small_real"] = found["cer"]
        rows.append(["real recordings (it knows only synthetic speech)", *_cells(found)])
    for name, where in (("the test split of the synthetic corpus", corpus), ("the real clips", real)):
        if where is None:
            common.remark(f"{name}: not in --data, left out")
    common.table("Character error rate % of hotline-zh-small", ["set", "CER", "clips", "characters", "seconds"], rows)
    return results


def _there(data: Path | None, name: str) -> Path | None:
    return data / name if data is not None and (data / name).is_dir() else None


def _some(clips: Iterator[Any], most: int | None) -> Iterator[Any]:
    """All clips, or ``most`` of them, evenly spread."""
    if most is None:
        return clips
    every = list(clips)
    return iter([every[i] for i in np.linspace(0, len(every) - 1, min(most, len(every))).astype(int)])


def _cells(found: dict[str, Any]) -> list[Any]:
    return [common.percent(found["cer"]), found["clips"], found["characters"], found["seconds"]]
