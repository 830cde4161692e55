"""The beam search and the counts of characters behind it."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.transcription import beam, ngrams


def _model(sentences: list[list[int]], vocabulary: int = 6) -> ngrams.Ngrams:
    return ngrams.Ngrams(*ngrams.count(sentences, least=1), vocabulary)


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=6), min_size=1, max_size=12), st.lists(st.integers(1, 5), max_size=5))
def test_probabilities_of_all_characters_add_up_to_one(sentences: list[list[int]], before: list[int]) -> None:
    model = _model(sentences, vocabulary=5)
    total = sum(math.exp(model.log(tuple(before), token)) for token in range(1, 6))
    assert total == pytest.approx(1.0, abs=1e-9)


def test_what_was_said_before_makes_a_character_likely() -> None:
    model = _model([[1, 2, 3], [1, 2, 3], [4, 2, 5]])
    assert model.log((1, 2), 3) > model.log((4, 2), 3)
    assert model.log((4, 2), 5) > model.log((1, 2), 5)
    assert model.log((), 1) > model.log((), 3), "only some begin a sentence"


def test_counts_come_back_from_their_file(tmp_path: Path) -> None:
    keys, counts = ngrams.count([[1, 2, 3, 4, 5], [1, 2, 3]], least=1)
    ngrams.write(tmp_path / "language.npz", keys, counts)
    back = ngrams.read(tmp_path / "language.npz", 6)
    model = ngrams.Ngrams(keys, counts, 6)
    for before in ((), (1,), (1, 2), (2, 3, 4), (5, 5)):
        for token in range(1, 6):
            assert back.log(before, token) == model.log(before, token)


def test_rare_long_pieces_are_left_out() -> None:
    keys, _ = ngrams.count([[1, 2, 3], [1, 2, 4], [1, 2, 3]], least=2)
    packed = ((1 << 22) | (2 << 11) | 3, (1 << 22) | (2 << 11) | 4)
    assert packed[0] in keys[2] and packed[1] not in keys[2]


def _brute(logs: np.ndarray, model: ngrams.Ngrams, weights: beam.Weights) -> tuple[int, ...]:
    """Every path of every frame, collapsed and added up."""
    heard: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(logs.shape[1]), repeat=len(logs)):
        text = tuple(k for k, _ in itertools.groupby(path) if k)
        heard[text] = np.logaddexp(heard.get(text, -np.inf), sum(logs[f, t] for f, t in enumerate(path)))

    def score(text: tuple[int, ...]) -> float:
        said = sum(model.log(text[:i], t) for i, t in enumerate(text))
        return float(heard[text]) + weights.language * said + weights.length * len(text)

    return max(heard, key=score)


@pytest.mark.parametrize("seed", range(8))
def test_the_search_finds_what_trying_everything_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logs = rng.normal(0, 2, (5, 4))
    logs -= np.log(np.exp(logs).sum(1, keepdims=True))
    model = _model([[1, 2, 3], [2, 2, 1], [3, 1]], vocabulary=3)
    weights = beam.Weights(0.5, 0.7, width=500, tokens=4, floor=-50.0)
    found = beam.search(logs, model, weights)
    assert tuple(f.token for f in found) == _brute(logs, model, weights)
    assert [f.frame for f in found] == sorted({f.frame for f in found}), "every character has a frame of its own"


def _plainly(logs: np.ndarray, model: ngrams.Ngrams, weights: beam.Weights) -> list[tuple[int, int]]:
    """The same search as it is written in the books: every prefix of every frame is made and scored. Tokens with their frames."""
    held: dict[tuple[int, ...], tuple[float, float, tuple[int, ...]]] = {(): (0.0, -math.inf, ())}

    def score(text: tuple[int, ...], state: tuple[float, float, tuple[int, ...]]) -> float:
        said = sum(model.log(text[:i], t) for i, t in enumerate(text))
        return float(np.logaddexp(state[0], state[1])) + weights.language * said + weights.length * len(text)

    for frame, row in enumerate(logs):
        best = [t for t in np.argsort(row)[-weights.tokens :].tolist() if t and row[t] > weights.floor]
        new: dict[tuple[int, ...], tuple[float, float, tuple[int, ...]]] = {}
        for text, (blank, token, frames) in held.items():
            _, ended, own = new.get(text, (0.0, -math.inf, frames))
            new[text] = (np.logaddexp(blank, token) + row[0], np.logaddexp(ended, token + row[text[-1]]) if text else ended, own)
            for more in best:
                before = blank if text and text[-1] == more else np.logaddexp(blank, token)
                longer = (*text, more)
                old = new.get(longer, (-math.inf, -math.inf, held[longer][2] if longer in held else (*frames, frame)))
                if before > -math.inf:
                    new[longer] = (old[0], np.logaddexp(old[1], before + row[more]), old[2])
        held = dict(sorted(new.items(), key=lambda item: score(*item), reverse=True)[: weights.width])
    text, state = max(held.items(), key=lambda item: score(*item))
    return list(zip(text, state[2], strict=True))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 14), st.integers(3, 9), st.integers(1, 7), st.integers(1, 8), st.floats(0.5, 6))
def test_what_is_left_out_early_changes_nothing(seed: int, frames: int, size: int, width: int, tokens: int, sharp: float) -> None:
    """Narrow beams, in which prefixes fall out and come back, few and many likely tokens, flat and certain frames."""
    rng = np.random.default_rng(seed)
    logs = rng.normal(0, sharp, (frames, size)).astype(np.float32)
    logs -= np.log(np.exp(logs).sum(1, keepdims=True))
    model = _model([rng.integers(1, size, 6).tolist() for _ in range(8)], vocabulary=size - 1)
    weights = beam.Weights(float(rng.uniform(0, 1)), float(rng.uniform(0, 2.5)), width, tokens, floor=-5.0)
    found = beam.search(logs, model, weights)
    plain = _plainly(logs.astype(float), model, weights)
    assert [(f.token, f.frame) for f in found] == plain
    assert [f.probability for f in found] == pytest.approx([float(np.exp(logs[frame, token])) for token, frame in plain])


def test_tags_are_never_written_and_silence_is_empty() -> None:
    logs = np.full((4, 4), -9.0)
    logs[:, 0] = -0.01
    model = _model([[1, 2]])
    assert beam.search(logs, model, beam.Weights(0.1, 0.0)) == []
    logs[1:3] = (-9.0, -1.0, -9.0, -0.5)
    written = beam.search(logs, model, beam.Weights(0.1, 0.0), skipped=frozenset({3}))
    assert {f.token for f in written} <= {1}
