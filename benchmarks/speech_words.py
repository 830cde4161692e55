"""Word errors on the real telephone call, character errors of our own small Mandarin model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks import common
from benchmarks.common import ROOT
from benchmarks.speech_samples import Sample, phone_text
from qa import models, torch_compat
from qa.listen import Request, listen
from qa.transcription.training import evaluate

SMALL = ROOT / "qa" / "transcription" / "hotline_zh_small"
SIZES = ("clips", "characters", "seconds")


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

    Each as Hotline writes (with its beam search) and, under ``…_greedy``, as plain ``AutoModel`` writes. ``most`` clips of a set
    at most. None for what cannot be measured here, with a remark.
    """
    names = ("cer_small_unseen", "cer_small_calls", "cer_small_real")
    results: dict[str, Any] = dict.fromkeys([*names, *(name + "_greedy" for name in names)])
    if not (SMALL / "config.yaml").is_file():
        common.remark("hotline-zh-small is not in this checkout: its character error rates are left out")
        return results
    from qa.transcription.training import telephone

    corpus, real = _there(data, "corpus"), _there(data, "mandarin")
    for name, where in (("the test split of the synthetic corpus", corpus), ("the real clips", real)):
        if where is None:
            common.remark(f"{name}: not in --data, left out")
    calls = evaluate.calls(ROOT / "data" / "calls", ROOT / "data" / "truth")
    sets: list[tuple[str, str, Iterator[evaluate.Clip] | None, Callable[[np.ndarray], np.ndarray] | None]] = [
        (
            "unseen sentences, unseen voices, telephone band",
            names[0],
            evaluate.corpus(corpus, "test") if corpus else None,
            telephone.narrow,
        ),
        ("sample calls, line by line", names[1], calls, None),
        ("recordings of people (it knows only synthetic speech)", names[2], evaluate.listed(real) if real else None, telephone.narrow),
    ]
    ours, greedy = evaluate.with_language(SMALL), evaluate.auto_model(SMALL)
    rows: list[list[Any]] = []
    for title, name, clips, line in sets:
        if clips is None:
            continue
        kept = list(_some(clips, most))
        found = evaluate.measure(ours, iter(kept), line)
        plain = evaluate.measure(greedy, iter(kept), line)
        results |= {name: found["cer"], name + "_greedy": plain["cer"]}
        rows.append([title, common.percent(found["cer"], 1), common.percent(plain["cer"], 1), *(found[key] for key in SIZES)])
    common.table("Character error rate % of hotline-zh-small", ["set", "ours", "plain AutoModel", *SIZES], rows)
    return results


def _there(data: Path | None, name: str) -> Path | None:
    return data / name if data is not None and (data / name).is_dir() else None


def _some(clips: Iterator[Any], most: int | None) -> Iterator[Any]:
    """All clips, or ``most`` of them, evenly spread."""
    if most is None:
        return clips
    every = list(clips)
    return iter([every[i] for i in np.linspace(0, len(every) - 1, min(most, len(every))).astype(int)])
