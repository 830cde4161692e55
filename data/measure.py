"""How far what was stored lies from the truth: pure measures for :mod:`compare`, no store in sight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

_STEP = 0.01

Speech = Sequence[tuple[float, float, str]]
"""Stretches of speech: start, end (seconds) and a label."""


@dataclass(frozen=True, slots=True)
class DiarizationErrors:
    """Seconds of missed, invented and confused speech, and of true speech in all; overlapping speech counts once a speaker."""

    missed: float = 0.0
    invented: float = 0.0
    confused: float = 0.0
    speech: float = 0.0

    @property
    def rate(self) -> float:
        """Diarization error rate, 0 and up; NaN without speech."""
        return (self.missed + self.invented + self.confused) / self.speech if self.speech else float("nan")

    def __add__(self, other: DiarizationErrors) -> DiarizationErrors:
        return DiarizationErrors(
            self.missed + other.missed, self.invented + other.invented, self.confused + other.confused, self.speech + other.speech
        )


def _frames(speech: Speech, labels: Sequence[str], count: int) -> np.ndarray:
    """Bool [labels, count]: who speaks in which 10 ms."""
    active = np.zeros((len(labels), count), dtype=bool)
    for start, end, label in speech:
        active[labels.index(label), round(start / _STEP) : round(end / _STEP)] = True
    return active


def diarization_errors(truth: Speech, found: Speech, collar: float = 0.0) -> DiarizationErrors:
    """Errors after the best one-to-one mapping of labels; ``collar`` seconds each side of a true boundary are not judged.

    The NIST measure: in each frame misses are the true speakers beyond those found, inventions the reverse, and confusions the rest that
    do not match.

    >>> diarization_errors([(0, 4, "agent"), (4, 6, "customer")], [(0, 3, "x"), (3, 6, "y")]).rate
    0.16666666666666666
    """
    names, labels = sorted({s[2] for s in truth}), sorted({s[2] for s in found})
    count = round(max((s[1] for s in (*truth, *found)), default=0.0) / _STEP) + 1
    said, heard = _frames(truth, names, count), _frames(found, labels, count)
    judged = np.ones(count, dtype=bool)
    if collar:
        for start, end, _ in truth:
            for edge in (start, end):
                judged[max(0, round((edge - collar) / _STEP)) : round((edge + collar) / _STEP)] = False
    said, heard = said[:, judged], heard[:, judged]
    together = said.astype(int) @ heard.astype(int).T
    rows, columns = linear_sum_assignment(-together)
    matched = sum((said[r] & heard[c]).astype(int) for r, c in zip(rows, columns, strict=True)) if len(rows) else 0
    n_said, n_heard = said.sum(axis=0), heard.sum(axis=0)
    confused = (np.minimum(n_said, n_heard) - matched).sum()
    return DiarizationErrors(
        missed=float(np.maximum(0, n_said - n_heard).sum() * _STEP),
        invented=float(np.maximum(0, n_heard - n_said).sum() * _STEP),
        confused=float(confused * _STEP),
        speech=float(n_said.sum() * _STEP),
    )


def role_at(truth: Speech, start: float, end: float) -> str | None:
    """Whose true speech fills most of ``start`` to ``end``; None when nobody speaks there."""
    share: Counter[str] = Counter()
    for a, b, role in truth:
        share[role] += round(1000 * max(0.0, min(b, end) - max(a, start)))
    best = share.most_common(1)
    return best[0][0] if best and best[0][1] > 0 else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """One item of one call: what was stored (pass, fail, doubtful, na) and whether a fault was planted there."""

    call: str
    item: str
    outcome: str
    fatal: bool
    planted: bool
    clean_call: bool
    text_source: str
    layout: str


def verdict_shares(judgements: Sequence[Judgement]) -> dict[str, float]:
    """Certain verdicts right and doubtful ones as shares, counts beside them.

    A certain verdict is right when FAIL stands exactly where a fault was planted; PASS and N/A both say "not failed".
    """
    certain = [j for j in judgements if j.outcome != "doubtful"]
    applicable = [j for j in judgements if j.outcome != "na"]
    right = sum((j.outcome == "fail") == j.planted for j in certain)
    doubtful = len(judgements) - len(certain)
    return {
        "items": len(judgements),
        "certain": len(certain),
        "certain_right": right,
        "certain_right_share": right / len(certain) if certain else float("nan"),
        "doubtful": doubtful,
        "doubtful_share": doubtful / len(judgements) if judgements else float("nan"),
        "doubtful_share_of_applicable": doubtful / len(applicable) if applicable else float("nan"),
    }


def tally(outcomes: Iterable[str]) -> dict[str, int]:
    """Planted faults by what became of them: found, sent to a person (doubtful) or missed (passed, not applicable or not judged)."""
    counts = Counter(outcomes)
    found, doubtful = counts["fail"], counts["doubtful"]
    return {"planted": counts.total(), "found": found, "sent_to_a_person": doubtful, "missed": counts.total() - found - doubtful}


def share_found(rows: Iterable[Mapping[str, int]], *, with_doubtful: bool = False) -> float:
    """Found certain (and, ``with_doubtful``, sent to a person) of planted, over several tallies; NaN when none was planted."""
    rows = list(rows)
    planted = sum(row["planted"] for row in rows)
    found = sum(row["found"] + (row["sent_to_a_person"] if with_doubtful else 0) for row in rows)
    return found / planted if planted else float("nan")
