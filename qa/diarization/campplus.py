"""Mono recordings, the other way: FSMN-VAD, a cam++ voice every 0.75 s, FunASR's own clustering.

For centres that pull models from ModelScope and have no Hugging Face account. It never finds overlap. FunASR's traps are
handled here: under twenty pieces its clustering returns one speaker whatever it is told, and its k-means is unseeded.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qa import funasr_model, models, torch_compat
from qa.audio import Audio
from qa.calls import Span
from qa.diarization import Diarization, Segment, evidence, join, vad

NAME = "cam++"
RATE = 16_000
_FEWEST = 20
"""Pieces below which FunASR's clustering gives up."""
_TIED = 1e-9


def available(folder: Path) -> bool:
    """Whether cam++ has been pulled."""
    return models.is_here(NAME, folder)


def diarize(audio: Audio, *, models: Path, speakers: int | None = 2) -> Diarization:
    """Segments of a mono recording; see :func:`qa.diarization.diarize`. Raises MissingPart when cam++ or FSMN-VAD is not there."""
    encoder = _load(_where(models))
    samples = audio.at(RATE).mono()
    stretches = [[s.start, s.end, samples[round(s.start * RATE) : round(s.end * RATE)]] for s in vad.speech(samples, models)]
    method = f"{vad.model_folder(models).name}, cam++"
    if not stretches:
        return Diarization(method=method, warnings=("no speech was found",), heard=0)
    from funasr.models.campplus.utils import postprocess, sv_chunk

    pieces = sv_chunk(stretches)
    voices = embed(encoder, [piece[2] for piece in pieces])
    labels = cluster(voices, speakers)
    spoken = postprocess(pieces, stretches, labels, voices)
    segments = join(Segment(Span(float(a), min(float(b), audio.duration)), f"SPEAKER_{int(label):02d}") for a, b, label in spoken)
    found = evidence.weigh(segments, samples, RATE, 0.0, None)
    warnings: tuple[str, ...] = ()
    sure = found is None or found.sure
    if speakers == 2 and found is not None and found.one_voice:
        segments = join(Segment(s.span, segments[0].speaker) for s in segments)
        warnings = ("only one voice is heard, the call is taken as one-sided",)
    elif not sure:
        warnings = ("whether one person speaks or two is not certain",)
    return Diarization(segments, (), False, method, warnings, heard=len({s.speaker for s in segments}), sure=sure)


def embed(encoder: Any, pieces: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float64]:
    """Unit vectors [pieces, dimension] of float32 pieces at 16 kHz."""
    with torch_compat.quiet():
        found = encoder.generate(input=pieces, disable_pbar=True)
    voices = np.concatenate(
        [np.asarray(one["spk_embedding"], dtype=np.float64).reshape(-1, one["spk_embedding"].shape[-1]) for one in found]
    )
    return voices / np.maximum(np.linalg.norm(voices, axis=1, keepdims=True), _TIED)


def cluster(voices: npt.NDArray[np.float64], speakers: int | None) -> npt.NDArray[np.int64]:
    """Speaker of every piece, by FunASR's ``ClusterBackend``; fewer pieces than it takes are joined by average linkage."""
    if len(voices) >= _FEWEST:
        from funasr.models.campplus.cluster_backend import ClusterBackend

        state = np.random.get_state()
        np.random.seed(0)  # its k-means draws from the global generator
        try:
            return np.asarray(ClusterBackend()(voices, **({} if speakers is None else {"oracle_num": speakers})), dtype=np.int64)
        finally:
            np.random.set_state(state)
    if len(voices) < 2 or speakers == 1:
        return np.zeros(len(voices), dtype=np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage

    return np.asarray(fcluster(linkage(voices, "average", "cosine"), speakers or 2, "maxclust") - 1, dtype=np.int64)


def _where(folder: Path) -> Path:
    return models.where(NAME, folder)


@cache
def _load(model: Path) -> Any:
    return funasr_model.load(model)
