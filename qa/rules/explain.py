"""Why a call was judged as it was: each item with its conditions, what each found and where it looked, what was excused, and how long
it took.

    for item in explain(rule_set, call).items:
        print(item.result.outcome, item.requirement, item.conditions[0].hits)
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qa import scoring
from qa.calls import Call
from qa.rules import expressions
from qa.rules.evidence import wanted_of
from qa.rules.excuses import excused
from qa.rules.expressions import Expression
from qa.rules.model import Item, RuleSet, Title
from qa.rules.plan import Key, Plan, compile_plan
from qa.rules.single import Run
from qa.rules.variants import variant_for
from qa.rules.verdict import Found, Hit, Verdict
from qa.rules.where import where
from qa.scoring import ItemResult


@dataclass(frozen=True, slots=True)
class Excuse:
    """A hit that does not count, and the condition that excuses it."""

    hit: Hit
    by: str


@dataclass(frozen=True, slots=True)
class ConditionSeen:
    """One condition in one call. ``wanted`` is what it looks for, ``place`` where; ``searched`` are the sentences it looked at
    (indices into ``Call.turns``). ``unsure`` says why finding nothing proves nothing; ``seconds`` is its own work, without that of
    the conditions it asks.
    """

    name: str
    operator: str
    wanted: Title
    place: Title
    verdict: Verdict
    hits: tuple[Hit, ...]
    excused: tuple[Excuse, ...]
    searched: tuple[int, ...]
    unsure: str
    note: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Part:
    """One atom of an expression, as written, whether the expression wants it to hold, and its value in this call."""

    text: str
    wanted: bool
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ItemSeen:
    """One item: its result, what its expressions came to part by part, and every condition that had a say."""

    item: Item
    result: ItemResult
    applies: Verdict
    applies_parts: tuple[Part, ...]
    holds: Verdict
    parts: tuple[Part, ...]
    conditions: tuple[ConditionSeen, ...]

    @property
    def seconds(self) -> float:
        """The work of all its conditions; shared ones are counted in every item that asks for them."""
        return sum(c.seconds for c in self.conditions)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Every reason for doubt (Chinese `` / `` English), once."""
        found = [text for c in self.conditions for text in (*(h.doubt for h in c.hits), c.unsure) if text]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A call explained. ``seconds`` is the whole judgement, the preparation of the call's text included."""

    rule_set: RuleSet
    call: Call
    items: tuple[ItemSeen, ...]
    seconds: float


def explain(rule_set: RuleSet, call: Call, only: Sequence[str] = ()) -> Explanation:
    """``call`` under ``rule_set`` in every detail; ``only`` names the items (none: all). KeyError for an item that is not there."""
    variant = variant_for(rule_set, call)
    items = [variant.item(item_id) for item_id in only] or list(variant.items)
    card = scoring.score(rule_set, call)
    begun = time.perf_counter()
    run = _Timed(compile_plan(variant), call)
    for item in items:
        run.judge(item)
    took = time.perf_counter() - begun
    return Explanation(variant, call, tuple(_item(run, item, card.item(item.id)) for item in items), took)


class _Timed(Run):
    """A run that knows how long each condition took by itself."""

    every_hit = True

    def __init__(self, plan: Plan, call: Call) -> None:
        super().__init__(plan, call)
        self.seconds: dict[Key, float] = {}
        self._inner: list[float] = []

    def found(self, key: Key) -> Found:
        if key in self.known:
            return self.known[key]
        begun = time.perf_counter()
        self._inner.append(0.0)
        found = super().found(key)
        asked, whole = self._inner.pop(), time.perf_counter() - begun
        if self._inner:
            self._inner[-1] += whole
        self.seconds[key] = whole - asked
        return found


def _item(run: _Timed, item: Item, result: ItemResult) -> ItemSeen:
    judgement = run.judge(item)
    applies = () if item.applies_when is None else tuple(_parts(run, item, item.applies_when))
    parts = () if judgement.applies is Verdict.MISS else tuple(_parts(run, item, item.requirement))
    keys = _keys(run, item, skip_requirement=judgement.applies is Verdict.MISS)
    conditions = tuple(_condition(run, key) for key in keys)
    return ItemSeen(item, result, judgement.applies, applies, judgement.holds, parts, conditions)


def _parts(run: Run, item: Item, expression: Expression) -> Iterator[Part]:
    for atom, wanted in expressions.atoms(expression):
        yield Part(str(atom), wanted, run.atom(item, atom))


def _keys(run: Run, item: Item, *, skip_requirement: bool) -> list[Key]:
    """The conditions that the item asks for, in the order of its expressions, and those they are placed by."""
    parts = (item.applies_when, None if skip_requirement else item.requirement)
    names = [name for e in parts if e is not None for atom, _ in expressions.atoms(e) for name in sorted(expressions.names(atom))]
    found: list[Key] = []
    todo: list[Key] = [run.plan.key_of(item, name) for name in dict.fromkeys((*names, *item.show_first))]
    while todo:
        key = todo.pop(0)
        if key not in found:
            found.append(key)
            step = run.plan.steps[key]
            todo += [step.keys[name] for name in step.condition.neighbours() if name in step.keys]
    return found


def _condition(run: _Timed, key: Key) -> ConditionSeen:
    step = run.plan.steps[key]
    found = run.found(key)
    searched: Iterable[int] = run.look(key).searched if step.operator.place == "turn" else ()
    return ConditionSeen(
        name=key[1],
        operator=step.operator.name,
        wanted=wanted_of(run.plan, key),
        place=where(step.condition),
        verdict=found.verdict,
        hits=found.hits,
        excused=tuple(_excused(run, key, found)),
        searched=tuple(searched),
        unsure=found.unsure,
        note=found.note,
        seconds=run.seconds.get(key, 0.0),
    )


def _excused(run: Run, key: Key, found: Found) -> Iterator[Excuse]:
    """The hits that ``unless`` took off, each with the first condition that would excuse it alone."""
    step = run.plan.steps[key]
    if not step.condition.unless:
        return
    every = step.operator.find(step.prepared, run.view, run.look(key))
    left = {(h.turn, h.start, h.end, h.span) for h in found.hits}
    gone = [h for h in every.hits if (h.turn, h.start, h.end, h.span) not in left]
    for unless in step.condition.unless:
        alone = replace(step, condition=replace(step.condition, unless=(unless,)))
        kept = {(h.turn, h.start, h.end, h.span) for h in excused(run, alone, every).hits}
        mine = [h for h in gone if (h.turn, h.start, h.end, h.span) not in kept]
        yield from (Excuse(h, unless.condition) for h in mine)
        gone = [h for h in gone if h not in mine]


def sentences(turns: tuple[int, ...]) -> str:
    """Sentence numbers (from 1) with runs joined.

    >>> sentences((0, 1, 2, 6))
    '#1–#3 #7'
    """
    runs: list[list[int]] = []
    for turn in turns:
        if runs and turn == runs[-1][-1] + 1:
            runs[-1].append(turn)
        else:
            runs.append([turn])
    return " ".join(f"#{run[0] + 1}" if len(run) == 1 else f"#{run[0] + 1}–#{run[-1] + 1}" for run in runs)
