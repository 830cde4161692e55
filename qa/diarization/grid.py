"""From the windows of the segmentation to segments of speakers: pyannote's own steps, on whole arrays.

pyannote walks over the frames one by one and makes an object of each, 60 a second of audio and four times over, which took a third
of all time outside of the networks. Here the same sums are made of the same numbers in the same order, so what comes out is the same.

    windows [windows, frames, speakers] ─► clustered ─► aggregated [frames of the recording, clusters] ─► loudest ─► annotation

A frame here is one of the segmentation model's (about 17 ms). Import only after ``qa.torch_compat.prepare()``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pyannote.audio.utils.signal import binarize
from pyannote.core import Annotation, Segment, SlidingWindow, SlidingWindowFeature
from pyannote.core.utils.generators import string_generator

Floats = npt.NDArray[np.floating[Any]]


class Windows(SlidingWindowFeature):
    """Scores of the segmentation's windows, which pyannote's ``binarize`` takes as a whole."""


@binarize.register
def _(scores: Windows, onset: float = 0.5, offset: float | None = None, initial_state: bool | None = None) -> SlidingWindowFeature:
    if initial_state is not False or offset not in (None, onset) or np.any(scores.data == onset):
        plain = SlidingWindowFeature(scores.data, scores.sliding_window, scores.labels)
        return binarize(plain, onset=onset, offset=offset, initial_state=initial_state)
    return SlidingWindowFeature((scores.data > onset).astype(np.float64), scores.sliding_window)


def clustered(windows: Floats, clusters: npt.NDArray[np.integer[Any]]) -> Floats:
    """Scores [windows, frames, clusters] of the speakers given to each cluster, the highest where there are several, 0 where none is.

    ``windows`` is [windows, frames, speakers], ``clusters`` [windows, speakers]; speakers of a negative cluster are left out.
    """
    own = clusters[:, None, :, None] == np.arange(int(clusters.max()) + 1)
    highest: Floats = np.where(own, windows[..., None], -np.inf).max(axis=2)
    return np.where(own.any(axis=2), highest, 0.0)


def aggregated(scores: Floats, chunks: SlidingWindow, frames: SlidingWindow) -> tuple[SlidingWindowFeature, npt.NDArray[np.float32]]:
    """Sums [frames of the recording, classes] of overlapping windows, and in how many windows each frame [frames, 1] lies.

    ``chunks`` says where the windows lie in the recording, ``frames`` how long a frame is and how far from the next, in seconds.
    """
    count, size, classes = scores.shape
    grid = SlidingWindow(start=chunks.start, duration=frames.duration, step=frames.step)
    half = 0.5 * frames.duration
    total = grid.closest_frame(chunks.start + chunks.duration + (count - 1) * chunks.step + half) + 1
    sums, covered = np.zeros((total, classes), np.float32), np.zeros((total, 1), np.float32)
    for index in range(count):
        first = grid.closest_frame(chunks[index].start + half)
        sums[first : first + size] += scores[index]
        covered[first : first + size] += 1
    return SlidingWindowFeature(sums, grid), covered


def speakers_at_once(binarized: SlidingWindowFeature, frames: SlidingWindow) -> SlidingWindowFeature:
    """How many people speak in each frame [frames, 1]: the mean over the windows that hold it, to the nearest whole number."""
    speaking = binarized.data.sum(axis=-1, keepdims=True)
    sums, covered = aggregated(speaking, binarized.sliding_window, frames)
    return SlidingWindowFeature(np.rint(sums.data / np.maximum(covered, 1e-12)).astype(np.uint8), sums.sliding_window)


def loudest(activations: SlidingWindowFeature, count: SlidingWindowFeature) -> SlidingWindowFeature:
    """1 for the ``count`` clusters of each frame with the highest activations, 0 for the others; float32 [frames, clusters]."""
    missing = int(np.max(count.data)) - activations.data.shape[1]
    if missing > 0:
        activations = SlidingWindowFeature(np.pad(activations.data, ((0, 0), (0, missing))), activations.sliding_window)
    extent = activations.extent & count.extent
    activations, count = activations.crop(extent, return_data=False), count.crop(extent, return_data=False)
    both = min(len(activations), len(count))
    order = np.argsort(-activations.data[:both], axis=-1)
    chosen = np.zeros_like(activations.data)
    ranks = np.arange(order.shape[1], dtype=np.int64)
    np.put_along_axis(chosen[:both], order, (ranks < count.data[:both]).astype(chosen.dtype), axis=-1)
    return SlidingWindowFeature(chosen, activations.sliding_window)


def annotation(binary: SlidingWindowFeature) -> Annotation:
    """Segments of the classes whose frames are 1, from the middle of the first such frame to the middle of the first that is 0 again."""
    found = Annotation()
    frames, last = binary.sliding_window, len(binary) - 1
    tracks = string_generator()
    for label, active in enumerate(binary.data.T > 0.5):
        track = next(tracks)
        edges = np.flatnonzero(np.diff(active, prepend=False, append=False))
        for first, end in edges.reshape(-1, 2):
            if first < last:  # pyannote makes no segment of the very last frame alone
                found[Segment(frames[int(first)].middle, frames[min(int(end), last)].middle), track] = label
    return found
