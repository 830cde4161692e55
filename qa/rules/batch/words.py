"""``say`` over many calls: one search for all phrases of a plan, to the letter and by sound, then sparse arithmetic per condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qa.rules import listening
from qa.rules.batch import nearness
from qa.rules.batch.hits import Hits, overlapping, spoken
from qa.rules.batch.lettering import BY, Index, Places
from qa.rules.batch.placement import Placing, Weak
from qa.rules.batch.table import Bools, Floats, Ints, Table, of_calls
from qa.rules.batch.talks import Talks, talks_of
from qa.rules.conditions.matching import Lexicon
from qa.rules.kernels.sounding import Numbers
from qa.rules.kernels.wordings import EVERYTHING
from qa.rules.model import Doubt, TurnRange
from qa.rules.plan import Key, Plan, Step
from qa.rules.sound import NEAR_RATE, SURE_RATE
from qa.rules.soundrows import rows
from qa.rules.windows import Use

Find = Callable[[str], Hits]


class Words:
    """The ``say`` conditions of a plan: their phrases to the letter and by sound."""

    def __init__(self, plan: Plan) -> None:
        self.steps: dict[Key, Step] = {k: s for k, s in plan.steps.items() if s.operator.name == "say"}
        self.slots = {key: number for number, key in enumerate(self.steps)}
        lexicons: list[tuple[Lexicon, int]] = []
        for step in self.steps.values():
            lexicons += [(words, BY[step.condition.by]) for words in (step.prepared.wordings, step.prepared.exclude)]
        free: dict[Key, Lexicon] = {k: s.prepared.exempt for k, s in plan.steps.items() if s.operator.name == "repeats"}
        self.free_slots = {key: len(lexicons) + number for number, key in enumerate(free)}
        """The slots of what ``repeats`` lets pass."""
        self.index = Index([*lexicons, *((words, EVERYTHING) for words in free.values())])
        self.near = nearness.Nearness([_ear(step) for step in self.steps.values()])
        self._warm()

    def _warm(self) -> None:
        """Compile the loops, or load them, before there are calls; and the books of what is listened for."""
        talks = talks_of(of_calls(()), Doubt())
        heard, none = rows(talks.codes, talks.at), np.zeros(0, dtype=np.int64)
        self.index.search(talks)
        found = self.near.find(heard, talks)
        for slot, step in enumerate(self.steps.values()):
            ear = _ear(step)
            if ear is not None:
                found.talks(slot, np.zeros(0, dtype=np.bool_), (none, none), (none, none))
                listening.nearest(ear.words, heard, none, ear.limit)


def _ear(step: Step) -> nearness.Ear | None:
    """What is listened for."""
    if not step.prepared.params.sound or step.prepared.params.need < 1:
        return None
    wanted = step.use is Use.WANTED
    return nearness.Ear(step.prepared.wordings, NEAR_RATE if wanted else SURE_RATE, 2 if wanted else 3, BY[step.condition.by])


class Said:
    """The ``say`` conditions over one table."""

    def __init__(self, words: Words, table: Table, talks: Talks, placing: Placing, weak: Weak, plan: Plan) -> None:
        self.words, self.table, self.talks, self.placing = words, table, talks, placing
        self.doubt = plan.rule_set.doubt
        self.search = words.index.search(talks)
        self._rows = rows(talks.codes, talks.at)
        self._heard = words.near.find(self._rows, talks)
        self._latin = np.flatnonzero(nearness.latin_talks(talks))
        self.weak = weak

    def hits(self, step: Step, found: Find) -> Hits:
        """The hits of a step, as ``say.find`` has them."""
        condition, params = step.condition, step.prepared.params
        slot = self.words.slots[step.key]
        exact, voids = self.search.places(2 * slot), self.search.places(2 * slot + 1)
        good = ~overlapping(exact.talk, exact.begin, exact.end, voids.talk, voids.begin, voids.end)
        exact = Places(exact.talk[good], exact.begin[good], exact.end[good], exact.phrase[good])
        sure = np.ones(len(exact.begin), dtype=np.bool_)
        hits = spoken(self.table, self.talks, self.doubt, exact.begin, exact.end - exact.begin, exact.phrase, sure)
        hits = self.placing.keep(condition, hits, found)
        if params.sound:
            numbered = step.counted or any(a.which == "each" for a in condition.anchors)
            open_calls = np.ones(self.table.n, dtype=np.bool_) if numbered else _different(hits, hits.certain) < params.need
            near = self._near(step, slot, exact, voids, open_calls & self.placing.reachable(condition, found), numbered=numbered)
            if near is not None:
                hits = Hits.both(hits, self.placing.keep(condition, near, found))
        if params.need > 1:
            few = _different(hits, hits.certain) < params.need
            enough = _different(hits, np.ones(len(hits.call), dtype=np.bool_)) >= params.need
            hits = replace(hits, certain=hits.certain & ~few[hits.call]).take(enough[hits.call])
        return replace(hits, unsure=self.weak.unsure(step, found))

    def exempt(self, step: Step) -> Places:
        """Where anybody says what a ``repeats`` condition lets pass."""
        return self.search.places(self.words.free_slots[step.key])

    def _near(self, step: Step, slot: int, exact: Places, voids: Places, open_calls: Bools, *, numbered: bool) -> Hits | None:
        condition, words, use = step.condition, step.prepared.wordings, step.use
        candidates = self._heard.talks(slot, open_calls, (exact.begin, exact.end), (voids.begin, voids.end))
        more = [self.search.adjacent(2 * slot)] if words.lettered else []
        if words.in_parts:
            more.append(self._latin[self.placing.may_speak(condition.by)[self._latin]])
        if more:
            others = np.concatenate(more)
            candidates = np.unique(np.concatenate([candidates, others[open_calls[self.talks.call[others]]]]))
        if isinstance(condition.window, TurnRange):
            candidates = candidates[self.placing.in_turns(condition.window, candidates)]
        return self._listened(words, use, candidates, (exact, voids), numbered=numbered) if len(candidates) else None

    def _listened(self, words: Lexicon, use: Use, candidates: Ints, taken: tuple[Places, Places], *, numbered: bool) -> Hits | None:
        """The nearest place of each candidate talk (all of them if ``numbered``) that is a hit and overlaps nothing found to the letter."""
        limit = NEAR_RATE if use is Use.WANTED else SURE_RATE
        which, begin, end, cost, size = listening.nearest(words, self._rows, candidates, limit)
        if numbered:
            candidates, which, begin, end, cost, size = self._apart(words, candidates[which >= 0], taken, limit)
        free = which >= 0
        if use is not Use.WANTED:
            free &= size >= 3
        for places in taken:
            free &= ~overlapping(candidates, begin, end, places.talk, places.begin, places.end)
        if not free.any():
            return None
        which, begin, end, cost, size = which[free], begin[free], end[free], cost[free], size[free]
        sure = np.full(len(which), use is not Use.ACCUSED)
        sure &= (cost / size <= SURE_RATE) & ((size >= 4) | ((size >= 3) & (cost == 0)))
        phrase = np.array([e.phrase.index for e in words.wordings], dtype=np.int64)[which]
        return spoken(self.table, self.talks, self.doubt, begin, end - begin, phrase, sure)

    def _apart(
        self, words: Lexicon, candidates: Ints, taken: tuple[Places, Places], limit: float
    ) -> tuple[Ints, Numbers, Ints, Ints, Floats, Numbers]:
        """Talk, wording, begin, end, cost and sounds of all places that :func:`qa.rules.listening.nearest_apart` finds in the talks."""
        asked = []
        for talk in candidates.tolist():
            start = int(self.talks.at[talk])
            spans = [
                (int(places.begin[k]) - start, int(places.end[k]) - start)
                for places in taken
                for k in range(*np.searchsorted(places.talk, (talk, talk + 1)).tolist())
            ]
            asked.append((self.talks.text(talk), tuple(spans)))
        near = listening.nearest_apart(words, asked, limit)
        begins = self.talks.at[candidates].tolist()
        rows = [
            (talk, n, start + begin, start + end, cost, size)
            for talk, start, found in zip(candidates.tolist(), begins, near, strict=True)
            for begin, end, n, cost, size in found
        ]
        talk_of, which, first, last, costs, sizes = np.array(rows, dtype=np.float64).reshape(-1, 6).T
        return (
            talk_of.astype(np.int64),
            which.astype(np.int32),
            first.astype(np.int64),
            last.astype(np.int64),
            costs,
            sizes.astype(np.int32),
        )


def _different(hits: Hits, chosen: Bools) -> Ints:
    """Per call, how many different phrases are among the hits chosen."""
    width = int(hits.phrase.max(initial=0)) + 1
    seen = np.unique(hits.call[chosen] * width + hits.phrase[chosen])
    return np.bincount(seen // width, minlength=len(hits.unsure))
