"""``interruption`` over many calls: stretches of talk by sorting, what overlaps by a compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from qa.calls import Role
from qa.rules import plaintext
from qa.rules.batch.hits import Hits, sure_words
from qa.rules.batch.placement import CODE, Placing
from qa.rules.batch.table import OTHER, UNKNOWN, Bools, Floats, Ints, Small, Table, text_of
from qa.rules.batch.talks import Talks
from qa.rules.conditions import interruption
from qa.rules.kept import kept
from qa.rules.model import Doubt
from qa.rules.plan import Step

_PACKED = 4
"""Characters of 16 bits that one number holds."""
_LISTENING = np.zeros(0x110000, dtype=np.bool_)
_LISTENING[
    [ord(c) for word in (*interruption.BACKCHANNELS, *plaintext._FILLERS, *plaintext._FILLER_WORDS, "嗯啊哦噢唔呀啦嘞吧呢 ") for c in word]
] = True
"""Characters that a listener's 嗯 or 好的 may consist of."""


class JointSpeech:
    """What ``interruption`` conditions ask of one table, found once for both sides."""

    def __init__(self, table: Table, talks: Talks, doubt: Doubt) -> None:
        self.table, self.talks, self.doubt = table, talks, doubt
        from qa.rules.kernels import glances

        turn = np.flatnonzero(~np.isnan(table.start) & (table.role != OTHER))
        call = table.call_of[turn]
        order = np.lexsort((table.start[turn], call))
        self.turn, self.call = turn[order], call[order]
        self.start, self.end = table.start[self.turn], table.end[self.turn]
        self.sure: Bools = (table.role[self.turn] != UNKNOWN) & (table.role_confidence[self.turn] >= doubt.roles)
        self._masked = _stars(table)[self.turn]
        like = glances.made_of(talks.by_turn.codes, talks.by_turn.at, self.turn, _LISTENING)
        self._row_like: Bools = (self._masked == 0) & like
        """Turns of nothing but such characters."""
        self.listens: Bools = self._row_like & (talks.plain_size[self.turn] > 0)
        self.listens[self.listens] = self._merely_listens(np.flatnonzero(self.listens))

    @cached_property
    def _heard(self) -> Bools:
        """The turns whose words the recogniser trusts."""
        return sure_words(
            self.table, self.doubt, self.turn, np.zeros_like(self.turn), self.table.at[self.turn + 1] - self.table.at[self.turn]
        )

    def hits(self, step: Step, placing: Placing, found: Callable[[str], Hits]) -> Hits:
        """The hits of a step, as ``interruption.find`` has them, in calls where overlaps are known."""
        code, role = CODE[step.condition.by or Role.AGENT], self.table.role[self.turn]
        everything = np.arange(len(self.turn))
        cuts = [self._cuts(step, everything, role == code, role == code, role != code)]
        # who is not known may be the side meant: each such sentence by itself against all others
        unknown = np.flatnonzero(role == UNKNOWN)
        rank = np.arange(len(unknown)) - np.searchsorted(self.call[unknown], self.call[unknown])
        for number in range(int(rank.max()) + 1 if len(rank) else 0):
            one = unknown[rank == number]
            chosen = np.flatnonzero(np.isin(self.call, self.call[one]))
            own = np.isin(chosen, one)
            cuts.append(self._cuts(step, chosen, role[chosen] == UNKNOWN, own, (role[chosen] != code) & ~own))
        turn, since, until, certain = (np.concatenate(columns) for columns in zip(*cuts, strict=True))
        order = np.argsort(turn, kind="stable")
        turn, since, until, certain = turn[order], since[order], until[order], certain[order]
        size = self.table.at[turn + 1] - self.table.at[turn]
        none = np.full(len(turn), -1, dtype=np.int64)
        calls, unsure = self.table.call_of[turn], np.zeros(self.table.n, dtype=np.bool_)
        return placing.keep(step.condition, Hits(calls, turn, np.zeros_like(size), size, since, until, certain, none, unsure), found)

    def _cuts(self, step: Step, chosen: Ints, side: Bools, own: Bools, others: Bools) -> tuple[Ints, Floats, Floats, Bools]:
        """(turn, since, until, whether it is certain) where those of ``own`` cut in on ``others``, all of the turns ``chosen``.

        ``side`` are those of the same role as the own ones, which may have been speaking before.
        """
        from qa.rules.kernels import joint_speech

        params = step.prepared
        call, start, end, speaks = self.call[chosen], self.start[chosen], self.end[chosen], ~self.listens[chosen]
        stretches = joint_speech.stretch_of(call, start, end, own & speaks, interruption.BREATH)
        breaths, pauses = (
            joint_speech.stretch_of(call, start, end, others & speaks, pause) for pause in (interruption.BREATH, interruption.CONTINUING)
        )
        weight = self._weights(chosen, stretches, params.min_chars)
        where, since, until, certain = joint_speech.cuts(
            call, start, end, side, stretches, breaths, pauses, weight, self.sure[chosen], params.overlap, params.delay
        )
        return self.turn[chosen[where]], since, until, certain

    def _weights(self, chosen: Ints, stretches: Ints, min_chars: int) -> Small:
        """Per stretch whether its words are enough to interrupt (0 no, 1 doubtful, 2 yes), as ``interruption._weight`` has it."""
        inside = np.flatnonzero(stretches >= 0)
        which = stretches[inside]
        count = int(which[-1]) + 1 if len(which) else 0

        def total(values: Floats | Ints | Bools) -> Floats:
            return np.bincount(which, weights=values[chosen[inside]], minlength=count).astype(np.float64)

        words, masked = total(self.talks.plain_size[self.turn]), total(self._masked)
        seconds = total(np.maximum(0.0, self.end - self.start))
        by_time = np.where(seconds < interruption.SECONDS_PER_CHAR * min_chars, 0, 1)
        by_time[(seconds >= interruption.SECONDS_PER_CHAR * min_chars) & (seconds >= interruption.SURE_SECONDS_PER_CHAR * min_chars)] = 2
        enough = words + masked >= min_chars
        for stretch in np.flatnonzero((total(~self._row_like) == 0) & (words > 0) & enough).tolist():
            said = "".join(self._said(turn) for turn in self.turn[chosen[stretches == stretch]].tolist())
            enough[stretch] = not interruption.is_backchannel(said)
        by_words = np.where(enough, 2, 0)
        trusted = total(~self._heard) == 0
        weight = np.where(trusted | (by_words == by_time), by_words, 1)
        return np.where((words == 0) & (masked == 0), by_time, weight).astype(np.int8)

    def _merely_listens(self, places: Ints) -> Bools:
        """Whether turns of such characters only show that one listens; short ones are asked for once a text."""
        codes, sizes = self.talks.by_turn.codes, self.talks.plain_size[self.turn[places]]
        begin = self.talks.by_turn.at[self.turn[places]]
        found = np.zeros(len(places), dtype=np.bool_)
        packed = np.zeros(len(places), dtype=np.uint64)
        for number in range(_PACKED):
            held = np.flatnonzero((sizes > number) & (sizes <= _PACKED))
            packed[held] |= codes[begin[held] + number].astype(np.uint64) << np.uint64(16 * number)
        short = np.flatnonzero(sizes <= _PACKED)
        texts, heads, which = np.unique(packed[short], return_index=True, return_inverse=True)
        del texts
        found[short] = np.array([_is_backchannel(self._said(t)) for t in self.turn[places[short[heads]]].tolist()], dtype=np.bool_)[
            which.reshape(-1)
        ]
        long = np.flatnonzero(sizes > _PACKED)
        found[long] = [_is_backchannel(self._said(t)) for t in self.turn[places[long]].tolist()]
        return found

    def _said(self, turn: int) -> str:
        plain = self.talks.by_turn
        return text_of(plain.codes[plain.at[turn] : plain.at[turn + 1]])


def _stars(table: Table) -> Ints:
    """How many masked characters each turn has."""
    if b"*" not in table.utf8:
        return np.zeros(len(table.role), dtype=np.int64)
    turn = np.searchsorted(table.at, np.flatnonzero(table.chars == ord("*")), side="right") - 1
    return np.bincount(turn, minlength=len(table.role)).astype(np.int64)


_is_backchannel = kept(200_000)(interruption.is_backchannel)
