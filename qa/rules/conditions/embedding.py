"""Closeness of meaning: the cosine of two sentence vectors (Reimers and Gurevych 2019, "Sentence-BERT").

Used by `similar_to` with `similarity: embedding`. The model is a folder of the catalogue in the layout of sentence-transformers (weights
as safetensors, tokenizer, `1_Pooling/config.json`), loaded without remote code once a process. Vectors know little of negation and
nothing of numbers, so denials belong into `exclude:` here as well.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hotline.errors import MissingPart
from qa import models, torch_compat
from qa.rules.conditions.repeats import Sentence, sentences
from qa.rules.view import CallView

Vectors = npt.NDArray[np.float32]

MODELS = ("bge-small-zh", "bge-small-en")
LONGEST = 128
"""Tokens; what is longer is cut, as these models were trained on short texts."""
_BATCH = 64
_KEPT = 20_000
"""Sentences whose vectors are remembered: agents say the same things all day."""


class Encoder:
    """A sentence-embedding model. ``encode`` gives unit vectors, float32 [texts, dimensions]."""

    def __init__(self, folder: Path) -> None:
        if torch_compat.has_speech_extra():
            torch_compat.prepare()
        missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
        if missing:
            raise MissingPart("similarity: embedding", f"{missing[0]} is not installed", "run `pip install 'hotline[embedding]'`")
        import transformers

        quiet = transformers.utils.logging
        quiet.set_verbosity_error()
        quiet.disable_progress_bar()
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            self._model: Any = transformers.AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
            ).eval()
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise MissingPart(
                f"model {folder.name}", f"cannot be loaded ({reason})", "put its safetensors and tokenizer files there"
            ) from None
        self._first_token = _pools_first_token(folder)
        self._known: dict[str, npt.NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts, in order."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if len(self._known) + len(new) > _KEPT:
            self._known.clear()
            new = list(dict.fromkeys(texts))
        for at in range(0, len(new), _BATCH):
            batch = new[at : at + _BATCH]
            self._known.update(zip(batch, self._vectors(batch), strict=True))
        return np.stack([self._known[text] for text in texts])

    def _vectors(self, batch: list[str]) -> Vectors:
        import torch

        tokens = self._tokenizer(batch, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        with torch.inference_mode():
            states = self._model(**tokens).last_hidden_state
            if self._first_token:
                pooled = states[:, 0]
            else:
                mask = tokens["attention_mask"].unsqueeze(-1)
                pooled = (states * mask).sum(1) / mask.sum(1)
            vectors: Vectors = torch.nn.functional.normalize(pooled.float(), dim=-1).numpy()
        return vectors


def _pools_first_token(folder: Path) -> bool:
    """Whether the vector is that of the first token; without a word about it, the mean of all tokens."""
    file = folder / "1_Pooling" / "config.json"
    if not file.is_file():
        return False
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise MissingPart(
            f"model {folder.name}", "1_Pooling/config.json is not JSON", f"run `hotline models check {folder.name}`"
        ) from None
    return isinstance(settings, dict) and bool(settings.get("pooling_mode_cls_token"))


def encoder(name: str) -> Encoder:
    """The model of that name in the folder of models, checked and loaded once a process. MissingPart when it is not there."""
    from hotline.settings import load

    return _loaded(str(models.where(name, load().models)))


@lru_cache(maxsize=2)
def _loaded(folder: str) -> Encoder:
    return Encoder(Path(folder))


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """Model sentences and their vectors, [sentences, dimensions]."""

    model: str
    written: tuple[str, ...]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Close:
    """A sentence of the call, its closeness (−1 to 1) to the model sentence nearest in meaning, and that one."""

    sentence: Sentence
    score: float
    written: str


def meaning(model: str, written: Sequence[str]) -> Meaning:
    """Model sentences ready to be compared with."""
    return Meaning(model, tuple(written), encoder(model).encode(written))


def closest(wanted: Meaning, view: CallView, turns: Sequence[int], floor: float) -> list[Close]:
    """Of each of the sentences ``turns`` the part (up to 。？！；) nearest in meaning, where it reaches ``floor``."""
    inside = set(turns)
    parts = [s for s in sentences(view) if s.turn in inside]
    if not parts:
        return []
    vectors = encoder(wanted.model).encode([view.turns[s.turn].text[s.start : s.end] for s in parts])
    scores = vectors @ wanted.vectors.T
    best: dict[int, Close] = {}
    for part, row in zip(parts, scores, strict=True):
        nearest = int(row.argmax())
        close = Close(part, float(row[nearest]), wanted.written[nearest])
        if close.score >= floor and (part.turn not in best or close.score > best[part.turn].score):
            best[part.turn] = close
    return list(best.values())
