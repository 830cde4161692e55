"""Mono recordings: pyannote.audio's SpeakerDiarization pipeline.

With community-1 pulled, as it comes. Otherwise on weights from package indexes (see ``pipeline.py``), where a second pass
(``second_pass.py``) reads every utterance by itself. The number of speakers is two unless the recording says otherwise: left
free it was wrong more often than right. One voice alone and a third speaker are noticed (``evidence.py``).

    run (two speakers) ─► second pass ─► one voice? two? three? ─► Diarization
         └ segmentation and voices of the windows are computed once, also when three speakers are tried
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from qa import models, torch_compat
from qa.audio import Audio, Samples
from qa.calls import Span
from qa.diarization import Diarization, Segment, evidence, join, overlaps_of, second_pass

RATE = 16_000
COMMUNITY = "pyannote-community-1"
THRESHOLD, MIN_CLUSTER_SIZE = 0.22, 12
SHORTEST_S = 0.15
"""Shorter segments are flicker of the segmentation, not words."""
LOOK_FOR_THIRD = 0.945
"""Likeness of a speaker's utterances to the mean of them below which a third person may hide among them."""
CONFIG = Path(__file__).with_name("offline") / "config.yaml"


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a pipeline made of a recording: segments as they came, and its window-by-window segmentation and voices."""

    segments: list[Segment]
    segmentation: Any
    embeddings: Any


def diarize(
    audio: Audio,
    *,
    models: Path,
    speakers: int | None = 2,
    threshold: float = THRESHOLD,
    min_cluster_size: int = MIN_CLUSTER_SIZE,
) -> Diarization:
    """Segments of a mono recording; see :func:`qa.diarization.diarize`.

    ``threshold`` (cosine distance) and ``min_cluster_size`` (windows) are the clustering's, for the offline pipeline only.
    Raises MissingPart without models.
    """
    pipeline, method, community = _pipeline(models)
    if not community:
        pipeline.instantiate({"clustering": {"method": "average", "threshold": threshold, "min_cluster_size": min_cluster_size}})
    samples = audio.at(RATE).mono()
    first = run(pipeline, samples, speakers)
    if not first.segments:
        return Diarization(method=method, warnings=("no speech was found",), heard=0)
    if speakers != 2 or community:
        return _plain(first, samples, method, speakers)
    reader = _Reader(pipeline, samples)
    segments, spoken = _second_pass(first, reader)
    means = second_pass.voices(spoken)
    likeness = float(np.dot(*means.values())) if len(means) == 2 else None
    found = evidence.weigh(join(segments), samples, RATE, evidence.heard_together(first.segmentation), likeness)
    if found is not None and found.one_voice:
        return _one_voice(segments, spoken, found, samples, method)
    third = _third(pipeline, samples, first, spoken, means, reader) if found is not None else None
    if third is not None:
        segments, spoken = third
    return _finish(segments, method, second_pass.voices(spoken), sure=found is None or found.sure, third=third is not None)


def run(pipeline: Any, samples: Samples, speakers: int | None, known: Run | None = None) -> Run:
    """One pass of the pipeline over float32 [n] at 16 kHz; ``known`` is an earlier run whose networks need not run again."""
    import torch

    seen: dict[str, Any] = {}

    def hook(step: str, artefact: Any, **_: Any) -> None:
        if artefact is not None:
            seen[step] = artefact

    file: dict[str, Any] = {"waveform": torch.from_numpy(samples)[None], "sample_rate": RATE, "uri": "call"}
    if known is not None:
        file |= {"known/segmentation": known.segmentation, "known/embeddings": known.embeddings}
    with torch_compat.quiet(), torch.inference_mode():
        output = pipeline(file, num_speakers=speakers, hook=hook)
    seconds = len(samples) / RATE
    found = [
        Segment(Span(float(turn.start), min(float(turn.end), seconds)), str(label))
        for turn, _, label in output.speaker_diarization.itertracks(yield_label=True)
        if turn.duration >= SHORTEST_S
    ]
    return Run(found, seen.get("segmentation"), seen.get("embeddings"))


class _Reader:
    """Reads the voice of a stretch, each stretch once."""

    def __init__(self, pipeline: Any, samples: Samples) -> None:
        self.encoder, self.samples = pipeline.voice_encoder, samples
        self.read: dict[Span, second_pass.Vector] = {}

    def __call__(self, span: Span) -> second_pass.Vector:
        if span not in self.read:
            self.read[span] = self.encoder.voice(self.samples[round(span.start * RATE) : round(span.end * RATE)])
        return self.read[span]


def _second_pass(found: Run, reader: _Reader) -> tuple[list[Segment], list[second_pass.Utterance]]:
    return second_pass.reassign(found.segments, second_pass.utterances(found.segments, reader))


def _third(
    pipeline: Any, samples: Samples, first: Run, spoken: list[second_pass.Utterance], means: dict[str, second_pass.Vector], reader: _Reader
) -> tuple[list[Segment], list[second_pass.Utterance]] | None:
    """Segments and utterances of three speakers, when there are three."""
    longer = [u for u in spoken if u.span.duration >= second_pass.MODEL_S]
    own = [float(np.mean([float(u.voice @ means[name]) for u in longer if u.speaker == name] or [1.0])) for name in means]
    if min(own, default=1.0) >= LOOK_FOR_THIRD:
        return None
    segments, again = _second_pass(run(pipeline, samples, 3, first), reader)
    spans = {name: [u.span for u in again if u.speaker == name] for name in {u.speaker for u in again}}
    return (segments, again) if evidence.third_speaker(second_pass.voices(again), spans) else None


def _one_voice(
    segments: list[Segment], spoken: list[second_pass.Utterance], found: evidence.Evidence, samples: Samples, method: str
) -> Diarization:
    """All of it one speaker's, without the crosstalk of the other side if that is what the second one is."""
    warnings = ["only one voice is heard, the call is taken as one-sided"]
    if found.leak:
        names = sorted({s.speaker for s in segments}, key=lambda name: evidence.loudness(segments, name, samples, RATE))
        segments = [s for s in segments if s.speaker != names[0]]
        spoken = [u for u in spoken if u.speaker != names[0]]
        warnings.append(f"the other side is only heard as crosstalk ({found.level_gap:.0f} dB below) and was left out")
    name = segments[0].speaker
    merged = join([replace(s, speaker=name) for s in _disjoint(segments)])
    means = second_pass.voices([replace(u, speaker=name) for u in spoken])
    return Diarization(merged, (), False, method, tuple(warnings), heard=1, sure=found.sure, voices=_voices(means))


def _disjoint(segments: list[Segment]) -> list[Segment]:
    """The same time covered once, where one voice was taken for two that overlap."""
    covered: list[Segment] = []
    for segment in sorted(segments, key=lambda s: s.span.start):
        if covered and segment.span.start <= covered[-1].span.end:
            covered[-1] = replace(covered[-1], span=covered[-1].span | segment.span)
        else:
            covered.append(segment)
    return covered


def _plain(found: Run, samples: Samples, method: str, speakers: int | None) -> Diarization:
    """The pipeline's own answer, for another number of speakers than two and for community-1."""
    weighed = evidence.weigh(join(found.segments), samples, RATE, evidence.heard_together(found.segmentation), None)
    if speakers == 2 and weighed is not None and weighed.one_voice:
        return _one_voice(found.segments, [], weighed, samples, method)
    return _finish(found.segments, method, {}, sure=speakers is not None and (weighed is None or weighed.sure), third=False)


def _finish(segments: list[Segment], method: str, means: dict[str, second_pass.Vector], *, sure: bool, third: bool) -> Diarization:
    warnings = ["three people speak"] if third else []
    if not sure:
        warnings.append("whether one person speaks or two is not certain")
    joined = join(segments)
    heard = len({s.speaker for s in joined})
    return Diarization(joined, overlaps_of(joined), False, method, tuple(warnings), heard=heard, sure=sure, voices=_voices(means))


def _voices(means: dict[str, second_pass.Vector]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(round(float(x), 5) for x in vector) for name, vector in means.items()}


def available(folder: Path) -> bool:
    """Whether community-1 or both models of the offline pipeline have been pulled."""
    return models.is_here(COMMUNITY, folder) or all(models.is_here(name, folder) for name in ("pyannote-segmentation", "ge2e"))


def lay_out(folder: Path, models_folder: Path) -> Path:
    """Make ``folder`` one that ``pyannote.audio.Pipeline.from_pretrained`` loads: our ``config.yaml`` and links to the models.

    Raises MissingPart when ``pyannote-segmentation`` or ``ge2e`` has not been pulled.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG.read_text(encoding="utf-8"), encoding="utf-8")
    for link, name in (("segmentation", "pyannote-segmentation"), ("embedding", "ge2e")):
        (folder / link).symlink_to(models.where(name, models_folder).resolve(), target_is_directory=True)
    return folder


def _pipeline(folder: Path) -> tuple[Any, str, bool]:
    """The pipeline to use, its name, and whether it is community-1."""
    if models.is_here(COMMUNITY, folder):
        return _community(models.where(COMMUNITY, folder)), "pyannote community-1", True
    models.where("pyannote-segmentation", folder)
    models.where("ge2e", folder)  # both checked at every call, as the files may have changed since they were loaded
    return _offline(folder), "pyannote, GE2E", False


@cache
def _community(folder: Path) -> Any:
    return load(folder)


@cache
def _offline(models_folder: Path) -> Any:
    with tempfile.TemporaryDirectory(prefix="hotline-pipeline-") as made:
        return load(lay_out(Path(made), models_folder))


def load(folder: Path) -> Any:
    """A pipeline from a local folder with a ``config.yaml``: a clone of community-1, or one that :func:`lay_out` made."""
    torch_compat.prepare()
    with torch_compat.quiet():
        from pyannote.audio import Pipeline

        torch_compat.trust_classes_of(folder)
        return Pipeline.from_pretrained(str(folder))
