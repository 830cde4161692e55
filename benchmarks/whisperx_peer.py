"""Runs in whisperX's own environment: its transcription and its diarization, on files named in JSON on standard input.

Its ``DiarizationPipeline`` wants community-1, which is gated; it is given a plain ``SpeakerDiarization`` instead, made of the
segmentation weights that whisperX itself ships, GE2E voices and average linkage, with pyannote's clustering untouched.
Files are decoded by faster-whisper, which whisperX brings, because its own loader wants the program ffmpeg.
"""

from __future__ import annotations

import copy
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
import whisperx
from faster_whisper.audio import decode_audio
from pyannote.audio import Model
from pyannote.audio.core.plda import PLDA
from pyannote.audio.pipelines import SpeakerDiarization
from whisperx.diarize import DiarizationPipeline

from qa.diarization.ge2e import GE2E

CONFIG = """
pipeline:
  name: benchmarks.whisperx_peer.Plain
  params:
    segmentation: {segmentation}
    voices: {voices}
params:
  segmentation: {{threshold: 0.5, min_duration_off: 0.0}}
  clustering: {{method: average, threshold: 0.22, min_cluster_size: 12}}
"""


class Plain(SpeakerDiarization):
    """pyannote's pipeline on weights that need no account."""

    def __init__(self, segmentation: str, voices: str, token: Any = None, cache_dir: Any = None) -> None:
        super().__init__(
            segmentation=Model.from_pretrained(Path(segmentation) / "pytorch_model.bin"),
            embedding=GE2E.load(Path(voices)),
            embedding_exclude_overlap=True,
            clustering="AgglomerativeClustering",
            plda=PLDA.__new__(PLDA),
        )


def once(method: str) -> Any:
    """A patch under which a network reads a recording once; the number of speakers does not change what it puts out."""
    function, kept = getattr(SpeakerDiarization, method), []

    def answer(*args: Any, **kwargs: Any) -> Any:
        if not kept:
            kept.append(function(*args, **kwargs))
        return copy.deepcopy(kept[0])

    return patch.object(SpeakerDiarization, method, answer)


def main() -> None:
    torch.set_num_threads(1)
    question = json.load(sys.stdin)
    answer: dict[str, Any] = {"known": {}, "free": {}, "version": whisperx.__dict__.get("__version__", "")}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "config.yaml").write_text(CONFIG.format(**question), encoding="utf-8")
        pipeline = DiarizationPipeline(str(folder), device="cpu")
    for name, path, speakers in question["files"]:
        sound = decode_audio(path)
        with once("get_segmentations"), once("get_embeddings"):
            for key, count in (("known", speakers), ("free", None)):
                rows = pipeline(sound, num_speakers=count)
                answer[key][name] = [[float(r.start), float(r.end), str(r.speaker)] for r in rows.itertuples()]
    model = whisperx.load_model(question["whisper"], "cpu", compute_type="int8", language="en", vad_method="pyannote", threads=1)
    began = time.perf_counter()
    heard = model.transcribe(decode_audio(question["files"][0][1]), batch_size=4)
    answer["seconds"] = time.perf_counter() - began
    answer["text"] = " ".join(segment["text"].strip() for segment in heard["segments"])
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
