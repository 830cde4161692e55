"""Our own small Mandarin recogniser: FunASR's ``SenseVoiceSmall`` class, trained on synthetic hotline speech only.

It lies in the package, so that the whole path runs where no model can be fetched. It knows no human speech: it is used when it is
named, or for a recording that its manifest calls synthetic and that has no better text. Its name stands beside every text it wrote.
"""

from __future__ import annotations

from pathlib import Path

from qa import models
from qa.audio import Samples
from qa.calls import Channel, SourceKind, TextSource
from qa.diarization import vad
from qa.model_gate import admit
from qa.transcription.funasr_engine import Recognised, load, recognise_with
from qa.transcription.pieces import pieces

NAME = "hotline-zh-small"
VERSION = "1"
FOLDER = Path(__file__).resolve().parent / "hotline_zh_small"
WEIGHTS = "model.pt"
SHA256 = {WEIGHTS: ""}
"""The weights may be loaded because their checksum is pinned here; the other files of the folder can carry no code."""


def available(folder: Path) -> bool:
    """Whether the model came with this installation and FSMN-VAD, which cuts the track for it, lies in ``folder``."""
    return (FOLDER / WEIGHTS).is_file() and any(models.is_here(name, folder) for name in ("fsmn-vad", "fsmn-vad-offline"))


def source() -> TextSource:
    """What to write beside the text."""
    return TextSource(SourceKind.ENGINE, NAME, VERSION)


def recognise(samples: Samples, folder: Path, channel: Channel = Channel.MONO) -> Recognised:
    """Characters of float32 [n] at 16 kHz with times and confidence; moods are always empty, the model knows one tag each.

    Raises MissingPart when FSMN-VAD is not in ``folder``, ModelRefused when the weights are not the pinned ones.
    """
    model = load(admit(FOLDER, folder, SHA256))
    heard = recognise_with(model, pieces(samples, vad.speech(samples, folder)), channel, name=NAME)
    return Recognised(heard.spoken, [])
