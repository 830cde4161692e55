"""``response_time`` over many calls: the talks of each call in a row, their last words and first answers by segments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qa.calls import Role
from qa.rules.batch.gaps import Silences
from qa.rules.batch.hits import Hits
from qa.rules.batch.placement import CODE, Placing
from qa.rules.batch.table import AGENT, Bools, Floats, Ints, Table
from qa.rules.batch.talks import Talks
from qa.rules.conditions.silence import EDGE
from qa.rules.plan import Step


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """The counted talks that have times, in the order of calls: when each ends, behind which turn, when its first real words begin."""

    talk: Ints
    end: Floats
    last: Ints
    answered: Floats
    mute: Bools
    """Whether nothing but 嗯 is said."""


def hits(step: Step, table: Table, talks: Talks, placing: Placing, silences: Silences, found: Callable[[str], Hits]) -> Hits:
    """The hits of a step, as ``response_time.find`` has them when it judges each answer, in calls without sounds other than speech."""
    side = step.condition.by or Role.AGENT
    said, code = _said(table, talks), CODE[side]
    call, sure = talks.call[said.talk], talks.sure[said.talk]
    mine = talks.role[said.talk] == code
    following = np.zeros(len(call), dtype=np.bool_)
    following[:-1] = call[1:] == call[:-1]
    opening = np.ones(len(call), dtype=np.bool_)
    opening[1:] = ~following[:-1]
    limit = step.prepared.over - np.where(table.measured, EDGE, 0.0)[call]
    # before the first word, behind words that were answered, behind the last words of the call
    first = np.flatnonzero(opening & mine & (code == AGENT) & (np.maximum(0.0, said.answered) >= limit))
    waits = ~(mine & sure) & ~said.mute
    answer = np.flatnonzero(waits & following)
    answer = answer[mine[answer + 1] | ~sure[answer + 1]]
    until = np.maximum(said.end[answer], said.answered[answer + 1])
    long = until - said.end[answer] >= limit[answer]
    answer, until = answer[long], until[long]
    close = np.flatnonzero(waits & ~following & ~table.truncated[call] & (table.duration[call] > said.end))
    close = close[table.duration[call[close]] - said.end[close] >= limit[close]]
    whose = [silences.awaited(int(c), int(t)) for c, t in zip(call[close], said.last[close], strict=True)]
    due, known = np.array([w in (side, None) for w in whose], dtype=np.bool_), np.array([w is side for w in whose], dtype=np.bool_)
    close, known = close[due], known[due]
    where = np.concatenate([table.first[call[first]], said.last[answer], said.last[close]])
    place = np.concatenate(
        [np.zeros(len(first), dtype=np.int64), *((table.at[t + 1] - table.at[t]) for t in (said.last[answer], said.last[close]))]
    )
    since = np.concatenate([np.zeros(len(first)), said.end[answer], said.end[close]])
    stop = np.concatenate([said.answered[first], until, table.duration[call[close]]])
    certain = np.concatenate([sure[first], sure[answer] & sure[answer + 1], known])
    which = np.concatenate([first, answer, close])
    order = np.lexsort((np.arange(len(which)) >= len(first), which))
    calls = call[which]
    certain &= np.maximum(0.0, stop - since) >= step.prepared.over + np.where(table.measured, EDGE, 0.0)[calls]
    none = np.full(len(which), -1, dtype=np.int64)
    every = Hits(calls, where, place, place, since, stop, certain, none, np.zeros(table.n, dtype=np.bool_)).take(order)
    return placing.keep(step.condition, every, found, between=True)


def _said(table: Table, talks: Talks) -> _Said:
    count = len(talks.call)
    turn = np.flatnonzero(table.timed)
    turn = turn[talks.counted[talks.of_turn[turn]]]
    turn = turn[np.argsort(talks.of_turn[turn], kind="stable")]
    talk = talks.of_turn[turn]
    if not len(turn):
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
        return _Said(none, nothing, none, nothing, np.zeros(0, dtype=np.bool_))
    heads = np.flatnonzero(np.diff(talk, prepend=-1))
    size = np.diff(np.append(heads, len(turn)))
    here = np.arange(len(turn))
    end = np.maximum.reduceat(table.end[turn], heads)
    last = np.minimum.reduceat(np.where(table.end[turn] == np.repeat(end, size), here, len(turn)), heads)
    spoken = np.minimum.reduceat(np.where(talks.filler[turn], len(turn), here), heads)
    spoken = np.where(spoken == len(turn), heads + size - 1, spoken)
    texts, words = (
        np.bincount(talks.of_turn, weights=w, minlength=count) > 0 for w in (talks.plain_size > 0, (talks.plain_size > 0) & ~talks.filler)
    )
    mine = talk[heads]
    return _Said(mine, end, turn[last], table.start[turn[spoken]], (texts & ~words)[mine])
