"""Entries without times, laid onto segments by order, length and speaker.

A monotone alignment by dynamic programming after Gale and Church (1993), with speech in place of sentences: how long
an entry should take follows from its characters and the recording's mean rate, and the cost of a pairing is the
squared log of the ratio, plus a charge when the label and the speaker do not match.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import permutations

from qa.calls import Role, Span
from qa.diarization import Segment
from qa.transcription.normalise import characters
from qa.transcription.supplied import Entry

_MOST = 4
"""Entries to one segment, or segments to one entry, at most."""
_SKIP, _SKIP_PER_S, _SKIP_ENTRY = 1.0, 0.3, 6.0
_OTHER_SPEAKER, _CHANGE, _GROUP = 4.0, 3.0, 0.3
_EXTRA_S = 0.3
"""Added to both durations, so that a short "嗯" does not weigh like a sentence."""

Placed = tuple[Entry, Span | None, Segment | None]


def in_order(entries: Sequence[Entry], segments: Sequence[Segment]) -> list[Placed]:
    """Each entry with its span and segment, both None where nothing fits.

    Labels are matched to speakers in the way that costs least, so swapped roles do no harm.
    """
    labels = sorted({_label(e) for e in entries} - {""})
    speakers = list(dict.fromkeys(s.speaker for s in segments))
    best: tuple[float, list[Placed]] | None = None
    for chosen in permutations(speakers, min(len(labels), len(speakers), 3)):
        matched = dict(zip(labels, chosen, strict=False)) if len(chosen) == len(labels) else {}
        cost, placed = _align(entries, segments, matched)
        if best is None or cost < best[0]:
            best = cost, placed
    return best[1] if best else []


def _label(entry: Entry) -> str:
    return entry.label if entry.role is Role.UNKNOWN else entry.role.value


def _align(entries: Sequence[Entry], segments: Sequence[Segment], speaker_of: Mapping[str, str]) -> tuple[float, list[Placed]]:
    sizes = [max(1, characters(e.text)) for e in entries]
    lengths = [s.span.duration for s in segments]
    pace = sum(lengths) / sum(sizes)
    n, m = len(entries), len(segments)

    def pairing(i: int, k: int, j: int, w: int) -> float:
        wanted = pace * sum(sizes[i : i + k]) + _EXTRA_S
        cost = math.log((sum(lengths[j : j + w]) + _EXTRA_S) / wanted) ** 2 + _GROUP * (k + w - 2)
        own = {segments[j].speaker}
        cost += _CHANGE * sum(s.speaker not in own for s in segments[j + 1 : j + w])
        cost += sum(_OTHER_SPEAKER for e in entries[i : i + k] if speaker_of.get(_label(e), segments[j].speaker) not in own)
        return cost

    moves = [(1, w) for w in range(1, _MOST + 1)] + [(k, 1) for k in range(2, _MOST + 1)]
    costs = [[math.inf] * (m + 1) for _ in range(n + 1)]
    steps: list[list[tuple[int, int]]] = [[(0, 0)] * (m + 1) for _ in range(n + 1)]
    costs[0][0] = 0.0
    for i in range(n + 1):
        first, last = _band(i, n, m)
        for j in range(first, last + 1):
            here = costs[i][j]
            if here == math.inf:
                continue
            options = [(1, 0, _SKIP_ENTRY)]
            if j < m:
                options.append((0, 1, _SKIP + _SKIP_PER_S * min(10.0, lengths[j])))
            options += [(k, w, pairing(i, k, j, w)) for k, w in moves if i + k <= n and j + w <= m]
            for k, w, cost in options:
                if i + k <= n and j + w <= m and here + cost < costs[i + k][j + w]:
                    costs[i + k][j + w] = here + cost
                    steps[i + k][j + w] = (k, w)
    placed: list[Placed] = []
    i, j = n, m
    while i or j:
        k, w = steps[i][j]
        i, j = i - k, j - w
        placed[:0] = _place(entries[i : i + k], sizes[i : i + k], segments[j : j + w])
    return costs[n][m], placed


def _band(i: int, n: int, m: int) -> tuple[int, int]:
    """Segments that entry ``i`` can reach: all of them in a short call, those near the diagonal in one of hours."""
    if n * m <= 40_000:
        return 0, m
    middle, width = i * m / max(1, n), max(40.0, 0.05 * m)
    return max(0, int(middle - width)), min(m, int(middle + width))


def _place(entries: Sequence[Entry], sizes: Sequence[int], segments: Sequence[Segment]) -> list[Placed]:
    if not entries:
        return []
    if not segments:
        return [(entry, None, None) for entry in entries]
    whole = Span(segments[0].span.start, max(s.span.end for s in segments))
    placed: list[Placed] = []
    start = whole.start
    for entry, size in zip(entries, sizes, strict=True):
        end = start + whole.duration * size / sum(sizes)
        placed.append((entry, Span(start, end), segments[0]))
        start = end
    return placed
