"""``regex`` over many calls: one scan for all patterns of a plan says which sentences to look at, RE2 says what matches there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qa.rules.batch.hits import Hits, spoken, sure_words, written
from qa.rules.batch.placement import Placing, Weak
from qa.rules.batch.scanner import Scanner
from qa.rules.batch.table import Bools, Ints, Table, text_of
from qa.rules.batch.talks import Talks
from qa.rules.conditions import regex
from qa.rules.model import TurnRange
from qa.rules.plan import Key, Plan, Step

Find = Callable[[str], Hits]


class Patterns:
    """The ``regex`` conditions of a plan. ``whether`` are those of which only matters whether there is a hit in a call."""

    def __init__(self, plan: Plan, whether: frozenset[Key], *, library: str = "hyperscan") -> None:
        self.steps = {k: s for k, s in plan.steps.items() if s.operator.name == "regex"}
        self.whether = whether
        self.numbers: dict[Key, list[int]] = {}
        listed: tuple[list[str], list[str]] = ([], [])
        for key, step in self.steps.items():
            mine = listed[step.prepared.params.plain]
            self.numbers[key] = list(range(len(mine), len(mine) + len(step.prepared.patterns)))
            mine.extend(step.prepared.params.patterns)
        self.scanners = tuple(Scanner(patterns, library=library) for patterns in listed)


class Matched:
    """The ``regex`` conditions over one table."""

    def __init__(self, patterns: Patterns, table: Table, talks: Talks, placing: Placing, weak: Weak, plan: Plan) -> None:
        self.patterns, self.table, self.talks, self.placing, self.weak = patterns, table, talks, placing, weak
        self.doubt = plan.rule_set.doubt
        self._found = (self._scan(False), self._scan(True))

    def hits(self, step: Step, found: Find) -> Hits:
        """The hits of a step, as ``regex.find`` has them."""
        plain = bool(step.prepared.params.plain)
        scanner, numbers = self.patterns.scanners[plain], self.patterns.numbers[step.key]
        everywhere = [n for n in numbers if n in scanner.apart or n in scanner.often]
        inside = self._searched(step, plain, self.placing.reachable(step.condition, found))
        which, place = self._found[plain]
        mine = (which >= numbers[0]) & (which <= numbers[-1])
        which, place = which[mine], place[mine]
        mine = inside[place]
        which, place = which[mine] - numbers[0], place[mine]
        if everywhere:
            places = np.flatnonzero(inside & self._spoken(plain))
            which = np.concatenate([which, np.repeat(np.array(everywhere) - numbers[0], len(places))])
            place = np.concatenate([place, np.tile(places, len(everywhere))])
        order = np.lexsort((which, place))
        rows = self._rows(step, plain, place[order], which[order])
        if rows:
            where, begin, end = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        else:
            where = begin = end = np.zeros(0, dtype=np.int64)
        sure, none = np.ones(len(where), dtype=np.bool_), np.full(len(where), -1, dtype=np.int64)
        if plain:
            hits = spoken(self.table, self.talks, self.doubt, self.talks.at[where] + begin, end - begin, none, sure)
        else:
            hits = written(self.table, self.doubt, where, begin, end, none, sure)
        hits = hits.take(np.lexsort((hits.begin, hits.turn, hits.call)))
        hits = self.placing.keep(step.condition, hits, found)
        return replace(hits, unsure=self.weak.unsure(step, found))

    def _rows(self, step: Step, plain: bool, place: Ints, which: Ints) -> list[tuple[int, int, int]]:
        """(talk or sentence, begin, end) of the matches, the patterns ``which`` having fired at ``place`` (sorted)."""
        rows: list[tuple[int, int, int]] = []
        settled, lazy = -1, step.key in self.patterns.whether and not plain
        heads = np.flatnonzero(np.diff(place, prepend=-1))
        calls = np.searchsorted(self.table.first, place[heads], side="right") - 1 if lazy else place[heads]
        bounds = np.append(heads, len(place)).tolist()
        listed, fired = place.tolist(), which.tolist()
        for number, call in enumerate(calls.tolist()):
            if lazy and call == settled:
                continue
            low, high = bounds[number], bounds[number + 1]
            at = listed[low]
            text = self.talks.text(at) if plain else text_of(self.table.chars[self.table.at[at] : self.table.at[at + 1]])
            for match in regex._matches(regex.only(step.prepared, tuple(dict.fromkeys(fired[low:high]))), text):
                rows.append((at, match.start, match.end))
                if lazy and self._certain(at, match.start, match.end):
                    settled = call
                    break
        return rows

    def _certain(self, turn: int, begin: int, end: int) -> bool:
        one = (np.array([turn]), np.array([begin]), np.array([end]))
        return bool(sure_words(self.table, self.doubt, *one)[0])

    def _searched(self, step: Step, plain: bool, room: Bools) -> Bools:
        """The talks, or their sentences, that the condition looks at in the calls with ``room`` for it."""
        talks = self.placing.may_speak(step.condition.by) & room[self.talks.call]
        if isinstance(step.condition.window, TurnRange):
            talks = talks & self.placing.in_turns(step.condition.window, np.arange(len(talks)))
        return talks if plain else talks[self.talks.of_turn]

    def _spoken(self, plain: bool) -> Bools:
        """The talks, or sentences, with text."""
        return np.diff(self.talks.at if plain else self.table.at) > 0

    def _scan(self, plain: bool) -> tuple[Ints, Ints]:
        """(pattern, talk or sentence), each pair once."""
        scanner = self.patterns.scanners[plain]
        if not scanner.patterns:
            none = np.zeros(0, dtype=np.int64)
            return none, none
        text, at = self._lines() if plain else (self.table.utf8, self.table.byte_at)
        which, byte = scanner.find(text)
        line = np.searchsorted(at, byte, side="right") - 1
        pairs = np.unique(which * len(at) + line)
        return pairs // len(at), pairs % len(at)

    def _lines(self) -> tuple[bytes, Ints]:
        """The plain text of all talks as UTF-8, a line each, and where each begins."""
        talks = self.talks
        codes = np.insert(talks.codes, talks.at[1:-1], np.uint32(ord("\n"))) if len(talks.call) else talks.codes
        text = text_of(codes).encode("utf-8", "replace")
        sizes = 1 + (talks.codes >= 0x80).astype(np.int64) + (talks.codes >= 0x800) + (talks.codes >= 0x10000)
        sums = np.concatenate([[0], np.cumsum(sizes)])
        return text, sums[talks.at] + np.arange(len(talks.at))
