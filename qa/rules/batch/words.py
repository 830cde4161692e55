"""``say`` over many calls: one search for all phrases of a plan, then sparse arithmetic per condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qa.rules import listening
from qa.rules.batch import nearness
from qa.rules.batch.hits import Hits, expand, overlapping, spoken, without_overlaps
from qa.rules.batch.literals import Literals
from qa.rules.batch.placement import Placing, Weak
from qa.rules.batch.table import Bools, Ints, Table
from qa.rules.batch.talks import Talks
from qa.rules.conditions.matching import Lexicon
from qa.rules.model import TurnRange
from qa.rules.phrases import GAP
from qa.rules.plan import Key, Plan, Step
from qa.rules.sound import NEAR_RATE, SURE_RATE
from qa.rules.soundrows import rows
from qa.rules.windows import Use

Find = Callable[[str], Hits]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Plain characters ``begin`` to ``end`` of talks, sorted by talk and begin, overlapping nowhere; ``phrase`` numbers the phrase."""

    talk: Ints
    begin: Ints
    end: Ints
    phrase: Ints

    @staticmethod
    def none() -> Places:
        empty = np.zeros(0, dtype=np.int64)
        return Places(empty, empty, empty, empty)


class Index:
    """All wordings of a plan's lexicons in one search. A lexicon's slot is its place in ``lexicons``."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self.lexicons = tuple(lexicons)
        strings: dict[str, int] = {}
        users: dict[int, list[tuple[int, int]]] = {}
        self._gapped: list[list[_Gapped]] = []
        for slot, words in enumerate(self.lexicons):
            gapped: dict[str, _Gapped] = {}
            for number, entry in enumerate(words.wordings):
                ids = [strings.setdefault(part, len(strings)) for part in entry.phrase.parts]
                if len(ids) == 1:
                    users.setdefault(ids[0], []).append((slot, number))
                else:
                    gapped.setdefault(entry.phrase.written, _Gapped(set(), set(), [])).add(ids, number, far=entry.phrase.literal.isascii())
            self._gapped.append(list(gapped.values()))
        self._literals = Literals(list(strings))
        self._sizes = np.array([len(s) for s in strings], dtype=np.int64)
        listed = [users.get(i, []) for i in range(len(strings))]
        self._at = np.concatenate([[0], np.cumsum([len(u) for u in listed])]).astype(np.int64)
        self._slot = np.array([slot for u in listed for slot, _ in u], dtype=np.int64)
        self._wording = np.array([wording for u in listed for _, wording in u], dtype=np.int64)
        self._in_parts = np.zeros(len(strings), dtype=np.bool_)
        self._in_parts[[i for g in self._gapped for one in g for i in one.heads | one.tails]] = True

    def search(self, talks: Talks) -> Search:
        """All occurrences in the talks."""
        begin, which = self._literals.find(talks.codes)
        talk = talks.talk_at(begin)
        end = begin + self._sizes[which]
        inside = end <= talks.at[talk + 1]
        begin, which, talk, end = begin[inside], which[inside].astype(np.int64), talk[inside], end[inside]
        pair, entry = expand(self._at[which + 1] - self._at[which], self._at[which])
        order = np.argsort(self._slot[entry], kind="stable")
        pair, entry = pair[order], entry[order]
        bounds = np.searchsorted(self._slot[entry], np.arange(len(self.lexicons) + 1))
        part = np.flatnonzero(self._in_parts[which])
        part = part[np.lexsort((begin[part], which[part]))]
        return Search(
            self,
            talks,
            (talk[pair], begin[pair], end[pair], self._wording[entry]),
            bounds,
            (which[part].astype(np.int64), begin[part].astype(np.int64), end[part]),
            np.searchsorted(which[part], np.arange(len(self._sizes) + 1)).astype(np.int64),
        )

    def gapped(self, slot: int) -> list[_Gapped]:
        return self._gapped[slot]


@dataclass(slots=True)
class _Gapped:
    """The wordings with gaps of one written phrase: which literals they begin and end with."""

    heads: set[int]
    tails: set[int]
    numbers: list[int]
    far: bool = False
    """Whether gaps are counted in words, which may be long."""

    def add(self, ids: list[int], number: int, *, far: bool) -> None:
        self.far |= far
        self.heads.add(ids[0])
        self.tails.add(ids[1])
        self.numbers.append(number)


class Search:
    """What was found of an index's wordings in some talks."""

    def __init__(
        self,
        index: Index,
        talks: Talks,
        entries: tuple[Ints, Ints, Ints, Ints],
        bounds: Ints,
        parts: tuple[Ints, Ints, Ints],
        part_at: Ints,
    ) -> None:
        self.index, self.talks = index, talks
        self._entries, self._bounds = entries, bounds
        self._parts, self._part_at = parts, part_at

    def places(self, slot: int, spoken_by: Bools) -> Places:
        """Where the wordings of a lexicon stand to the letter in the talks chosen: what ``exact_places`` finds."""
        words = self.index.lexicons[slot]
        low, high = self._bounds[slot], self._bounds[slot + 1]
        talk, begin, end, wording = (column[low:high] for column in self._entries)
        mine = spoken_by[talk]
        talk, begin, end, wording = talk[mine], begin[mine], end[mine], wording[mine]
        repeats = _repeats_itself(words)
        if len(repeats) and len(talk):
            order = np.lexsort((begin, talk, wording))
            talk, begin, end, wording = talk[order], begin[order], end[order], wording[order]
            kept = without_overlaps(wording * len(self.talks.call) + talk, begin, end) | ~np.isin(wording, repeats)
            talk, begin, end, wording = talk[kept], begin[kept], end[kept], wording[kept]
        bounded = np.array([e.left or e.right for e in words.wordings], dtype=np.bool_)
        for which in np.flatnonzero(bounded[wording])[::-1].tolist():
            text = self.talks.text(int(talk[which]))
            start = int(self.talks.at[talk[which]])
            if not words.wordings[int(wording[which])]._bounded(text, int(begin[which]) - start, int(end[which]) - start):
                talk, begin, end, wording = (np.delete(column, which) for column in (talk, begin, end, wording))
        more = [found for gapped in self.index.gapped(slot) for found in self._in_parts(words, gapped, spoken_by)]
        if more:
            extra = np.array(more, dtype=np.int64).T
            talk, begin, end, wording = (np.concatenate([c, x]) for c, x in zip((talk, begin, end, wording), extra, strict=True))
        order = np.lexsort((wording, begin - end, begin, talk))
        talk, begin, end, wording = talk[order], begin[order], end[order], wording[order]
        kept = without_overlaps(talk, begin, end)
        phrases = np.array([e.phrase.index for e in words.wordings], dtype=np.int64)
        return Places(talk[kept], begin[kept], end[kept], phrases[wording[kept]] if len(phrases) else wording[kept])

    def adjacent(self, gapped: _Gapped, spoken_by: Bools) -> Ints:
        """The talks in which a second part begins at most GAP characters behind a first one."""
        heads, tails = (np.concatenate([self._part(i, side) for i in sorted(ids)]) for ids, side in ((gapped.heads, 2), (gapped.tails, 1)))
        if not len(heads) or not len(tails):
            return np.zeros(0, dtype=np.int64)
        if gapped.far:
            talk = np.intersect1d(self.talks.talk_at(heads - 1), self.talks.talk_at(tails))
            return talk[spoken_by[talk]]
        if len(heads) > len(tails):
            heads.sort()
            near = np.searchsorted(heads, tails, side="right") - 1  # the nearest end of a first part at or before me
            place = tails[(near >= 0) & (tails - heads[np.maximum(near, 0)] <= GAP)]
        else:
            tails.sort()
            near = np.searchsorted(tails, heads)
            place = heads[(near < len(tails)) & (tails[np.minimum(near, len(tails) - 1)] - heads <= GAP)] - 1
        talk = np.unique(self.talks.talk_at(place))
        return talk[spoken_by[talk]]

    def _part(self, which: int, side: int) -> Ints:
        return self._parts[side][self._part_at[which] : self._part_at[which + 1]]

    def _in_parts(self, words: Lexicon, gapped: _Gapped, spoken_by: Bools) -> Iterable[tuple[int, int, int, int]]:
        for talk in self.adjacent(gapped, spoken_by).tolist():
            text, start = self.talks.text(talk), int(self.talks.at[talk])
            for number in gapped.numbers:
                entry = words.wordings[number]
                if entry.phrase.parts[0] in text and entry.phrase.parts[-1] in text:
                    for begin, end in entry.spans(text):
                        yield talk, start + begin, start + end, number


def _repeats_itself(words: Lexicon) -> Ints:
    """The wordings whose occurrences can overlap one another (哈哈 in 哈哈哈)."""
    found = []
    for number, entry in enumerate(words.wordings):
        text = entry.phrase.parts[0]
        if len(entry.phrase.parts) == 1 and any(text.startswith(text[i:]) for i in range(1, len(text))):
            found.append(number)
    return np.array(found, dtype=np.int64)


class Words:
    """The ``say`` conditions of a plan: their phrases to the letter and by sound."""

    def __init__(self, plan: Plan) -> None:
        self.steps: dict[Key, Step] = {k: s for k, s in plan.steps.items() if s.operator.name == "say"}
        self.slots = {key: number for number, key in enumerate(self.steps)}
        lexicons = [lexicon for step in self.steps.values() for lexicon in (step.prepared.wordings, step.prepared.exclude)]
        free: dict[Key, Lexicon] = {k: s.prepared.exempt for k, s in plan.steps.items() if s.operator.name == "repeats"}
        self.free_slots = {key: len(lexicons) + number for number, key in enumerate(free)}
        """The slots of what ``repeats`` lets pass."""
        self.index = Index([*lexicons, *free.values()])
        self.near = nearness.Nearness(
            (
                self.slots[key],
                step.prepared.wordings,
                NEAR_RATE if step.use is Use.WANTED else SURE_RATE,
                2 if step.use is Use.WANTED else 3,
            )
            for key, step in self.steps.items()
            if step.prepared.params.sound and step.prepared.params.need > 0
        )


class Said:
    """The ``say`` conditions over one table."""

    def __init__(self, words: Words, table: Table, talks: Talks, placing: Placing, weak: Weak, plan: Plan) -> None:
        self.words, self.table, self.talks, self.placing = words, table, talks, placing
        self.doubt = plan.rule_set.doubt
        self.search = words.index.search(talks)
        self._rows = rows(talks.codes, talks.at)
        heard = nearness.sounded(talks)
        fired = words.near.find(heard, talks)
        order = np.argsort(fired.slot, kind="stable")
        self._fired = nearness.Fired(*(getattr(fired, name)[order] for name in nearness.Fired.__slots__))
        self._fired_at = np.searchsorted(self._fired.slot, np.arange(len(words.steps) + 1))
        self._latin = np.flatnonzero(nearness.latin_talks(talks))
        self.weak = weak

    def hits(self, step: Step, found: Find) -> Hits:
        """The hits of a step, as ``say.find`` has them."""
        condition, params = step.condition, step.prepared.params
        slot = self.words.slots[step.key]
        spoken_by = self.placing.may_speak(condition.by)
        exact, voids = self.search.places(2 * slot, spoken_by), self.search.places(2 * slot + 1, spoken_by)
        good = ~overlapping(exact.talk, exact.begin, exact.end, voids.talk, voids.begin, voids.end)
        exact = Places(exact.talk[good], exact.begin[good], exact.end[good], exact.phrase[good])
        sure = np.ones(len(exact.begin), dtype=np.bool_)
        hits = spoken(self.table, self.talks, self.doubt, exact.begin, exact.end - exact.begin, exact.phrase, sure)
        hits = self.placing.keep(condition, hits, found)
        if params.sound:
            numbered = step.counted or any(a.which == "each" for a in condition.anchors)
            open_calls = np.ones(self.table.n, dtype=np.bool_) if numbered else _different(hits, hits.certain) < params.need
            near = self._near(step, slot, exact, voids, open_calls & self.placing.reachable(condition, found))
            if near is not None:
                hits = Hits.both(hits, self.placing.keep(condition, near, found))
        if params.need > 1:
            few = _different(hits, hits.certain) < params.need
            enough = _different(hits, np.ones(len(hits.call), dtype=np.bool_)) >= params.need
            hits = replace(hits, certain=hits.certain & ~few[hits.call]).take(enough[hits.call])
        return replace(hits, unsure=self.weak.unsure(step, found))

    def exempt(self, step: Step) -> Places:
        """Where anybody says what a ``repeats`` condition lets pass."""
        return self.search.places(self.words.free_slots[step.key], np.ones(len(self.talks.call), dtype=np.bool_))

    def _near(self, step: Step, slot: int, exact: Places, voids: Places, open_calls: Bools) -> Hits | None:
        condition, words, use = step.condition, step.prepared.wordings, step.use
        wanted = self.placing.may_speak(condition.by) & open_calls[self.talks.call]
        if isinstance(condition.window, TurnRange):
            wanted &= self.placing.in_turns(condition.window, np.arange(len(self.talks.call)))
        fired = self._fired
        low, high = self._fired_at[slot], self._fired_at[slot + 1]
        chosen = np.flatnonzero(wanted[fired.talk[low:high]]) + low
        for taken in (exact, voids):
            clear = ~overlapping(fired.talk[chosen], fired.begin[chosen], fired.end[chosen], taken.talk, taken.begin, taken.end)
            chosen = chosen[clear]
        talks = [fired.talk[chosen]]
        if words.lettered:
            talks += [self.search.adjacent(gapped, wanted) for gapped in self.words.index.gapped(2 * slot)]
        if words.in_parts:
            talks.append(self._latin[wanted[self._latin]])
        candidates = np.unique(np.concatenate(talks))
        return self._listened(words, use, candidates, (exact, voids)) if len(candidates) else None

    def _listened(self, words: Lexicon, use: Use, candidates: Ints, taken: tuple[Places, Places]) -> Hits | None:
        """The nearest place of each candidate talk, if any, that is a hit and overlaps nothing found to the letter."""
        limit = NEAR_RATE if use is Use.WANTED else SURE_RATE
        which, begin, end, cost, size = listening.nearest(words, self._rows, candidates, limit)
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


def _different(hits: Hits, chosen: Bools) -> Ints:
    """Per call, how many different phrases are among the hits chosen."""
    width = int(hits.phrase.max(initial=0)) + 1
    seen = np.unique(hits.call[chosen] * width + hits.phrase[chosen])
    return np.bincount(seen // width, minlength=len(hits.unsure))
