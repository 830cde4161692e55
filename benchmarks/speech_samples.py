"""Recordings whose speakers and words are known, for the speech benchmark."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyannote.core import Annotation, Segment, Timeline

from benchmarks.common import ROOT
from qa.audio import Audio, decode
from qa.calls import Channel, Layout, Role

CROSSTALK_DB = -30.0
_IDLE_DBFS = -70.0
"""Noise on a channel while its side is silent; lines are never digitally silent."""
AMI_CLIPS = ("dev00", "dev01", "trn01", "trn02", "tst00", "tst01")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A recording, who really speaks in it, the stretch that is judged, and what the manifest says of its channels."""

    name: str
    path: Path
    audio: Audio
    truth: Annotation
    judged: Timeline
    channel_map: dict[Channel, Role] | None = None

    @property
    def speakers(self) -> int:
        return len(self.truth.labels())


def phone() -> Sample:
    """30 s of a real telephone call between two people, mono, 16 kHz; pyannote.audio installs it."""
    path = phone_folder() / "sample.wav"
    audio = decode(path)
    return Sample("phone sample", path, audio, rttm(path.with_suffix(".rttm"), "sample"), _whole(audio))


def phone_text() -> str:
    """What is said in it: the STM's text in order."""
    lines = (phone_folder() / "sample.stm").read_text(encoding="utf-8").splitlines()
    return " ".join(line.split(maxsplit=5)[5] for line in lines if line.strip())


def phone_folder() -> Path:
    """Where pyannote.audio keeps its sample."""
    spec = importlib.util.find_spec("pyannote.audio")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "sample"


def two_channels(mono: Sample, crosstalk_db: float = CROSSTALK_DB) -> Sample:
    """The same call as a recorder with a channel for each side would have it: each side's speech, the other's ``crosstalk_db`` lower.

    Where both speak, both are on both channels, because the mix cannot be taken apart; idle noise at −70 dBFS.
    """
    samples, rate = mono.audio.samples[0], mono.audio.rate
    masks = np.zeros((2, len(samples)), np.float32)
    for segment, _, label in mono.truth.itertracks(yield_label=True):
        masks[mono.truth.labels().index(label), round(segment.start * rate) : round(segment.end * rate)] = 1.0
    leak = np.float32(10 ** (crosstalk_db / 20))
    gains = np.maximum(masks, leak * masks[::-1])
    noise = np.random.default_rng(0).standard_normal(gains.shape).astype(np.float32) * np.float32(10 ** (_IDLE_DBFS / 20))
    audio = Audio(samples * gains + noise, rate, "pcm", Layout.STEREO, mono.audio.duration, channels_in_file=2)
    return Sample("phone sample, two channels", mono.path, audio, mono.truth, mono.judged)


def ami(folder: Path) -> Iterator[Sample]:
    """Six 30 s clips of AMI meetings, far microphone, one to four people (pyannote.audio's test data)."""
    for name in AMI_CLIPS:
        path = folder / "diarization" / f"ami_{name}.wav"
        split = {"dev": "development", "trn": "train", "tst": "test"}[name[:3]]
        if path.is_file():
            audio = decode(path)
            yield Sample(f"AMI {name}", path, audio, rttm(folder / "diarization" / f"ami_debug.{split}.rttm", name), _whole(audio))


def sample_calls() -> Iterator[Sample]:
    """The sample calls of the repository: synthetic speech, some in stereo, some mono, as recorders of several kinds leave them."""
    folder = ROOT / "data"
    for row in csv.DictReader((folder / "calls" / "manifest.csv").read_text(encoding="utf-8").splitlines()):
        truth = folder / "truth" / f"{row['call_id']}.rttm"
        if row.get("language", "zh") == "zh" and truth.is_file() and not row["file"].startswith("package:"):
            path = folder / "calls" / row["file"]
            audio = decode(path)
            agent = Channel(row["agent_channel"]) if row["agent_channel"] else None
            other = {Channel.LEFT: Channel.RIGHT, Channel.RIGHT: Channel.LEFT}
            whose = {agent: Role.AGENT, other[agent]: Role.CUSTOMER} if agent else None
            yield Sample(row["call_id"], path, audio, rttm(truth, row["call_id"]), _whole(audio), whose)


def rttm(path: Path, uri: str) -> Annotation:
    """The speakers of one recording in an RTTM file."""
    found = Annotation(uri=uri)
    for index, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        fields = line.split()
        if len(fields) > 7 and fields[0] == "SPEAKER" and fields[1] == uri:
            start = float(fields[3])
            found[Segment(start, start + float(fields[4])), index] = fields[7]
    return found


def _whole(audio: Audio) -> Timeline:
    return Timeline([Segment(0.0, audio.duration)])
