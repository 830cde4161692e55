"""The talks of all calls at once: what :class:`qa.rules.view.CallView` makes of each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.rules.batch.plaintext import LATIN, PlainText, ends_of, filler_turns, plain_columns
from qa.rules.batch.table import AGENT, CUSTOMER, OTHER, UNKNOWN, Bools, Codes, Ints, Small, Table, text_of
from qa.rules.kernels.plaintext import in_order
from qa.rules.model import Doubt
from qa.rules.view import PAUSE


@dataclass(frozen=True, slots=True, eq=False)
class Talks:
    """All talks in the order of calls; those of call ``c`` are ``first[c]`` to ``first[c + 1]``.

    ``codes`` is the plain text of all talks in a row, that of talk ``k`` at ``at[k]`` to ``at[k + 1]``; ``origin`` leads back to the
    turns, ``by_turn`` is it in the order of the turns. ``rank`` counts, per talk, the talks that windows count up to and
    including it, of anybody, for certain of the agent and of the customer; ``total`` the same over the call. ``doubted`` and
    ``doubted_total`` count those of which it is not sure who speaks.
    """

    first: Ints
    call: Ints
    role: Small
    sure: Bools
    of_turn: Ints
    at: Ints
    codes: Codes
    plain: PlainText
    by_turn: PlainText
    turns_at: Ints
    rank: tuple[Ints, Ints, Ints]
    total: tuple[Ints, Ints, Ints]
    doubted: Ints
    doubted_total: Ints
    counted: Bools
    """Whether windows count the talk: no aside, nobody's music or ring tone."""
    filler: Bools
    """Of turns: nothing but 嗯 is said."""
    plain_size: Ints
    """Of turns: how many plain characters they have."""

    def origin(self, places: Ints) -> tuple[Ints, Ints, Ints]:
        """(turn, first, past-last character of its text) of the plain characters at ``places``."""
        source = self.plain.source[places].astype(np.int64)
        turn = np.searchsorted(self.turns_at, source, side="right") - 1
        begin = self.turns_at[turn]
        return turn, source - begin, ends_of(self.plain, places) - begin

    @property
    def voices(self) -> Small:
        """The role of each talk, UNKNOWN where it is not sure: nobody's sounds are surely nobody's."""
        return np.where(self.sure, self.role, UNKNOWN).astype(np.int8)

    def talk_at(self, places: Ints) -> Ints:
        """The talk of each plain character."""
        return np.searchsorted(self.at, places, side="right") - 1

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
    joined, at = _joined(table, plain, order, talk_in_order)
    call = call_of[heads] if count else np.zeros(0, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(np.bincount(call, minlength=table.n))]).astype(np.int64)
    role = table.role[heads] if count else np.zeros(0, dtype=np.int8)
    counted: Bools = ~aside[heads] & (role != OTHER) if count else np.zeros(0, dtype=np.bool_)
    ranks, totals = [], []
    certain = counted & talk_sure
    for mine in (counted, certain & (role == AGENT), certain & (role == CUSTOMER), counted & ~talk_sure):
        sums = np.concatenate([[0], np.cumsum(mine)]).astype(np.int64)
        ranks.append(sums[1:] - sums[first[call]])
        totals.append(sums[first[1:]] - sums[first[:-1]])
    return Talks(
        first,
        call,
        role,
        talk_sure,
        of_turn,
        at,
        joined.codes,
        joined,
        plain,
        table.at,
        (ranks[0], ranks[1], ranks[2]),
        (totals[0], totals[1], totals[2]),
        ranks[3],
        totals[3],
        counted,
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


def _joined(table: Table, plain: PlainText, order: Ints, talk: Ints) -> tuple[PlainText, Ints]:
    """Plain characters in the order of the talks, with what stands between the sentences of a talk; and where each talk begins."""
    sizes = np.diff(plain.at)[order]
    at = np.cumsum(sizes) - sizes
    moved = bool((order[1:] < order[:-1]).any())
    spoken = np.flatnonzero(sizes)  # places in ``order`` with text
    same = talk[spoken[1:]] == talk[spoken[:-1]]
    here = spoken[1:][same]
    before = here - 1  # the sentence before, with or without text
    timed = table.timed
    pause = table.start[order[here]] - table.end[order[before]]
    broken = timed[order[before]] & timed[order[here]] & (pause > PAUSE)

    latin = LATIN[plain.codes[plain.at[order[spoken[:-1][same]] + 1] - 1]] & LATIN[plain.codes[plain.at[order[here]]]]
    joint = np.zeros(len(order), dtype=np.uint8)
    joint[here] = np.where(broken, ord("\n"), np.where(latin, ord(" "), 0))
    place = at[np.flatnonzero(joint)]
    first = (
        np.concatenate([at[np.flatnonzero(np.diff(talk, prepend=-1))], [int(sizes.sum())]]) if len(talk) else np.zeros(1, dtype=np.int64)
    )
    first += np.searchsorted(place, first, side="left")
    if not moved and not len(place):
        return plain, first
    codes, source, wide, wide_end = in_order(plain.codes, plain.source, plain.at, order, joint, plain.wide, plain.wide_end)
    return PlainText(codes, source, plain.at, wide, wide_end), first
