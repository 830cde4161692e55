"""The talks of all calls at once: what :class:`qa.rules.view.CallView` makes of each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.rules.batch.plaintext import LATIN, PlainText, filler_turns, plain_columns
from qa.rules.batch.table import OTHER, UNKNOWN, Bools, Codes, Floats, Ints, Small, Table, pieces, text_of
from qa.rules.model import Doubt
from qa.rules.view import PAUSE


@dataclass(frozen=True, slots=True, eq=False)
class Talks:
    """All talks in the order of calls; those of call ``c`` are ``first[c]`` to ``first[c + 1]``.

    ``codes`` is the plain text of all talks in a row, that of talk ``k`` at ``at[k]`` to ``at[k + 1]``; of every character there are its
    talk, its turn, and its place ``[starts, ends)`` in the turn's text. ``rank`` counts, per talk, the talks that windows count up to and
    including it, of anybody, of the agent and of the customer; ``total`` the same over the call.
    """

    first: Ints
    call: Ints
    role: Small
    sure: Bools
    of_turn: Ints
    at: Ints
    codes: Codes
    talk: Ints
    turn: Ints
    starts: Ints
    ends: Ints
    rank: tuple[Ints, Ints, Ints]
    total: tuple[Ints, Ints, Ints]
    filler: Bools
    """Of turns: nothing but 嗯 is said."""
    plain_size: Ints
    """Of turns: how many plain characters they have."""

    def text(self, talk: int) -> str:
        """The plain text of a talk."""
        return text_of(self.codes[self.at[talk] : self.at[talk + 1]])


def talks_of(table: Table, doubt: Doubt) -> Talks:
    """The talks of every call of the table."""
    plain = plain_columns(table.chars, table.at)
    filler = filler_turns(plain)
    call_of = table.call_of
    sure: Bools = (table.role != UNKNOWN) & (table.role_confidence >= doubt.roles)
    begins, aside = _grouped(table, call_of, sure, filler)
    group = np.cumsum(begins) - 1
    order = np.lexsort((np.arange(len(group)), aside, group)) if aside.any() else np.arange(len(group))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (group[order][1:] != group[order][:-1]) | aside[order][1:]
    talk_in_order = np.cumsum(fresh) - 1
    of_turn = np.empty(len(order), dtype=np.int64)
    of_turn[order] = talk_in_order
    heads = order[fresh]
    count = len(heads)
    trusted = (sure | (table.role == OTHER))[order].astype(np.int8)
    talk_sure = np.minimum.reduceat(trusted, np.flatnonzero(fresh)).astype(np.bool_) if count else np.zeros(0, dtype=np.bool_)
    codes, turn, starts, ends = _joined(table, plain, order, talk_in_order)
    call = call_of[heads] if count else np.zeros(0, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(np.bincount(call, minlength=table.n))]).astype(np.int64)
    role = table.role[heads] if count else np.zeros(0, dtype=np.int8)
    counted = ~aside[heads] & (role != OTHER) if count else np.zeros(0, dtype=np.bool_)
    ranks, totals = [], []
    for mine in (counted, counted & (role == 0), counted & (role == 1)):
        sums = np.concatenate([[0], np.cumsum(mine)]).astype(np.int64)
        ranks.append(sums[1:] - sums[first[call]])
        totals.append(sums[first[1:]] - sums[first[:-1]])
    talk = of_turn[turn]
    at = np.concatenate([[0], np.cumsum(np.bincount(talk, minlength=count))]).astype(np.int64)
    return Talks(
        first,
        call,
        role,
        talk_sure,
        of_turn,
        at,
        codes,
        talk,
        turn,
        starts,
        ends,
        (ranks[0], ranks[1], ranks[2]),
        (totals[0], totals[1], totals[2]),
        filler,
        np.diff(plain.at),
    )


def _grouped(table: Table, call_of: Ints, sure: Bools, filler: Bools) -> tuple[Bools, Bools]:
    """Per turn whether it begins a talk, and whether it is an aside (which begins none)."""
    count = len(call_of)
    begins, aside = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    if not count:
        return begins, aside
    key = table.role.astype(np.int64) * 2 + sure
    key = np.where(table.role == UNKNOWN, -1 - np.arange(count), key)
    change = np.ones(count, dtype=np.bool_)
    change[1:] = (key[1:] != key[:-1]) | (call_of[1:] != call_of[:-1])
    heads = np.flatnonzero(change)
    run_call = call_of[heads]
    mute = np.minimum.reduceat(filler.astype(np.int8), heads).astype(np.bool_)
    inner = np.zeros(len(heads), dtype=np.bool_)
    inner[1:-1] = (run_call[1:-1] == run_call[:-2]) & (run_call[1:-1] == run_call[2:])
    may = mute & inner
    # of several such runs on end every second one continues the talk before the first
    position = np.arange(len(heads))
    last_other = np.maximum.accumulate(np.where(may, -1, position))
    run_aside = may & ((position - last_other) % 2 == 1)
    run_begins = ~run_aside
    run_begins[1:] &= ~(run_aside[:-1] & (run_call[1:] == run_call[:-1]))
    begins[heads] = run_begins
    aside[:] = np.repeat(run_aside, np.diff(np.append(heads, count)))
    for call in _of_many_sides(table, key, np.unique(run_call[may])):
        low, high = int(table.first[call]), int(table.first[call + 1])
        begins[low:high], aside[low:high] = _one_by_one(key[low:high].tolist(), filler[low:high].tolist())
    return begins, aside


def _of_many_sides(table: Table, key: Ints, candidates: Ints) -> list[int]:
    """Those of the ``candidates`` (calls) in which more than two sides speak: there the order of all of them counts."""
    if not len(candidates):
        return []
    held = np.flatnonzero(np.diff(table.first))
    sides = np.zeros(table.n, dtype=np.int64)
    sides[held] = np.bitwise_or.reduceat(np.where(key < 0, 256, 1 << np.maximum(key, 0)), table.first[held])
    return [int(c) for c in candidates if sides[c] >= 256 or int(sides[c]).bit_count() > 2]


def _one_by_one(keys: Sequence[int], filler: Sequence[bool]) -> tuple[list[bool], list[bool]]:
    """``begins`` and ``aside`` of one call, turn by turn, as the single executor walks them."""
    begins, aside = [False] * len(keys), [False] * len(keys)
    current: int | None = None
    for index, key in enumerate(keys):
        if current is not None and key == current:
            continue
        following = index + 1
        while following < len(keys) and filler[following] and keys[following] != current:
            following += 1
        if current is not None and filler[index] and following < len(keys) and keys[following] == current:
            aside[index] = True
            continue
        begins[index], current = True, key
    return begins, aside


def _joined(table: Table, plain: PlainText, order: Ints, talk: Ints) -> tuple[Codes, Ints, Ints, Ints]:
    """Plain characters in the order of the talks, with what stands between the sentences of a talk."""
    sizes = np.diff(plain.at)[order]
    chosen = pieces(sizes, plain.at[order])
    codes, turn, starts, ends = plain.codes[chosen], plain.turn[chosen], plain.starts[chosen], plain.ends[chosen]
    spoken = np.flatnonzero(sizes)  # places in ``order`` with text
    if len(spoken) < 2:
        return codes, turn, starts, ends
    at = np.cumsum(sizes) - sizes
    here = spoken[1:][talk[spoken[1:]] == talk[spoken[:-1]]]
    before = here - 1  # the sentence before, with or without text
    timed = table.timed
    pause = _gap(table.end[order[before]], table.start[order[here]])
    broken = timed[order[before]] & timed[order[here]] & (pause > PAUSE)
    left, right = codes[at[here] - 1], codes[at[here]]
    latin = ~broken & LATIN[left] & LATIN[right]
    place = np.concatenate([at[here[broken]], at[here[latin]]])
    if not len(place):
        return codes, turn, starts, ends
    joint = np.concatenate([np.full(int(broken.sum()), ord("\n")), np.full(int(latin.sum()), ord(" "))]).astype(np.uint32)
    return (
        np.insert(codes, place, joint),
        np.insert(turn, place, turn[place - 1]),
        np.insert(starts, place, starts[place - 1]),
        np.insert(ends, place, ends[place - 1]),
    )


def _gap(end: Floats, start: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return start - end
