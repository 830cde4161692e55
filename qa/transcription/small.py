"""Our own small Mandarin recogniser: FunASR's ``SenseVoiceSmall`` class, trained on synthetic hotline speech only.

It lies in the package, so that the whole path runs where no model can be fetched. It knows no human speech: it is used when it is
named, or for a recording that its manifest calls synthetic and that has no better text. Its name stands beside every text it wrote.
``AutoModel`` makes the frames' probabilities; what is written is the best path of a beam search that also asks how likely the
characters are one after the other, which the class itself does not do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from qa import models, torch_compat
from qa.audio import Samples
from qa.calls import Channel, SourceKind, Span, TextSource
from qa.diarization import vad
from qa.model_gate import admit
from qa.transcription import beam, ngrams
from qa.transcription.funasr_engine import Recognised, load
from qa.transcription.pieces import RATE, Piece, pieces
from qa.transcription.training.telephone import narrow
from qa.transcription.words import Spoken

NAME = "hotline-zh-small"
VERSION = "2"
FOLDER = Path(__file__).resolve().parent / "hotline_zh_small"
WEIGHTS = "model.pt"
LANGUAGE = "language.npz"
SHA256 = {
    WEIGHTS: "ebaf1f64c2718bc5bd90049b1ed2a04f1cefc5844b2d131e76f54bd25d295f49",
    LANGUAGE: "1941f5433829cc7e36c92ac6e43fe94630df8c8dbf29e7aa2821011920f0f64b",
}
"""The weights may be loaded because their checksum is pinned here; the other files of the folder can carry no code."""
FRAME_S = 0.06
TAG_FRAMES = 4
BEFORE_S, AFTER_S = 0.11, 0.09
"""A character is written where about two thirds of it have been heard."""
WIDE_SHARE = 1e-3
"""With more than this share of its energy above 4.2 kHz a recording did not come over a telephone line, and is sent through one."""


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
    if is_wide(samples):
        samples = narrow(samples)
    return Recognised([s for piece in pieces(samples, vad.speech(samples, folder)) for s in written(model, piece, channel)], [])


def written(model: Any, piece: Piece, channel: Channel = Channel.MONO) -> Iterator[Spoken]:
    """The characters of one piece, by a loaded ``AutoModel`` of the folder."""
    tokenizer = model.kwargs["tokenizer"]
    found = beam.search(probabilities(model, piece.samples), _language(), skipped=_tags(tokenizer))
    centres = [piece.span.start + (f.frame + 0.5) * FRAME_S for f in found]
    for at, (token, centre) in enumerate(zip(found, centres, strict=True)):
        start = max(piece.span.start, centre - BEFORE_S, (centres[at - 1] + AFTER_S) if at else 0.0)
        end = min(piece.span.end, centre + AFTER_S, (centres[at + 1] - BEFORE_S) if at + 1 < len(centres) else piece.span.end)
        start = min(start, centre, piece.span.end)
        yield Spoken(tokenizer.sp.id_to_piece(token.token), Span(start, max(end, start)), token.probability, channel)


def probabilities(model: Any, samples: Samples) -> np.ndarray:
    """Natural logs float32 [frames, vocabulary] of what ``generate`` works with, a frame every 60 ms; without the tags' frames."""
    taken: list[Any] = []
    own = model.model.ctc.log_softmax

    def listening(hidden: Any) -> Any:
        taken.append(own(hidden))
        return taken[-1]

    model.model.ctc.log_softmax = listening
    try:
        with torch_compat.quiet():
            model.generate(input=samples, language="zh", use_itn=False, disable_pbar=True)
    finally:
        del model.model.ctc.log_softmax  # the class's own method is found again
    logs: np.ndarray = taken[0][0, TAG_FRAMES:].float().cpu().numpy()
    return logs


def is_wide(samples: Samples) -> bool:
    """Whether float32 [n] at 16 kHz holds more than a telephone line lets through."""
    if samples.size < RATE // 10:
        return False
    from scipy import fft  # stays in float32

    first = samples[: 60 * RATE]
    size = min(RATE, first.size)  # by the second: the whole minute at once takes several times as long
    found = fft.rfft(first[: first.size // size * size].reshape(-1, size), axis=1)
    spectrum = (found.real**2 + found.imag**2).sum(axis=0)
    above = spectrum[len(spectrum) * 42 // 80 :].sum()
    return bool(above > WIDE_SHARE * spectrum.sum())


@cache
def _language() -> ngrams.Ngrams:
    return ngrams.read(FOLDER / LANGUAGE)


def _tags(tokenizer: Any) -> frozenset[int]:
    names: Sequence[str] = ("<s>", "</s>", "<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>")
    return frozenset(tokenizer.sp.piece_to_id(name) for name in names)
