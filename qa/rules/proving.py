"""Running the examples of a rule set, and looking for what its author should still mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qa.rules import expressions
from qa.rules.model import Example, Item, RuleSet
from qa.rules.plan import compile_plan
from qa.rules.single import Run
from qa.scoring import Outcome, outcome_of

WANTED_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Proof:
    """One example and what became of it."""

    item: Item
    example: Example
    outcome: Outcome
    reason: str

    @property
    def held(self) -> bool:
        return self.outcome.value == self.example.outcome


def prove(rule_set: RuleSet) -> Iterator[Proof]:
    """Every example judged by its own item."""
    plan = compile_plan(rule_set)
    for item in rule_set.items:
        for example in item.examples:
            judgement = Run(plan, example.call).judge(item)
            yield Proof(item, example, outcome_of(judgement), judgement.reason)


def advice(rule_set: RuleSet) -> Iterator[tuple[int, str, str]]:
    """(line, item or condition, what to mend) for what is allowed but weak."""
    for item in rule_set.items:
        for outcome in ("pass", "fail"):
            count = sum(e.outcome == outcome for e in item.examples)
            if count < WANTED_EXAMPLES:
                yield item.line, item.id, f"{count} examples that {outcome}; write at least {WANTED_EXAMPLES}"
        if not item.clause:
            yield item.line, item.id, "no clause; name the rule of the house that it checks"
        if not item.coaching.zh:
            yield item.line, item.id, "no coaching hint; say what to do instead"
    used = {name for c in (*rule_set.conditions, *(c for i in rule_set.items for c in i.conditions)) for name in c.neighbours()}
    for item in rule_set.items:
        used |= expressions.names(item.requirement)
        used |= (expressions.names(item.applies_when) if item.applies_when else set()) | set(item.show_first)
    for condition in rule_set.conditions:
        if condition.name not in used:
            yield condition.line, condition.name, "a shared condition that nothing uses"
    if sum(item.points for item in rule_set.items) < rule_set.start - rule_set.pass_mark:
        yield 1, rule_set.id, "all points together cannot bring a call below the pass mark"
