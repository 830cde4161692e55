"""``silence`` over many calls: gaps by sorting and running ends; whose turn it was is asked of the few that are long enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from qa.calls import Turn
from qa.rules.batch.hits import Hits
from qa.rules.batch.placement import Placing
from qa.rules.batch.table import ROLES, Bools, Floats, Ints, Table, text_of
from qa.rules.conditions import silence
from qa.rules.model import Doubt
from qa.rules.plan import Step
from qa.rules.view import CallView

Spoken = tuple[bytes, int, float]
"""Letters, the number of the role, and how sure that is."""


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Silences between turns: behind turn ``before`` (-1: at the start), ahead of ``after`` (-1: at the end), seconds."""

    call: Ints
    before: Ints
    after: Ints
    since: Floats
    until: Floats


def gaps_of(table: Table) -> Gaps:
    """Every gap of the table, in the order of each call, those of no length as well."""
    turn = np.flatnonzero(table.timed)
    call = np.searchsorted(table.first, turn, side="right") - 1
    order = np.lexsort((table.start[turn], call))
    turn, call = turn[order], call[order]
    fresh = np.diff(call, prepend=-1) != 0
    # the furthest end so far, exactly: ends by rank, each call above all earlier ones
    ranks = np.unique(table.end[turn], return_inverse=True)[1].reshape(-1) + call * (len(turn) + 1)
    reach = np.maximum.accumulate(ranks) if len(ranks) else ranks
    holder = np.maximum.accumulate(np.where(ranks >= reach, np.arange(len(turn)), 0)) if len(turn) else turn
    before = np.where(fresh, -1, turn[np.roll(holder, 1)]) if len(turn) else turn
    since = np.where(fresh, 0.0, table.end[before])
    stop = np.flatnonzero(np.append(fresh[1:], np.ones(min(1, len(fresh)), dtype=np.bool_))) if len(turn) else turn
    ended = stop[~table.truncated[call[stop]]]
    last = turn[holder[ended]]
    both = Gaps(
        np.concatenate([call, call[ended]]),
        np.concatenate([before, last]),
        np.concatenate([turn, np.full(len(ended), -1)]),
        np.concatenate([since, table.end[last]]),
        np.concatenate([table.start[turn], table.duration[call[ended]]]),
    )
    return _chosen(both, np.argsort(both.call, kind="stable"))


class Silences:
    """The ``silence`` conditions over one table."""

    def __init__(self, table: Table, placing: Placing, doubt: Doubt) -> None:
        self.table, self.placing, self.doubt = table, placing, doubt
        self.gaps = gaps_of(table)
        self._known: dict[tuple[Spoken | None, Spoken | None], Any] = {}

    def hits(self, step: Step, found: Callable[[str], Hits]) -> Hits:
        """The hits of a step, as ``silence.find`` has them, in calls without sounds other than speech."""
        params = step.prepared
        edge = np.where(self.table.measured, silence.EDGE, 0.0)
        length = np.maximum(0.0, self.gaps.until - self.gaps.since)
        long = _chosen(self.gaps, np.flatnonzero(length >= (params.over - edge)[self.gaps.call]))
        length = np.maximum(0.0, long.until - long.since)
        measured = self.table.measured[long.call]
        certain = ~(measured & (length < params.over + edge[long.call]))
        inside = np.ones(len(long.call), dtype=np.bool_)
        if params.awaiting != "any":
            for which in range(len(inside)):
                side = self._awaited(int(long.call[which]), int(long.before[which]), int(long.after[which]))
                inside[which] = side in (params.awaiting, None)
                certain[which] &= side is not None
        at_start = long.before < 0
        turn = np.where(at_start, self.table.first[long.call], long.before)
        place = np.where(at_start, 0, self.table.at[turn + 1] - self.table.at[turn])
        none = np.full(len(turn), -1, dtype=np.int64)
        unsure = np.zeros(self.table.n, dtype=np.bool_)
        hits = Hits(long.call, turn, place, place, long.since, long.until, certain, none, unsure).take(inside)
        return self.placing.keep(step.condition, hits, found, between=True)

    def awaited(self, call: int, before: int) -> Any:
        """Whose turn it was behind turn ``before``, the last of its call: a side, or None where that is not known."""
        return self._awaited(call, before, -1)

    def _awaited(self, call: int, before: int, after: int) -> Any:
        key = self._said(before), self._said(after)
        if key not in self._known:
            pair = _Pair(self.doubt, [None if t < 0 else self._turn(call, t) for t in (before, after)])
            self._known[key] = silence.awaited_side(cast(CallView, pair), None if before < 0 else 0, None if after < 0 else 1)
        return self._known[key]

    def _said(self, turn: int) -> Spoken | None:
        """All that matters of a turn."""
        if turn < 0:
            return None
        text = self.table.chars[self.table.at[turn] : self.table.at[turn + 1]].tobytes()
        return text, int(self.table.role[turn]), float(self.table.role_confidence[turn])

    def _turn(self, call: int, turn: int) -> Turn:
        text = text_of(self.table.chars[self.table.at[turn] : self.table.at[turn + 1]])
        role = ROLES[int(self.table.role[turn])]
        return Turn(turn - int(self.table.first[call]), role, text, role_confidence=float(self.table.role_confidence[turn]))


class _Pair:
    """As much of a view as it takes to tell whose turn it was between two sentences."""

    def __init__(self, doubt: Doubt, turns: list[Turn | None]) -> None:
        self.doubt, self.turns = doubt, turns

    def sure_role(self, turn: Turn) -> bool:
        return CallView.sure_role(cast(CallView, self), turn)


def _chosen(gaps: Gaps, chosen: Ints | Bools) -> Gaps:
    return replace(gaps, **{name: getattr(gaps, name)[chosen] for name in Gaps.__slots__})
