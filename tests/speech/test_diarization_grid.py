"""The steps on whole arrays against pyannote's own, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import torch_compat

torch_compat.prepare()
core = pytest.importorskip("pyannote.core")
grid = pytest.importorskip("qa.diarization.grid")
theirs = pytest.importorskip("pyannote.audio.pipelines").SpeakerDiarization

FRAMES = core.SlidingWindow(start=0.0, duration=0.062, step=0.0169)
SIZE = 293


@st.composite
def windows(draw: st.DrawFn) -> tuple[Any, np.ndarray[Any, Any]]:
    """Scores of windows of 5 s every 0.5 s, and the cluster of each speaker in each (-2: not speaking)."""
    count, speakers = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # few levels in long runs: ties and pauses happen
    scores = np.repeat(numbers.integers(0, 5, (count, SIZE // 8 + 1, speakers)) / 4, 8, axis=1)[:, :SIZE].astype(np.float32)
    clusters = numbers.choice([-2, 0, 1, 2], (count, speakers)).astype(np.int8)
    clusters[0, 0] = draw(st.integers(0, 2))
    return core.SlidingWindowFeature(scores, core.SlidingWindow(start=0.0, duration=5.0, step=0.5)), clusters


def tracks(found: Any) -> Iterator[tuple[float, float, str, int]]:
    for segment, track, label in found.itertracks(yield_label=True):
        yield segment.start, segment.end, track, label


@given(windows(), st.integers(1, 3))
def test_the_steps_find_what_pyannotes_find(made: tuple[Any, np.ndarray[Any, Any]], most: int) -> None:
    scores, clusters = made
    binary = core.SlidingWindowFeature(scores.data > 0.5, scores.sliding_window)
    count = grid.speakers_at_once(binary, FRAMES)
    counted = theirs.speaker_count(binary, FRAMES, warm_up=(0.0, 0.0))
    assert np.array_equal(count.data, counted.data)
    assert [count.sliding_window[i] for i in range(3)] == [counted.sliding_window[i] for i in range(3)]
    count.data = np.minimum(count.data, most).astype(np.int8)
    expected = theirs.reconstruct(theirs.__new__(theirs), scores, clusters, count)
    activations, _ = grid.aggregated(grid.clustered(scores.data, clusters), scores.sliding_window, count.sliding_window)
    found = grid.loudest(activations, count)
    assert np.array_equal(found.data, expected.data)
    assert list(tracks(grid.annotation(found))) == list(tracks(theirs.to_annotation(expected)))
