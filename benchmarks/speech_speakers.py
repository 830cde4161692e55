"""Diarization error of ours and of others on the same recordings: collar 0, overlap scored (``pyannote.metrics``)."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate

from benchmarks import common
from benchmarks.speech_samples import Sample, two_channels
from qa import diarization, models, torch_compat
from qa.calls import Layout
from qa.diarization import pyannote, vad

SETTINGS = tuple((threshold, size) for threshold, size in zip((0.18, 0.20, 0.22, 0.24, 0.26) * 2, (8,) * 5 + (16,) * 5, strict=True))
"""Ten settings of the clustering: distance threshold and windows of the smallest cluster."""
PHONE_AIM = 0.06
Stretches = Iterable[tuple[float, float, str]]


def error(sample: Sample, found: Stretches, metric: DiarizationErrorRate | None = None) -> float:
    """DER of one recording, 0 and up; ``metric`` also adds it to a total."""
    hypothesis = Annotation(uri=sample.truth.uri)
    for index, (start, end, label) in enumerate(found):
        hypothesis[Segment(start, end), index] = label
    metric = metric if metric is not None else new_metric()
    return float(metric(sample.truth, hypothesis, uem=sample.judged))


def new_metric() -> DiarizationErrorRate:
    """Nothing forgiven: no collar, overlapping speech counts for each speaker."""
    return DiarizationErrorRate(collar=0.0, skip_overlap=False)


def ours(sample: Sample, folder: Path) -> list[tuple[float, float, str]]:
    """What the product hears, told how many speak when that is not two."""
    found = diarization.diarize(sample.audio, models=folder, channel_map=sample.channel_map, speakers=max(2, sample.speakers))
    return _plain(found)


def sweep(phone: Sample, folder: Path) -> list[tuple[float, int, float]]:
    """Threshold, smallest cluster and DER on the phone sample, for each of :data:`SETTINGS`.

    The clustering's settings do not change what the networks put out, so each network reads the recording once.
    """
    torch_compat.prepare()
    from pyannote.audio.pipelines import SpeakerDiarization

    rows = []
    networks = [patch.object(SpeakerDiarization, n, _once(getattr(SpeakerDiarization, n))) for n in ("get_segmentations", "get_embeddings")]
    with networks[0], networks[1]:
        for threshold, size in SETTINGS:
            found = pyannote.diarize(phone.audio, models=folder, threshold=threshold, min_cluster_size=size)
            rows.append((threshold, size, error(phone, _plain(found))))
    return rows


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` (a method), whose first answer is given from then on."""
    kept: list[Any] = []

    def answer(*args: Any, **kwargs: Any) -> Any:
        if not kept:
            kept.append(function(*args, **kwargs))
        return copy.deepcopy(kept[0])

    return answer


def spectral(sample: Sample, folder: Path) -> tuple[list[tuple[float, float, str]], list[tuple[float, float, str]]]:
    """FunASR's own chain on a mono mix: FSMN-VAD, chunks of 1.5 s, a voice each, spectral clustering; GE2E in place of cam++.

    Told how many speak, and left to find out.
    """
    torch_compat.prepare()
    import torch
    from funasr.models.campplus.cluster_backend import ClusterBackend
    from funasr.models.campplus.utils import postprocess, sv_chunk

    from qa.diarization.ge2e import GE2E

    samples = sample.audio.at(vad.RATE).mono()
    with torch_compat.quiet():
        detected = vad.speech(samples, folder)
    stretches = [[s.start, s.end, samples[round(s.start * vad.RATE) : round(s.end * vad.RATE)]] for s in detected]
    chunks = sv_chunk(stretches)
    encoder = GE2E.load(models.where("ge2e", folder))
    with torch.inference_mode():
        voices = torch.cat([encoder(torch.from_numpy(np.asarray(chunk, np.float32))[None, None]) for _, _, chunk in chunks])
    vectors = np.nan_to_num(voices.numpy())
    answers = []
    for known in ({"oracle_num": sample.speakers}, {}):
        np.random.seed(0)  # its k-means takes the global generator
        labels = ClusterBackend()(vectors, **known)
        answers.append([(float(a), float(b), str(label)) for a, b, label in postprocess(chunks, stretches, labels, vectors)])
    return answers[0], answers[1]


def whisperx(python: Path, samples: Sequence[Sample], folder: Path) -> dict[str, Any]:
    """WhisperX's DiarizationPipeline and its transcription of the first sample, each recording with and without the speakers' number."""
    question = {
        "files": [[sample.name, str(sample.path), sample.speakers] for sample in samples],
        "segmentation": str(models.where("pyannote-segmentation", folder)),
        "voices": str(models.where("ge2e", folder)),
        "whisper": str(models.where("whisper-tiny.en", folder)),
    }
    return common.ask(python, "whisperx_peer.py", question)


def tables(phone: Sample, clips: Sequence[Sample], folder: Path, peer: dict[str, Any] | None, peers: bool) -> dict[str, Any]:
    """Print what was measured on real speech; the results that the last line carries."""
    stereo = two_channels(phone)
    stereo_error = error(stereo, ours(stereo, folder))
    swept = sweep(phone, folder)
    good = sum(found <= PHONE_AIM for _, _, found in swept)
    common.table(
        f"The phone sample at ten settings of the clustering: {good} of {len(swept)} at most {PHONE_AIM:.0%}",
        ["", *(str(i + 1) for i in range(len(swept)))],
        [
            ("threshold", *(t for t, _, _ in swept)),
            ("smallest cluster", *(n for _, n, _ in swept)),
            ("DER %", *(common.percent(found, 1) for _, _, found in swept)),
        ],
    )
    rows: list[list[Any]] = [
        [f"{stereo.name}, crosstalk −30 dB", 2, _speech(stereo), common.percent(stereo_error, 1), None, None, None, None]
    ]
    mono_error = None
    for sample in (phone, *clips):
        own = error(sample, ours(sample, folder))
        mono_error = own if mono_error is None else mono_error
        others = [error(sample, found) for found in spectral(sample, folder)] if peers else [None, None]
        others += [error(sample, peer[key][sample.name]) if peer else None for key in ("known", "free")]
        rows.append([sample.name, sample.speakers, _speech(sample), *(common.percent(found, 1) for found in (own, *others))])
    common.table(
        "Diarization error rate %, collar 0, overlap scored",
        ["recording", "people", "speech, s", "ours", "FSMN-VAD + spectral", "same, count free", "whisperX", "whisperX, count free"],
        rows,
    )
    assert mono_error is not None
    return {"der_phone_mono": round(mono_error, 4), "der_sweep_ok": good, "der_stereo": round(stereo_error, 4)}


def _speech(sample: Sample) -> float:
    """Seconds that speakers speak, each counted by itself: what the error is a share of."""
    return round(sum(segment.duration for segment in sample.truth.itersegments()), 1)


def call_table(calls: Sequence[Sample], heard: Mapping[str, diarization.Diarization]) -> None:
    """Print the error on the sample calls, as they were heard on their way into the store."""
    totals: dict[str, DiarizationErrorRate] = defaultdict(new_metric)
    many: Counter[str] = Counter()
    for sample in calls:
        kind = "stereo" if sample.audio.layout is Layout.STEREO else "mono"
        kind += f", {sample.speakers} speaking"
        many[kind] += 1
        error(sample, _plain(heard[sample.name]), totals[kind])
    common.table(
        "Diarization error rate % on the sample calls (synthetic speech)",
        ["calls", "how many", "ours"],
        [[kind, many[kind], common.percent(abs(metric), 1)] for kind, metric in sorted(totals.items())],
    )


def _plain(found: diarization.Diarization) -> list[tuple[float, float, str]]:
    return [(s.span.start, s.span.end, s.speaker) for s in found.segments]
