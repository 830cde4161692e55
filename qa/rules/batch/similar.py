"""``similar_to`` over many calls: each different talk once, and only where enough of a sentence's letters or sounds occur at all.

A stretch of ``w`` characters with ``c`` in common with a sentence of ``n`` scores ``2 c / (n + w)``, and ``c`` is neither above ``w`` nor
above the number ``m`` of the sentence's characters that the talk holds: where ``2 m / (n + m)`` is below the limit, nothing scores as much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qa.calls import Role
from qa.rules import sound
from qa.rules.batch.hits import Hits, spoken
from qa.rules.batch.placement import Placing, Weak
from qa.rules.batch.table import Ints, Table, code_points, text_of
from qa.rules.batch.talks import Talks
from qa.rules.conditions import similar_to
from qa.rules.conditions.matching import exact_places
from qa.rules.model import Doubt
from qa.rules.plan import Key, Plan, Step
from qa.rules.view import Talk

_ROWS = 10_000
_SLACK = 1e-6
_HELD = 1 << 16
"""Places kept from lot to lot."""


class Models:
    """The model sentences of a plan's ``similar_to`` conditions, as counts of letters and of sounds."""

    def __init__(self, plan: Plan) -> None:
        self.steps: dict[Key, Step] = {
            k: s for k, s in plan.steps.items() if s.operator.name == "similar_to" and s.prepared.meaning is None
        }
        self.first: dict[Key, tuple[int, int]] = {}
        letters: list[str] = []
        sounds: list[str] = []
        floors: list[float] = []
        for key, step in self.steps.items():
            begin = len(letters)
            for text, _, heard in step.prepared.sentences:
                letters.append(text)
                sounds.append(heard.loose)
                floors.append(step.prepared.params.at_least - similar_to.BAND)
            self.first[key] = begin, len(letters)
        self._by = (_Counts(letters, floors), _Counts(sounds, floors))
        self.known: dict[tuple[Key, str], tuple[float, int, int] | None] = {}

    def maybe(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Per text and sentence, whether it may be near enough."""
        return self._by[0].enough(texts) | self._by[1].enough([sound.sounds(text).loose for text in texts])

    def closest(self, step: Step, text: str) -> tuple[float, int, int] | None:
        """(closeness, start, end) of the closest stretch of a talk that nothing voids."""
        key = (step.key, text)
        if key not in self.known:
            if len(self.known) >= _HELD:
                self.known.clear()
            talk = Talk(0, Role.UNKNOWN, True, (), text, ())
            best = similar_to._closest(step.prepared, talk)
            if best is not None and any(v.start < best[2] and best[1] < v.end for v in exact_places(step.prepared.exclude, [talk])):
                best = None
            self.known[key] = None if best is None else best[:3]
        return self.known[key]


class _Counts:
    """Sentences as counts of characters; texts as which of these they hold."""

    def __init__(self, sentences: Sequence[str], floors: Sequence[float]) -> None:
        held = sorted({ord(c) for sentence in sentences for c in sentence})
        self._column = np.full(0x110000, len(held), dtype=np.int64)
        self._column[held] = np.arange(len(held))
        self._counts = np.zeros((len(held) + 1, len(sentences)), dtype=np.float32)
        for number, sentence in enumerate(sentences):
            np.add.at(self._counts[:, number], self._column[[ord(c) for c in sentence]], 1)
        self._counts[-1] = 0
        size, floor = np.array([len(s) for s in sentences], dtype=np.float64), np.array(floors)
        self._needed = (floor * size / (2 - floor) - _SLACK).astype(np.float32)

    def enough(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        found = np.zeros((len(texts), self._counts.shape[1]), dtype=np.bool_)
        for low in range(0, len(texts), _ROWS):
            part = texts[low : low + _ROWS]
            codes = self._column[code_points("".join(part))]
            holds = np.zeros((len(part), self._counts.shape[0]), dtype=np.float32)
            holds[np.repeat(np.arange(len(part)), [len(t) for t in part]), codes] = 1
            found[low : low + len(part)] = holds @ self._counts >= self._needed
        return found


class Alike:
    """The ``similar_to`` conditions over one table."""

    def __init__(self, models: Models, table: Table, talks: Talks, placing: Placing, weak: Weak, doubt: Doubt) -> None:
        self.models, self.table, self.talks, self.placing, self.weak, self.doubt = models, table, talks, placing, weak, doubt
        whole, numbers = text_of(talks.codes), dict[str, int]()
        cut = (whole[low:high] for low, high in zip(talks.at[:-1].tolist(), talks.at[1:].tolist(), strict=True))
        self.which: Ints = np.array([numbers.setdefault(text, len(numbers)) for text in cut], dtype=np.int64)
        self.texts = list(numbers)
        self.maybe = models.maybe(self.texts)

    def hits(self, step: Step, found: Callable[[str], Hits]) -> Hits:
        """The hits of a step, as ``similar_to.find`` has them."""
        low, high = self.models.first[step.key]
        speaks = self.placing.may_speak(step.condition.by)
        said = np.zeros(len(self.texts), dtype=np.bool_)
        said[self.which[speaks]] = True
        near = np.flatnonzero(self.maybe[:, low:high].any(axis=1) & said)
        places = [self.models.closest(step, self.texts[n]) for n in near.tolist()]
        kept = [(n, *place) for n, place in zip(near.tolist(), places, strict=True) if place is not None]
        if not kept:
            hits = Hits.none(self.table.n)
        else:
            text, score, begin, end = (np.array(column) for column in zip(*kept, strict=True))
            at = np.searchsorted(text, self.which)
            here = np.flatnonzero(speaks & (text[np.minimum(at, len(text) - 1)] == self.which))
            place = at[here]
            certain = score[place] >= step.prepared.params.at_least
            none = np.full(len(here), -1, dtype=np.int64)
            start = self.talks.at[here] + begin[place]
            hits = spoken(self.table, self.talks, self.doubt, start, end[place] - begin[place], none, certain)
            hits = self.placing.keep(step.condition, hits.take(np.lexsort((hits.begin, hits.turn, hits.call))), found)
        return replace(hits, unsure=self.weak.unsure(step, found))
