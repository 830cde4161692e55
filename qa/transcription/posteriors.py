"""How sure FunASR's models are of each token, which ``AutoModel.generate`` does not tell.

The model's own method that makes the log-probabilities is listened to while the real ``generate`` runs: nothing is computed
twice, and a class that has no such method simply gives no confidences.

| class | method | rows of its result |
|---|---|---|
| SenseVoiceSmall | ``ctc.log_softmax`` | a frame of 60 ms; the first four are the tags |
| SeacoParaformer | ``_seaco_decode_with_ASF`` | a token, hotwords merged in |
| Paraformer, ContextualParaformer | ``cal_decoder_with_predictor`` | a token |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from rapidfuzz.distance import Levenshtein

FRAME_S = 0.06
_TAG_FRAMES = 4
_NOT_SPOKEN = {"<s>", "</s>", "<blank>", "<OOV>"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its posterior probability, 0–1; ``start`` and ``end`` are seconds in the piece where the model has frames."""

    text: str
    probability: float
    start: float | None = None
    end: float | None = None


@dataclass(slots=True)
class Tap:
    """What was heard while ``generate`` ran: for each piece in turn its tokens, and the tags before them (SenseVoice)."""

    tokens: list[list[Token]] = field(default_factory=list)
    tags: list[list[Token]] = field(default_factory=list)


@contextmanager
def listening(automodel: Any) -> Iterator[Tap]:
    """Listen to an ``AutoModel``; the tap is filled in the order in which pieces are decoded."""
    tap, model = Tap(), automodel.model
    tokenizer = automodel.kwargs.get("tokenizer")
    if hasattr(model, "_seaco_decode_with_ASF"):
        owner, name = model, "_seaco_decode_with_ASF"
    elif hasattr(model, "cal_decoder_with_predictor"):
        owner, name = model, "cal_decoder_with_predictor"
    elif hasattr(model, "ctc") and hasattr(tokenizer, "sp"):
        owner, name = model.ctc, "log_softmax"
    else:
        yield tap
        return
    told = _Frames(tap, model, tokenizer) if name == "log_softmax" else _decoded(tap, model, tokenizer)
    with _wrapped(owner, name, told), told if isinstance(told, _Frames) else nullcontext():
        yield tap


@contextmanager
def _wrapped(owner: Any, name: str, told: Callable[[tuple[Any, ...], Any], None]) -> Iterator[None]:
    original = getattr(owner, name)

    def method(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        told(args, result)
        return result

    setattr(owner, name, method)
    try:
        yield
    finally:
        delattr(owner, name)  # the class's own method is found again


def _decoded(tap: Tap, model: Any, tokenizer: Any) -> Callable[[tuple[Any, ...], Any], None]:
    def told(args: tuple[Any, ...], result: Any) -> None:
        scores = result[0] if isinstance(result, tuple) else result
        lengths = args[3].tolist()
        for row, length in zip(scores, lengths, strict=True):
            best = row[:length].max(dim=-1)
            ids = best.indices.tolist()
            texts = tokenizer.ids2tokens(ids)
            tap.tokens.append(
                [
                    Token(text, probability)
                    for number, text, probability in zip(ids, texts, best.values.exp().tolist(), strict=True)
                    if number not in (model.sos, model.eos, model.blank_id) and text not in _NOT_SPOKEN
                ]
            )

    return told


class _Frames:
    """Listens to the frames of a CTC model, and to its encoder for how many of them are no padding."""

    def __init__(self, tap: Tap, model: Any, tokenizer: Any) -> None:
        self.tap, self.model, self.text_of = tap, model, tokenizer.sp.id_to_piece
        self.lengths: list[int] = []
        self.encoded: Any = None
        self.hook: Any = None

    def __enter__(self) -> None:
        self.hook = self.model.encoder.register_forward_hook(lambda module, given, result: self.lengths.extend(result[1].tolist()))

    def __exit__(self, *error: object) -> None:
        self.hook.remove()

    def __call__(self, given: tuple[Any, ...], result: Any) -> None:
        if self.encoded is given[0]:  # for times the model asks again for every piece of the batch
            return
        self.encoded = given[0]
        for row, length in zip(result, self.lengths[-len(result) :], strict=True):
            best = row[:length].max(dim=-1)
            ids, probabilities = best.indices.tolist(), best.values.exp().tolist()
            first = zip(ids[:_TAG_FRAMES], probabilities[:_TAG_FRAMES], strict=True)
            self.tap.tags.append([Token(self.text_of(number), probability) for number, probability in first])
            self.tap.tokens.append(list(_runs(ids[_TAG_FRAMES:], probabilities[_TAG_FRAMES:], self.model.blank_id, self.text_of)))


def _runs(ids: Sequence[int], probabilities: Sequence[float], blank: int, text_of: Callable[[int], str]) -> Iterator[Token]:
    """Tokens of a greedy CTC path: equal neighbours are one, blanks are none."""
    at = 0
    for number, run in groupby(ids):
        size = len(list(run))
        if number != blank:
            yield Token(text_of(number), max(probabilities[at : at + size]), at * FRAME_S, (at + size) * FRAME_S)
        at += size


def on_units(units: Sequence[str], tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens behind each unit of the final text, by an alignment of their letters.

    Punctuation, joined word pieces, and tokens that the post-processing dropped do no harm; a unit that it made up has none.
    """
    said = [(letter, at) for at, token in enumerate(tokens) for letter in letters(token.text)]
    written = [(letter, at) for at, unit in enumerate(units) for letter in letters(unit)]
    found: list[list[Token]] = [[] for _ in units]
    seen: set[tuple[int, int]] = set()
    for step in Levenshtein.opcodes([a for a, _ in said], [a for a, _ in written]):
        if step.tag in ("equal", "replace"):
            for (_, token), (_, unit) in zip(said[step.src_start : step.src_end], written[step.dest_start : step.dest_end], strict=True):
                if (token, unit) not in seen:
                    seen.add((token, unit))
                    found[unit].append(tokens[token])
    return found


def letters(text: str) -> str:
    """What counts in a comparison of token and text: letters and digits, lower case, without the marks of word pieces."""
    return "".join(c for c in text.replace("<unk>", "").lower() if c.isalnum())
