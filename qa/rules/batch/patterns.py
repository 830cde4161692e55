"""``regex`` over many calls: one scan for all patterns of a plan says which sentences to look at, RE2 says what matches there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from qa.rules.batch.hits import Hits, spoken, written
from qa.rules.batch.placement import Placing, Weak
from qa.rules.batch.scanner import Scanner
from qa.rules.batch.table import Bools, Ints, Table, pieces
from qa.rules.batch.talks import Talks
from qa.rules.conditions import regex
from qa.rules.model import TurnRange
from qa.rules.plan import Key, Plan, Step

Find = Callable[[str], Hits]
_LETTER = re.compile(r"\\[pP](?:[A-Z]|\{\^?\w+\})|\\[dDsSwW]|\[\^?\]?(?:[^\]\[\\]|\\.)*\]|\w")
"""A pattern that says of single characters whether they match."""


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
        self.lettered = {k for k, s in self.steps.items() if k not in whether and _of_letters(s)}
        """Those whose matches are single characters, each for itself."""
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
        room = self.placing.reachable(step.condition, found)
        which, place = self._found[plain]
        low, high = np.searchsorted(which, (numbers[0], numbers[-1] + 1))
        mine = self._searched(step, plain, room, place[low:high])
        which, place = which[low:high][mine] - numbers[0], place[low:high][mine]
        everywhere = [n - numbers[0] for n in numbers if n in scanner.apart or n in scanner.often]
        if everywhere:
            places = np.flatnonzero(np.diff(self.talks.at if plain else self.table.at) > 0)
            places = places[self._searched(step, plain, room, places)]
            which = np.concatenate([which, np.repeat(everywhere, len(places))])
            place = np.concatenate([place, np.tile(places, len(everywhere))])
        order = np.argsort(place, kind="stable")
        where, begin, end = self._rows(step, plain, place[order], which[order])
        sure, none = np.ones(len(where), dtype=np.bool_), np.full(len(where), -1, dtype=np.int64)
        if plain:
            hits = spoken(self.table, self.talks, self.doubt, self.talks.at[where] + begin, end - begin, none, sure)
        else:
            hits = written(self.table, self.doubt, where, begin, end, none, sure)
        hits = hits.take(np.lexsort((hits.begin, hits.turn, hits.call)))
        hits = self.placing.keep(step.condition, hits, found)
        return replace(hits, unsure=self.weak.unsure(step, found))

    def _rows(self, step: Step, plain: bool, place: Ints, which: Ints) -> tuple[Ints, Ints, Ints]:
        """(talk or sentence, begin, end) of the matches, the patterns ``which`` having fired at ``place`` (sorted).

        What fires in a text holds all that matches there, so every different text is looked at once. Where only matters whether there is
        a hit, one that is certain is enough of a call.
        """
        rows: list[tuple[int, int, int]] = []
        text, at = self._lines(plain)
        heads = np.flatnonzero(np.diff(place, prepend=-1))
        if step.key in self.patterns.lettered:
            return self._letters(step, plain, place[heads])
        bounds, fired = np.append(heads, len(place)), which.tolist()
        places = place[heads]
        call = self.talks.call[places if plain else self.talks.of_turn[places]]
        calls_at = np.append(np.flatnonzero(np.diff(call, prepend=-1)), len(call)).tolist()
        lazy = ~(self._weak_talks if plain else self._weak_turns)[places] & (step.key in self.patterns.whether)
        lazy &= self.talks.doubted_total[call] == 0
        known: dict[tuple[bytes, bool], tuple[tuple[int, int], ...]] = {}
        for low, high in pairwise(calls_at):
            for number in range(low, high):
                line, once = int(places[number]), bool(lazy[number])
                key = text[at[line] : at[line + 1] - 1], once
                if key not in known:
                    chosen = tuple(sorted(set(fired[bounds[number] : bounds[number + 1]])))
                    known[key] = regex.spans(regex.only(step.prepared, chosen), key[0].decode(), once=once)
                rows += [(line, begin, end) for begin, end in known[key]]
                if once and known[key]:
                    break
        found = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return found[:, 0], found[:, 1], found[:, 2]

    def _letters(self, step: Step, plain: bool, places: Ints) -> tuple[Ints, Ints, Ints]:
        """The same where a match is one character: each different character is looked at once."""
        codes, at = (self.talks.codes, self.talks.at) if plain else (self.table.chars, self.table.at)
        sizes = at[places + 1] - at[places]
        line, where = np.repeat(places, sizes), pieces(sizes, at[places])
        looked = codes[where]
        fits = np.zeros(0x110000, dtype=np.bool_)
        fits[looked] = True
        for code in np.flatnonzero(fits).tolist():
            char = "?" if 0xD800 <= code <= 0xDFFF else chr(code)  # as `lines` writes it
            fits[code] = any(pattern.fullmatch(char) for pattern in step.prepared.patterns)
        chosen = fits[looked]
        line, begin = line[chosen], where[chosen] - at[line[chosen]]
        return line, begin, begin + 1

    @cached_property
    def _weak_turns(self) -> Bools:
        """The turns of which the recogniser may be unsure, of some word at least."""
        with np.errstate(invalid="ignore"):
            weak: Bools = (self.table.lowest_word < self.doubt.words) | (self.table.confidence < self.doubt.words)
        return weak

    @cached_property
    def _weak_talks(self) -> Bools:
        return np.bincount(self.talks.of_turn[self._weak_turns], minlength=len(self.talks.call)) > 0

    def _searched(self, step: Step, plain: bool, room: Bools, place: Ints) -> Bools:
        """Which of the talks, or sentences, the condition looks at, in the calls with ``room`` for it."""
        talk = place if plain else self.talks.of_turn[place]
        inside: Bools = self.placing.may_speak(step.condition.by)[talk] & room[self.talks.call[talk]]
        if isinstance(step.condition.window, TurnRange):
            inside &= self.placing.in_turns(step.condition.window, talk)
        return inside

    def _lines(self, plain: bool) -> tuple[bytes, Ints]:
        """The sentences, or the talks' plain text, as UTF-8, a line each, and where each begins."""
        return self._plain_lines if plain else (self.table.utf8, self.table.byte_at)

    @cached_property
    def _plain_lines(self) -> tuple[bytes, Ints]:
        from qa.rules.kernels.utf8 import lines

        text, begins = lines(self.talks.codes, self.talks.at)
        return text.tobytes(), begins

    def _scan(self, plain: bool) -> tuple[Ints, Ints]:
        """(pattern, talk or sentence), each pair once."""
        scanner = self.patterns.scanners[plain]
        if not scanner.patterns:
            none = np.zeros(0, dtype=np.int64)
            return none, none
        text, at = self._lines(plain)
        which, byte = scanner.find(text)
        line = np.searchsorted(at, byte, side="right") - 1
        pairs = np.unique(which * len(at) + line)
        return pairs // len(at), pairs % len(at)


def _of_letters(step: Step) -> bool:
    params = step.prepared.params
    return not params.exclude and all(_LETTER.fullmatch(pattern) for pattern in params.patterns)
