"""Mono recordings: pyannote.audio's SpeakerDiarization pipeline.

With community-1 pulled, as it comes. Otherwise on weights from package indexes: the segmentation model that WhisperX
ships (5 s windows, 3 speakers, overlap) and GE2E voices, average linkage. On pyannote's phone sample this has a
diarization error of about 5 % (community-1 publishes 5.2 %), but only when the number of speakers is known; left free
it was 43 %. So two are asked for, unless the call is one-sided.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qa import models, torch_compat
from qa.audio import Audio
from qa.calls import Span
from qa.diarization import Diarization, Segment, join, overlaps_of

RATE = 16_000
PARAMETERS = {
    "segmentation": {"threshold": 0.5, "min_duration_off": 0.0},
    "clustering": {"method": "average", "threshold": 0.22, "min_cluster_size": 12},
}
COMMUNITY = "pyannote-community-1"
SHORTEST_S = 0.15
"""Shorter segments are flicker of the segmentation, not words."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one voice or two.

    ``likeness`` is the cosine of the two clusters' mean voices; ``together`` the share of 5 s windows with speech in
    which the segmentation model hears two different speakers for half a second each.
    """

    likeness: float
    together: float

    @property
    def one_voice(self) -> bool:
        return self.likeness > ONE_VOICE_LIKENESS and self.together < ONE_VOICE_TOGETHER


ONE_VOICE_LIKENESS, ONE_VOICE_TOGETHER = 0.8, 0.015


def diarize(audio: Audio, *, models: Path, speakers: int | None = 2) -> Diarization:
    """Segments of a mono recording; see :func:`qa.diarization.diarize`."""
    found, evidence, method = run(audio, models=models, speakers=speakers)
    warnings: list[str] = []
    if speakers == 2 and evidence is not None and evidence.one_voice:
        found, _, _ = run(audio, models=models, speakers=1)
        warnings.append("only one voice is heard, the call is taken as one-sided")
    if not found:
        warnings.append("no speech was found")
    segments = join(found)
    return Diarization(segments, overlaps_of(found), False, method, tuple(warnings))


def run(audio: Audio, *, models: Path, speakers: int | None) -> tuple[list[Segment], Evidence | None, str]:
    """The pipeline's own output, the evidence for two voices (None with fewer than two clusters), and its name."""
    pipeline, method = _pipeline(models)
    import torch

    seen: dict[str, Any] = {}

    def hook(step: str, artefact: Any, **_: Any) -> None:
        if artefact is not None:
            seen[step] = artefact

    file = {"waveform": torch.from_numpy(audio.at(RATE).mono())[None], "sample_rate": RATE, "uri": "call"}
    with torch_compat.quiet(), torch.inference_mode():
        output = pipeline(file, num_speakers=speakers, hook=hook)
    found = [
        Segment(Span(float(turn.start), min(float(turn.end), audio.duration)), str(label))
        for turn, _, label in output.speaker_diarization.itertracks(yield_label=True)
        if turn.duration >= SHORTEST_S
    ]
    return found, _evidence(output.speaker_embeddings, seen.get("segmentation")), method


def _evidence(voices: npt.NDArray[np.float64] | None, segmentation: Any) -> Evidence | None:
    if voices is None or len(voices) != 2 or segmentation is None:
        return None
    norms = np.linalg.norm(voices, axis=1)
    if not (norms > 0).all():
        return None
    likeness = float(voices[0] @ voices[1] / (norms[0] * norms[1]))
    windows = segmentation.data  # [windows, frames, speakers within the window]
    seconds = (windows > 0.5).sum(axis=1) * segmentation.sliding_window.duration / windows.shape[1]
    speaking = (seconds >= 0.5).sum(axis=1)
    return Evidence(likeness, float((speaking >= 2).sum() / max(1, (speaking >= 1).sum())))


def _pipeline(folder: Path) -> tuple[Any, str]:
    if models.is_here(COMMUNITY, folder):
        return _community(models.where(COMMUNITY, folder)), "pyannote community-1"
    return _offline(models.where("pyannote-segmentation", folder), models.where("ge2e", folder)), "pyannote, GE2E"


@cache
def _community(folder: Path) -> Any:
    torch_compat.prepare()
    with torch_compat.quiet():
        from pyannote.audio import Pipeline

        return Pipeline.from_pretrained(str(folder))


@cache
def _offline(segmentation: Path, voices: Path) -> Any:
    torch_compat.prepare()
    with torch_compat.quiet():
        from pyannote.audio import Model
        from pyannote.audio.core.plda import PLDA
        from pyannote.audio.pipelines import SpeakerDiarization

        from qa.diarization.ge2e import GE2E

        pipeline = SpeakerDiarization(
            segmentation=Model.from_pretrained(segmentation / "pytorch_model.bin"),
            embedding=GE2E.load(voices),
            embedding_exclude_overlap=True,
            embedding_batch_size=32,
            segmentation_batch_size=8,
            clustering="AgglomerativeClustering",
            plda=PLDA.__new__(PLDA),  # loaded by the pipeline even where, as here, nothing asks for it
        )
        pipeline.instantiate(PARAMETERS)
    return pipeline
