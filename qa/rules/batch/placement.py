"""Which hits lie where a condition looks: windows and anchors as arithmetic on ranks, for all hits of all calls at once.

Where it is not sure who speaks, a rank is only known within bounds; see :mod:`qa.rules.windows` for what is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qa.calls import Role
from qa.rules.batch.hits import CHARS, Hits, expand, weak_turns
from qa.rules.batch.table import AGENT, CUSTOMER, OTHER, Bools, Floats, Ints, Small, Table
from qa.rules.batch.talks import Talks
from qa.rules.model import Anchor, Condition, Doubt, TimeRange, TurnRange, Within
from qa.rules.plan import Step
from qa.rules.windows import Use

MISS, DOUBTFUL, HIT = 0, 1, 2
COLUMN = {None: 0, Role.AGENT: 1, Role.CUSTOMER: 2}
CODE = {Role.AGENT: AGENT, Role.CUSTOMER: CUSTOMER}


class Placing:
    """Windows and anchors over one table; ``ends`` are the seconds at which the calls end."""

    def __init__(self, table: Table, talks: Talks, ends: Floats) -> None:
        self.table, self.talks, self.ends = table, talks, ends
        self.untimed: Bools = np.bincount(table.call_of[table.timed], minlength=table.n) == 0
        """Calls without any time."""

    def may_speak(self, by: Role | None) -> Bools:
        """Per talk, whether the side meant speaks, or perhaps does."""
        spoken: Bools = self.talks.role != OTHER
        return spoken if by is None else spoken & ((self.talks.role == CODE[by]) | ~self.talks.sure)

    def speaks(self, by: Role | None) -> Bools:
        """Per talk, whether it is certain that the side meant speaks."""
        spoken: Bools = self.talks.role != OTHER
        return spoken if by is None else (self.talks.role == CODE[by]) & self.talks.sure

    def rank(self, role: Role | None, talk: Ints) -> tuple[Ints, Ints]:
        """How many talks of ``role`` there are up to and including each talk: at least, at most."""
        low = self.talks.rank[COLUMN[role]][talk]
        return low, low if role is None else low + self.talks.doubted[talk]

    def total(self, role: Role | None) -> tuple[Ints, Ints]:
        """The same over each call."""
        low = self.talks.total[COLUMN[role]]
        return low, low if role is None else low + self.talks.doubted_total

    def reachable(self, condition: Condition, found: Callable[[str], Hits]) -> Bools:
        """Calls in which the anchors leave room for a hit at all."""
        room = np.ones(self.table.n, dtype=np.bool_)
        for anchor in condition.anchors:
            if not anchor.open_if_absent:
                others = found(anchor.condition)
                room &= (others.count()[1] > 0) | others.unsure
        return room

    def in_turns(self, window: TurnRange, talk: Ints, *, between: bool = False) -> Bools:
        """Which talks lie in the window, or perhaps do."""
        found: Bools = self._in_turns(window, talk, between=between) != MISS
        return found

    def _in_turns(self, window: TurnRange, talk: Ints, *, between: bool) -> Small:
        low, high = (np.maximum(rank, 1) for rank in self.rank(window.role, talk))
        fewest, most = (total[self.talks.call[talk]] for total in self.total(window.role))

        def from_end(position: int) -> tuple[Ints | int, Ints | int]:
            return (position, position) if position > 0 else (fewest + 1 + position, most + 1 + position)

        (first_low, first_high), (last_low, last_high) = from_end(window.first), from_end(window.last)
        verdict = np.where((low >= first_high) & (high <= last_low), HIT, DOUBTFUL)
        verdict[(high < first_low) | (low > last_high)] = MISS
        if window.role is not None and not between:
            other, sure = self.talks.role[talk] != CODE[window.role], self.talks.sure[talk]
            verdict[other & sure] = MISS
            verdict[other & ~sure] = np.minimum(verdict[other & ~sure], DOUBTFUL)
        return verdict.astype(np.int8)

    def keep(self, condition: Condition, hits: Hits, found: Callable[[str], Hits], *, between: bool = False) -> Hits:
        """The hits that lie, or perhaps lie, where the condition looks, with their doubt and what they answer."""
        verdict, answered = self.place(condition, hits, found, between=between)
        inside, certain = verdict != MISS, hits.certain & (verdict == HIT)
        if not between:
            talk = self.talks.of_turn[hits.turn]
            inside &= (hits.turn < 0) | self.may_speak(condition.by)[talk]
            certain &= (hits.turn < 0) | self.speaks(condition.by)[talk]
        return replace(hits, certain=certain, answered=answered).take(inside)

    def place(
        self, condition: Condition, hits: Hits, found: Callable[[str], Hits], *, between: bool = False
    ) -> tuple[Small, tuple[Ints, Ints] | None]:
        """Per hit whether it lies there (in three values), and pairs of hits and what they answer."""
        verdict = np.full(len(hits.call), HIT, dtype=np.int8)
        window = condition.window
        if isinstance(window, TurnRange):
            verdict = self._in_turns(window, self.talks.of_turn[hits.turn], between=between)
        elif isinstance(window, TimeRange):
            verdict = self._in_time(window, hits)
        pairs: list[tuple[Ints, Ints]] = []
        for anchor in condition.anchors:
            placed, answered = self._anchored(anchor, hits, found(anchor.condition))
            if answered is not None:
                going = verdict[answered[0]] != MISS
                pairs.append((answered[0][going], answered[1][going]))
            verdict = np.minimum(verdict, placed)
        verdict[hits.turn < 0] = HIT
        if not pairs:
            return verdict, None
        which, answer = (np.concatenate([p[i] for p in pairs]) for i in (0, 1))
        both = np.unique(np.stack([which, answer]), axis=1) if len(pairs) > 1 else np.stack([which, answer])
        return verdict, (both[0], both[1])

    def _in_time(self, window: TimeRange, hits: Hits) -> Small:
        end = self.ends[hits.call]
        start = window.start if window.start >= 0 else end + window.start
        stop = end if window.end is None else window.end if window.end >= 0 else end + window.end
        with np.errstate(invalid="ignore"):
            inside = (start <= hits.since) & (hits.since <= stop)
        return np.where(np.isnan(hits.since), DOUBTFUL, np.where(inside, HIT, MISS)).astype(np.int8)

    def _anchored(self, anchor: Anchor, hits: Hits, anchors: Hits) -> tuple[Small, tuple[Ints, Ints] | None]:
        at = anchors.at
        size = len(hits.call)
        mine, other = expand(at[hits.call + 1] - at[hits.call], at[hits.call])
        relation = self.relation(anchor.direction, anchor.within, anchors, other, hits, mine)
        certain = anchors.certain[other]
        settled = np.bincount(anchors.call[anchors.certain], minlength=self.table.n)[hits.call] > 0
        held = at[hits.call + 1] > at[hits.call]
        unsure = anchors.unsure[hits.call]
        absent = np.full(size, HIT if anchor.open_if_absent else MISS, dtype=np.int8)
        answered = None
        if anchor.which in ("any", "each"):
            verdict = np.zeros(size, dtype=np.int8)
            np.maximum.at(verdict, mine, np.where(certain, relation, np.minimum(relation, DOUBTFUL)))
            low = high = verdict
            counted = held | unsure  # else only that the anchor is absent
            low, high = np.where(counted, low, HIT), np.where(counted, high, MISS)
            if anchor.which == "each":
                answered = (mine[relation != MISS], (other - at[hits.call[mine]])[relation != MISS])
        else:
            # which hit is the first (last) depends on which of the doubtful ones are real: all up to the first certain one may be
            edge = np.full(self.table.n, len(anchors.call) if anchor.which == "first" else -1, dtype=np.int64)
            sure = np.flatnonzero(anchors.certain)
            if anchor.which == "first":
                np.minimum.at(edge, anchors.call[sure], sure)
                read = other <= edge[hits.call[mine]]
            else:
                np.maximum.at(edge, anchors.call[sure], sure)
                read = other >= edge[hits.call[mine]]
            low, high = np.full(size, HIT, dtype=np.int8), np.zeros(size, dtype=np.int8)
            np.minimum.at(low, mine[read], relation[read])
            np.maximum.at(high, mine[read], relation[read])
        low = np.where(settled, low, np.minimum(low, absent))
        high = np.where(settled, high, np.maximum(high, absent))
        verdict = np.where((low == high) & (settled | ~unsure), low, DOUBTFUL).astype(np.int8)
        return np.where(~settled & unsure & (low == DOUBTFUL) & (high == DOUBTFUL), DOUBTFUL, verdict).astype(np.int8), answered

    def relation(self, direction: str, within: Within | None, anchors: Hits, other: Ints, hits: Hits, mine: Ints) -> Small:
        """Whether the hits ``mine`` lie after, before or around the hits ``other`` of the anchor, near enough."""
        x_turn, turn = anchors.turn[other], hits.turn[mine]
        x_begin, x_end = x_turn * CHARS + anchors.begin[other], x_turn * CHARS + anchors.end[other]
        begin, end = turn * CHARS + hits.begin[mine], turn * CHARS + hits.end[mine]
        after, before = begin >= x_end, end <= x_begin
        verdict = np.full(len(mine), HIT, dtype=np.int8)
        if within is not None and within.turns is not None:
            fewest, most = self._turns_apart(within.role, np.where(after, x_turn, turn), np.where(after, turn, x_turn), after)
            verdict[np.maximum(fewest, most) > within.turns] = DOUBTFUL
            verdict[fewest > within.turns] = MISS
        elif within is not None:
            early, late = np.where(after, anchors.until[other], hits.until[mine]), np.where(after, hits.since[mine], anchors.since[other])
            unknown = np.isnan(anchors.since[other]) | np.isnan(hits.since[mine])
            with np.errstate(invalid="ignore"):
                near = late - early <= (within.seconds or 0.0)
            verdict = np.where(unknown, DOUBTFUL, np.where(near, HIT, MISS)).astype(np.int8)
        if direction != "around":
            verdict[~(after if direction == "after" else before)] = MISS
        verdict[(x_turn < 0) | (turn < 0)] = HIT
        return verdict

    def _turns_apart(self, role: Role | None, early: Ints, late: Ints, forward: Bools) -> tuple[Ints, Ints]:
        """Talks from the one to the other: at least, and at most."""
        first, last = self.talks.of_turn[early], self.talks.of_turn[late]
        begin = self.talks.first[self.talks.call[last]]

        def up_to(talk: Ints) -> tuple[Ints, Ints]:
            shifted = np.where(forward, talk, talk - 1)
            low, high = self.rank(role, np.maximum(shifted, 0))
            return np.where(shifted < begin, 0, low), np.where(shifted < begin, 0, high)

        (low, high), (low_first, high_first) = up_to(last), up_to(first)
        return low - low_first, high - high_first


class Weak:
    """The sentences of which the recogniser is unsure: what a wanted condition does not find may be in one of these."""

    def __init__(self, table: Table, talks: Talks, placing: Placing, doubt: Doubt) -> None:
        self.table, self.talks, self.placing = table, talks, placing
        self._turns = np.flatnonzero(weak_turns(table, doubt) & ~talks.filler & (talks.plain_size > 0))

    def unsure(self, step: Step, found: Callable[[str], Hits]) -> Bools:
        """Per call, whether more of what is wanted may have been said than was found."""
        if step.use is not Use.WANTED:
            return np.zeros(self.table.n, dtype=np.bool_)
        return self.heard(step, found)

    def cut_off(self, step: Step, found: Callable[[str], Hits]) -> Bools:
        """Per call, whether the recording stops inside the window, so that more than was found may have happened."""
        condition, table, window = step.condition, self.table, step.condition.window
        cut = table.truncated & (np.diff(table.first) > 0)
        if not cut.any():
            return cut
        if isinstance(window, TurnRange) and window.last > 0:
            return cut & (self.placing.total(window.role)[0] < window.last)
        if isinstance(window, TimeRange) and window.end is not None and window.end > 0:
            return cut & (self.placing.ends < window.end)
        for anchor in condition.anchors:
            cut &= ~self._closed(anchor, found(anchor.condition))
        return cut

    def _closed(self, anchor: Anchor, anchors: Hits) -> Bools:
        """The calls in which an anchor ends the window for certain before the recording does."""
        if anchor.direction == "before":
            return anchors.count()[0] > 0
        closed = np.zeros(self.table.n, dtype=np.bool_)
        if anchor.which != "first" or anchor.within is None:
            return closed
        first = anchors.at[:-1][np.diff(anchors.at) > 0]
        first = first[anchors.certain[first] & (anchors.turn[first] >= 0)]
        call, within = anchors.call[first], anchor.within
        if within.turns is not None:
            rank = self.placing.rank(within.role, self.talks.of_turn[anchors.turn[first]])[1]
            closed[call] = self.placing.total(within.role)[0][call] - rank > within.turns
        else:
            with np.errstate(invalid="ignore"):
                closed[call] = self.placing.ends[call] - anchors.until[first] > (within.seconds or 0.0)
        return closed

    def heard(self, step: Step, found: Callable[[str], Hits]) -> Bools:
        """Per call, whether one of these sentences lies where the condition looks."""
        unsure = np.zeros(self.table.n, dtype=np.bool_)
        turn = self._turns[self.placing.may_speak(step.condition.by)[self.talks.of_turn[self._turns]]]
        call = np.searchsorted(self.table.first, turn, side="right") - 1
        zero, sure = np.zeros(len(turn), dtype=np.int64), np.ones(len(turn), dtype=np.bool_)
        long = self.table.at[turn + 1] - self.table.at[turn]
        whole = Hits(call, turn, zero, long, self.table.start[turn], self.table.end[turn], sure, zero, unsure)
        unsure[call[self.placing.place(step.condition, whole, found)[0] != MISS]] = True
        return unsure
