"""Running the examples of a rule set, and looking for what its author should still mend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotline.errors import NotFound
from qa.rules.checks import review
from qa.rules.fields import near
from qa.rules.judging import judge
from qa.rules.model import Example, Item, RuleSet
from qa.rules.verdict import Evidence
from qa.scoring import Outcome, outcome_of


@dataclass(frozen=True, slots=True)
class Proof:
    """One example and what became of it."""

    item: Item
    example: Example
    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()

    @property
    def held(self) -> bool:
        return self.outcome.value == self.example.outcome


def prove(rule_set: RuleSet, only: Sequence[str] = ()) -> Iterator[Proof]:
    """Every example judged by its own item; ``only`` names the items to prove (none: all). Raises NotFound for an unknown one."""
    known = [item.id for item in rule_set.items]
    for item_id in only:
        if item_id not in known:
            raise NotFound(f"{rule_set.file}: {item_id}", "is not an item of it", near(item_id, known))
    for item in rule_set.items:
        for example in item.examples if not only or item.id in only else ():
            (judgement,) = judge(rule_set, example.call, [item]).judgements
            yield Proof(item, example, outcome_of(judgement), judgement.reason, judgement.evidence)


def advice(rule_set: RuleSet) -> Iterator[tuple[int, str, str]]:
    """(line, item or condition, what to mend) for everything wrong or weak; see :mod:`qa.rules.checks`."""
    for problem in review(rule_set):
        yield problem.line, problem.name, problem.en
