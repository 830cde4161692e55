"""One plan over one table: conditions as hits, items as verdicts, and which of them columns cannot settle.

A condition that has no columns of its own is asked for by the single executor, but only in the calls where it may matter: every
condition says in which calls its hits are ``open``, and items built on it are open there too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from qa.rules import expressions, personal
from qa.rules.batch import cuts, filters, logic, repeated, waits
from qa.rules.batch.compared import ComparedValues
from qa.rules.batch.gaps import Silences
from qa.rules.batch.hits import Hits
from qa.rules.batch.patterns import Matched, Patterns
from qa.rules.batch.placement import HIT, MISS, Placing, Weak
from qa.rules.batch.said_values import SpokenValues
from qa.rules.batch.similar import Alike, Models
from qa.rules.batch.table import OTHER, Bools, Floats, Ints, Small, Table
from qa.rules.batch.talks import Talks, talks_of
from qa.rules.batch.words import Said, Words
from qa.rules.expressions import Atom, Compare, CompareValues, Count, EachHas, Name
from qa.rules.facts import compare
from qa.rules.judging import trusted
from qa.rules.model import Item, TurnRange
from qa.rules.plan import Key, Plan, Step


class Prepared:
    """What a plan needs for many calls, made once: the index of its words and the scanners of its patterns."""

    def __init__(self, plan: Plan, *, library: str = "hyperscan") -> None:
        self.plan = plan
        self.words = Words(plan)
        self.patterns = Patterns(plan, _whether(plan), library=library)
        self.models = Models(plan)


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Per call and item, in the order of the rule set, as in ``Judged``; ``open`` marks what the single executor must decide."""

    applies: Small
    holds: Small
    fewest: Ints
    most: Floats
    open: Bools


class Execution:
    """A plan over a table. Calls that columns do not understand (``hard``) are open in every item."""

    def __init__(self, prepared: Prepared, table: Table) -> None:
        doubt = prepared.plan.rule_set.doubt
        if not doubt.truncated:  # as `trusted` has it
            table = replace(table, truncated=np.zeros_like(table.truncated))
        self.prepared, self.plan, self.table = prepared, prepared.plan, table
        self.talks: Talks = talks_of(table, doubt)
        self.placing = Placing(table, self.talks, _ends(table))
        self.weak = Weak(table, self.talks, self.placing, doubt)
        self.said = Said(prepared.words, table, self.talks, self.placing, self.weak, self.plan)
        self.matched = Matched(prepared.patterns, table, self.talks, self.placing, self.weak, self.plan)
        self.hard = _hard(table, self.talks)
        self.spoken_values = SpokenValues(table, self.talks, self.placing, doubt)
        self._hits: dict[Key, Hits] = {}
        self._open: dict[Key, Bools] = {}

    @cached_property
    def silences(self) -> Silences:
        """The gaps between turns, made when a condition asks for them."""
        return Silences(self.table, self.placing, self.plan.rule_set.doubt)

    @cached_property
    def joint_speech(self) -> cuts.JointSpeech:
        """Who speaks when, made when a condition asks for it."""
        return cuts.JointSpeech(self.table, self.talks, self.plan.rule_set.doubt)

    @cached_property
    def sentences(self) -> repeated.Sentences:
        """The sentences of the turns, made when a condition asks for them."""
        return repeated.sentences(self.table, self.talks)

    @cached_property
    def alike(self) -> Alike:
        """What is like model sentences, made when a condition asks for it."""
        return Alike(self.prepared.models, self.table, self.talks, self.placing, self.weak, self.plan.rule_set.doubt)

    def run(self) -> Verdicts:
        """Every item in every call."""
        shape = (self.table.n, len(self.plan.rule_set.items))
        found = Verdicts(
            np.zeros(shape, dtype=np.int8),
            np.full(shape, HIT, dtype=np.int8),
            np.zeros(shape, dtype=np.int64),
            np.zeros(shape),
            np.zeros(shape, dtype=np.bool_),
        )
        for column, item in enumerate(self.plan.rule_set.items):
            self._judge(item, column, found)
        found.open[self.hard] = True
        return found

    def _judge(self, item: Item, column: int, into: Verdicts) -> None:
        applies, open_applies = np.full(self.table.n, HIT, dtype=np.int8), np.zeros(self.table.n, dtype=np.bool_)
        if item.applies_when is not None:
            applies, open_applies = logic.bounded(
                item.applies_when, lambda atom: self._atom(item, atom), lambda atom: self._opens(item, atom)
            )
        if item.effective.start is not None or item.effective.end is not None:
            begun = [item.effective.holds(self.table.call(c).started_at) for c in range(self.table.n)]
            applies = np.where(begun, applies, MISS).astype(np.int8)
        does = applies != MISS
        holds, open_holds = logic.bounded(item.requirement, lambda atom: self._atom(item, atom), lambda atom: self._opens(item, atom))
        into.applies[:, column] = applies
        into.holds[:, column] = np.where(does, holds, HIT)
        into.open[:, column] = open_applies | (does & open_holds)
        if item.points_per_hit:
            for atom, positive in expressions.atoms(item.requirement):
                if not positive:
                    into.open[:, column] |= does & self._opens(item, atom)
                if not positive and isinstance(atom, (Name, Count, CompareValues)):
                    low, high = self._counts(item, atom)
                    into.fewest[:, column] += np.where(does, low, 0)
                    into.most[:, column] += np.where(does, high, 0.0)

    def _opens(self, item: Item, atom: Atom) -> Bools:
        """The calls in which columns cannot settle an atom."""
        found = np.zeros(self.table.n, dtype=np.bool_)
        for name in expressions.names(atom):
            key = self.plan.key_of(item, name)
            # of other conditions than `entity` columns know where they hit, not with which value
            found |= self.open(key) | (isinstance(atom, CompareValues) and self.plan.steps[key].operator.name != "entity")
        return found

    def _atom(self, item: Item, atom: Atom) -> Small:
        if isinstance(atom, Compare):
            return self._compare(atom)
        if isinstance(atom, EachHas):
            return logic.each_has(*(self.hits(self.plan.key_of(item, name)) for name in (atom.cause, atom.answer)))
        if isinstance(atom, Count):
            return logic.compare_counts(self.hits(self.plan.key_of(item, atom.name)), atom.comparison, atom.number)
        if isinstance(atom, CompareValues):
            return self._compared(item, atom).verdicts()
        return logic.verdicts(self.hits(self.plan.key_of(item, atom.name)))

    def _counts(self, item: Item, atom: Name | Count | CompareValues) -> tuple[Ints, Floats]:
        """Per call how often the forbidden thing happened: certainly, and at most."""
        if isinstance(atom, CompareValues):
            return self._compared(item, atom).counts()
        return logic.counts(self.hits(self.plan.key_of(item, atom.name)))

    def _compared(self, item: Item, atom: CompareValues) -> ComparedValues:
        return ComparedValues(self.plan, item, atom, self.table, self.hits, self.spoken_values.values)

    def _compare(self, atom: Compare) -> Small:
        """A comparison of a field, once for every value that the field has."""
        which, stubs = self.table.by_field(atom.field)
        doubt = self.plan.rule_set.doubt
        values = [logic.CODE[compare(trusted(stub, doubt), atom)] for stub in stubs]
        return np.array(values, dtype=np.int8)[which]

    def hits(self, key: Key) -> Hits:
        """The hits of a condition, excuses taken off; of the calls in which it is open, anything."""
        if key not in self._hits:
            step = self.plan.steps[key]
            hits, self._open[key] = self._found(step)
            hits = replace(hits, unsure=hits.unsure | self.weak.cut_off(step, lambda name: self.hits(step.keys[name])))
            if step.condition.unless:
                hits = logic.excused(step, hits, lambda name: self.hits(step.keys[name]), self.placing)
            if step.repeatable and hits.certain.any():
                more = (hits.count()[0] > 0) & self.weak.heard(step, lambda name: self.hits(step.keys[name]))
                hits = replace(hits, unsure=hits.unsure | more)
            self._hits[key] = hits
        return self._hits[key]

    def open(self, key: Key) -> Bools:
        """The calls in which a condition, or one that it is placed by, is not settled by columns."""
        self.hits(key)
        step = self.plan.steps[key]
        found = self._open[key]
        for name in step.condition.neighbours():
            found = found | self.open(step.keys[name])
        return found

    def _found(self, step: Step) -> tuple[Hits, Bools]:
        settled = np.zeros(self.table.n, dtype=np.bool_)

        def found(name: str) -> Hits:
            return self.hits(step.keys[name])

        name, joined = step.operator.name, step.condition.join_turns > 1
        if name == "say" and not joined and step.prepared.params.need > 0:
            return self.said.hits(step, found), settled
        if name == "regex" and not joined:
            return self.matched.hits(step, found), settled
        if name == "silence":
            return self.silences.hits(step, found), self.table.sounding | self.placing.untimed
        if name == "response_time" and not step.prepared.average:
            hits = waits.hits(step, self.table, self.talks, self.placing, self.silences, found)
            return hits, self.table.sounding | self.placing.untimed
        if name == "interruption":
            hits = self.joint_speech.hits(step, self.placing, found)
            return hits, ~self.table.overlaps_known | self.placing.untimed
        if name == "repeats":
            hits = repeated.hits(
                step, self.table, self.talks, self.placing, self.plan.rule_set.doubt, self.sentences, self.said.exempt(step), found
            )
            return replace(hits, unsure=self.weak.unsure(step, found)), self.table.tokened
        if name == "similar_to" and not joined and step.key in self.prepared.models.steps:
            return self.alike.hits(step, found), settled
        if name == "entity" and not joined and step.prepared.params.kinds[0] not in personal.KINDS:
            hits, masked = self.spoken_values.hits(step, found)
            return replace(hits, unsure=self.weak.unsure(step, found)), masked
        maybe = filters.FILTERS.get(name)
        hits = Hits.none(self.table.n)
        if maybe is None or joined:
            return hits, ~settled
        hits = replace(hits, unsure=self.weak.unsure(step, found)) if step.operator.spoken else hits
        return hits, maybe(step, self.table, self.talks, self.placing)


def _hard(table: Table, talks: Talks) -> Bools:
    """The calls whose words are not known well enough for columns: without text, or with speech that has none."""
    with np.errstate(invalid="ignore"):
        lost = table.speech_without_source & (np.diff(table.at) == 0) & (table.end - table.start >= 3.0) & (table.role != OTHER)
        odd = lost | (table.start < 0)
    call = table.call_of
    return (np.bincount(call[odd], minlength=table.n) > 0) | (np.bincount(call, weights=talks.plain_size, minlength=table.n) == 0)


def _ends(table: Table) -> Floats:
    """Seconds at which each call ends, as ``CallView.end`` has it."""
    last = np.zeros(table.n)
    timed = table.timed
    np.maximum.at(last, table.call_of[timed], table.end[timed])
    return np.where(table.duration != 0, table.duration, last)


def _whether(plan: Plan) -> frozenset[Key]:
    """The conditions of which only matters whether they hit in a call, not where or how often."""
    counted: set[Key] = {key for key, step in plan.steps.items() if step.counted}
    for step in plan.steps.values():
        counted |= {step.keys[name] for name in step.condition.neighbours()}
        if step.condition.anchors or step.condition.unless or not isinstance(step.condition.window, (TurnRange, type(None))):
            counted.add(step.key)
    return frozenset(plan.steps) - counted
