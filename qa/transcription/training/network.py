"""The small recogniser: FunASR's ``SenseVoiceSmall`` (CTC over a SANM encoder), built small, with training-time heads in its middle.

FunASR's own ``encode`` takes the ids of the big model's vocabulary, so that the four frames in front (language, event, emotion, text
normalisation) are put there here, with the same embeddings that its ``inference`` uses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from qa.transcription.training.features import BINS, STACK

TAGS = ("<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>")
FRONT = len(TAGS)
_QUERIES = ((0, 3), (1,), (2,), (15,))  # language unknown or Chinese, event, emotion, without inverse text normalisation
BLANK = 0


def settings(width: int = 192, blocks: int = 8, inner: int = 768, heads: int = 4, dropout: float = 0.1) -> dict[str, Any]:
    """``config.yaml`` of the model folder, less what depends on the vocabulary's size."""
    return {
        "model": "SenseVoiceSmall",
        "encoder": "SenseVoiceEncoderSmall",
        "encoder_conf": {
            "output_size": width, "attention_heads": heads, "linear_units": inner, "num_blocks": blocks, "tp_blocks": 0,
            "dropout_rate": dropout, "positional_dropout_rate": 0.1, "attention_dropout_rate": dropout, "input_layer": "pe",
            "pos_enc_class": "SinusoidalPositionEncoder", "normalize_before": True, "kernel_size": 11, "sanm_shfit": 0,
            "selfattention_layer_type": "sanm",
        },
        "model_conf": {"length_normalized_loss": True, "sos": 1, "eos": 2, "ignore_id": -1},
        "tokenizer": "SentencepiecesTokenizer",
        "tokenizer_conf": {"bpemodel": None, "unk_symbol": "<unk>", "split_with_space": True},
        "frontend": "WavFrontend",
        "frontend_conf": {"fs": 16000, "window": "hamming", "n_mels": BINS, "frame_length": 25, "frame_shift": 10, "lfr_m": STACK,
                          "lfr_n": 6, "cmvn_file": None},
    }  # fmt: skip


def build(config: dict[str, Any], vocabulary: int) -> Any:
    """FunASR's class with random weights."""
    from funasr.models.sense_voice.model import SenseVoiceSmall

    made = SenseVoiceSmall(
        encoder=config["encoder"],
        encoder_conf=config["encoder_conf"],
        input_size=BINS * STACK,
        vocab_size=vocabulary,
        **config["model_conf"],
    )
    return made


def tokens(folder: Path) -> Any:
    """The sentencepiece processor of a model folder."""
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "bpe.model"))


def make_tokens(characters: str, folder: Path) -> None:
    """Write ``bpe.model``: a piece for every character and every tag; no dummy prefix, so that pieces and characters agree."""
    import sentencepiece

    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "characters.tmp"
    source.write_text("\n".join(characters) + "\n", encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(source), model_prefix=str(folder / "bpe"), model_type="char", vocab_size=len(set(characters)) + 3 + len(TAGS),
        character_coverage=1.0, user_defined_symbols=list(TAGS), add_dummy_prefix=False, normalization_rule_name="identity",
        unk_id=0, bos_id=1, eos_id=2, hard_vocab_limit=False, remove_extra_whitespaces=False, minloglevel=2,
    )  # fmt: skip
    source.unlink()
    (folder / "bpe.vocab").unlink()


class PooledDropout(nn.Module):
    """Dropout that cuts its mask from a kept pool of random numbers: on a CPU drawing them anew takes a quarter of the training time."""

    pool: torch.Tensor | None = None

    def __init__(self, share: float, size: int = 1 << 24) -> None:
        super().__init__()
        self.share = share
        self.size = size

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Zeroes a share of ``values`` and scales the rest up; leaves them alone when not training."""
        count = values.numel()
        if not self.training or self.share <= 0 or count > self.size // 2:
            return nn.functional.dropout(values, self.share, self.training)
        if self.pool is None or self.pool.device != values.device:
            kept = torch.rand(self.size, device=values.device) >= self.share
            self.pool = kept.to(torch.bfloat16) / (1 - self.share)
        start = int(torch.randint(self.size - count, (1,)))
        return values * self.pool[start : start + count].view(values.shape).to(values.dtype)


def pool_dropout(module: nn.Module, share: float) -> None:
    """Replace every ``nn.Dropout`` in ``module`` by one shared :class:`PooledDropout`."""
    shared = PooledDropout(share)
    for parent in module.modules():
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Dropout):
                setattr(parent, name, shared if child.p > 0 else nn.Identity())


class Student(nn.Module):
    """FunASR's model and, behind its block ``tap``, heads for the initial and the toned final that sound in a frame."""

    def __init__(self, model: Any, tap: int, initials: int, finals: int) -> None:
        super().__init__()
        self.model = model
        self.tap = tap
        width = model.encoder_output_size
        self.norm = nn.LayerNorm(width)
        self.initial = nn.Linear(width, initials)
        self.final = nn.Linear(width, finals)

    def forward(self, speech: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logits [batch, 4 + time, vocabulary], initials and finals [batch, time, …] and the lengths with the front.

        ``speech`` float32 [batch, time, 560] normalised as ``am.mvn`` does, ``lengths`` int64 [batch].
        """
        batch = len(speech)
        chosen = [options[int(torch.randint(len(options), (1,)))] if self.training else options[-1] for options in _QUERIES]
        front = self.model.embed(torch.tensor(chosen, device=speech.device))[None].expand(batch, -1, -1)
        encoder = self.model.encoder
        counts = lengths + FRONT
        hidden = torch.cat([front, speech], 1)
        mask = (torch.arange(hidden.shape[1], device=speech.device)[None] < counts[:, None]).to(hidden.dtype)[:, None]
        hidden = encoder.embed(hidden * encoder.output_size() ** 0.5)
        middle = hidden
        for index, block in enumerate((*encoder.encoders0, *encoder.encoders)):
            hidden = block(hidden, mask)[0]
            if index + 1 == self.tap:
                middle = self.norm(hidden[:, FRONT:])
        hidden = encoder.tp_norm(encoder.after_norm(hidden))
        return self.model.ctc.ctc_lo(hidden), self.initial(middle), self.final(middle), counts


def read_normalisation(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Shift and scale float32 [560] of an ``am.mvn``."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if "<LearnRateCoef>" in line]
    shift, scale = (np.array(row[3:-1], np.float32) for row in rows)
    return shift, scale


def write_normalisation(path: Path, stacked: np.ndarray) -> None:
    """Write ``am.mvn`` (Kaldi's text form) from stacked features float32 [frames, 560]."""
    bank = stacked.reshape(-1, STACK, BINS).reshape(-1, BINS)
    mean, deviation = np.tile(bank.mean(0), STACK), np.tile(bank.std(0) + 1e-3, STACK)
    size = STACK * BINS

    def row(values: np.ndarray) -> str:
        return "<LearnRateCoef> 0 [ " + " ".join(f"{v:.6g}" for v in values) + " ]"

    lines = [
        "<Nnet>",
        f"<Splice> {size} {size}",
        "[ 0 ]",
        f"<AddShift> {size} {size}",
        row(-mean),
        f"<Rescale> {size} {size}",
        row(1 / deviation),
    ]
    path.write_text("\n".join([*lines, "</Nnet>", ""]), encoding="utf-8")
