"""A rule set compiled once: what to look for, in which order, and what a hit would mean.

The plan holds no call. ``single.py`` runs it over one call; a batch executor can run the same plan over
many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache, partial
from typing import Any

from qa.rules import expressions
from qa.rules.cases import Case, case_of
from qa.rules.conditions import OPERATORS, regex, say
from qa.rules.conditions.matching import Lexicon, limit_of
from qa.rules.conditions.operator import Operator
from qa.rules.conditions.patternbook import Patternbook
from qa.rules.conditions.phrasebook import Entry, Phrasebook
from qa.rules.model import Condition, Item, RuleSet
from qa.rules.windows import Use

Key = tuple[str, str]
"""Item id and condition name; the item is "" for conditions shared by all items."""


@dataclass(frozen=True, slots=True)
class Step:
    """One condition ready to run, and what its hits are used for."""

    key: Key
    condition: Condition
    operator: Operator
    prepared: Any
    use: Use
    keys: Mapping[str, Key]
    """Where the names that the condition mentions are found."""
    counted: bool = False
    """Whether an item asks how many hits there are, or looks at each of them."""

    one_is_enough: bool = False
    """Whether items ask of it no more than whether they apply: one certain hit says all that it can say."""

    @property
    def repeatable(self) -> bool:
        """Whether words that the recogniser is unsure of may be one accusation more, where one is certain: alone they are none."""
        return self.counted and self.use is Use.ACCUSED and self.operator.spoken


@dataclass(frozen=True, slots=True)
class Sieve:
    """The book that reads all texts of a call for a condition, and the bit that it has there."""

    book: Phrasebook | Patternbook
    bit: int


@dataclass(frozen=True, slots=True)
class Plan:
    rule_set: RuleSet
    steps: Mapping[Key, Step]
    cases: Mapping[str, Case]
    """The items, by id."""
    sieves: Mapping[Key, Sieve]
    """What tells whether a condition can find anything in a call at all, where something can."""
    parameters: dict[Key, dict[str, Any]] = field(default_factory=dict)
    """What is shown of the parameters of each condition as evidence, once it has been."""

    def key_of(self, item: Item, name: str) -> Key:
        """The key of a name as ``item`` understands it: its own condition, or a shared one."""
        return key_of(self.steps, item, name)


def key_of(steps: Mapping[Key, Step], item: Item, name: str) -> Key:
    """The key of a name as ``item`` understands it: its own condition, or a shared one."""
    return (item.id, name) if (item.id, name) in steps else ("", name)


def compile_plan(rule_set: RuleSet) -> Plan:
    """The plan of a rule set; compiled once per content hash and values of its variables, and kept."""
    return _compiled(rule_set.content_hash, _ByHash(rule_set))


@dataclass(frozen=True)
class _ByHash:
    """A rule set that equals another one of the same content and the same values of its variables, for the cache."""

    rule_set: RuleSet

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByHash) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, str]:
        return self.rule_set.content_hash, self.rule_set.variant


@lru_cache(maxsize=128)
def _compiled(content_hash: str, holder: _ByHash) -> Plan:
    del content_hash
    rule_set = holder.rule_set
    steps: dict[Key, Step] = {}
    uses, counted, shown = _uses(rule_set), _counted(rule_set), _shown(rule_set)
    shared = {c.name: ("", c.name) for c in rule_set.conditions}

    def add(owner: str, conditions: Iterable[Condition], keys: Mapping[str, Key]) -> None:
        for condition in conditions:
            operator = OPERATORS[condition.operator]
            key = (owner, condition.name)
            use, prepared = uses.get(key, Use.CONTEXT), operator.prepare(condition.params)
            enough = not condition.unless and key not in counted | shown
            steps[key] = Step(key, condition, operator, prepared, use, keys, key in counted, enough)

    add("", rule_set.conditions, shared)
    for item in rule_set.items:
        add(item.id, item.conditions, {**shared, **{c.name: (item.id, c.name) for c in item.conditions}})
    Phrasebook([entry for step in steps.values() for entry in _lexicons(step)])
    for plain in (False, True):
        Patternbook([p for s in steps.values() if isinstance(p := s.prepared, regex.Prepared) and p.params.plain is plain], plain=plain)
    cases = {item.id: case_of(item, partial(key_of, steps)) for item in rule_set.items}
    return Plan(rule_set, steps, cases, {key: sieve for key, step in steps.items() if (sieve := _sieve(step)) is not None})


def _sieve(step: Step) -> Sieve | None:
    """The sieve of a condition that hits nothing where nothing of it stands in single talks."""
    prepared = step.prepared
    if step.condition.join_turns > 1:
        return None
    if isinstance(prepared, say.Prepared) and prepared.params.need > 0:
        book, slot = prepared.wordings.place()
        return Sieve(book, 1 << slot)
    if isinstance(prepared, regex.Prepared):
        patterns, slot = prepared.place()
        return Sieve(patterns, 1 << slot)
    return None


def _lexicons(step: Step) -> Iterator[Entry]:
    """The phrases that a condition looks for."""
    prepared = step.prepared
    for spec in fields(prepared) if is_dataclass(prepared) else ():
        if isinstance(words := getattr(prepared, spec.name), Lexicon) and words.wordings:
            by_sound = isinstance(prepared, say.Prepared) and words is prepared.wordings and prepared.listens
            yield Entry(words, limit_of(step.use), step.condition.by) if by_sound else Entry(words)


def _uses(rule_set: RuleSet) -> dict[Key, Use]:
    """What each condition is used for. Being wanted somewhere outweighs context, context outweighs accusation."""
    uses: dict[Key, Use] = {}

    def note(key: Key, use: Use) -> None:
        uses[key] = min(use, uses.get(key, use))

    for condition in rule_set.conditions:
        for name in condition.neighbours():
            note(("", name), Use.CONTEXT)
    for item in rule_set.items:
        keys = _names(rule_set, item)
        placed = {name for condition in item.conditions for name in condition.neighbours()}
        applies = set() if item.applies_when is None else expressions.names(item.applies_when)
        for name in placed | applies | set(item.show_first):
            note(keys[name], Use.CONTEXT)
        for atom, positive in expressions.atoms(item.requirement):
            if isinstance(atom, expressions.EachHas):
                note(keys[atom.cause], Use.CONTEXT)
                note(keys[atom.answer], Use.WANTED if positive else Use.ACCUSED)
            else:
                for name in expressions.names(atom):
                    note(keys[name], Use.WANTED if positive else Use.ACCUSED)
    return uses


def _counted(rule_set: RuleSet) -> frozenset[Key]:
    """The conditions of which some item asks more than whether they hit at all: how often, or each of their hits."""
    found: set[Key] = set()
    for item in rule_set.items:
        keys = _names(rule_set, item)
        by_hit = () if item.points_per_hit else (expressions.Name,)
        for expression in (item.applies_when, item.requirement):
            for atom, _ in expressions.atoms(expression) if expression is not None else ():
                if not isinstance(atom, (expressions.Compare, *by_hit)):
                    found |= {keys[name] for name in expressions.names(atom)}
    return frozenset(found)


def _shown(rule_set: RuleSet) -> frozenset[Key]:
    """The conditions whose hits may be shown as evidence of some item, or that others are placed by or made of."""
    found = {("", name) for condition in rule_set.conditions for name in condition.neighbours()}
    for item in rule_set.items:
        keys = _names(rule_set, item)
        placed = {name for condition in item.conditions for name in condition.neighbours()}
        found |= {keys[name] for name in placed | expressions.names(item.requirement) | set(item.show_first)}
    return frozenset(found)


def _names(rule_set: RuleSet, item: Item) -> Mapping[str, Key]:
    """The keys of all names that an item may use: its own conditions, then the shared ones."""
    return {c.name: ("", c.name) for c in rule_set.conditions} | {c.name: (item.id, c.name) for c in item.conditions}
