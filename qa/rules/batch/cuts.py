"""``interruption`` over many calls: only stretches of talk without a common pause, in which both sides overlap enough, are looked at.

Where nobody speaks for ``CONTINUING`` seconds nothing of one side reaches the other's: what lies before and after can be judged apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np

from qa.calls import Call, Layout, Role, Span, Turn
from qa.rules.batch.hits import Hits
from qa.rules.batch.placement import CODE, Placing
from qa.rules.batch.table import OTHER, ROLES, Bools, Floats, Ints, Table, text_of
from qa.rules.batch.talks import Talks
from qa.rules.conditions import interruption
from qa.rules.model import Doubt
from qa.rules.plaintext import Plain
from qa.rules.plan import Step
from qa.rules.verdict import Hit
from qa.rules.view import CallView
from qa.rules.windows import Look

_APART = 1e6
"""Seconds that no call lasts."""
_SLACK = 1e-3
"""Seconds by which sums of seconds may be off."""


def hits(step: Step, table: Table, talks: Talks, placing: Placing, doubt: Doubt, found: Callable[[str], Hits]) -> Hits:
    """The hits of a step, as ``interruption.find`` has them, in calls where overlaps are known."""
    turn = np.flatnonzero(~np.isnan(table.start) & (table.role != OTHER))
    call = np.searchsorted(table.first, turn, side="right") - 1
    order = np.lexsort((table.start[turn], call))
    turn, call = turn[order], call[order]
    rows: list[tuple[int, int, int, float, float, bool]] = []
    side = step.condition.by or Role.AGENT
    for first, last in _worth_looking(step, table, turn, call, CODE[side]).tolist():
        inside = np.sort(turn[first:last]).tolist()
        rows += [(inside[h.turn or 0], h.start, h.end, *_span(h), h.certain) for h in _find(step, table, talks, doubt, inside)]
    if not rows:
        return Hits.none(table.n)
    where, begin, end, since, until, certain = (np.array(column) for column in zip(*rows, strict=True))
    calls = np.searchsorted(table.first, where, side="right") - 1
    phrase, unsure = np.full(len(where), -1), np.zeros(table.n, dtype=np.bool_)
    return placing.keep(step.condition, Hits(calls, where, begin, end, since, until, certain, phrase, unsure), found)


def _worth_looking(step: Step, table: Table, turn: Ints, call: Ints, side: int) -> Ints:
    """(first, past-last) places in ``turn`` of the stretches in which the sides overlap for long enough."""
    if not len(turn):
        return np.zeros((0, 2), dtype=np.int64)
    start, end, mine = table.start[turn] + call * _APART, table.end[turn] + call * _APART, table.role[turn] == side
    heads = np.flatnonzero(start - _reach(end, np.ones(len(turn), dtype=np.bool_)) > interruption.CONTINUING + _SLACK)
    together, doubled = np.zeros(len(turn)), np.zeros(len(turn))
    for here in (mine, ~mine):
        shared = np.maximum(0.0, np.minimum(_reach(end, here), end) - start)
        together[~here] += shared[~here]
        doubled[here] += shared[here]
    together, doubled = np.add.reduceat(together, heads), np.add.reduceat(doubled, heads)
    # a side that overlaps itself can be counted twice by the sum over pairs
    enough = (together >= step.prepared.overlap - _SLACK) | ((doubled > 0) & (together > 0))
    return np.stack([heads, np.append(heads[1:], len(turn))], axis=1)[enough]


def _reach(end: Floats, of: Bools) -> Floats:
    """Before each turn, until when those of the turns before it that are meant last."""
    furthest = np.maximum.accumulate(np.where(of, end, -np.inf))
    return np.concatenate([[-np.inf], furthest[:-1]])


class _Look:
    """A look that keeps everything: windows and anchors come later, for all hits at once. No recording here is cut off."""

    cut_off = ""

    def __init__(self, condition: Any) -> None:
        self.condition = condition

    def keep_all(self, hits: list[Hit]) -> list[Hit]:
        return hits


def _find(step: Step, table: Table, talks: Talks, doubt: Doubt, inside: list[int]) -> tuple[Hit, ...]:
    turns, plains = [], []
    for number, t in enumerate(inside):
        turns.append(_turn(table, t, number))
        plains.append(Plain(text_of(talks.by_turn.codes[talks.by_turn.at[t] : talks.by_turn.at[t + 1]]), (), ()))
    view = CallView(Call("", tuple(turns), layout=Layout.STEREO, overlap_known=True), doubt)
    view.plains = plains  # they are known already
    return interruption.find(step.prepared, view, cast(Look, _Look(step.condition))).hits


def _turn(table: Table, t: int, number: int) -> Turn:
    """Turn ``t`` of the table as the ``number``-th of a call."""
    if table.worded[t]:
        call = int(np.searchsorted(table.first, t, side="right") - 1)
        return replace(table.call(call).turns[t - int(table.first[call])], index=number)
    text, confidence = text_of(table.chars[table.at[t] : table.at[t + 1]]), float(table.confidence[t])
    return Turn(
        number,
        ROLES[int(table.role[t])],
        text,
        Span(float(table.start[t]), float(table.end[t])),
        float(table.role_confidence[t]),
        None if np.isnan(confidence) else confidence,
    )


def _span(hit: Hit) -> tuple[float, float]:
    return (hit.span.start, hit.span.end) if hit.span is not None else (np.nan, np.nan)
