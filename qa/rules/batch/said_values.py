"""``entity`` over many calls: the talks in which a number stands before a unit, each text read once by the single executor's functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property, lru_cache
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from qa.calls import Call, Role, Span, Turn
from qa.rules.batch.hits import Hits, sure_words, written
from qa.rules.batch.placement import Placing
from qa.rules.batch.table import Bools, Ints, Table, text_of
from qa.rules.batch.talks import Talks
from qa.rules.batch.valued import worth_reading
from qa.rules.conditions import entity
from qa.rules.conditions.phrasebook import SIDES, Entry, Phrasebook
from qa.rules.kept import kept
from qa.rules.model import Doubt
from qa.rules.plan import Plan, Step
from qa.rules.values import Value
from qa.rules.view import PAUSE, CallView
from qa.rules.windows import Look

UNKNOWN = 0
"""The number of the value that is not known."""


def get_ready(plan: Plan) -> None:
    """Make what reads for the lists of words of conditions, and load its loops, before there are calls."""
    for step in plan.steps.values():
        if step.operator.name == "entity":
            prepared = _alone(step.prepared.params)
            if prepared.near.wordings or prepared.exclude.wordings:
                prepared.near.place()[0].readings([("好", SIDES[Role.AGENT])])


class SpokenValues:
    """The values that conditions find in one table: ``phrase`` of a hit is the number of its value in ``values``."""

    def __init__(self, table: Table, talks: Talks, placing: Placing, doubt: Doubt) -> None:
        self.table, self.talks, self.placing, self.doubt = table, talks, placing, doubt
        self.values: list[Value | None] = [None]
        self._numbers: dict[Value | None, int] = {None: UNKNOWN}

    @cached_property
    def _by_talk(self) -> tuple[Ints, Ints]:
        """The turns in the order of their talks, and where those of each talk begin."""
        order = np.argsort(self.talks.of_turn, kind="stable")
        return order, np.searchsorted(self.talks.of_turn[order], np.arange(len(self.talks.call) + 1))

    def hits(self, step: Step, found: Callable[[str], Hits]) -> tuple[Hits, Bools]:
        """The hits of a step whose kinds are measured, as ``entity.find`` has them; and the calls where masked values may be among them."""
        prepared = _alone(step.prepared.params)
        talk = np.flatnonzero(
            worth_reading(prepared.params.kinds, self.table, self.talks.of_turn, len(self.talks.call))
            & self.placing.may_speak(step.condition.by)
        )
        open_calls = np.zeros(self.table.n, dtype=np.bool_)
        open_calls[self.talks.call[talk]] = True
        talk = talk[self._begun(prepared, talk)]
        if prepared.near.wordings or prepared.exclude.wordings:  # all new texts at once, which costs a fraction
            prepared.near.place()[0].readings([(self.talks.text(k), SIDES[Role.AGENT]) for k in talk.tolist()])
        dated = "date" in prepared.params.kinds
        rows: list[tuple[int, int, int, int, bool]] = []
        for k in talk.tolist():
            turns = self._turns(k)
            began = self.table.head(int(self.talks.call[k])).started_at if dated else None
            for place, first, last, value, sure in _read(prepared, self._said(turns), began):
                rows.append((turns[place], first, last, self._number(value), sure))
        if not rows:
            return Hits.none(self.table.n), open_calls & self.table.tokened
        rows.sort()
        turn, begin, end, number, certain = (np.array(column) for column in zip(*rows, strict=True))
        number = np.where(sure_words(self.table, self.doubt, turn, begin, end), number, UNKNOWN)
        hits = written(self.table, self.doubt, turn, begin, end, number, certain)
        return self.placing.keep(step.condition, hits, found), open_calls & self.table.tokened

    def _begun(self, prepared: entity.Prepared, talk: Ints) -> Bools:
        """In which of the talks one of the phrases that must stand near a value may begin."""
        from qa.rules.kernels import glances

        heads = sorted({entry.phrase.parts[0] for entry in prepared.near.wordings})
        if not heads:
            return np.ones(len(talk), dtype=np.bool_)
        first = np.zeros(0x110000, dtype=np.bool_)
        first[[ord(head[0]) for head in heads]] = True
        words = np.array([[ord(c) for c in head.ljust(max(map(len, heads)), "\0")] for head in heads], dtype=np.uint32)
        return glances.holds(self.talks.codes, self.talks.at[talk], self.talks.at[talk + 1], first, words)

    def _turns(self, talk: int) -> list[int]:
        order, at = self._by_talk
        turns: list[int] = order[at[talk] : at[talk + 1]].tolist()
        return turns

    def _said(self, turns: list[int]) -> tuple[tuple[str, bool], ...]:
        """What is said in some turns of one talk, and whether a long pause parts each from the one before."""
        table = self.table
        texts = [text_of(table.chars[table.at[t] : table.at[t + 1]]) for t in turns]
        if len(turns) == 1:
            return ((texts[0], False),)
        with np.errstate(invalid="ignore"):
            timed = table.end[turns] > table.start[turns]
            parted = timed[:-1] & timed[1:] & (table.start[turns[1:]] - table.end[turns[:-1]] > PAUSE)
        return ((texts[0], False), *zip(texts[1:], parted.tolist(), strict=True))

    def _number(self, value: Value | None) -> int:
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


@lru_cache(maxsize=256)
def _alone(params: entity.Params) -> entity.Prepared:
    """The condition with a phrasebook of its own, which reads a text for nothing else."""
    prepared = entity.prepare(params)
    Phrasebook([Entry(prepared.near), Entry(prepared.exclude)])
    return prepared


@kept(2_000_000)
def _read(
    prepared: entity.Prepared, said: tuple[tuple[str, bool], ...], began: datetime | None
) -> tuple[tuple[int, int, int, Value | None, bool], ...]:
    """(place of the sentence, first, past-last character, value, whether it is sure) of all values in a talk."""
    turns: list[Turn] = []
    at = 0.0
    for number, (text, parted) in enumerate(said):
        at += 2 * PAUSE if parted else 0.0
        turns.append(Turn(number, Role.AGENT, text, Span(at, at + 1)))
        at += 1
    view = CallView(Call("", tuple(turns), started_at=began), Doubt())
    look = SimpleNamespace(talks=view.talks, condition=SimpleNamespace(join_turns=1), keep_all=_all_of, unsure="")
    found = entity.find(prepared, view, cast(Look, look)).hits
    return tuple((hit.turn or 0, hit.start, hit.end, hit.value, hit.certain) for hit in found)


def _all_of(hits: list[Any]) -> list[Any]:
    return hits
